//! What can go wrong while a city is made.

/// Why a city could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// The file of parameters is wrong.
    #[error("{0}")]
    Parameters(String),
    /// The polygons of the districts are wrong.
    #[error("districts.geojson: {0}")]
    Geometry(String),
    /// The city's own tables lack something that is needed.
    #[error("{0}")]
    City(String),
    /// The numbers asked for cannot all be met.
    #[error("{what}: {total} cannot be shared out between {low} and {high}; accepted is a total within them")]
    Share {
        /// What was to be shared out.
        what: String,
        /// How much.
        total: u64,
        /// The sum of what each must have.
        low: u64,
        /// The sum of what each may have.
        high: u64,
    },
    /// A face could not be cut as asked.
    #[error("{0} could not be cut into {1} parts; its shape is too thin for them")]
    Cut(String, usize),
    /// What was made is not exact: a defect of this program.
    #[error("the geometry made is not exact: {0}")]
    Inexact(String),
}
