//! Phase 2: who is calling. A token is verified against the tenant's own keys, an API key against what the snapshot
//! holds of it, both against the principal as the newest snapshot knows it; nodes read no cookies and no query strings.

mod api_key;
mod token;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use uuid::Uuid;

use self::api_key::KeyInUse;
use self::token::Verified;
pub(crate) use self::token::VerifiedTokens;
use super::route::Route;
use crate::Node;
use crate::error::{Failure, TokenFault};
use crate::limits::BEARER_BYTES_MAX;
use crate::mcp::session::Owner;
use crate::session_store::SessionAt;
use crate::snapshot::{PrincipalKind, Server, Snapshot, TenantStatus};

/// Who is calling, and the one snapshot this request sees (I1).
#[derive(Clone)]
pub struct Caller {
    pub snapshot: Arc<Snapshot>,
    pub principal_id: Uuid,
    pub kind: PrincipalKind,
    pub credential: Credential,
}

/// What the caller presented, as far as it must be judged again while a stream goes on.
#[derive(Clone)]
pub enum Credential {
    Token(Arc<Verified>),
    ApiKey(Arc<KeyInUse>),
}

impl Credential {
    /// Whether it is still good by this snapshot, and the kind of principal it stands for.
    pub fn standing(&self, node: &Node, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        let kind = match self {
            Self::Token(token) => token.standing(node, snapshot)?,
            Self::ApiKey(key) => key.standing(node, snapshot)?,
        };
        open(snapshot.status)?;
        Ok(kind)
    }

    /// Whether nobody took it back by this snapshot. It may have expired, and the snapshot may be old.
    pub fn not_withdrawn(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        match self {
            Self::Token(token) => token.not_withdrawn(snapshot)?,
            Self::ApiKey(key) => key.not_withdrawn(snapshot)?,
        };
        open(snapshot.status)
    }

    /// The OAuth client that presents it; an API key is nobody's.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Token(token) => Some(token.client_id()),
            Self::ApiKey(_) => None,
        }
    }

    /// When it ends by itself.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Token(token) => token.expires(),
            Self::ApiKey(key) => key.expires(),
        }
    }

    /// Whether it is for this server at all. A token's audience was checked before.
    pub fn reaches(&self, server_id: Uuid) -> bool {
        match self {
            Self::Token(_) => true,
            Self::ApiKey(key) => key.servers().is_none_or(|servers| servers.contains(&server_id)),
        }
    }

    pub fn api_key_id(&self) -> Option<Uuid> {
        match self {
            Self::Token(_) => None,
            Self::ApiKey(key) => Some(key.id()),
        }
    }
}

impl Caller {
    /// To whom a session at `server` belongs.
    pub fn owner(&self, server: &Server) -> Owner {
        Owner { tenant_id: self.snapshot.tenant_id, principal_id: self.principal_id, server_id: server.id }
    }

    /// Where the upstream session of the client session `session` is kept.
    pub fn session_at(&self, session: Uuid, server: &Server) -> SessionAt {
        SessionAt {
            tenant: self.snapshot.tenant_id,
            holder: session,
            server: server.id,
            credential: server.credential_version(),
        }
    }
}

/// Verifies the bearer of a request.
pub async fn verify(node: &Node, route: &Route, headers: &HeaderMap) -> Result<Caller, Failure> {
    let bearer = bearer(headers)?;
    let caller = match proto::api_key::is_api_key(bearer) {
        true => api_key::verify(node, route, bearer).await?,
        false => token::verify(node, route, bearer).await?,
    };
    open(route.tenant.status)?;
    Ok(caller)
}

/// Whether the tenant is served at all; said only to those who belong to it.
fn open(status: TenantStatus) -> Result<(), Failure> {
    match status {
        TenantStatus::Active => Ok(()),
        TenantStatus::Suspended => Err(Failure::TenantSuspended),
        TenantStatus::Deleting => Err(Failure::NotFound),
    }
}

fn unauthenticated(fault: TokenFault) -> Failure {
    Failure::Unauthenticated(Some(fault))
}

/// The one bearer token of the request.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = values.next() else { return Err(Failure::Unauthenticated(None)) };
    let text = first.to_str().map_err(|_| unauthenticated(TokenFault::Malformed))?;
    let Some((scheme, token)) = text.split_once(' ') else { return Err(unauthenticated(TokenFault::Malformed)) };
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() || token.len() > BEARER_BYTES_MAX {
        return Err(unauthenticated(TokenFault::Malformed));
    }
    Ok(token.trim())
}
