//! How figures are drawn and printed, as data: `data/figures.toml`, or a city's own.

use super::rate::z_of;
use crate::profile::Weights;
use serde::{Deserialize, Serialize};

/// The rules of the figures. [`FigureRules::shipped`] reads the file that ships.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureRules {
    /// Confidence of the Wilson interval, between 0 and 1, both exclusive.
    pub confidence: f64,
    /// Places of a percentage, 0 to 6.
    pub percent_places: u32,
    /// Places of a duration, 0 to 6.
    pub duration_places: u32,
    /// Quantiles of each duration, in percent, 0 to 100.
    pub quantiles: Vec<u8>,
    /// One reply rate for each: replied within so many hours.
    pub reply_within_hours: Vec<u32>,
    /// The table prints days from so many hours on.
    pub days_from_hours: u32,
    /// What the three rates weigh in the score, from the profile; without it no score is made.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
}

/// Why a text is no set of figure rules.
#[derive(Debug, thiserror::Error)]
pub enum BadRules {
    /// Not TOML, a key missing, unknown or of the wrong type; the message names line and key.
    #[error("figure rules: {0}")]
    Toml(#[from] toml::de::Error),
    /// A value outside its range.
    #[error("figure rules: `{key}` = {value} is out of range; accepted: {accepted}")]
    Range {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// The range.
        accepted: &'static str,
    },
}

impl FigureRules {
    /// Reads rules from TOML and checks every range.
    pub fn parse(text: &str) -> Result<Self, BadRules> {
        let rules: Self = toml::from_str(text)?;
        let bad = |key, value: String, accepted| Err(BadRules::Range { key, value, accepted });
        if !(rules.confidence > 0.0 && rules.confidence < 1.0) {
            return bad(
                "confidence",
                rules.confidence.to_string(),
                "a number between 0 and 1, both exclusive",
            );
        }
        for (key, places) in
            [("percent_places", rules.percent_places), ("duration_places", rules.duration_places)]
        {
            if places > 6 {
                return bad(key, places.to_string(), "0 to 6");
            }
        }
        if let Some(high) = rules.quantiles.iter().find(|q| **q > 100) {
            return bad("quantiles", high.to_string(), "whole percents from 0 to 100");
        }
        Ok(rules)
    }

    /// The rules that ship.
    pub fn shipped() -> Result<Self, BadRules> {
        Self::parse(include_str!("../../data/figures.toml"))
    }

    /// The two-sided normal quantile of the confidence, such as 1.96 for 0.95.
    pub fn z(&self) -> f64 {
        z_of(self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_out_of_range_are_named() {
        let text = include_str!("../../data/figures.toml");
        assert!(FigureRules::parse(text).is_ok());
        for (from, to, key) in [
            ("confidence = 0.95", "confidence = 1.0", "confidence"),
            ("percent_places = 2", "percent_places = 7", "percent_places"),
            ("[50, 75, 90]", "[50, 101]", "quantiles"),
            ("confidence", "confidense", "confidense"),
        ] {
            let fault = FigureRules::parse(&text.replace(from, to)).unwrap_err().to_string();
            assert!(fault.contains(key), "{fault}");
        }
    }
}
