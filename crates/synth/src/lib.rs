//! What is made up: a city and its days, from a seed. Nothing here is a real person, call or answer.
//!
//! `day/` makes a day of calls with their words and plays the people who work on them, through the same
//! commands as everybody else. No HTTP and no SQL is spoken here.

pub mod day;
