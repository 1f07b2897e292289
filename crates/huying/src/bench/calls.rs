//! Calls made from a seed, for benchmarks: varied in place, matter, kind and length, the same for every run.

use huying_core::case::command::{Command, Report};
use huying_core::case::event::{Actor, Identity, Location, TextRef, Urgency};
use huying_core::ids::{MatterCode, PlaceId};
use huying_core::rules::Rules;
use huying_engine::{ClearText, Submission};

/// SplitMix64: small, good enough, and the same everywhere.
#[derive(Debug, Clone)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or(0)
    }

    pub(super) fn of<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        let at = self.below(list.len());
        list.get(at)
    }
}

/// What calls are made of.
pub(super) struct Calls {
    places: Vec<PlaceId>,
    matters: Vec<MatterCode>,
    types: Vec<compact_str::CompactString>,
    seed: Seed,
}

const WHAT: [&str; 6] = [
    "路灯不亮,晚上走路看不清",
    "井盖松动,车一过就响",
    "楼下烧烤油烟很大",
    "工地夜里十二点还在施工",
    "小区停水一整天没有通知",
    "垃圾堆了三天没人清",
];
const ASK: [&str; 4] =
    ["请尽快派人来看。", "希望给个说法。", "已经打过两次电话了。", "老人小孩都受影响,麻烦重视。"];

impl Calls {
    pub(super) fn new(rules: &Rules, seed: u64) -> Calls {
        Calls {
            places: rules.city.places.iter().map(|(_, p)| p.id.clone()).collect(),
            matters: rules.city.catalogue.matters().iter().map(|m| m.code.clone()).collect(),
            types: rules.profile.words.request_type.iter().map(|w| w.code.clone()).collect(),
            seed: Seed(seed),
        }
    }

    /// The command of the next call, and its words.
    pub(super) fn next(&mut self) -> (Command, Vec<ClearText>) {
        let n = self.seed.next();
        let report = Report {
            source: "public".into(),
            channel: (*self.seed.of(&["phone", "web", "wechat", "app"]).unwrap_or(&"phone")).into(),
            request_type: self.seed.of(&self.types).cloned().unwrap_or_default(),
            matter: self.seed.of(&self.matters).cloned(),
            urgency: if n.is_multiple_of(50) { Urgency::Urgent } else { Urgency::General },
            circumstance: None,
            complex: false,
            content: TextRef::pending(0),
            identity: Identity::Named,
            contact: Some(TextRef::pending(1)),
            location: Location { place: self.seed.of(&self.places).cloned(), ..Location::default() },
            about: None,
            related: None,
            visit: None,
            governed: None,
        };
        let what = self.seed.of(&WHAT).copied().unwrap_or_default();
        let ask = self.seed.of(&ASK).copied().unwrap_or_default();
        let content = format!("{{\"title\":\"{what}\",\"body\":\"{}号院门口,{what}。{ask}\"}}", n % 900);
        let contact =
            format!("{{\"name\":\"来电人{}\",\"phone\":\"139{:08}\"}}", n % 10_000, n % 100_000_000);
        let text = |class: &str, text: String| ClearText { class: class.into(), text };
        (Command::Report(Box::new(report)), vec![text("content", content), text("contact", contact)])
    }

    /// The next call as a resident without an account sends it, with an idempotency key.
    pub(super) fn submission(&mut self) -> Submission {
        let mut key = [0; 32];
        for part in key.chunks_exact_mut(8) {
            part.copy_from_slice(&self.seed.next().to_le_bytes());
        }
        let (command, texts) = self.next();
        Submission { key: Some(key), actor: Actor::Caller, occurred: None, case: None, command, texts }
    }
}
