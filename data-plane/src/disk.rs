//! What a node keeps over restarts, so that one that starts while the control plane is away serves at once (I2): the
//! directory, each tenant's last good picture, its own key pair, and when it last heard the control plane. Call records that
//! wait lie beside them (`usage/spool.rs`).
//!
//! Every file is sealed with a key that the operator gives; there is no default (I13). A file that does not open is
//! ignored, said and counted, and never keeps a node from starting. Nothing here runs on the path of a request.

mod contact;
mod files;
mod keeper;
mod picture;

pub(crate) use self::files::Found;
pub use self::files::{Files, StateError};
pub(crate) use self::keeper::RestoredTenant;
pub use self::keeper::{Keeper, Restored};
