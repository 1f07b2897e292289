//! Reading a JSON object field by field, so that every wrong field is named at once with what is accepted.

use crate::problem::{FieldProblem, Problem};
use huying_core::time::Time;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::str::FromStr;

/// What an instant must look like.
pub(crate) const INSTANT: &str = "an instant with its offset, such as 2026-11-23T09:30:00+08:00";

/// An object in the reading: what was read is taken out, what is left over at the end is unknown.
pub(crate) struct Fields {
    map: Map<String, Value>,
    prefix: String,
    known: Vec<&'static str>,
    faults: Vec<FieldProblem>,
}

impl Fields {
    /// Reads `map`.
    pub(crate) fn of(map: Map<String, Value>) -> Fields {
        Fields { map, prefix: String::new(), known: Vec::new(), faults: Vec::new() }
    }

    /// Notes what is wrong with a field.
    pub(crate) fn fault(&mut self, field: &str, problem: impl Into<String>, accepted: impl Into<String>) {
        let field = format!("{}{field}", self.prefix);
        self.faults.push(FieldProblem::new(field, problem, accepted));
    }

    /// Takes a field out; `null` is as good as absent.
    pub(crate) fn take(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        self.map.remove(field).filter(|v| !v.is_null())
    }

    /// Notes that a field is needed when `found` is nothing and the field was not already at fault.
    pub(crate) fn need<T>(&mut self, field: &str, found: Option<T>, accepted: &str) -> Option<T> {
        let full = format!("{}{field}", self.prefix);
        if found.is_none() && !self.faults.iter().any(|f| f.field == full) {
            self.fault(field, "is missing", accepted);
        }
        found
    }

    /// A text of 1 to `most` characters, blanks around it cut off.
    pub(crate) fn text(&mut self, field: &'static str, most: usize) -> Option<String> {
        let accepted = || format!("a text of 1 to {most} characters");
        let value = self.take(field)?;
        let Value::String(text) = value else {
            self.fault(field, format!("is {}, not a text", type_of(&value)), accepted());
            return None;
        };
        let length = text.trim().chars().count();
        if length == 0 || length > most {
            self.fault(field, format!("has {length} characters"), accepted());
            return None;
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.fault(field, "holds control characters", accepted());
            return None;
        }
        Some(text.trim().to_owned())
    }

    /// A text that `T` reads.
    pub(crate) fn parse<T: FromStr>(&mut self, field: &'static str, accepted: &str) -> Option<T> {
        match self.take(field)? {
            Value::String(text) => match text.trim().parse() {
                Ok(value) => return Some(value),
                Err(_) => self.fault(field, format!("`{}` is not accepted", shown(&text)), accepted),
            },
            other => self.fault(field, format!("is {}, not a text", type_of(&other)), accepted),
        }
        None
    }

    /// One of some words.
    pub(crate) fn word(&mut self, field: &'static str, words: &[&str]) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if words.contains(&text.as_str()) => return Some(text),
            Value::String(text) => {
                self.fault(field, format!("`{}` is not accepted", shown(&text)), words.join(", "));
            }
            other => self.fault(field, format!("is {}, not a text", type_of(&other)), words.join(", ")),
        }
        None
    }

    /// An instant.
    pub(crate) fn time(&mut self, field: &'static str) -> Option<Time> {
        self.parse::<Timestamp>(field, INSTANT).map(Time::from)
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, field: &'static str) -> Option<bool> {
        match self.take(field)? {
            Value::Bool(flag) => Some(flag),
            other => {
                self.fault(field, format!("is {}", type_of(&other)), "true or false");
                None
            }
        }
    }

    /// A whole number from 0 to `most`.
    pub(crate) fn whole(&mut self, field: &'static str, least: u64, most: u64) -> Option<u64> {
        let accepted = format!("a whole number from {least} to {most}");
        let value = self.take(field)?;
        match value.as_u64() {
            Some(n) if (least..=most).contains(&n) => Some(n),
            _ => {
                self.fault(field, format!("`{}` is not accepted", shown(&value.to_string())), accepted);
                None
            }
        }
    }

    /// Degrees from `-most` to `most`, in units of 10⁻⁷ degree.
    pub(crate) fn degrees(&mut self, field: &'static str, most: i32) -> Option<i32> {
        let value = self.take(field)?;
        let scaled = value.as_f64().map(|degrees| (degrees * 1e7).round());
        match scaled {
            Some(scaled) if scaled.abs() <= f64::from(most) * 1e7 => Some(scaled as i32),
            _ => {
                let problem = format!("`{}` is not accepted", shown(&value.to_string()));
                self.fault(field, problem, format!("a number of degrees from -{most} to {most}"));
                None
            }
        }
    }

    /// An object within.
    pub(crate) fn object(&mut self, field: &'static str) -> Option<Fields> {
        match self.take(field)? {
            Value::Object(map) => {
                Some(Fields { prefix: format!("{}{field}.", self.prefix), ..Fields::of(map) })
            }
            other => {
                self.fault(field, format!("is {}", type_of(&other)), "an object");
                None
            }
        }
    }

    /// Ends the reading of an object within; its faults become this one's.
    pub(crate) fn close(&mut self, within: Fields) {
        self.faults.extend(within.left_over());
    }

    fn left_over(mut self) -> Vec<FieldProblem> {
        let accepted = self.known.join(", ");
        for name in std::mem::take(&mut self.map).keys() {
            self.fault(&shown(name), "is unknown", accepted.clone());
        }
        self.faults
    }

    /// Ends the reading of what this file reads; what is left is read otherwise.
    ///
    /// # Errors
    /// A problem that names every field at fault.
    pub(crate) fn rest(self) -> Result<Map<String, Value>, Problem> {
        if self.faults.is_empty() { Ok(self.map) } else { Err(Problem::fields(self.faults)) }
    }

    /// Ends the reading: whatever was not read is unknown.
    ///
    /// # Errors
    /// A problem that names every field at fault.
    pub(crate) fn end(self) -> Result<(), Problem> {
        let faults = self.left_over();
        if faults.is_empty() { Ok(()) } else { Err(Problem::fields(faults)) }
    }
}

/// Reads a value that has a form of its own, such as a roster; `within` is the field that holds it, and
/// `accepted` what is said where the form itself does not say what it wants.
///
/// # Errors
/// The field at fault, by its path.
pub(crate) fn read<T: DeserializeOwned>(
    value: Value,
    within: &str,
    accepted: &str,
) -> Result<T, FieldProblem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { within.to_owned() } else { joined(within, &path) };
        let said = error.into_inner().to_string();
        let (what, wanted) = said.split_once(", expected ").unwrap_or((&said, accepted));
        let wanted = wanted.trim_start_matches("one of ").replace('`', "");
        let named = |start: &str| what.strip_prefix(start)?.strip_suffix('`');
        if let Some(field) = named("missing field `") {
            return FieldProblem::new(joined(&path, field), "is missing", accepted);
        }
        if let Some(field) = named("unknown field `") {
            // Its own path may name it already, as its last part.
            let (over, last) = path.rsplit_once('.').unwrap_or(("", &path));
            let over = if last == field { over } else { &path };
            return FieldProblem::new(joined(over, &shown(field)), "is unknown", wanted);
        }
        let given = named("unknown variant `");
        let problem =
            given.map_or_else(|| shown(what), |given| format!("`{}` is not accepted", shown(given)));
        FieldProblem::new(path, problem, wanted)
    })
}

/// The path of a field within another.
fn joined(within: &str, field: &str) -> String {
    let dot = if within.is_empty() || field.starts_with('[') { "" } else { "." };
    format!("{within}{dot}{field}")
}

/// The beginning of what was given, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value, ask: impl FnOnce(&mut Fields)) -> Vec<(String, String)> {
        let Value::Object(map) = value else { panic!("an object") };
        let mut fields = Fields::of(map);
        ask(&mut fields);
        let problem = fields.end().err();
        problem.map_or(Vec::new(), |p| p.fields.into_iter().map(|f| (f.field, f.accepted)).collect())
    }

    #[test]
    fn every_fault_is_named_with_its_path_and_what_is_accepted() {
        let faults = read(json!({"a": "", "b": {"c": 1, "x": 2}, "d": 181, "z": 0, "n": null}), |f| {
            assert_eq!(f.text("a", 5), None);
            let none = f.text("n", 5);
            f.need("n", none, "a text");
            let mut b = f.object("b").unwrap();
            assert_eq!(b.text("c", 5), None);
            f.close(b);
            assert_eq!(f.degrees("d", 180), None);
        });
        let names: Vec<&str> = faults.iter().map(|(f, _)| f.as_str()).collect();
        assert_eq!(names, ["a", "n", "b.c", "b.x", "d", "z"]);
        assert_eq!(faults[0].1, "a text of 1 to 5 characters");
        assert_eq!(faults[3].1, "c");
    }

    #[test]
    fn limits_are_taken_and_not_one_more() {
        assert!(read(json!({"a": "呼应呼应呼"}), |f| assert!(f.text("a", 5).is_some())).is_empty());
        assert_eq!(read(json!({"a": "呼应呼应呼应"}), |f| assert!(f.text("a", 5).is_none())).len(), 1);
        assert!(read(json!({"a": 180}), |f| assert_eq!(f.degrees("a", 180), Some(1_800_000_000))).is_empty());
        assert_eq!(read(json!({"a": 180.0000001}), |f| assert!(f.degrees("a", 180).is_none())).len(), 1);
        assert!(read(json!({"a": 3}), |f| assert_eq!(f.whole("a", 1, 3), Some(3))).is_empty());
        assert_eq!(read(json!({"a": 4}), |f| assert!(f.whole("a", 1, 3).is_none())).len(), 1);
        assert_eq!(read(json!({"a": "2026-11-23"}), |f| assert!(f.time("a").is_none())).len(), 1);
    }
}
