//! Both sides of whistles 吹哨报到双考核 as they are handed out: the rates of every department and convener, and
//! for each kind of units that convene the two control charts of how often they do, as table, CSV and JSON.
//!
//! A chart is no ranking: a point below its limits and one above are signals alike. What is counted is
//! `whistle.rs`, the arithmetic of the limits `control.rs`.

use super::control::{Chart, Control, Point, Signal, control};
use super::json;
use super::render::{aligned, asked, csv_line, csv_rate, csv_rate_names};
use super::whistle::{WHISTLE_RATE, WHISTLES_FOR_EACH, WhistleFigures};
use super::{FigureRules, Origin, Question, Rate};
use crate::ids::UnitId;
use crate::profile::Whistling;
use compact_str::CompactString;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rates of a department that is called.
const CALLED: [&str; 6] = [
    "summons_acknowledged",
    "summons_on_site",
    "summons_measure",
    "summons_done",
    "summons_good",
    "refusals_overruled",
];
/// The rate of a unit that calls.
const CALLING: &str = "whistles_warranted";
/// Places of a share or of whistles for each case.
const PLACES: usize = 4;

/// One unit on either side.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The unit.
    pub unit: UnitId,
    /// Its name, where the city knows it.
    pub name: Option<String>,
    /// What kind of unit it is, where the city knows it.
    pub kind: Option<CompactString>,
    /// Its rates by key, in the order of their definitions; not rated where it has no cases.
    pub rates: Vec<(&'static str, Rate)>,
}

/// The two charts of the units of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindCharts {
    /// The kind.
    pub kind: CompactString,
    /// Shares of cases with a whistle (p).
    pub shares: Control,
    /// Whistles for each case (u).
    pub each: Control,
}

impl KindCharts {
    fn both(&self) -> [(&'static str, &Control); 2] {
        [(WHISTLE_RATE, &self.shares), (WHISTLES_FOR_EACH, &self.each)]
    }
}

/// The figures of whistles, with the question they answer and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct WhistleSheet {
    /// The question; only its period and basis matter here.
    pub question: Question,
    /// Journal position and editions.
    pub origin: Origin,
    /// How they are printed.
    pub rules: FigureRules,
    /// What was asked of whistles in the profile.
    pub whistling: Whistling,
    /// Every unit with a rate or a point, by kind and id.
    pub units: Vec<Side>,
    /// The charts, by kind.
    pub charts: Vec<KindCharts>,
}

impl WhistleFigures {
    /// The sheet of what was counted. `known` says of a unit its name and kind, `convenes` of a kind whether
    /// its units may blow a whistle: those and others that did stand in charts, kind by kind.
    pub fn sheet(
        &self,
        (question, origin): (Question, Origin),
        (rules, whistling): (FigureRules, Whistling),
        known: impl Fn(&UnitId) -> Option<(String, CompactString)>,
        convenes: impl Fn(&str) -> bool,
    ) -> WhistleSheet {
        let kind = |unit: &UnitId| known(unit).map(|(_, kind)| kind);
        let kinds: BTreeSet<CompactString> = self
            .visited()
            .filter_map(|(unit, blew)| kind(unit).filter(|kind| blew || convenes(kind)))
            .collect();
        let charted = |unit: &UnitId| kind(unit).is_some_and(|kind| kinds.contains(&kind));
        let sides = self.units().chain(self.visited().map(|(unit, _)| unit).filter(|unit| charted(unit)));
        let side = |unit: &UnitId| {
            let (name, kind) = known(unit).unzip();
            let keys = CALLED.iter().chain([&CALLING]);
            Side {
                unit: unit.clone(),
                name,
                kind,
                rates: keys.map(|key| (*key, self.rate(unit, key))).collect(),
            }
        };
        let mut units: Vec<Side> = sides.collect::<BTreeSet<_>>().into_iter().map(side).collect();
        units.sort_by(|a, b| (&a.kind, &a.unit).cmp(&(&b.kind, &b.unit)));
        let charts = kinds.iter().filter_map(|of| {
            let (shares, each) = self.subgroups(|unit| kind(unit).as_ref() == Some(of));
            let shares = control(Chart::P, &shares, whistling.sigmas)?;
            let each = control(Chart::U, &each, whistling.sigmas)?;
            Some(KindCharts { kind: of.clone(), shares, each })
        });
        let charts = charts.collect();
        WhistleSheet { question, origin, rules, whistling, units, charts }
    }
}

impl WhistleSheet {
    fn name(&self, key: &str) -> Option<&str> {
        self.units.iter().find(|side| side.unit.as_str() == key)?.name.as_deref()
    }

    fn points<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = Option<&'a Point>> {
        [WHISTLE_RATE, WHISTLES_FOR_EACH].into_iter().map(move |key| {
            let charts = self.charts.iter().flat_map(KindCharts::both).filter(move |(of, _)| *of == key);
            charts.flat_map(|(_, chart)| &chart.points).find(|point| point.key == unit.as_str())
        })
    }

    /// As JSON. Shares lie between 0 and 1; a chart's `centre` is its count over its cases.
    pub fn to_json(&self) -> Value {
        let (z, places) = (self.rules.z(), self.rules.percent_places);
        let unit = |side: &Side| {
            let mut value = json!({ "key": side.unit, "name": side.name, "kind": side.kind });
            for (key, rate) in &side.rates {
                value[key] = json::rate(*rate, z, places);
            }
            value
        };
        let point = |point: &Point| {
            let mut value = json!(point);
            value["name"] = json!(self.name(&point.key));
            value["value"] = json!(over(point.count, point.cases));
            value
        };
        let chart = |kind: &str, figure: &str, of: &Control| {
            let mut value = json!(of);
            value["kind"] = json!(kind);
            value["figure"] = json!(figure);
            value["centre"] = json!(over(of.count, of.cases));
            value["points"] = of.points.iter().map(point).collect();
            value
        };
        let both = |of: &KindCharts| of.both().map(|(figure, control)| chart(&of.kind, figure, control));
        json!({
            "question": self.question,
            "origin": self.origin,
            "rules": self.rules,
            "whistling": self.whistling,
            "units": self.units.iter().map(unit).collect::<Vec<_>>(),
            "charts": self.charts.iter().flat_map(both).collect::<Vec<_>>(),
        })
    }

    /// As CSV, a row for each unit: its rates, then its points with their limits; those are empty where the
    /// unit stands in no chart.
    pub fn to_csv(&self) -> String {
        const PARTS: [&str; 7] = ["count", "cases", "value", "lower", "upper", "signal", "blind_below"];
        let mut line: Vec<String> = ["unit", "name", "kind"].map(str::to_owned).into();
        line.extend(CALLED.iter().chain([&CALLING]).flat_map(|key| csv_rate_names(key)));
        for key in [WHISTLE_RATE, WHISTLES_FOR_EACH] {
            line.extend(PARTS.map(|part| format!("{key}.{part}")));
        }
        let mut text = csv_line(&line);
        for side in &self.units {
            let kind = side.kind.as_deref().unwrap_or_default();
            let mut line =
                vec![side.unit.to_string(), side.name.clone().unwrap_or_default(), kind.to_owned()];
            line.extend(side.rates.iter().flat_map(|(_, rate)| csv_rate(*rate, &self.rules)));
            for point in self.points(&side.unit) {
                line.extend(point.map_or_else(|| PARTS.map(|_| String::new()), csv_point));
            }
            text.push_str(&csv_line(&line));
        }
        text
    }

    /// As tables for people: departments, conveners, and chart by chart who lies outside.
    pub fn to_table(&self) -> String {
        let mut text = asked(&self.question, &self.origin);
        text.push_str(&self.rates("summoned 被吹哨", &CALLED));
        text.push_str(&self.rates("conveners 吹哨", &[CALLING]));
        if self.units.is_empty() {
            text.push_str("\nno whistle, and no case of a unit that could blow one\n");
        }
        for charts in &self.charts {
            for (figure, chart) in charts.both() {
                text.push_str(&self.chart(&charts.kind, figure, chart));
            }
        }
        let Whistling { sigmas, source, status, .. } = &self.whistling;
        text.push_str(&format!(
            "\nlimits: {sigmas} standard deviations either way; too low is as wrong as too high\n\
             * so few cases that not even none would be too low\n\
             rules of whistles: {source} ({status:?})\n"
        ));
        text
    }

    fn rates(&self, title: &str, keys: &[&str]) -> String {
        let mut lines = vec![[title].into_iter().chain(keys.iter().copied()).map(str::to_owned).collect()];
        for side in &self.units {
            let rates: Vec<Rate> =
                side.rates.iter().filter(|(key, _)| keys.contains(key)).map(|(_, rate)| *rate).collect();
            if rates.iter().any(|rate| rate.denominator > 0) {
                let cell = |rate: &Rate| match rate.percent(self.rules.percent_places) {
                    Some(percent) => format!("{percent} % {}/{}", rate.numerator, rate.denominator),
                    None => "not rated".to_owned(),
                };
                lines.push(
                    [self.title(side.unit.as_str())].into_iter().chain(rates.iter().map(cell)).collect(),
                );
            }
        }
        if lines.len() < 2 { String::new() } else { format!("\n{}", aligned(&lines)) }
    }

    fn chart(&self, kind: &str, figure: &str, chart: &Control) -> String {
        let centre = number(over(chart.count, chart.cases));
        let mut lines: Vec<Vec<String>> = vec![
            [figure, "whistles/cases", "value", "limits", "reading"].map(str::to_owned).into(),
            vec![
                format!("mean of {kind}"),
                of(chart.count, chart.cases),
                centre,
                String::new(),
                String::new(),
            ],
        ];
        for point in &chart.points {
            let limits = point.low.zip(point.high);
            let limits = limits.map(|(low, high)| format!("{low:.PLACES$}–{high:.PLACES$}"));
            let star = if point.blind_below { " *" } else { "" };
            lines.push(vec![
                self.title(&point.key),
                of(point.count, point.cases),
                number(over(point.count, point.cases)),
                limits.unwrap_or_default(),
                format!("{}{star}", reading(point.signal)),
            ]);
        }
        format!("\n{}", aligned(&lines))
    }

    fn title(&self, key: &str) -> String {
        self.name(key).map_or_else(|| key.to_owned(), |name| format!("{name} ({key})"))
    }
}

fn reading(signal: Signal) -> &'static str {
    match signal {
        Signal::Below => "too low 偏低",
        Signal::Within => "within 正常",
        Signal::Above => "too high 偏高",
        Signal::NotRated => "not rated 不评",
    }
}

fn of(count: u64, cases: u64) -> String {
    format!("{count}/{cases}")
}

#[allow(clippy::cast_precision_loss)]
fn over(count: u64, cases: u64) -> Option<f64> {
    (cases > 0).then(|| count as f64 / cases as f64)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.PLACES$}"))
}

fn csv_point(point: &Point) -> [String; 7] {
    let signal = json!(point.signal);
    [
        point.count.to_string(),
        point.cases.to_string(),
        number(over(point.count, point.cases)),
        number(point.low),
        number(point.high),
        signal.as_str().unwrap_or_default().to_owned(),
        point.blind_below.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Basis, By, Period};
    use crate::profile::{HolderRule, Status};
    use crate::time::Time;

    fn whistling() -> Whistling {
        let ruling = "24 h".parse().unwrap();
        let (good, warranted) = (vec!["good".into()], vec!["warranted".into()]);
        let (source, status) = ("test".into(), Status::Proposal);
        Whistling {
            ruler: HolderRule::Lead,
            ruling,
            sigmas: 3.0,
            good,
            warranted,
            stands: Default::default(),
            source,
            status,
        }
    }

    fn known(unit: &UnitId) -> Option<(String, CompactString)> {
        let kind = match unit.as_str().split_once('-')?.0 {
            "s" => "street-office",
            "c" => "community",
            _ => "department",
        };
        Some((format!("单位{}", unit.as_str()), kind.into()))
    }

    /// Three streets with 400 cases each, one with 3, a community that may not blow and a department.
    fn sheet() -> WhistleSheet {
        let mut figures = WhistleFigures::default();
        let unit = |id: &str| UnitId::new(id).unwrap();
        for (id, cases, blown) in
            [("s-1", 400, 2), ("s-2", 400, 40), ("s-3", 400, 90), ("s-4", 3, 0), ("c-1", 9, 0)]
        {
            (0..cases).for_each(|n| figures.came_with(unit(id), u64::from(n < blown)));
        }
        (0..4).for_each(|n| figures.ask(&unit("d-1"), "summons_on_site", n > 0));
        figures.ask(&unit("s-1"), "whistles_warranted", true);
        let question =
            Question { by: By::None, basis: Basis::Opened, period: Period::default(), as_of: Time(0) };
        let rules = (FigureRules::shipped().unwrap(), whistling());
        figures.sheet((question, Origin::default()), rules, known, |kind| kind == "street-office")
    }

    #[test]
    fn only_units_of_a_kind_that_convenes_stand_in_a_chart_and_both_sides_of_it_are_signals() {
        let sheet = sheet();
        let ids: Vec<&str> = sheet.units.iter().map(|side| side.unit.as_str()).collect();
        assert_eq!(ids, ["d-1", "s-1", "s-2", "s-3", "s-4"]);
        assert_eq!(sheet.charts.len(), 1);
        let shares = &sheet.charts[0].shares;
        let signals: Vec<Signal> = shares.points.iter().map(|p| p.signal).collect();
        assert_eq!(signals, [Signal::Below, Signal::Within, Signal::Above, Signal::Within]);
        assert_eq!((shares.count, shares.cases), (132, 1203), "the community's cases are not the streets'");
    }

    #[test]
    fn every_form_says_the_same() {
        let sheet = sheet();
        let json = sheet.to_json();
        assert_eq!(json["units"][0]["summons_on_site"]["percent"], 75.0);
        assert!(json["units"][0]["whistles_warranted"]["percent"].is_null(), "not rated");
        assert_eq!(json["charts"][0]["figure"], "whistle_rate");
        assert_eq!(json["charts"][0]["points"][0]["signal"], "below");
        assert_eq!(json["charts"][0]["points"][0]["name"], "单位s-1");
        assert_eq!(json["charts"][0]["points"][3]["blind_below"], true);
        assert_eq!(json["whistling"]["sigmas"], 3.0);
        let csv = sheet.to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        let columns = |line: &str| line.split(',').count();
        assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{csv}");
        assert!(lines[0].ends_with("whistles_for_each_case.signal,whistles_for_each_case.blind_below"));
        assert!(lines[1].starts_with("d-1,单位d-1,department,0,0,,,,3,4,75.00,"), "{csv}");
        assert!(lines[1].ends_with(",,,,,,,,,,,,,"), "a department stands in no chart: {csv}");
        assert!(lines[2].contains(",2,400,0.0050,") && lines[2].contains(",below,false"), "{csv}");
        let table = sheet.to_table();
        for words in
            ["75.00 % 3/4", "too low 偏低", "too high 偏高", "within 正常 *", "132/1203", "3 standard"]
        {
            assert!(table.contains(words), "{words}: {table}");
        }
    }
}
