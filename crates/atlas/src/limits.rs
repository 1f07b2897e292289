//! The sizes this room accepts. One over is refused by name, so that a wrong file cannot fill the memory.

/// The most arcs of a topology.
pub const MAX_ARCS: usize = 8_000_000;
/// The most points of all arcs together.
pub const MAX_POINTS: usize = 40_000_000;
/// The most rings of one place.
pub const MAX_RINGS: usize = 10_000;
/// The most arcs that the rings of one place refer to.
pub const MAX_PLACE_ARCS: usize = 2_000_000;
/// The widest and tallest geometry of a city, in units of 10⁻⁷ degree: 20°. Keeps every orientation test
/// within 64 bits.
pub const MAX_EXTENT: i64 = 200_000_000;
/// Cells of the raster grid.
pub const MAX_CELLS: usize = 1 << 24;
/// The widest uncertainty of a point that is searched for candidates, in metres.
pub const MAX_ACCURACY_M: u32 = 20_000;
/// The most candidates that an answer lists; `more` says how many were left out.
pub const MAX_CANDIDATES: usize = 32;
/// The longest text of an address or a search, in characters; what follows is not read.
pub const MAX_WORDS: usize = 200;
/// The most hits of a search.
pub const MAX_HITS: usize = 100;
/// The most aliases of one compound.
pub const MAX_ALIASES: usize = 50;
/// The highest storey; the lowest is its mirror.
pub const MAX_FLOOR: i16 = 200;
/// Faults of one sort that are listed before the rest is only counted.
pub const MAX_FAULTS: usize = 200;
/// The deepest zoom of a tile.
pub const MAX_ZOOM: u8 = 22;
/// The largest tile, in bytes; a tile that would be larger loses its finest level.
pub const MAX_TILE_BYTES: usize = 512 * 1024;
/// Bytes of encoded tiles that are kept for the next reader.
pub const TILE_CACHE_BYTES: usize = 64 * 1024 * 1024;
/// The most points of a tile of points; beyond it they are drawn together.
pub const MAX_TILE_POINTS: usize = 5_000;
/// The widest circle of a search for points nearby, in metres.
pub const MAX_NEAR_M: u32 = 50_000;
