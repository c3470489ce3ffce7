//! SCIM: an identity provider pushes people and groups. Whoever bears a token acts as that token, inside its tenant, on
//! what identity providers own; everything here goes through the verbs of [`super::provisioning`].

pub mod groups;
pub mod handover;
pub mod requests;
pub mod search;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use crate::domain::Error;
use crate::domain::audit::Actor;
use crate::domain::ids::{ScimTokenId, TenantId};
use crate::domain::scim::projection::Projection;
use crate::domain::scim::{Object, ScimError, ScimResult, etag};
use crate::state::App;

/// Who calls: the first argument of every use-case of this protocol.
#[derive(Clone)]
pub struct ScimCtx {
    pub app: Arc<App>,
    pub tenant_id: TenantId,
    pub token_id: ScimTokenId,
    /// URL of the tenant's service.
    pub base: String,
}

impl ScimCtx {
    fn actor(&self) -> Actor {
        Actor::ScimToken(self.token_id)
    }
}

/// URL of a tenant's service.
pub fn base(issuer: &str) -> String {
    format!("{issuer}/scim/v2")
}

/// A resource as it goes out.
pub struct Answer {
    pub location: String,
    pub etag: String,
    pub resource: Object,
}

/// What `If-Match` and `If-None-Match` say.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    pub matching: Option<String>,
    pub none_matching: Option<String>,
}

impl Conditions {
    /// Refuses a change of what the caller has not seen.
    fn require(&self, version: i64) -> ScimResult<()> {
        match &self.matching {
            Some(tags) if !names(tags, version) => Err(ScimError::Changed { current: etag(version) }),
            _ => Ok(()),
        }
    }

    /// Whether the caller has the present version.
    pub fn has(&self, tag: &str) -> bool {
        self.none_matching.as_ref().is_some_and(|tags| listed(tags, tag))
    }
}

fn names(tags: &str, version: i64) -> bool {
    listed(tags, &etag(version))
}

/// Weak comparison (RFC 9110 §8.8.3.2): clients may have made a strong tag of ours.
fn listed(tags: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|one| opaque(one) == opaque(tag))
}

/// How answers are shaped.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    pub projection: Projection,
}

fn not_found(what: &'static str) -> ScimError {
    ScimError::Domain(Error::NotFound { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let check = |sent: Option<&str>, version: i64, passes: bool| {
            let conditions = Conditions { matching: sent.map(str::to_owned), none_matching: None };
            assert_eq!(conditions.require(version).is_ok(), passes, "{sent:?} {version}");
        };
        check(None, 3, true);
        check(Some("W/\"3\""), 3, true);
        check(Some("\"3\""), 3, true);
        check(Some("W/\"1\", W/\"3\""), 3, true);
        check(Some("*"), 3, true);
        check(Some("W/\"2\""), 3, false);
        check(Some("3"), 3, false);
        check(Some(""), 3, false);
    }
}
