//! Everything that speaks HTTP.

pub mod cookies;
