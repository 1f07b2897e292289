//! A score made from figures by a sheet of terms, as an evaluation rule writes it 考核评分.
//!
//! Weights, factors and caps are the sheet's; nothing here is a city's rule. A term whose rate is not rated
//! makes the whole score not rated: a unit without cases is listed apart, not given full marks.

use serde::{Deserialize, Serialize};

/// Why a text is no score sheet: the message names line and key.
#[derive(Debug, thiserror::Error)]
#[error("score sheet: {0}")]
pub struct BadSheet(#[from] toml::de::Error);

/// The terms of a score; it is their sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSheet {
    /// The name of the sheet.
    pub name: String,
    /// Its terms.
    #[serde(rename = "term")]
    pub terms: Vec<Term>,
}

/// One term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Term {
    /// `weight × rate`, or `weight × (1 − rate)` for a rate that should be low.
    Rate {
        /// The key of the rate.
        figure: String,
        /// Points for a rate of 1.
        weight: f64,
        /// Whether a low rate earns the points.
        #[serde(default)]
        low_is_good: bool,
    },
    /// `start − (count × factor) / (area × people)`, within `floor` and `start`: units of unlike size
    /// compare.
    Density {
        /// The key of the count.
        figure: String,
        /// Points without any case.
        start: f64,
        /// Weight of one case.
        factor: f64,
        /// The least the term can give.
        #[serde(default)]
        floor: f64,
    },
    /// `points × count` with negative points, no lower than `floor`.
    Deduct {
        /// The key of the count.
        figure: String,
        /// Points of one case, negative.
        points: f64,
        /// The most that can be lost, as a negative number.
        floor: f64,
    },
}

/// What a unit's counts are measured against, in the units that the sheet's factors assume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Area.
    pub area: f64,
    /// People.
    pub people: f64,
}

/// A score, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Score {
    /// The points.
    Points(f64),
    /// Not rated; the figure that is missing or has no cases.
    NotRated(String),
}

impl ScoreSheet {
    /// Reads a sheet from TOML.
    pub fn parse(text: &str) -> Result<Self, BadSheet> {
        Ok(toml::from_str(text)?)
    }

    /// The score of one unit. `share` gives a rate between 0 and 1, `count` a count, each `None` where not
    /// rated.
    pub fn score(
        &self,
        share: impl Fn(&str) -> Option<f64>,
        count: impl Fn(&str) -> Option<f64>,
        site: Option<Site>,
    ) -> Score {
        let mut sum = 0.0;
        for term in &self.terms {
            match term.points(&share, &count, site) {
                Ok(points) => sum += points,
                Err(missing) => return Score::NotRated(missing),
            }
        }
        Score::Points(sum)
    }
}

impl Term {
    fn points(
        &self,
        share: &impl Fn(&str) -> Option<f64>,
        count: &impl Fn(&str) -> Option<f64>,
        site: Option<Site>,
    ) -> Result<f64, String> {
        match self {
            Self::Rate { figure, weight, low_is_good } => {
                let rate = share(figure).ok_or_else(|| figure.clone())?;
                Ok(weight * if *low_is_good { 1.0 - rate } else { rate })
            }
            Self::Density { figure, start, factor, floor } => {
                let cases = count(figure).ok_or_else(|| figure.clone())?;
                let base = site.map(|site| site.area * site.people).filter(|base| *base > 0.0);
                let base = base.ok_or_else(|| format!("{figure}: area or people"))?;
                Ok((start - cases * factor / base).clamp(floor.min(*start), *start))
            }
            Self::Deduct { figure, points, floor } => {
                let cases = count(figure).ok_or_else(|| figure.clone())?;
                Ok((points * cases).max(*floor))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A district's rule for intake, with its own example: 100 complaints, area 0.026, people 2.141 give
    /// 26.407 of 30.
    #[test]
    fn complaints_are_normalised_by_area_and_people() {
        let sheet = ScoreSheet::parse(
            "name = \"intake\"\n[[term]]\nkind = \"density\"\n\
             figure = \"received\"\nstart = 30\nfactor = 0.002\n",
        )
        .unwrap();
        let site = Some(Site { area: 0.026, people: 2.141 });
        let Score::Points(points) = sheet.score(|_| None, |_| Some(100.0), site) else { panic!() };
        assert_eq!(format!("{points:.3}"), "26.407");
        assert_eq!(
            sheet.score(|_| None, |_| Some(100.0), None),
            Score::NotRated("received: area or people".to_owned())
        );
    }

    /// A district's rule for digital management: 30·处置 + 20·按期处置 + 20·(1−返工) + 20·(1−超期待处置) + 10·(1−延期).
    #[test]
    fn the_digital_management_sheet_adds_up_to_a_hundred() {
        let term = |figure: &str, weight: u32, low: bool| {
            format!(
                "[[term]]\nkind = \"rate\"\nfigure = \"{figure}\"\nweight = {weight}\nlow_is_good = {low}\n"
            )
        };
        let text = [
            "name = \"digital management\"\n".to_owned(),
            term("closed", 30, false),
            term("on_time", 20, false),
            term("rework", 20, true),
            term("overdue", 20, true),
            term("extended", 10, true),
        ]
        .concat();
        let sheet = ScoreSheet::parse(&text).unwrap();
        let best = |key: &str| Some(if matches!(key, "closed" | "on_time") { 1.0 } else { 0.0 });
        assert_eq!(sheet.score(best, |_| None, None), Score::Points(100.0));
        let some = |key: &str| match key {
            "closed" => Some(0.9),
            "on_time" => Some(0.8),
            "rework" => Some(0.1),
            "overdue" => Some(0.05),
            _ => Some(0.2),
        };
        let Score::Points(points) = sheet.score(some, |_| None, None) else { panic!() };
        assert!((points - (27.0 + 16.0 + 18.0 + 19.0 + 8.0)).abs() < 1e-9, "{points}");
        assert_eq!(sheet.score(|_| None, |_| None, None), Score::NotRated("closed".to_owned()));
    }

    /// A county weighs the three rates 30/35/35; elsewhere repeats cost 1 point each and 20 at most.
    #[test]
    fn three_rates_weigh_as_the_sheet_says_and_deductions_are_capped() {
        let sheet = ScoreSheet::parse(
            "name = \"three rates\"\n\
             [[term]]\nkind = \"rate\"\nfigure = \"responded\"\nweight = 30\n\
             [[term]]\nkind = \"rate\"\nfigure = \"solved\"\nweight = 35\n\
             [[term]]\nkind = \"rate\"\nfigure = \"satisfied\"\nweight = 35\n\
             [[term]]\nkind = \"deduct\"\nfigure = \"repeats\"\npoints = -1\nfloor = -20\n",
        )
        .unwrap();
        let share = |key: &str| match key {
            "responded" => Some(1.0),
            "solved" => Some(0.94),
            _ => Some(0.95),
        };
        let Score::Points(points) = sheet.score(share, |_| Some(33.0), None) else { panic!() };
        assert!((points - (30.0 + 32.9 + 33.25 - 20.0)).abs() < 1e-9, "{points}");
    }
}
