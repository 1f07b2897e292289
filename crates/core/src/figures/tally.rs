//! Collecting: facts go in one by one, figures come out. Memory grows with the durations, 8 bytes each.

use super::definition::{Kind, definitions, within_key};
use super::{Basis, By, CaseFact, Duration, FigureRules, Figures, Origin, Question, Rate, Row};
use crate::observation::{Solved, Stamp, Standing};
use crate::time::Time;
use compact_str::CompactString;
use std::collections::{BTreeMap, HashMap};

const HOUR_MS: i64 = 3_600_000;

/// Takes facts and gives figures. Every order of the same facts gives the same figures.
#[derive(Debug, Clone)]
pub struct Collector {
    question: Question,
    rules: FigureRules,
    total: Tally,
    groups: HashMap<Option<CompactString>, Tally>,
}

/// How one case stands to the question; worked out once, counted in the total and in its group.
#[derive(Debug, Clone, Copy)]
struct Placed {
    in_period: bool,
    due_cohort: bool,
    as_of: Time,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    counts: HashMap<&'static str, u64>,
    rates: HashMap<&'static str, Rate>,
    replied_within: Vec<Rate>,
    to_close: Vec<i64>,
    to_reply: Vec<i64>,
    to_contact: Vec<i64>,
}

impl Collector {
    /// A collector for one question.
    pub fn new(question: Question, rules: FigureRules) -> Self {
        Self { question, rules, total: Tally::default(), groups: HashMap::new() }
    }

    /// Counts one case.
    pub fn add(&mut self, case: &CaseFact) {
        let placed = self.place(case);
        if !placed.in_period && !placed.due_cohort {
            return;
        }
        self.total.add(case, placed, &self.rules);
        let key = match self.question.by {
            By::None => return,
            By::Unit => &case.unit,
            By::Place => &case.place,
            By::Matter => &case.matter,
            By::Channel => &case.channel,
            By::RequestType => &case.request_type,
            By::Hour => &case.hour,
        };
        if let Some(tally) = self.groups.get_mut(key) {
            tally.add(case, placed, &self.rules);
        } else {
            self.groups.entry(key.clone()).or_default().add(case, placed, &self.rules);
        }
    }

    fn place(&self, case: &CaseFact) -> Placed {
        let Question { basis, period, as_of, .. } = self.question;
        let stamp = match basis {
            Basis::Opened => Some(case.opened),
            Basis::Due => case.due,
            Basis::Closed => case.closed,
        };
        let due = case.due.and_then(Stamp::exact);
        Placed {
            in_period: stamp.is_some_and(|at| period.holds(at.start())),
            due_cohort: due.is_some_and(|due| period.holds(due) && due < as_of),
            as_of,
        }
    }

    /// The figures of all cases so far.
    pub fn finish(self, origin: Origin) -> Figures {
        let rules = self.rules;
        let mut rows: Vec<Row> = self.groups.into_iter().map(|(key, tally)| tally.row(key, &rules)).collect();
        rows.sort_by(|a, b| b.count("received").cmp(&a.count("received")).then_with(|| a.key.cmp(&b.key)));
        Figures {
            question: self.question,
            origin,
            total: self.total.row(None, &rules),
            rows,
            rules,
            smallest_cell: None,
        }
    }
}

impl Tally {
    fn add(&mut self, case: &CaseFact, placed: Placed, rules: &FigureRules) {
        let scored = !case.is_void() && !case.excluded;
        if placed.in_period {
            self.count(case, placed);
            if !case.is_void() {
                self.measure(case, rules);
            }
            if scored {
                self.rate(case, placed);
                self.three_rates(case, placed);
            }
        }
        if placed.due_cohort && scored && case.closing_recorded {
            self.due(case);
        }
    }

    fn one(&mut self, key: &'static str, yes: bool) {
        *self.counts.entry(key).or_default() += u64::from(yes);
    }

    fn ask(&mut self, key: &'static str, meets: bool) {
        self.rates.entry(key).or_default().count(meets);
    }

    fn count(&mut self, case: &CaseFact, placed: Placed) {
        let open = case.is_open();
        let stamps = [Some(case.opened), case.due, case.contacted, case.replied, case.closed];
        self.one("received", true);
        self.one("open", open);
        self.one("closed_dated", case.closed.is_some());
        self.one("closed_status", case.standing == Some(Standing::Closed));
        self.one("answered", case.replied.is_some());
        self.one("overdue_open", open && past(case.due, placed.as_of));
        self.one("closing_unknown", !case.closing_recorded);
        self.one("void", case.is_void());
        self.one("excluded", case.excluded);
        self.one("transferred", case.transferred > 0);
        self.one("reworked", case.reworked.is_some_and(|times| times > 0));
        self.one("urged", case.urged > 0);
        self.one("on_notice", case.on_notice > 0);
        self.one("unreachable", case.reached == Some(false));
        self.one("quick", case.quick);
        self.one("forced", case.forced);
        self.one("day_only", stamps.iter().flatten().any(|stamp| stamp.exact().is_none()));
        *self.counts.entry("contradictions").or_default() += u64::from(case.contradictions);
    }

    fn rate(&mut self, case: &CaseFact, placed: Placed) {
        let due = case.due.and_then(Stamp::exact);
        let closed = case.closed.and_then(Stamp::exact);
        if case.closing_recorded {
            self.ask("unclosed", case.is_open());
        }
        match (due, closed) {
            (Some(due), Some(closed)) => {
                self.ask("on_time", closed <= due);
                self.ask("on_time_judged", closed <= due);
            }
            (Some(due), None) if case.is_open() && due < placed.as_of => self.ask("on_time_judged", false),
            _ => {}
        }
    }

    fn three_rates(&mut self, case: &CaseFact, placed: Placed) {
        let contacted = case.contacted.and_then(Stamp::exact);
        if let Some(due) = case.contact_due.and_then(Stamp::exact)
            && (contacted.is_some() || (case.contacted.is_none() && due < placed.as_of))
        {
            self.ask("responded", contacted.is_some_and(|at| at <= due));
        }
        if let Some(answer) = case.solved {
            self.ask("solved", answer == Solved::Solved);
        }
        if let Some(answer) = case.satisfied {
            self.ask("satisfied", answer.counts());
        }
        if let Some(reached) = case.reached {
            self.ask("reached", reached);
        }
    }

    fn due(&mut self, case: &CaseFact) {
        let due = case.due.and_then(Stamp::exact);
        let closed = case.closed.and_then(Stamp::exact);
        let in_time = due.zip(closed).map(|(due, closed)| closed <= due);
        self.one("due", true);
        self.ask("closed_of_due", case.is_closed());
        self.ask("on_time_of_due", in_time == Some(true));
        self.ask("late_of_due", in_time == Some(false));
        if let Some(times) = case.reworked {
            self.ask("reworked_of_due", times > 0);
        }
    }

    fn measure(&mut self, case: &CaseFact, rules: &FigureRules) {
        let mut impossible = false;
        let mut took = |to: Option<Stamp>| {
            let ms = to.and_then(Stamp::exact)?.since(case.opened.exact()?);
            impossible |= ms < 0;
            (ms >= 0).then_some(ms)
        };
        let (close, reply, contact) = (took(case.closed), took(case.replied), took(case.contacted));
        self.one("impossible_times", impossible);
        self.to_close.extend(close);
        self.to_reply.extend(reply);
        self.to_contact.extend(contact);
        if let Some(ms) = reply.filter(|_| !case.excluded) {
            self.replied_within.resize(rules.reply_within_hours.len(), Rate::default());
            for (rate, hours) in self.replied_within.iter_mut().zip(&rules.reply_within_hours) {
                rate.count(ms <= i64::from(*hours) * HOUR_MS);
            }
        }
    }

    fn row(mut self, key: Option<CompactString>, rules: &FigureRules) -> Row {
        let mut row = Row {
            key,
            name: None,
            counts: Vec::new(),
            rates: Vec::new(),
            durations: Vec::new(),
            hidden: BTreeMap::new(),
        };
        let within: HashMap<String, Rate> = rules
            .reply_within_hours
            .iter()
            .map(|hours| within_key(*hours))
            .zip(self.replied_within)
            .collect();
        for figure in definitions(rules) {
            let key = CompactString::from(figure.key.as_str());
            match figure.kind {
                Kind::Count => {
                    row.counts.push((key, self.counts.get(figure.key.as_str()).copied().unwrap_or(0)));
                }
                Kind::Rate => {
                    let rate = self.rates.get(figure.key.as_str()).or_else(|| within.get(&figure.key));
                    row.rates.push((key, rate.copied().unwrap_or_default()));
                }
                // Made of the rates where it is printed.
                Kind::Score => {}
                Kind::Duration => {
                    let values = match figure.key.as_str() {
                        "to_close" => &mut self.to_close,
                        "to_reply" => &mut self.to_reply,
                        _ => &mut self.to_contact,
                    };
                    row.durations.push((key, Duration::measure(values, &rules.quantiles)));
                }
            }
        }
        row
    }
}

fn past(due: Option<Stamp>, as_of: Time) -> bool {
    due.and_then(Stamp::exact).is_some_and(|due| due < as_of)
}
