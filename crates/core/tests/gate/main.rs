//! The gate: eleven stories as event lists, written before the event format was frozen. docs/gate.md says
//! what each of them showed. A story is read from the top: when, who, what they did, and what is so
//! afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::too_many_lines, reason = "a story is told in one piece")]
#![allow(unreachable_pub, missing_docs, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod story;

mod complaints;
mod corrections;
mod decided;
mod governed;
mod together;
