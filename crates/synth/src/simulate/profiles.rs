//! Profiles that no city has: each begins as one that ships, and has limits, switches, powers, rungs and
//! whistles set otherwise, so that the rules are tried where nobody looked.
//!
//! What is made is only kept when it reads without a fault. What would make every case wait for ever, such
//! as a thread that blocks and that no command ends, is not made.

use crate::day::Dice;
use huying_core::city::outside;
use huying_core::fault::Fault;
use huying_core::profile::{flat, shipped};
use toml::{Table, Value};

/// A profile that ships, as one text that stands on nothing.
pub(super) fn whole(name: &str) -> Result<String, Vec<Fault>> {
    flat(outside::PROFILE, shipped(name).unwrap_or_default(), &|name| shipped(name).map(str::to_owned))
}

/// The profile with about that share of its values set otherwise.
pub(super) fn vary(text: &str, dice: &mut Dice, share: f64) -> String {
    let Ok(mut profile) = text.parse::<Table>() else { return text.to_owned() };
    if share == 0.0 {
        return text.to_owned();
    }
    let mut chance = Chance { dice, share };
    let roles: Vec<String> =
        table(&mut profile, "role").map(|t| t.keys().cloned().collect()).unwrap_or_default();
    if let Some(settings) = table(&mut profile, "settings") {
        chance.pick(settings, "near", &["20%", "100%", "2 h", "1 working day", "never"]);
        chance.number(settings, "undo_minutes", &[0, 1, 30, 100_000]);
    }
    tables(&mut profile, "procedure").for_each(|p| procedure(p, &roles, &mut chance));
    separations(&mut profile, &mut chance);
    if let Some(ladder) = table(&mut profile, "ladder") {
        chance.number(ladder, "raise_after", &[1, 2, 5]);
        chance.limit(ladder, "confirm");
        chance.shorten(ladder, "rung", 1);
        tables(ladder, "rung").for_each(|rung| {
            ["acknowledge", "resolve"].iter().for_each(|key| chance.limit(rung, key));
            ["scored", "person"].iter().for_each(|key| chance.switch(rung, key));
            chance.drop(rung, "emergency");
        });
    }
    tables(&mut profile, "task").for_each(|task| {
        chance.number(task, "retries", &[0, 1, 2]);
        chance.switch(task, "scored");
        chance.drop(task, "retry");
        ["retry", "rest"].iter().for_each(|key| chance.pick(task, key, &CADENCES));
        chance.limit(task, "climb_limit");
        chance.shorten(task, "every", 1);
        tables(task, "every").for_each(|every| chance.pick(every, "within", &CADENCES));
    });
    tables(&mut profile, "whistle").for_each(|whistle| {
        ["acknowledge", "sign_off", "on_site", "measure", "resolve", "plan"]
            .iter()
            .for_each(|key| chance.limit(whistle, key));
        ["on_site", "measure", "resolve", "plan"].iter().for_each(|key| chance.drop(whistle, key));
        ["raise_on_refusal", "recall"].iter().for_each(|key| chance.switch(whistle, key));
        chance.shorten(whistle, "escalate", 0);
        signing(whistle, &mut chance);
    });
    if let Some(whistling) = table(&mut profile, "whistling") {
        chance.limit(whistling, "ruling");
        chance.holder(whistling, "ruler", &roles);
    }
    if let Some(roles) = table(&mut profile, "role") {
        roles.iter_mut().filter_map(|(_, v)| v.as_table_mut()).for_each(|r| chance.switch(r, "any_unit"));
    }
    toml::to_string(&profile).unwrap_or_else(|_| text.to_owned())
}

/// Who asks for a whistle, who signs it and who signs its results off: as it ships, nobody, or others.
fn signing(whistle: &mut Table, chance: &mut Chance<'_>) {
    chance.drop(whistle, "asking");
    if let Some(asking) = table(whistle, "asking") {
        chance.limit(asking, "limit");
        chance.drop(asking, "by");
    }
    for key in ["signed_by", "signed_off_by"] {
        chance.drop(whistle, key);
        if chance.hit() {
            let roles = vec![chance.one(&SIGN), chance.one(&SIGN)];
            whistle.insert(key.to_owned(), Value::from(roles));
        }
    }
}

/// Who may sign in one city or another: those of the convener itself, and those above it.
const SIGN: [&str; 5] = ["street-leader", "leader", "closer", "street", "handler"];

/// Limits of every kind there is.
const LIMITS: [&str; 10] = [
    "10 min",
    "1 h",
    "24 h",
    "2 working hours",
    "1 working day",
    "3 working days",
    "15 days",
    "2 continuous days",
    "same day",
    "by 2026-12-31 18:00",
];

/// How often something may come back.
const CADENCES: [&str; 6] = ["2 h", "24 h", "4 working hours", "2 working days", "same day", "7 days"];

/// Threads that stop clocks or block, each with a command that ends it.
const KINDS: [&str; 14] = [
    "verify",
    "register",
    "proposal",
    "dispatch",
    "handling",
    "return",
    "extension",
    "suspension",
    "check",
    "rung",
    "whistle",
    "summons",
    "ruling",
    "milestone",
];

const STAGES: [&str; 10] = [
    "promise",
    "sign",
    "contact",
    "handle",
    "resolve",
    "acknowledge",
    "check",
    "callback",
    "rating",
    "notice",
];

const DEEDS: [&str; 10] = [
    "reported",
    "verified",
    "dispatched",
    "handled",
    "replied",
    "approved",
    "checked",
    "called_back",
    "closed",
    "evaluated",
];

fn procedure(procedure: &mut Table, roles: &[String], chance: &mut Chance<'_>) {
    chance.number(procedure, "callback_tries", &[1, 2, 5]);
    let switches = ["contact_first", "extension_moves_promise", "two_step_approval"];
    switches.iter().for_each(|key| chance.switch(procedure, key));
    if let Some(rework) = table(procedure, "rework") {
        chance.number(rework, "raise_after", &[1, 2, 3]);
        chance.shorten(rework, "on_solved", 0);
    }
    if let Some(quick) = table(procedure, "quick") {
        chance.drop(quick, "pictures");
    }
    chance.drop(procedure, "evidence");
    orders(procedure, roles, chance);
    if let Some(closing) = table(procedure, "closing") {
        chance.drop(closing, "by_rule");
        chance.pick(closing, "after", &["open", "answered", "verdict"]);
        chance.limit(closing, "reopen");
    }
    if let Some(opens) = procedure.get_mut("opens").and_then(Value::as_array_mut) {
        // What opens a case stays; the rest may be missing, be somebody else's, or be for every case.
        opens.retain(|o| o.get("on").and_then(Value::as_str) == Some("opened") || !chance.hit());
        opens.iter_mut().filter_map(Value::as_table_mut).for_each(|open| {
            chance.drop(open, "when");
            chance.holder(open, "holder", roles);
        });
    }
    if let Some(deciders) = table(procedure, "deciders") {
        let keys: Vec<String> = deciders.keys().cloned().collect();
        keys.iter().for_each(|key| chance.holder(deciders, key, roles));
    }
    if let Some(pauses) = procedure.get_mut("pauses").and_then(Value::as_array_mut) {
        pauses.retain(|_| !chance.hit());
        if chance.hit() {
            let (during, stops) = (chance.one(&KINDS), chance.one(&STAGES));
            let more = Table::from_iter([
                ("during".to_owned(), Value::from(during)),
                ("stops".to_owned(), Value::from(vec![stops])),
            ]);
            pauses.push(Value::Table(more));
        }
    }
    if let Some(blocks) = table(procedure, "blocks") {
        for list in ["answer", "close"] {
            let Some(kinds) = blocks.get_mut(list).and_then(Value::as_array_mut) else { continue };
            kinds.retain(|_| !chance.hit());
            if chance.hit() {
                kinds.push(Value::from(chance.one(&KINDS)));
            }
        }
    }
    if let Some(limits) = procedure.get_mut("limit").and_then(Value::as_array_mut) {
        limits.retain(|_| !chance.hit());
        limits.iter_mut().filter_map(Value::as_table_mut).for_each(|l| chance.limit(l, "limit"));
    }
}

/// What an order may ask for, and how often: other bounds, or none, or no such thing.
fn orders(procedure: &mut Table, roles: &[String], chance: &mut Chance<'_>) {
    ["fallback", "ruling", "returns", "extending", "urging"]
        .iter()
        .for_each(|key| chance.drop(procedure, key));
    if let Some(fallback) = table(procedure, "fallback") {
        chance.number(fallback, "at_most", &[0, 1, 5]);
    }
    if let Some(ruling) = table(procedure, "ruling") {
        chance.limit(ruling, "limit");
        chance.holder(ruling, "ruler", roles);
    }
    if let Some(returns) = table(procedure, "returns") {
        chance.limit(returns, "within");
    }
    if let Some(extending) = table(procedure, "extending") {
        chance.number(extending, "times", &[0, 1, 9]);
        if chance.hit() {
            extending.insert("by".to_owned(), Value::from(chance.one(&LIMITS)));
        }
    }
    if let Some(urging) = table(procedure, "urging") {
        ["apart", "notice"].iter().for_each(|key| {
            chance.limit(urging, key);
            chance.drop(urging, key);
        });
    }
}

/// Fewer, wider and other powers kept apart, but no more by unit: whether the two offices of the city are
/// enough for that is its own business.
fn separations(profile: &mut Table, chance: &mut Chance<'_>) {
    let Some(all) = profile.get_mut("separate").and_then(Value::as_array_mut) else { return };
    all.retain(|_| !chance.hit());
    all.iter_mut().filter_map(Value::as_table_mut).for_each(|s| chance.pick(s, "by", &["person"]));
    let (a, b) = (chance.one(&DEEDS), chance.one(&DEEDS));
    if chance.hit() && a != b {
        let more = [("deeds", Value::from(vec![a, b])), ("by", Value::from("person"))];
        let sure = [("source", Value::from("made up")), ("status", Value::from("proposal"))];
        let more = more.into_iter().chain(sure).map(|(key, value)| (key.to_owned(), value));
        all.push(Value::Table(Table::from_iter(more)));
    }
}

fn table<'t>(of: &'t mut Table, key: &str) -> Option<&'t mut Table> {
    of.get_mut(key).and_then(Value::as_table_mut)
}

fn tables<'t>(of: &'t mut Table, key: &str) -> impl Iterator<Item = &'t mut Table> {
    of.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_table_mut)
}

/// Dice that fall for a share of the values.
struct Chance<'d> {
    dice: &'d mut Dice,
    share: f64,
}

impl Chance<'_> {
    fn hit(&mut self) -> bool {
        self.dice.chance(self.share)
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        super::one(self.dice, of).copied().unwrap_or_default()
    }

    /// Another value for a key that is there.
    fn set(&mut self, of: &mut Table, key: &str, value: impl FnOnce(&mut Self) -> Value) {
        if of.contains_key(key) && self.hit() {
            let value = value(self);
            of.insert(key.to_owned(), value);
        }
    }

    fn pick(&mut self, of: &mut Table, key: &str, from: &[&'static str]) {
        self.set(of, key, |c| c.one(from).into());
    }

    fn number(&mut self, of: &mut Table, key: &str, from: &[i64]) {
        self.set(of, key, |c| super::one(c.dice, from).copied().unwrap_or_default().into());
    }

    fn limit(&mut self, of: &mut Table, key: &str) {
        self.pick(of, key, &LIMITS);
    }

    fn switch(&mut self, of: &mut Table, key: &str) {
        let now = of.get(key).and_then(Value::as_bool);
        self.set(of, key, |_| (!now.unwrap_or_default()).into());
    }

    fn drop(&mut self, of: &mut Table, key: &str) {
        if self.hit() {
            of.remove(key);
        }
    }

    /// A list without one of its entries, of which some are left.
    fn shorten(&mut self, of: &mut Table, key: &str, least: usize) {
        let Some(list) = of.get_mut(key).and_then(Value::as_array_mut) else { return };
        if list.len() > least && self.hit() {
            list.remove(self.dice.below(list.len()));
        }
    }

    /// Another role, or the accountable unit; what the caller or the ladder holds stays theirs.
    fn holder(&mut self, of: &mut Table, key: &str, roles: &[String]) {
        let fixed = of.get(key).and_then(Value::as_str).is_some_and(|h| h == "caller" || h == "ladder");
        if fixed {
            return;
        }
        self.set(of, key, |c| match c.dice.below(3) {
            0 => "lead".into(),
            1 => "owner".into(),
            _ => {
                let role = super::one(c.dice, roles).cloned().unwrap_or_default();
                Value::Table(Table::from_iter([("role".to_owned(), Value::from(role))]))
            }
        });
    }
}
