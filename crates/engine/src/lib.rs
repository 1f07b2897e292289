//! The shell around the rules: what reads the world, asks the core and commits what it decides.
//!
//! `import/` brings in the records of other systems.

pub mod import;
