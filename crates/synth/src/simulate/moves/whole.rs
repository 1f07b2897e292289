//! What is asked of a case as a whole: taking in, answering, closing, merging, mending.

use super::{Pen, text};
use compact_str::CompactString;
use huying_core::case::command::{Command, Followed, Report};
use huying_core::case::event::*;
use huying_core::case::routine::Visited;
use huying_core::case::state::Case;
use huying_core::ids::*;
use huying_core::observation::{Observation, Recorded, Stamp};

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

pub(super) fn report(pen: P<'_, '_, '_>, _: &Case) -> Command {
    call(pen, None)
}

/// A call.
pub(super) fn call(pen: P<'_, '_, '_>, visit: Option<Visited>) -> Command {
    use Identity::*;
    let words = &pen.life.rules.profile.words;
    let identity = *super::one(pen.dice, &[Named, Named, Confidential, Anonymous]).unwrap_or(&Named);
    let named = identity != Anonymous;
    let urgencies = [Urgency::General, Urgency::General, Urgency::Urgent, Urgency::Emergency];
    let urgency = *super::one(pen.dice, &urgencies).unwrap_or(&Urgency::General);
    let known = pen.dice.chance(0.6);
    let matter = if known { super::one(pen.dice, &pen.life.world.matters).cloned() } else { None };
    let contact = (named && pen.dice.chance(0.8)).then(|| text(2));
    let about = if pen.dice.chance(0.1) { pen.unit() } else { None };
    let governed = pen.dice.chance(0.08).then(|| {
        let system = pen.life.world.above.clone();
        (Governed { system, external_id: "G-1".into(), format: None }, pen.soon())
    });
    let related = pen.dice.chance(0.05).then(|| pen.some_case());
    // Half of them call the grid, so that the ladder is climbed as often as an order is sent.
    let ladder = ["to-grid", "by-grid"].map(compact_str::CompactString::from);
    let source = match super::one(pen.dice, &ladder) {
        Some(source) if pen.dice.chance(0.4) => source.clone(),
        // What is found on patrol is verified, mended at once or sent, as nothing else is.
        _ if pen.dice.chance(0.25) => "patrol".into(),
        _ => pen.word(&words.source),
    };
    Command::Report(Box::new(Report {
        source,
        channel: pen.word(&words.channel),
        request_type: pen.word(&words.request_type),
        circumstance: circumstance(pen, matter.as_ref()),
        matter,
        urgency,
        complex: pen.dice.chance(0.05),
        content: text(1),
        identity,
        contact,
        location: location(pen),
        about,
        governed,
        related,
        visit,
    }))
}

fn location(pen: P<'_, '_, '_>) -> Location {
    let place =
        if pen.dice.chance(0.95) { super::one(pen.dice, &pen.life.world.places).cloned() } else { None };
    // Here, some steps away, and in another street: what lies near is the same thing or is not.
    let east = [0, 0, 900, 30_000].get(pen.dice.below(6)).copied();
    let point = east.map(|east| Point { lon: 1_040_600_000 + east, lat: 306_700_000, datum: Datum::Wgs84 });
    Location { place, point, ..Location::default() }
}

/// A row of another system.
pub(super) fn observation(pen: P<'_, '_, '_>) -> Command {
    let mut seen = Observation::of(pen.life.world.above.clone(), "A-1");
    seen.opened = Recorded::Is(Stamp::At(pen.life.now));
    if pen.dice.chance(0.5) {
        seen.unit = Recorded::Is(pen.some_unit());
        seen.closed = Recorded::Is(Stamp::At(pen.soon()));
    }
    Command::Observe { observation: Box::new(seen), texts: vec![text(3)], exact: None }
}

pub(super) fn observe(pen: P<'_, '_, '_>, _: &Case) -> Command {
    observation(pen)
}

pub(super) fn void(pen: P<'_, '_, '_>, _: &Case) -> Command {
    // A repetition more often than the list of grounds is long: it must say of what.
    let repeated = !pen.ending && pen.dice.chance(0.25);
    let ground =
        if repeated { "duplicate".into() } else { pen.word(&pen.life.rules.profile.words.void_ground) };
    let of = super::thread::repeats(pen, Some(&ground));
    Command::Void { ground, of, text: pen.maybe_words() }
}

/// Whoever would mend it takes the pictures first, more often than not.
pub(super) fn handle_at_once(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let label = pictures(pen, case).first().cloned();
    let lacks = label.is_some() && case.attached.len() < 2;
    if lacks && pen.dice.chance(0.5) {
        return Command::Attach { files: vec!["f".into()], thread: None, label };
    }
    let effort = Effort { minutes: 10, trips: 1, forms: 0 };
    Command::HandleAtOnce { effort, text: pen.words() }
}

pub(super) fn answer_direct(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::AnswerDirect { text: pen.words() }
}

pub(super) fn redispatch(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Redispatch { lead: pen.department(), co: Vec::new(), text: pen.words() }
}

pub(super) fn reply(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Reply { text: pen.words() }
}

pub(super) fn close(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let text = pen.dice.chance(0.3).then(|| pen.words());
    Command::Close { ground: pen.word(&pen.life.rules.profile.words.close_ground), text }
}

pub(super) fn force_close(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::ForceClose { ground: pen.word(&pen.life.rules.profile.words.close_ground), text: pen.words() }
}

pub(super) fn reopen(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Reopen { ground: pen.word(&pen.life.rules.profile.words.reopen_ground), text: pen.words() }
}

pub(super) fn merge(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Merge { into: pen.some_case() }
}

pub(super) fn relocate(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Move { location: location(pen), text: pen.maybe_words() }
}

pub(super) fn reclassify(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let matter =
        if pen.dice.chance(0.5) { super::one(pen.dice, &pen.life.world.matters).cloned() } else { None };
    let request_type = pen.dice.chance(0.5).then(|| pen.word(&pen.life.rules.profile.words.request_type));
    let urgency = pen.dice.chance(0.2).then_some(Urgency::Emergency);
    let complex = pen.dice.chance(0.2).then(|| pen.yes());
    let circumstance = circumstance(pen, matter.as_ref().or(case.matter()));
    Command::Reclassify { matter, circumstance, request_type, urgency, complex }
}

/// Now and then the circumstance of a matter; rarely one that it does not have.
pub(super) fn circumstance(pen: P<'_, '_, '_>, matter: Option<&MatterCode>) -> Option<CompactString> {
    let catalogue = pen.life.rules.city.catalogue.clone();
    let stated = matter.map(|m| catalogue.circumstances(m)).unwrap_or_default();
    match super::one(pen.dice, &stated) {
        Some(one) if pen.dice.chance(0.4) => Some(one.id.clone()),
        _ => pen.dice.chance(0.01).then(|| "unheard-of".into()),
    }
}

pub(super) fn amend(pen: P<'_, '_, '_>, _: &Case) -> Command {
    use Identity::*;
    let about = if pen.dice.chance(0.4) { pen.unit() } else { None };
    let identity = if pen.dice.chance(0.5) {
        super::one(pen.dice, &[Named, Confidential, Confidential, Anonymous]).copied()
    } else {
        None
    };
    let contact = pen.dice.chance(0.4).then(|| text(7));
    Command::Amend { about, identity, contact, text: pen.words() }
}

/// The number of a thread, most often one there is.
fn some_thread(pen: P<'_, '_, '_>, case: &Case) -> ThreadNo {
    let any = ThreadNo(u16::try_from(pen.dice.below(12)).unwrap_or(1));
    super::one(pen.dice, &case.threads).filter(|t| t.no != any).map_or(any, |t| t.no)
}

pub(super) fn note(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let thread = pen.dice.chance(0.5).then(|| some_thread(pen, case));
    Command::Note { text: pen.words(), thread }
}

/// The labels that the form of the case knows; those it has not, where it lacks any.
fn pictures(pen: &Pen<'_, '_>, case: &Case) -> Vec<compact_str::CompactString> {
    let facts = case.facts.as_ref();
    let procedure = facts.and_then(|f| pen.life.rules.profile.procedure(f.procedure.as_str()));
    let all = procedure.and_then(|p| p.quick.as_ref()).map(|q| q.pictures.clone()).unwrap_or_default();
    let missing = |l: &&compact_str::CompactString| !case.attached.iter().any(|a| a.as_ref() == Some(*l));
    let lacks: Vec<_> = all.iter().filter(missing).cloned().collect();
    if lacks.is_empty() { all } else { lacks }
}

pub(super) fn attach(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let thread = pen.dice.chance(0.5).then(|| some_thread(pen, case));
    let known = pictures(pen, case);
    let label = super::one(pen.dice, &known).cloned();
    Command::Attach { files: vec!["f".into()], thread, label }
}

pub(super) fn ask_correction(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let missed = case.clocks.iter().find(|c| c.missed_at.is_some()).map(|c| c.no);
    let any = super::one(pen.dice, &case.clocks).map_or(ClockNo(1), |c| c.no);
    Command::AskCorrection {
        clock: missed.filter(|_| pen.dice.chance(0.8)).unwrap_or(any),
        text: pen.words(),
    }
}

pub(super) fn exclude(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Exclude { ground: pen.word(&pen.life.rules.profile.words.exclude_ground), text: pen.words() }
}

pub(super) fn ask_exclusion(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let ground = pen.word(&pen.life.rules.profile.words.exclude_ground);
    Command::AskExclusion { ground, text: pen.words() }
}

pub(super) fn urge(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let thread = pen.dice.chance(0.5).then(|| some_thread(pen, case));
    Command::Urge { thread, text: pen.maybe_words() }
}

pub(super) fn undo(_: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Undo {}
}

pub(super) fn erase(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let items = vec![ItemId(pen.dice.below(9) as u64)];
    Command::Erase { items, ground: pen.word(&pen.life.rules.profile.words.erase_ground) }
}

pub(super) fn reset_clocks(_: P<'_, '_, '_>, _: &Case) -> Command {
    Command::ResetClocks {}
}

/// A message of a case that is none of this history, or that was never owed.
pub(super) fn joined(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Joined { other: CaseId(20 + pen.dice.below(3) as u64), joined: pen.dice.chance(0.5) }
}

/// The same: it is only taken from the case that this one follows.
pub(super) fn follow(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let what = match pen.dice.below(3) {
        0 => Followed::Answered { text: pen.maybe_words() },
        1 => Followed::Closed,
        _ => Followed::Voided,
    };
    Command::Follow { from: CaseId(20 + pen.dice.below(3) as u64), what }
}
