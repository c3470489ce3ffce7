//! The operator's commands, each one or two requests to the platform API and a readable answer.

mod keys;
mod node;
mod tenant;

pub use keys::run as keys;
pub use node::run as node;
pub use tenant::run as tenant;
