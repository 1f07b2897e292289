//! The sizes a city folder may have. One over is refused by name, so that a wrong file cannot fill the
//! memory.

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// The most rows of one table.
pub const MAX_ROWS: usize = 4_000_000;
/// The longest cell, in bytes.
pub const MAX_CELL_BYTES: usize = 2_000;
/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// The longest code of a place, in bytes.
pub const MAX_CODE_BYTES: usize = 32;
/// The most levels.
pub const MAX_LEVELS: usize = 32;
/// The most trees.
pub const MAX_TREES: usize = 32;
/// The most kinds of one level.
pub const MAX_KINDS: usize = 64;
/// The most sources.
pub const MAX_SOURCES: usize = 200;
/// The most residents or households of one place.
pub const MAX_PEOPLE: u32 = 1_000_000_000;
