//! Tidy checks: what the workspace promises about itself, held by ordinary tests.
//!
//! Owns the walk over the source tree and the list of checks. Each checker is a function from text to
//! findings, is tried on a bad sample first (a check that cannot fail is a defect) and then on the tree.
//! Read `rooms.rs` next.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a tidy test fails by panicking with what it found")]

mod papers;
mod rooms;
mod source;
mod supply;
mod tree;
mod words;

/// Fails with every finding on a line of its own.
fn report(findings: &[String]) {
    assert!(findings.is_empty(), "{} finding(s):\n{}\n", findings.len(), findings.join("\n"));
}
