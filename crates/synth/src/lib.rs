//! A city made from a seed: what no open source states below the district is made up here, and said so.
//!
//! `write.rs` makes a whole city folder, on the ground of `body.rs`: `districts/` repairs the published
//! polygons into one partition, `numbers.rs` shares out residents, households and grids to the person,
//! `mesh/` cuts the land into cells that tile their parent exactly, `addresses.rs` and `people.rs` fill
//! them. `parameters.rs` reads every figure that describes a city from data. Pure but for memory: it is
//! given bytes and a seed, and returns files; the same seed gives the same bytes. `day/` makes what
//! happens in the city: calls with their words, and the people who work on them through the same commands as
//! everybody else. `simulate/` tries the rules themselves in small random cities.

mod addresses;
pub mod body;
pub mod day;
mod density;
pub mod dice;
pub mod districts;
mod error;
pub mod homes;
pub mod land;
pub mod mesh;
mod names;
pub mod numbers;
pub mod parameters;
mod people;
pub mod plane;
mod share;
pub mod simulate;
mod table;
mod write;

pub use body::{Ingredients, Progress};
pub use error::SynthError;
pub use write::{Made, make};
