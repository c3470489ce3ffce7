//! Who a node is: its enrolment secret in the metadata of every call (ATK-6, ATK-7). What it says about itself decides
//! nothing.

use secrecy::SecretString;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::status;
use crate::app::nodes;
use crate::domain::Error;
use crate::domain::node::NodeIdentity;
use crate::state::App;

/// The enrolled node that presents `authorization: Bearer pwn_…`.
pub(super) async fn authenticate(app: &App, metadata: &MetadataMap) -> Result<NodeIdentity, Status> {
    let secret = bearer(metadata).ok_or_else(|| status(&Error::Unauthenticated))?;
    nodes::authenticate(app, &secret).await.map_err(|error| status(&error))
}

/// Exactly one header: of two, a proxy and we might believe different ones.
fn bearer(metadata: &MetadataMap) -> Option<SecretString> {
    let mut values = metadata.get_all("authorization").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok()?.strip_prefix("Bearer ").map(|secret| SecretString::from(secret.to_owned()))
}
