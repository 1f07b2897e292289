//! What handling costs 成本: rates by which minutes, trips, forms and transfers become one figure.

use super::Status;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Rates in hundredths of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// The currency, as it is printed.
    pub currency: CompactString,
    /// Of a working minute.
    pub minute: u32,
    /// Of a trip.
    pub trip: u32,
    /// Of a form.
    pub form: u32,
    /// Of giving a case to another unit.
    pub transfer: u32,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}
