//! A call becomes a command with its words: who gives it in, what they say, where it is.

use super::book::{By, Temper};
use super::calls::{Call, Calls};
use super::dice::Dice;
use super::spots::Spot;
use super::texts::Slots;
use super::town::Town;
use huying_core::case::command::{Command, Report};
use huying_core::case::event::{Actor, Identity, Location, TextRef};
use huying_core::case::routine::Visited;
use huying_core::ids::{MatterCode, SystemId};
use huying_engine::{ClearText, Submission};

/// The rules that texts begin with, beside the frames of tempers: nothing else is ever asked for.
pub const ROOTS: [&str; 55] = [
    "title_line",
    "patrol_title",
    "patrol_body",
    "made_near",
    "person",
    "direct_reply",
    "verify_true",
    "verify_false",
    "void_note",
    "dispatch_note",
    "return_reason",
    "return_granted",
    "return_refused",
    "contact_note",
    "extension_reason",
    "extension_word",
    "suspension_reason",
    "suspension_word",
    "resume_note",
    "finish_note",
    "reply_text",
    "approval_back",
    "check_passed",
    "check_failed",
    "callback_good",
    "callback_bad",
    "callback_partly",
    "callback_unreached",
    "rating_good",
    "rating_bad",
    "system_body",
    "made_inside",
    "climb_note",
    "rung_done",
    "rung_confirmed",
    "rung_back",
    "stand_down",
    "whistle_call",
    "arrive_note",
    "measure_note",
    "summons_done",
    "refuse_reason",
    "ruling_upheld",
    "ruling_overruled",
    "ruling_excused",
    "signed_off",
    "signed_back",
    "street_reply",
    "grid_title",
    "grid_body",
    "routine_text",
    "visited_person",
    "visit_done",
    "visit_found",
    "visit_nobody",
];

impl Town {
    /// The submission of a call; none in a city without places or hands.
    pub fn submission(&self, calls: &Calls<'_>, call: &Call) -> Option<Submission> {
        let mut dice = Dice::of(&[call.luck, 1]);
        let source = self.book().source.get(call.source)?;
        let spot = self.spots.throw(&mut dice)?;
        let actor = match source.by {
            By::Caller => Actor::Caller,
            By::Intake => self.anybody(&self.rules.profile.settings.intake_role, &mut dice)?,
            By::Patrol => self.near("verify", &spot.place, call.at, &mut dice)?,
            By::Worker => self.stands_at("visit", &spot.place, call.at, &mut dice)?,
            By::System => Actor::System(SystemId::new(&source.id).ok()?),
        };
        self.told(calls, call, &spot, actor, None, dice)
    }

    /// The same from a spot, by somebody; `visit` is where it was found on a round.
    pub(super) fn told(
        &self,
        calls: &Calls<'_>,
        call: &Call,
        spot: &Spot,
        actor: Actor,
        visit: Option<Visited>,
        mut dice: Dice,
    ) -> Option<Submission> {
        let source = self.book().source.get(call.source)?;
        let about = calls.matters(call.source).get(call.matter)?;
        let matter = MatterCode::new(about.code.as_ref()).ok()?;
        let family = about.family.as_ref();
        let mut slots = self.slots(Some(&spot.place), Some(&matter), call.at);
        slots.tags.push(tone(&call.request).to_owned());
        slots.tags.extend([call.request.clone(), tag(&source.source)]);
        let texts = &self.makings.texts;
        let near = spot.near.clone().unwrap_or_else(|| texts.grow(family, "made_near", &slots, &mut dice));
        let inside = match spot.inside.as_str() {
            "" => texts.grow(family, "made_inside", &slots, &mut dice),
            known => known.to_owned(),
        };
        let value = |slots: &Slots, of: &str| {
            slots.values.iter().find(|(name, _)| *name == of).map(|(_, v)| v.clone()).unwrap_or_default()
        };
        let addr = format!("{}{}{near}", value(&slots, "street"), value(&slots, "place"));
        let whole =
            format!("{}{}{}{near}{inside}", value(&slots, "district"), value(&slots, "street"), spot.road);
        let slots = slots.with("near", near).with("spot", inside).with("addr", addr);
        let (title, body) = self.said(source.by, &source.channel, family, &slots, &mut dice);
        let mut clear =
            vec![text("content", serde_json::json!({ "title": title, "body": body }).to_string())];
        let mut next = 1;
        let mut refer = |class: &str, words: String| {
            clear.push(text(class, words));
            next += 1;
            TextRef::pending(next - 1)
        };
        let called = matches!(source.by, By::Intake | By::Caller) || source.source == "transfer";
        let contact = (called && call.identity != Identity::Anonymous).then(|| {
            let person = texts.grow(family, "person", &slots, &mut dice);
            // No telephone number begins so: nobody is ever rung up by mistake.
            let phone = format!("1000{:07}", dice.below(10_000_000));
            refer("contact", serde_json::json!({ "name": person, "phone": phone }).to_string())
        });
        let words = Some(refer("address", whole));
        let report = Report {
            source: source.source.as_str().into(),
            channel: source.channel.as_str().into(),
            request_type: call.request.as_str().into(),
            matter: Some(matter),
            urgency: call.urgency,
            circumstance: None,
            complex: false,
            content: TextRef::pending(0),
            identity: call.identity,
            contact,
            location: Location {
                place: Some(spot.place.clone()),
                words,
                point: spot.point,
                ..Location::default()
            },
            about: None,
            governed: None,
            related: None,
            visit,
        };
        let command = Command::Report(Box::new(report));
        Some(Submission { key: Some(call.key), actor, occurred: None, case: None, command, texts: clear })
    }

    /// Title and body.
    fn said(&self, by: By, channel: &str, family: &str, slots: &Slots, dice: &mut Dice) -> (String, String) {
        let texts = &self.makings.texts;
        let grow =
            |rule: &str, slips: f64, dice: &mut Dice| texts.grow_rough(family, rule, slots, slips, dice);
        match by {
            By::Patrol => (grow("patrol_title", 0.0, dice), grow("patrol_body", 0.0, dice)),
            By::Worker => (grow("grid_title", 0.0, dice), grow("grid_body", 0.0, dice)),
            By::System => (grow("title_line", 0.0, dice), grow("system_body", 0.0, dice)),
            By::Intake | By::Caller => {
                let fits = |t: &Temper| t.channels.is_empty() || t.channels.iter().any(|c| c == channel);
                let tempers = &self.book().temper;
                let hit = dice.weighted(tempers.iter().map(|t| if fits(t) { t.weight } else { 0.0 }));
                let (frame, slips) =
                    tempers.get(hit).map_or(("", 0.0), |t| (t.id.as_ref().as_str(), t.slips));
                (grow("title_line", 0.0, dice), grow(frame, slips, dice))
            }
        }
    }
}

/// Whether a request tells of a problem, asks, wishes for something new or praises.
pub(super) fn tone(request: &str) -> &'static str {
    match request {
        "consult" => "asking",
        "suggest" => "suggesting",
        "praise" => "praising",
        _ => "problem",
    }
}

/// A word of the profile as texts are tagged by it.
pub(super) fn tag(word: &str) -> String {
    word.replace('-', "_")
}

pub(super) fn text(class: &str, text: String) -> ClearText {
    ClearText { class: class.into(), text }
}
