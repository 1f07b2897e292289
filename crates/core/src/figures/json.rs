//! Figures and definitions as JSON. Durations are in seconds; what is not rated or not measured is `null`.

use super::definition::{SCORE, definitions};
use super::mask::WITHHELD;
use super::render::points;
use super::{Duration, Exact, FigureRules, Figures, Rate, Row};
use serde_json::{Map, Value, json};

/// The figures as one JSON object.
pub fn to_json(figures: &Figures) -> Value {
    let cell = figures.smallest_cell;
    let mut object = json!({
        "question": figures.question,
        "origin": figures.origin,
        "rules": figures.rules,
        "total": row(&figures.total, &figures.rules, cell),
        "rows": figures.rows.iter().map(|one| row(one, &figures.rules, cell)).collect::<Vec<_>>(),
    });
    if let (Some(cell), Some(fields)) = (cell, object.as_object_mut()) {
        fields.insert("smallest_cell".into(), json!(cell));
    }
    object
}

/// The definitions as a JSON array.
pub fn definitions_json(rules: &FigureRules) -> Value {
    json!(definitions(rules))
}

fn row(row: &Row, rules: &FigureRules, cell: Option<u32>) -> Value {
    let mut object = Map::new();
    object.insert("key".into(), json!(row.key));
    object.insert("name".into(), json!(row.name));
    for (key, count) in &row.counts {
        let hidden = row.hidden.get(key).map(|hidden| json!(hidden.text(cell)));
        object.insert(key.to_string(), hidden.unwrap_or_else(|| json!(count)));
    }
    let z = rules.z();
    for (key, one) in &row.rates {
        let shown = rate(*one, z, rules.percent_places);
        object.insert(key.to_string(), if row.hidden.contains_key(key) { withheld(shown) } else { shown });
    }
    for (key, one) in &row.durations {
        let shown = duration(one);
        object.insert(key.to_string(), if row.hidden.contains_key(key) { withheld(shown) } else { shown });
    }
    if rules.weights.is_some() {
        let shown = if row.hidden.contains_key(SCORE) { json!(WITHHELD) } else { number(points(row, rules)) };
        object.insert(SCORE.into(), shown);
    }
    Value::Object(object)
}

/// The same fields without values, and the word that says so: `null` alone would read as not rated.
fn withheld(mut shown: Value) -> Value {
    if let Some(fields) = shown.as_object_mut() {
        fields.values_mut().for_each(|value| *value = Value::Null);
        fields.insert(WITHHELD.into(), json!(true));
    }
    shown
}

/// A rate as the five members that every output gives it.
pub(super) fn rate(rate: Rate, z: f64, places: u32) -> Value {
    let (low, high) = rate.interval(z, places).unzip();
    json!({
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "percent": number(rate.percent(places)),
        "low": number(low),
        "high": number(high),
    })
}

fn duration(duration: &Duration) -> Value {
    let seconds = |value: Exact| number(Some(value.in_units(1_000, 3)));
    let mut object = Map::new();
    object.insert("n".into(), json!(duration.n));
    object.insert("mean_s".into(), duration.mean.map_or(Value::Null, seconds));
    for (percent, value) in &duration.quantiles {
        object.insert(format!("p{percent}_s"), seconds(*value));
    }
    Value::Object(object)
}

/// A decimal text as a JSON number: the shortest number that reads back as that decimal.
fn number(text: Option<String>) -> Value {
    text.and_then(|text| text.parse::<f64>().ok()).map_or(Value::Null, |number| json!(number))
}
