//! The single integration binary: features, told as stories.

mod config_sync;
mod contract;
mod ide;
mod oauth;
mod proxy;
mod servers;
mod tenancy;
