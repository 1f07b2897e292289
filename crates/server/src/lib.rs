//! The HTTP face of Huying: the JSON API, its problems, its description. Thin: no rule and no SQL is here.
//!
//! `listen.rs` accepts connections and stops in order; `layers.rs` is what every request passes; `call.rs`
//! reads a request; `sign_in.rs` says who asks; `api/` has one file for each thing that can be asked for;
//! `problem.rs` is every answer that is no success. What people who call the API need to know is
//! docs/api.md.

#![expect(clippy::result_large_err, reason = "a problem is made once a request and passes a few frames")]

mod api;
mod app;
mod call;
mod code;
mod deliver;
mod error;
mod fault_words;
mod fields;
mod layers;
pub mod limits;
mod listen;
mod live;
mod metrics;
mod pages;
mod place_of;
mod plain;
mod problem;
mod quota;
mod sign_in;

#[cfg(test)]
mod strained;

pub use api::openapi;
pub use app::Log;
pub use deliver::{check_address, secret_text};
pub use error::ServerError;
pub use listen::{Options, serve};
