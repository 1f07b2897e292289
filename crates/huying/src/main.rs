//! The `huying` command.
fn main() {}
