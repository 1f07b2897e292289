//! A fault of a city folder: where it is and what would be accepted instead; and how an error is told in a
//! line.

use serde::Serialize;
use std::fmt;

/// How much a fault matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The city cannot be loaded.
    Error,
    /// The city loads; somebody should look.
    Warning,
}

/// One fault, addressed so that a person can go and mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Error or warning.
    pub severity: Severity,
    /// The file within the city folder, such as `places.csv`.
    pub file: String,
    /// The line, counted from 1; 0 when the fault is of the file as a whole.
    pub line: u32,
    /// The column of a CSV file or the key path of a TOML file; empty when the whole line is meant.
    pub field: String,
    /// What is wrong, with the offending value.
    pub problem: String,
    /// What is accepted instead.
    pub accepted: String,
}

impl Fault {
    /// A fault that keeps the city from loading.
    pub fn error(
        file: &str,
        line: u32,
        field: &str,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) -> Fault {
        let (file, field) = (file.to_owned(), field.to_owned());
        Fault {
            severity: Severity::Error,
            file,
            line,
            field,
            problem: problem.into(),
            accepted: accepted.into(),
        }
    }

    /// A fault that somebody should look at; the city loads.
    pub fn warning(
        file: &str,
        line: u32,
        field: &str,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) -> Fault {
        Fault { severity: Severity::Warning, ..Fault::error(file, line, field, problem, accepted) }
    }
}

/// An error with everything that caused it, in one line: what somebody can act upon stands at the end.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{word}: {}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, " [{}]", self.field)?;
        }
        write!(f, ": {}", self.problem)?;
        if self.accepted.is_empty() { Ok(()) } else { write!(f, "; accepted: {}", self.accepted) }
    }
}
