//! When calls come and what they are about: hour by hour, from the seed alone, so that any stretch of any
//! day can be made again without those before it.

use super::book::{Book, By, HOURS, Matter, Source};
use super::dice::{Dice, name};
use huying_core::case::event::{Identity, Urgency};
use huying_core::rules::Rules;
use huying_core::time::Time;
use sha2::{Digest as _, Sha256};

/// A call to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// When.
    pub at: Time,
    /// What tells it from every other call of this seed.
    pub key: [u8; 32],
    /// Its place in the book's sources.
    pub source: usize,
    /// Its place in the book's matters, or in what patrols find.
    pub matter: usize,
    /// The request type.
    pub request: String,
    /// How pressing.
    pub urgency: Urgency,
    /// How the caller wants to be known.
    pub identity: Identity,
    /// The civil hour.
    pub hour: usize,
    /// Dice for everything else about it.
    pub luck: u64,
}

/// The calls of a city.
#[derive(Debug, Clone, Copy)]
pub struct Calls<'b> {
    /// The figures.
    pub book: &'b Book,
    /// Where it all comes from.
    pub seed: u64,
    /// Cases a day.
    pub per_day: f64,
}

/// An hour in milliseconds.
const HOUR_MS: i64 = 3_600_000; // a fact, not a rule

impl Calls<'_> {
    /// The civil hour that holds an instant: when it begins.
    pub fn hour_of(rules: &Rules, at: Time) -> Time {
        let civil = rules.calendar.civil(at);
        let into = i64::from(civil.minute()) * 60_000 + i64::from(civil.second()) * 1_000;
        at.plus(-into - i64::from(civil.millisecond()))
    }

    /// The calls of the civil hour that begins at `hour`, by time.
    pub fn of_hour(&self, rules: &Rules, hour: Time) -> Vec<Call> {
        let civil = rules.calendar.civil(hour);
        let (date, at) = (civil.date(), usize::try_from(civil.hour()).unwrap_or(0));
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let day = name(&date.to_string());
        let volume = &self.book.volume;
        let chance = 1.0 + volume.spread * (2.0 * Dice::of(&[self.seed, day]).unit() - 1.0);
        let mean = self.per_day * chance * volume.weekday.get(weekday).copied().unwrap_or(1.0);
        let words = &rules.profile.words.source;
        let there = |s: &&Source| !s.where_known || words.iter().any(|w| w.code == s.source);
        let all: f64 = self.book.source.iter().filter(there).map(|s| s.share).sum();
        let mut calls = Vec::new();
        for (i, source) in self.book.source.iter().enumerate().filter(|(_, s)| there(s)) {
            let keys = [self.seed, day, at as u64, i as u64];
            let mut dice = Dice::of(&keys);
            let mean = mean * source.share / all * self.part(source.shape.as_ref(), at) / HOURS as f64;
            for n in 0..around(mean, &mut dice) {
                let luck = Dice::of(&[keys[0], keys[1], keys[2], keys[3], n]).roll();
                calls.push(self.call(source, i, hour, at, luck));
            }
        }
        calls.sort_by_key(|c| (c.at, c.luck));
        calls
    }

    fn call(&self, source: &Source, i: usize, hour: Time, civil: usize, luck: u64) -> Call {
        let mut dice = Dice::of(&[luck]);
        let list = self.matters(i);
        let fits = |m: &Matter| source.only.is_empty() || source.only.contains(m.code.as_ref());
        let weigh = |m: &Matter| if fits(m) { m.weight * self.part(m.shape.as_ref(), civil) } else { 0.0 };
        let matter = dice.weighted(list.iter().map(weigh));
        let about = list.get(matter);
        let mix = about.and_then(|m| m.mix.as_ref()).and_then(|m| self.book.mix.get(m.as_ref()));
        let request = mix.and_then(|mix| mix.keys().nth(dice.weighted(mix.values().copied())));
        let (urgent, emergency) = about.map_or((0.0, 0.0), |m| (m.urgent, m.emergency));
        let urgency = match dice.unit() {
            u if u < emergency => Urgency::Emergency,
            u if u < emergency + urgent => Urgency::Urgent,
            _ => Urgency::General,
        };
        let who = &self.book.identity;
        let identity = match dice.unit() {
            _ if matches!(source.by, By::Patrol | By::Worker | By::System) => Identity::Named,
            u if u < who.anonymous => Identity::Anonymous,
            u if u < who.anonymous + who.confidential => Identity::Confidential,
            _ => Identity::Named,
        };
        Call {
            at: hour.plus((dice.unit() * HOUR_MS as f64) as i64),
            key: Sha256::new()
                .chain_update(b"huying made-up call\n")
                .chain_update(self.seed.to_be_bytes())
                .chain_update(hour.0.to_be_bytes())
                .chain_update(luck.to_be_bytes())
                .finalize()
                .into(),
            source: i,
            matter,
            // What patrols find is handled; their reports have no wish of a caller.
            request: request.cloned().unwrap_or_else(|| self.otherwise()),
            urgency,
            identity,
            hour: civil,
            luck,
        }
    }

    /// The request type of what nobody wished for: the commonest of the first mix.
    pub(super) fn otherwise(&self) -> String {
        let mix = self.book.matter.iter().find_map(|m| self.book.mix.get(m.mix.as_ref()?.as_ref()));
        let most = mix.and_then(|mix| mix.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)));
        most.map(|(kind, _)| kind.clone()).unwrap_or_default()
    }

    /// What a source is about: what callers call for, or what patrols and systems find.
    pub fn matters(&self, source: usize) -> &[Matter] {
        let by = self.book.source.get(source).map(|s| (s.by, s.source.as_str()));
        match by {
            Some((By::Patrol | By::Worker, _) | (By::System, "video" | "sensor")) => &self.book.find,
            _ => &self.book.matter,
        }
    }

    /// The weight of an hour, 1 on average.
    fn part(&self, shape: &str, hour: usize) -> f64 {
        let Some(curve) = self.book.shape.get(shape) else { return 1.0 };
        let sum: f64 = curve.iter().sum();
        curve.get(hour).map_or(1.0, |w| w * HOURS as f64 / sum)
    }
}

/// A count around a mean, as calls that know nothing of each other give it.
fn around(mean: f64, dice: &mut Dice) -> u64 {
    // Twelve even throws have variance one: a fact, not a rule.
    let bell: f64 = (0..12).map(|_| dice.unit()).sum::<f64>() - 6.0;
    let count = (mean + bell * mean.sqrt()).max(0.0);
    if mean < 1.0 {
        u64::from(dice.chance(mean))
    } else {
        count as u64 + u64::from(dice.chance(count.fract()))
    }
}
