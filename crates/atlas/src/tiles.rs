//! Vector tiles.
/// Why there is no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// No such tile exists.
    #[error("there is no tile {0}/{1}/{2}; accepted: zoom 0 to 22, x and y from 0 to 2^zoom - 1")]
    NoSuchTile(u8, u32, u32),
}

/// The value of an attribute of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}
