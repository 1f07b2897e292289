//! Addresses 地址: compounds, buildings, members and aliases of the city folder, and how words lead to them.
pub mod parse;
