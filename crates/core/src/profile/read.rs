//! Reading a profile: every table by itself, so that one fault does not hide the next. Which texts it is made
//! of is `layers.rs`.

mod standing;

use super::layers::{Layers, Value};
use super::*;
use crate::case::command::Command;
use crate::case::routine::ROUTINE;
use crate::case::thread::ThreadKind;
use crate::fault::{Fault, Severity};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use toml::de::{DeValue, ValueDeserializer};

use crate::city::outside::PROFILE as FILE;

struct Reader<'i> {
    layers: &'i Layers,
    faults: Vec<Fault>,
}

impl Profile {
    /// Reads the profile of a city folder. There is one exactly when no fault is an error.
    pub fn read(text: &str) -> (Option<Profile>, Vec<Fault>) {
        Profile::read_among(FILE, text, &|name| shipped(name).map(str::to_owned))
    }

    /// Reads a profile of any file that may stand on those that `find` gives.
    pub fn read_among(file: &str, text: &str, find: Find<'_>) -> (Option<Profile>, Vec<Fault>) {
        let mut faults = Vec::new();
        let layers = Layers::gather(file, text, find, &mut faults);
        let mut reader = Reader { layers: &layers, faults };
        let profile = reader.profile();
        if let Some(profile) = &profile {
            reader.cross(profile);
        }
        let broken = reader.faults.iter().any(|f| f.severity == Severity::Error);
        (profile.filter(|_| !broken), reader.faults)
    }
}

impl<'i> Reader<'i> {
    fn profile(&mut self) -> Option<Profile> {
        let table = self.layers.merged(&mut self.faults)?;
        let mut top: Vec<(String, usize, Value<'i>)> =
            table.into_iter().map(|(k, v)| (k.get_ref().to_string(), k.span().start, v)).collect();
        let head: Option<Head> = self.one(&mut top, "profile");
        let words = self.one(&mut top, "words");
        let number = self.one(&mut top, "number");
        let settings = self.one(&mut top, "settings");
        let public = self.one(&mut top, "public");
        let weights = self.one(&mut top, "weights");
        let privacy = Self::find(&mut top, "privacy").and_then(|value| self.take("privacy", value));
        let roles = self.map(&mut top, "role");
        let bases = self.map(&mut top, "basis");
        let separations = self.list(&mut top, "separate");
        let procedures = self.list(&mut top, "procedure");
        let ladder = self.may(&mut top, "ladder");
        let whistling = self.may(&mut top, "whistling");
        let whistles = self.list(&mut top, "whistle");
        let exclusion = self.may(&mut top, "exclusion");
        let duplicates = self.list(&mut top, "duplicate");
        let instructing = self.may(&mut top, "instruction");
        let diversions = self.list(&mut top, "diversion");
        let powers = self.list(&mut top, "power");
        let enforcements = self.list(&mut top, "enforcement");
        let costs = self.may(&mut top, "cost");
        let notices = self.may(&mut top, "notices");
        let seats = self.list(&mut top, "seat");
        let modes = self.list(&mut top, "mode");
        let tasks = self.list(&mut top, "task");
        let admission = self.may(&mut top, "admission");
        let systems = self.list(&mut top, "system");
        for (key, at, _) in &top {
            let known = "profile, words, number, settings, public, privacy, weights, role, basis, separate, \
                         procedure, ladder, whistling, whistle, duplicate, exclusion, \
                         instruction, diversion, power, enforcement, cost, notices, \
                         seat, mode, task, admission, system";
            self.error(*at, key, "no table of a profile", known);
        }
        let head = head?;
        Some(Profile {
            id: head.id,
            name: head.name,
            name_en: head.name_en,
            words: words?,
            number: number?,
            settings: settings?,
            public: public?,
            privacy,
            weights: weights?,
            roles: roles.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            separations,
            procedures,
            ladder,
            whistling,
            whistles,
            duplicates,
            instructing,
            diversions,
            powers,
            enforcements,
            costs,
            notices,
            seats,
            modes,
            tasks,
            admission,
            exclusion,
            systems,
            bases,
        })
    }

    fn error(&mut self, at: usize, field: &str, problem: impl Into<String>, accepted: impl Into<String>) {
        self.layers.fault(&mut self.faults, at, field, problem, accepted);
    }

    fn take<T: DeserializeOwned>(&mut self, field: &str, value: Value<'i>) -> Option<T> {
        let at = value.span().start;
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(t) => Some(t),
            Err(e) => {
                let at = e.span().map_or(at, |s| s.start);
                self.error(at, field, e.message(), "see docs/profile.md");
                None
            }
        }
    }

    fn find(top: &mut Vec<(String, usize, Value<'i>)>, key: &str) -> Option<Value<'i>> {
        let at = top.iter().position(|(k, _, _)| k == key)?;
        Some(top.swap_remove(at).2)
    }

    fn one<T: DeserializeOwned>(
        &mut self,
        top: &mut Vec<(String, usize, Value<'i>)>,
        key: &str,
    ) -> Option<T> {
        match Self::find(top, key) {
            Some(value) => self.take(key, value),
            None => {
                self.error(0, key, format!("the table [{key}] is missing"), "see docs/profile.md");
                None
            }
        }
    }

    fn may<T: DeserializeOwned>(
        &mut self,
        top: &mut Vec<(String, usize, Value<'i>)>,
        key: &str,
    ) -> Option<T> {
        Self::find(top, key).and_then(|value| self.take(key, value))
    }

    fn list<T: DeserializeOwned>(&mut self, top: &mut Vec<(String, usize, Value<'i>)>, key: &str) -> Vec<T> {
        let Some(value) = Self::find(top, key) else { return Vec::new() };
        let at = value.span().start;
        let DeValue::Array(items) = value.into_inner() else {
            self.error(at, key, "something else than a list of tables", format!("[[{key}]]"));
            return Vec::new();
        };
        let items: Vec<Value<'i>> = items.into_iter().collect();
        items
            .into_iter()
            .enumerate()
            .filter_map(|(i, v)| self.take(&format!("{key}[{}]", i + 1), v))
            .collect()
    }

    fn map<T: DeserializeOwned>(
        &mut self,
        top: &mut Vec<(String, usize, Value<'i>)>,
        key: &str,
    ) -> BTreeMap<String, T> {
        let Some(value) = Self::find(top, key) else { return BTreeMap::new() };
        let at = value.span().start;
        let DeValue::Table(table) = value.into_inner() else {
            self.error(at, key, "something else than a table of tables", format!("[{key}.NAME]"));
            return BTreeMap::new();
        };
        let items: Vec<_> = table.into_iter().map(|(k, v)| (k.get_ref().to_string(), v)).collect();
        items
            .into_iter()
            .filter_map(|(k, v)| Some((k.clone(), self.take(&format!("{key}.{k}"), v)?)))
            .collect()
    }

    /// What no single table can know.
    fn cross(&mut self, profile: &Profile) {
        let mut seen = BTreeSet::new();
        for procedure in &profile.procedures {
            let id = procedure.id.as_str();
            if !seen.insert(id) {
                self.near(id, "procedure.id", format!("`{id}` stands twice"), "each procedure once");
            }
            self.cross_procedure(profile, procedure);
        }
        self.cross_ladder(profile);
        self.cross_whistles(profile);
        self.cross_notices(profile);
        self.cross_standing(profile);
        if let Some(exclusion) = &profile.exclusion {
            self.known_holder(profile, "[exclusion]", "exclusion.approver", &exclusion.approver);
        }
        self.cross_systems(profile);
        self.known_role(profile, "intake_role", "settings.intake_role", &profile.settings.intake_role);
        for withheld in &profile.public.withheld {
            let known = &profile.words.request_type;
            if !known.iter().any(|w| w.code == *withheld) {
                let known: Vec<&str> = known.iter().map(|w| w.code.as_str()).collect();
                let problem = format!("`{withheld}` is no request_type");
                self.near(withheld, "public.withheld", problem, known.join(", "));
            }
        }
        if profile.procedures.is_empty() {
            self.error(0, "procedure", "there is none", "at least one [[procedure]]");
        }
        for (name, role) in &profile.roles {
            for command in &role.may {
                if !Command::GIVEN.contains(&command.as_str()) && !POWERS.contains(&command.as_str()) {
                    let accepted = format!("{}, {}", Command::GIVEN.join(", "), POWERS.join(", "));
                    self.near(
                        command,
                        &format!("role.{name}.may"),
                        format!("`{command}` is no command"),
                        accepted,
                    );
                }
            }
        }
        self.cross_privacy(profile);
        self.cross_duplicates(profile);
        self.cross_desk(profile);
        let total = profile.weights.response + profile.weights.solved + profile.weights.satisfied;
        if total != HUNDREDTHS {
            self.near(
                "[weights]",
                "weights",
                format!("the weights add up to {total}"),
                HUNDREDTHS.to_string(),
            );
        }
    }

    fn cross_privacy(&mut self, profile: &Profile) {
        let Some(privacy) = &profile.privacy else { return };
        let known = |list: &[Word], word: &str| list.iter().any(|w| w.code == word);
        let words = |list: &[Word]| list.iter().map(|w| w.code.as_str()).collect::<Vec<_>>().join(", ");
        let sources = &profile.words.source;
        for source in privacy.exact_sources.iter().filter(|s| !known(sources, s)) {
            let problem = format!("`{source}` is no source of this city");
            self.near("exact_sources", "privacy.exact_sources", problem, words(sources));
        }
        let mut seen = BTreeSet::from([GENERAL]);
        for class in privacy.retention.iter().map(|r| r.class.as_str()) {
            if !seen.insert(class) {
                let problem = format!("`{class}` stands twice, or is the class of all others");
                self.near(class, "privacy.retention.class", problem, "each class once, none `general`");
            }
        }
    }

    /// A rule that compares nothing or everything is a mistake.
    fn cross_duplicates(&mut self, profile: &Profile) {
        for rule in &profile.duplicates {
            if rule.metres == 0 || rule.metres > MAX_METRES || rule.hours == 0 {
                let problem = format!("{} metres and {} hours", rule.metres, rule.hours);
                let accepted = format!("1 to {MAX_METRES} metres, 1 hour or more");
                self.near("[[duplicate]]", "duplicate", problem, accepted);
            }
            for source in &rule.when.source {
                self.known_word(&profile.words.source, "duplicate.when.source", source);
            }
        }
    }

    fn cross_procedure(&mut self, profile: &Profile, procedure: &Procedure) {
        let id = procedure.id.as_str();
        let Deciders { returns, extension, suspension, correction } = &procedure.deciders;
        let deciders = [returns, extension, suspension, correction].map(|h| ("procedure.deciders", h));
        let issuers = procedure.issues.iter().map(|i| ("procedure.issues", &i.holder));
        let openers = procedure.opens.iter().filter(|o| o.thread != ThreadKind::Register);
        let openers = openers.map(|o| ("procedure.opens.holder", &o.holder));
        for (field, holder) in openers.chain(deciders).chain(issuers) {
            if let HolderRule::Role(role) | HolderRule::Above(role) = holder {
                self.known_role(profile, id, field, role);
            }
        }
        self.cross_order(profile, procedure);
        for opens in &procedure.opens {
            let of_ladder = opens.thread == ThreadKind::Rung;
            if of_ladder != (opens.holder == HolderRule::Ladder) {
                let problem = "`rung` and the holder `ladder` go together";
                self.near(id, "procedure.opens", problem, "{ thread = \"rung\", holder = \"ladder\" }");
            }
            if (opens.thread == ThreadKind::Register) != (opens.on == Trigger::Accepted) {
                let problem = "`register` and `accepted` go together";
                self.near(id, "procedure.opens", problem, "{ on = \"accepted\", thread = \"register\" }");
            }
            if opens.thread == ThreadKind::Register {
                self.cross_register(profile, id, &opens.holder);
            }
            if of_ladder && profile.ladder.is_none() {
                self.near(id, "procedure.opens", "the profile has no ladder", "a table [ladder]");
            }
        }
        // What a routine opens is said by its task.
        if *id != *ROUTINE && !procedure.opens.iter().any(|o| o.on == Trigger::Opened) {
            self.near(id, "procedure.opens", "nothing is opened on `opened`", "a thread that somebody holds");
        }
        let grounds = |list: &[Word], word: &str| list.iter().any(|w| w.code == word);
        let closing = &procedure.closing;
        for ground in closing.by_rule.iter().chain(&closing.unreachable).chain([&closing.followed]) {
            if !grounds(&profile.words.close_ground, ground) {
                let known: Vec<&str> = profile.words.close_ground.iter().map(|w| w.code.as_str()).collect();
                self.near(
                    id,
                    "procedure.closing",
                    format!("`{ground}` is no close_ground"),
                    known.join(", "),
                );
            }
        }
    }

    /// 立案审批: with a post of a role of the profile that may.
    fn cross_register(&mut self, profile: &Profile, id: &str, holder: &HolderRule) {
        match holder {
            HolderRule::Role(role) | HolderRule::Above(role) => {
                self.role_that_may(profile, id, "procedure.opens.holder", role, "register");
            }
            other => {
                let problem = format!("`register` is with {other:?}");
                self.near(id, "procedure.opens.holder", problem, "{ role = \"…\" } that may `register`");
            }
        }
    }

    /// Ways out, powers and acts of enforcement: each once, and each known where another names it.
    fn cross_desk(&mut self, profile: &Profile) {
        self.each_once("diversion.id", profile.diversions.iter().map(|d| &d.id));
        self.each_once("power.code", profile.powers.iter().map(|p| &p.code));
        self.each_once("enforcement.id", profile.enforcements.iter().map(|e| &e.id));
        for way in &profile.diversions {
            self.known_word(&profile.words.void_ground, "diversion.id", &way.id);
        }
        for power in profile.powers.iter().filter(|p| p.kinds.is_empty() && p.units.is_empty()) {
            let problem = format!("nobody holds `{}`", power.code);
            self.near(&power.code, "power", problem, "kinds of units in `kinds`, or ids in `units`");
        }
        let known: Vec<&str> = profile.enforcements.iter().map(|e| e.id.as_str()).collect();
        for after in profile.enforcements.iter().flat_map(|e| &e.after) {
            if !known.contains(&after.as_str()) {
                let problem = format!("`{after}` is no act of enforcement");
                self.near(after, "enforcement.after", problem, known.join(", "));
            }
        }
    }

    fn each_once<'p>(&mut self, field: &str, ids: impl Iterator<Item = &'p CompactString>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                self.near(id, field, format!("`{id}` stands twice"), "each once");
            }
        }
    }

    fn cross_order(&mut self, profile: &Profile, procedure: &Procedure) {
        let id = procedure.id.as_str();
        if let Some(fallback) = &procedure.fallback {
            self.known_role(profile, id, "procedure.fallback.role", &fallback.role);
        }
        self.cross_voiding(profile, procedure);
        if let Some(quick) = &procedure.quick {
            if let Some(ground) = &quick.closes {
                self.known_word(&profile.words.close_ground, "procedure.quick.closes", ground);
            }
            if !profile.roles.values().any(|role| role.may.iter().any(|c| c == "handle_at_once")) {
                let problem = "no role gives `handle_at_once`";
                self.near(id, "procedure.quick", problem, "a role that may, or no table [procedure.quick]");
            }
        }
        for pictures in procedure.evidence.iter().flat_map(|e| &e.pictures) {
            let field = "procedure.evidence.pictures.labels";
            if pictures.labels.is_empty() {
                self.near(id, field, "there is none", "the label of at least one file");
            }
            self.each_once(field, pictures.labels.iter());
        }
        if let Some(appeal) = &procedure.appeal {
            if appeal.steps.is_empty() {
                self.near(id, "procedure.appeal.steps", "there is none", "at least one step");
            }
            for step in &appeal.steps {
                self.role_that_may(profile, id, "procedure.appeal.steps", &step.role, "decide_correction");
            }
            self.each_once("procedure.appeal.steps.id", appeal.steps.iter().map(|s| &s.id));
        }
        if let Some(ruling) = &procedure.ruling {
            self.known_holder(profile, id, "procedure.ruling.ruler", &ruling.ruler);
        }
        if procedure.extending.as_ref().is_some_and(|e| e.times.is_none() && e.by.is_none()) {
            self.near(id, "procedure.extending", "it limits nothing", "`times` or `by`");
        }
        if let Some(urging) = &procedure.urging {
            if urging.threads.is_empty() {
                self.near(id, "procedure.urging.threads", "nothing is urged", "kinds of threads");
            }
            if urging.notice.is_some() && urging.stages.is_empty() && urging.overdue.is_empty() {
                let problem = "a notice of what is never overdue";
                self.near(id, "procedure.urging.stages", problem, "the clocks that count as overdue");
            }
        }
        if procedure.rework.raise_after_transfers == Some(0) {
            self.near(id, "procedure.rework.raise_after_transfers", "0", "1 or more");
        }
    }

    fn cross_voiding(&mut self, profile: &Profile, procedure: &Procedure) {
        let (id, Some(voiding)) = (procedure.id.as_str(), &procedure.voiding) else { return };
        for role in &voiding.roles {
            self.role_that_may(profile, id, "procedure.voiding.roles", role, "void");
        }
        // Whoever diverts a case, or has it taken back above, names no other.
        let unnamed =
            profile.diversions.iter().map(|d| &d.id).chain(profile.systems.iter().map(|s| &s.returned));
        let unnamed: Vec<&CompactString> = unnamed.collect();
        for ground in &voiding.names_other {
            self.known_word(&profile.words.void_ground, "procedure.voiding.names_other", ground);
            if unnamed.contains(&ground) {
                let problem = format!("`{ground}` is the ground of a diversion or of an order given back");
                self.near(id, "procedure.voiding.names_other", problem, "a ground that somebody voids on");
            }
        }
    }

    /// A role of the profile by whose posts a command can be given.
    fn role_that_may(
        &mut self,
        profile: &Profile,
        id: &str,
        field: &str,
        role: &CompactString,
        command: &str,
    ) {
        self.known_role(profile, id, field, role);
        let may = profile.roles.get(role.as_str()).is_none_or(|r| r.may.iter().any(|c| c == command));
        if !may {
            self.near(id, field, format!("a {role} does not give `{command}`"), "a role that may");
        }
    }

    fn cross_ladder(&mut self, profile: &Profile) {
        let Some(ladder) = &profile.ladder else { return };
        if ladder.rungs.is_empty() {
            self.near("[ladder]", "ladder.rung", "there is none", "at least one [[ladder.rung]]");
        }
        if ladder.raise_after == 0 {
            self.near("[ladder]", "ladder.raise_after", "0", "1 or more");
        }
        for source in &ladder.own {
            self.known_word(&profile.words.source, "ladder.own", source);
        }
        self.known_holder(profile, "[ladder]", "ladder.top", &ladder.top);
        let mut seen = BTreeSet::new();
        for rung in &ladder.rungs {
            if !seen.insert(&rung.id) {
                let problem = format!("`{}` stands twice", rung.id);
                self.near(&rung.id, "ladder.rung.id", problem, "each rung once");
            }
            if rung.holder.is_empty() {
                self.near(&rung.id, "ladder.rung.holder", "nobody stands on it", "a role, a kind or `owner`");
            }
            let roles = rung.holder.iter().filter_map(|h| match h {
                RungHolder::Role(role) => Some(role),
                _ => None,
            });
            for role in roles.chain(&rung.callers) {
                self.known_role(profile, &rung.id, "ladder.rung", role);
            }
        }
    }

    fn cross_whistles(&mut self, profile: &Profile) {
        match &profile.whistling {
            Some(whistling) => {
                self.known_holder(profile, "[whistling]", "whistling.ruler", &whistling.ruler);
                for grade in &whistling.good {
                    self.known_word(&profile.words.grade, "whistling.good", grade);
                }
                for grade in &whistling.warranted {
                    self.known_word(&profile.words.whistle_grade, "whistling.warranted", grade);
                }
                if !(whistling.sigmas.is_finite() && whistling.sigmas > 0.0) {
                    let problem = whistling.sigmas.to_string();
                    self.near("[whistling]", "whistling.sigmas", problem, "a number above 0");
                }
            }
            None if !profile.whistles.is_empty() => {
                self.near("[[whistle]]", "whistling", "the table is missing", "a table [whistling]");
            }
            None => {}
        }
        let mut seen = BTreeSet::new();
        for whistle in &profile.whistles {
            if !seen.insert(&whistle.id) {
                let problem = format!("`{}` stands twice", whistle.id);
                self.near(&whistle.id, "whistle.id", problem, "each type once");
            }
            self.known_word(&profile.words.whistle, "whistle.id", &whistle.id);
            for step in &whistle.escalate {
                self.known_holder(profile, &step.id, "whistle.escalate.holder", &step.holder);
            }
            for role in &whistle.signed_by {
                self.role_that_may(profile, &whistle.id, "whistle.signed_by", role, "decide_whistle");
            }
            for role in &whistle.signed_off_by {
                self.role_that_may(profile, &whistle.id, "whistle.signed_off_by", role, "confirm");
            }
            if whistle.asking.is_none() && !whistle.signed_by.is_empty() {
                let problem = "it is signed, and nobody can ask for it";
                self.near(&whistle.id, "whistle.asking", problem, "{ limit = \"4 h\" }");
            }
            if whistle.conveners.is_empty() || whistle.summons.is_empty() {
                let problem = "nobody may blow it, or nobody be summoned";
                self.near(&whistle.id, "whistle", problem, "kinds of units in `conveners` and `summons`");
            }
        }
        for word in &profile.words.whistle {
            if profile.whistle(&word.code).is_none() {
                let problem = format!("`{}` has no rules", word.code);
                self.near(&word.code, "words.whistle", problem, "a [[whistle]] with this id");
            }
        }
    }

    /// A system above speaks in words of the city, and each of its labels means one thing.
    fn cross_systems(&mut self, profile: &Profile) {
        for system in &profile.systems {
            self.known_word(&profile.words.source, "system.comes_from", &system.comes_from);
            self.known_word(&profile.words.channel, "system.channel", &system.channel);
            self.known_word(&profile.words.request_type, "system.request_type", &system.request_type);
            self.known_word(&profile.words.void_ground, "system.returned", &system.returned);
            for (i, owed) in system.owes.iter().enumerate() {
                if system.owes.iter().take(i).any(|o| o.label == owed.label || o.on == owed.on) {
                    let problem = format!("`{}` is owed twice", owed.label);
                    self.near(&owed.label, "system.owes", problem, "each label and each `on` once");
                }
            }
        }
    }

    /// A text may only have holes that something is put into, and each kind one text.
    fn cross_notices(&mut self, profile: &Profile) {
        let Some(notices) = &profile.notices else { return };
        for (i, text) in notices.texts.iter().enumerate() {
            if let Some((field, hole)) = text.strange_hole() {
                let problem = format!("nothing is ever put into `{hole}`");
                self.near(&hole, &format!("notices.text.{field}"), problem, HOLES.join(", "));
            }
            if notices.texts.iter().take(i).any(|t| t.kind == text.kind) {
                let problem = format!("the text of {:?} stands twice", text.kind);
                self.near("notices", "notices.text.kind", problem, "each kind once");
            }
        }
        for (field, value) in [("retry_seconds", notices.retry_seconds), ("keep_days", notices.keep_days)] {
            if value == 0 {
                self.near(field, &format!("notices.{field}"), "is 0", "1 or more");
            }
        }
    }

    fn known_word(&mut self, list: &[Word], field: &str, word: &str) {
        if !list.iter().any(|w| w.code == word) {
            let known: Vec<&str> = list.iter().map(|w| w.code.as_str()).collect();
            self.near(word, field, format!("`{word}` is not in its list of words"), known.join(", "));
        }
    }

    fn known_holder(&mut self, profile: &Profile, near: &str, field: &str, holder: &HolderRule) {
        match holder {
            HolderRule::Role(role) | HolderRule::Above(role) => self.known_role(profile, near, field, role),
            HolderRule::Lead | HolderRule::Owner => {}
            HolderRule::Caller | HolderRule::Ladder => {
                self.near(near, field, "no unit", "{ role = \"…\" }, \"lead\" or \"owner\"");
            }
        }
    }

    fn known_role(&mut self, profile: &Profile, near: &str, field: &str, role: &CompactString) {
        if !profile.roles.contains_key(role) {
            let known: Vec<&str> = profile.roles.keys().map(|r| r.as_str()).collect();
            self.near(near, field, format!("`{role}` is no role"), known.join(", "));
        }
    }

    /// A fault of meaning, at the first place where `word` is written.
    fn near(&mut self, word: &str, field: &str, problem: impl Into<String>, accepted: impl Into<String>) {
        let at = self.layers.book.find(word).unwrap_or(0);
        self.error(at, field, problem, accepted);
    }
}

/// Farther apart nothing is called near.
const MAX_METRES: u32 = 10_000;

/// Weights are hundredths of one.
const HUNDREDTHS: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: CompactString,
    name: String,
    #[serde(default)]
    name_en: String,
}
