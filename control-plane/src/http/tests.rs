//! The browser-facing side and the OAuth endpoints through the whole router, on SQLite.

mod attacks;
mod authorize;
mod fixture;
mod metadata;
mod pages;
mod refresh;
mod token;
