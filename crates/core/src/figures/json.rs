//! Figures and definitions as JSON. Durations are in seconds; what is not rated or not measured is `null`.

use super::definition::definitions;
use super::{Duration, Exact, FigureRules, Figures, Rate, Row};
use serde_json::{Map, Value, json};

/// The figures as one JSON object.
pub fn to_json(figures: &Figures) -> Value {
    json!({
        "question": figures.question,
        "origin": figures.origin,
        "rules": figures.rules,
        "total": row(&figures.total, &figures.rules),
        "rows": figures.rows.iter().map(|one| row(one, &figures.rules)).collect::<Vec<_>>(),
    })
}

/// The definitions as a JSON array.
pub fn definitions_json(rules: &FigureRules) -> Value {
    json!(definitions(rules))
}

fn row(row: &Row, rules: &FigureRules) -> Value {
    let mut object = Map::new();
    object.insert("key".into(), json!(row.key));
    object.insert("name".into(), json!(row.name));
    for (key, count) in &row.counts {
        object.insert(key.to_string(), json!(count));
    }
    let z = rules.z();
    for (key, one) in &row.rates {
        object.insert(key.to_string(), rate(*one, z, rules.percent_places));
    }
    for (key, one) in &row.durations {
        object.insert(key.to_string(), duration(one));
    }
    Value::Object(object)
}

fn rate(rate: Rate, z: f64, places: u32) -> Value {
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
