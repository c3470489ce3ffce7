//! The operator's commands, each one or two requests to the platform API and a readable answer; and what is built in.

mod audit;
mod keys;
mod node;
mod presets;
mod tenant;

pub use audit::run as audit;
pub use keys::run as keys;
pub use node::run as node;
pub use presets::run as presets;
pub use tenant::run as tenant;
