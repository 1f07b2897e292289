//! What cases cost 成本: minutes, trips, forms and transfers, valued by the profile's rates, with how many
//! cases say anything of it at all.
//!
//! A case on which nobody logged effort is not a case that cost nothing: it is counted apart, and the cost
//! of a closed case is that of those that say so. Apart from the other figures, because it is money and no
//! rate; the public does not see it.

use super::render::{csv_line, pad, width};
use crate::profile::Costs;
use compact_str::CompactString;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one case took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Took {
    /// Working minutes.
    pub minutes: u32,
    /// Trips.
    pub trips: u32,
    /// Forms.
    pub forms: u32,
    /// How often another unit was given it.
    pub transfers: u16,
    /// Whether it is closed.
    pub closed: bool,
}

/// The cost of the cases of one unit, matter, or of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CostRow {
    /// The cases handled here.
    pub cases: u64,
    /// Those of which effort was logged, or that were given to another unit.
    pub recorded: u64,
    /// The closed ones of these.
    pub closed: u64,
    /// Minutes.
    pub minutes: u64,
    /// Trips.
    pub trips: u64,
    /// Forms.
    pub forms: u64,
    /// Transfers.
    pub transfers: u64,
    /// The whole cost, in hundredths of the currency.
    pub cost: u64,
    /// That of the closed cases.
    pub cost_of_closed: u64,
}

impl CostRow {
    fn add(&mut self, took: &Took, rates: &Costs) {
        self.cases += 1;
        if (took.minutes, took.trips, took.forms, took.transfers) == (0, 0, 0, 0) {
            return;
        }
        let times = |n: u32, rate: u32| u64::from(n).saturating_mul(u64::from(rate));
        let cost = times(took.minutes, rates.minute)
            .saturating_add(times(took.trips, rates.trip))
            .saturating_add(times(took.forms, rates.form))
            .saturating_add(times(took.transfers.into(), rates.transfer));
        self.recorded += 1;
        self.minutes += u64::from(took.minutes);
        self.trips += u64::from(took.trips);
        self.forms += u64::from(took.forms);
        self.transfers += u64::from(took.transfers);
        self.cost = self.cost.saturating_add(cost);
        if took.closed {
            self.closed += 1;
            self.cost_of_closed = self.cost_of_closed.saturating_add(cost);
        }
    }

    /// The cost of a closed case, in hundredths, rounded half up; none without one.
    pub fn of_a_closed_case(&self) -> Option<u64> {
        (self.closed > 0).then(|| (self.cost_of_closed.saturating_mul(2) / self.closed).div_ceil(2))
    }
}

/// The costs of cases, as a whole and in groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostFigures {
    /// The rates.
    pub rates: Costs,
    /// Every case.
    pub total: CostRow,
    /// The groups by key; none where the cases record none.
    pub rows: BTreeMap<Option<CompactString>, CostRow>,
}

impl CostFigures {
    /// Nothing counted yet.
    pub fn new(rates: Costs) -> CostFigures {
        CostFigures { rates, total: CostRow::default(), rows: BTreeMap::new() }
    }

    /// Counts one case; in a group too, where one is asked for.
    pub fn add(&mut self, took: &Took, group: Option<Option<CompactString>>) {
        self.total.add(took, &self.rates);
        if let Some(key) = group {
            self.rows.entry(key).or_default().add(took, &self.rates);
        }
    }

    /// As JSON; money in hundredths of the currency; with a name for each key where `name_of` has one.
    pub fn to_json(&self, name_of: impl Fn(&str) -> Option<String>) -> serde_json::Value {
        let row = |row: &CostRow| {
            let mut value = serde_json::json!(row);
            value["per_closed_case"] = serde_json::json!(row.of_a_closed_case());
            value
        };
        let rows: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|(key, one)| {
                let mut value = row(one);
                value["key"] = serde_json::json!(key);
                value["name"] = serde_json::json!(key.as_deref().and_then(&name_of));
                value
            })
            .collect();
        serde_json::json!({ "rates": self.rates, "total": row(&self.total), "rows": rows })
    }

    /// As CSV: a row for each group, then the whole with the key `*`; money in hundredths of the currency,
    /// empty where not rated.
    pub fn to_csv(&self, name_of: impl Fn(&str) -> Option<String>) -> String {
        let columns = "key,name,cases,recorded,closed,minutes,trips,forms,transfers,cost,cost_of_closed";
        let mut text = format!("{columns},per_closed_case,currency\n");
        let rows = self.rows.iter().map(|(key, row)| (key.as_deref().unwrap_or_default(), row));
        for (key, row) in rows.chain([("*", &self.total)]) {
            let numbers = [
                row.cases,
                row.recorded,
                row.closed,
                row.minutes,
                row.trips,
                row.forms,
                row.transfers,
                row.cost,
                row.cost_of_closed,
            ];
            let mut line = vec![key.to_owned(), name_of(key).unwrap_or_default()];
            line.extend(numbers.map(|n| n.to_string()));
            line.push(row.of_a_closed_case().map(|n| n.to_string()).unwrap_or_default());
            line.push(self.rates.currency.to_string());
            text.push_str(&csv_line(&line));
        }
        text
    }

    /// As a table for people, with a name for each key where `name_of` has one.
    pub fn to_table(&self, name_of: impl Fn(&str) -> Option<String>) -> String {
        let mut lines = vec![HEADER.map(str::to_owned)];
        lines.push(self.cells("total".into(), &self.total));
        for (key, row) in &self.rows {
            let key = key.as_deref().unwrap_or("(not recorded)");
            let name = name_of(key).map_or_else(|| key.to_owned(), |name| format!("{name} ({key})"));
            lines.push(self.cells(name, row));
        }
        let widest = |i: usize| lines.iter().map(|line| width(&line[i])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEADER.len()).map(widest).collect();
        let mut text = String::new();
        for line in &lines {
            let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, w)| pad(cell, *w)).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text.push_str(&format!("rates: {} ({:?})\n", self.rates.source, self.rates.status));
        text
    }

    fn cells(&self, name: String, row: &CostRow) -> [String; 10] {
        let money = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let each = row.of_a_closed_case().map_or("not rated".to_owned(), money);
        [
            name,
            format!("{}/{}", row.recorded, row.cases),
            row.minutes.to_string(),
            row.trips.to_string(),
            row.forms.to_string(),
            row.transfers.to_string(),
            format!("{} {}", money(row.cost), self.rates.currency),
            money(row.cost_of_closed),
            row.closed.to_string(),
            each,
        ]
    }
}

const HEADER: [&str; 10] = [
    "cost 成本",
    "recorded/cases",
    "minutes",
    "trips",
    "forms",
    "transfers",
    "cost",
    "of closed",
    "closed",
    "per closed case",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Status;
    use proptest::prelude::*;

    fn rates() -> Costs {
        let (source, status) = (String::new(), Status::Proposal);
        Costs { currency: "CNY".into(), minute: 100, trip: 2_000, form: 500, transfer: 1_500, source, status }
    }

    fn took(minutes: u32, trips: u32, transfers: u16, closed: bool) -> Took {
        Took { minutes, trips, forms: 0, transfers, closed }
    }

    #[test]
    fn who_logged_nothing_did_not_cost_nothing() {
        let mut figures = CostFigures::new(rates());
        figures.add(&took(45, 1, 0, true), Some(Some("u1".into())));
        figures.add(&took(10, 0, 1, true), Some(Some("u1".into())));
        figures.add(&took(0, 0, 0, true), Some(Some("u1".into())));
        figures.add(&took(5, 0, 0, false), Some(None));
        let total = figures.total;
        assert_eq!((total.cases, total.recorded, total.closed), (4, 3, 2));
        assert_eq!((total.cost, total.cost_of_closed), (6_500 + 2_500 + 500, 9_000));
        assert_eq!(total.of_a_closed_case(), Some(4_500));
        assert_eq!(figures.rows[&None].of_a_closed_case(), None, "not rated");
        let table = figures.to_table(|key| (key == "u1").then(|| "水务".into()));
        assert!(table.contains("水务 (u1)") && table.contains("95.00 CNY"), "{table}");
        assert!(table.contains("45.00") && table.contains("not rated") && table.contains("3/4"), "{table}");
        assert_eq!(figures.to_json(|_| None)["total"]["per_closed_case"], 4_500);
        let csv = figures.to_csv(|key| (key == "u1").then(|| "水务, 河".into()));
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 4, "{csv}");
        assert!(
            lines[1].starts_with(",,1,1,0,5,") && lines[1].ends_with(",,CNY"),
            "not rated is empty: {csv}"
        );
        assert!(lines[2].starts_with("u1,\"水务, 河\",3,2,2,55,1,0,1,9000,9000,4500,CNY"), "{csv}");
        assert!(lines[3].starts_with("*,,4,3,2,"), "{csv}");
    }

    #[test]
    fn a_share_is_rounded_half_up() {
        let row = |cost, closed| CostRow { cost_of_closed: cost, closed, ..CostRow::default() };
        assert_eq!(row(5, 2).of_a_closed_case(), Some(3));
        assert_eq!(row(4, 3).of_a_closed_case(), Some(1));
        assert_eq!(row(5, 3).of_a_closed_case(), Some(2));
    }

    proptest! {
        #[test]
        fn groups_add_up_to_the_whole(
            cases in prop::collection::vec((0u32..500, 0u32..9, 0u16..4, any::<bool>(), 0u8..3), 0..40),
        ) {
            let mut figures = CostFigures::new(rates());
            for (minutes, trips, transfers, closed, group) in cases {
                let key = (group > 0).then(|| CompactString::from(format!("u{group}")));
                figures.add(&took(minutes, trips, transfers, closed), Some(key));
            }
            let sum = |of: fn(&CostRow) -> u64| figures.rows.values().map(of).sum::<u64>();
            prop_assert_eq!(sum(|r| r.cost), figures.total.cost);
            prop_assert_eq!(sum(|r| r.recorded), figures.total.recorded);
            prop_assert_eq!(sum(|r| r.cost_of_closed), figures.total.cost_of_closed);
        }
    }
}
