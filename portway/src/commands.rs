//! The operator's commands, each one or two requests to the platform API and a readable answer.

mod tenant;

pub use tenant::run as tenant;
