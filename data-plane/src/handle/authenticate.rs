//! Phase 2: who is calling. A token is verified against the tenant's own keys and against the principal as the newest
//! snapshot knows it; nodes read no cookies and no query strings.
//!
//! A node that knows less than the token does not judge it: it waits for its configuration, then says 503. It waits
//! only for a token whose signature it has seen to be right, or whose key it does not have yet.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use proto::claims::{ACCESS_TOKEN_TYP, AccessClaims};
use uuid::Uuid;

use super::route::{self, Route};
use crate::Node;
use crate::error::{Failure, TokenFault};
use crate::limits::{BEARER_BYTES_MAX, SNAPSHOT_WAIT, VERIFIED_TOKENS_MAX};
use crate::mcp::session::Owner;
use crate::session_store::SessionAt;
use crate::snapshot::{PrincipalKind, Server, SigningKey, Snapshot, TenantStatus};

/// Who is calling, and the one snapshot this request sees (I1).
#[derive(Clone)]
pub struct Caller {
    pub snapshot: Arc<Snapshot>,
    pub principal_id: Uuid,
    pub kind: PrincipalKind,
    /// OAuth client.
    pub client_id: String,
    pub credential: Credential,
}

/// What the caller presented, as far as it must be judged again while a stream goes on.
#[derive(Clone)]
pub enum Credential {
    Token(Arc<Verified>),
}

impl Credential {
    /// Whether it is still good by this snapshot, and the kind of principal it stands for.
    pub fn standing(&self, node: &Node, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        let Self::Token(verified) = self;
        let (claims, now) = (&verified.claims, node.clock.now());
        if claims.exp <= now.timestamp() {
            return Err(unauthenticated(TokenFault::Expired));
        }
        if !snapshot.signing_keys.contains_key(&verified.kid) {
            return Err(unauthenticated(TokenFault::UnknownKey));
        }
        if node.configuration.stale(snapshot, now) {
            return Err(Failure::Stale);
        }
        let kind = match snapshot.principals.get(&claims.sub) {
            Some(principal) if principal.active && claims.ep >= principal.epoch => principal.kind,
            _ => return Err(unauthenticated(TokenFault::Revoked)),
        };
        if snapshot.status != TenantStatus::Active {
            return Err(Failure::NotFound);
        }
        Ok(kind)
    }

    /// When it ends by itself.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        let Self::Token(verified) = self;
        DateTime::from_timestamp(verified.claims.exp, 0)
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

/// Tokens whose signature was right, by digest. Everything else about them is checked at every use.
pub struct VerifiedTokens {
    tokens: Cache<[u8; 32], Arc<Verified>>,
}

pub struct Verified {
    kid: String,
    claims: AccessClaims,
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        // Longer than most tokens live; the expiry itself is checked at every use.
        let tokens = Cache::builder().max_capacity(VERIFIED_TOKENS_MAX).time_to_idle(Duration::from_secs(3600)).build();
        Self { tokens }
    }
}

/// Verifies the bearer of a request.
pub async fn verify(node: &Node, route: &Route, headers: &HeaderMap) -> Result<Caller, Failure> {
    let token = bearer(headers)?;
    let verified = match remembered(node, token) {
        Some(verified) => verified,
        None => verify_signature(node, route, token).await?,
    };
    let claims = &verified.claims;
    check_claims(claims, node, route)?;
    let snapshot = node.configuration.at_least(route.tenant.id, claims.rev, SNAPSHOT_WAIT).await?;
    let (principal_id, client_id) = (claims.sub, claims.client_id.clone());
    let credential = Credential::Token(verified);
    let kind = credential.standing(node, &snapshot)?;
    if route.tenant.status != TenantStatus::Active {
        return Err(Failure::NotFound);
    }
    Ok(Caller { snapshot, principal_id, kind, client_id, credential })
}

fn unauthenticated(fault: TokenFault) -> Failure {
    Failure::Unauthenticated(Some(fault))
}

/// The one bearer token of the request.
fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = values.next() else { return Err(Failure::Unauthenticated(None)) };
    let text = first.to_str().map_err(|_| unauthenticated(TokenFault::Malformed))?;
    let Some((scheme, token)) = text.split_once(' ') else { return Err(unauthenticated(TokenFault::Malformed)) };
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() || token.len() > BEARER_BYTES_MAX {
        return Err(unauthenticated(TokenFault::Malformed));
    }
    Ok(token.trim())
}

fn digest_of(token: &str) -> Option<[u8; 32]> {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
}

fn remembered(node: &Node, token: &str) -> Option<Arc<Verified>> {
    node.memory.verified.tokens.get(&digest_of(token)?)
}

async fn verify_signature(node: &Node, route: &Route, token: &str) -> Result<Arc<Verified>, Failure> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| unauthenticated(TokenFault::Malformed))?;
    let typ_ok = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYP));
    let (Some(kid), true, Algorithm::ES256) = (header.kid, typ_ok, header.alg) else {
        return Err(unauthenticated(TokenFault::Malformed));
    };
    // Only a bearer that reads as one of this tenant's makes the node subscribe to the tenant.
    let claimed = unverified_claims(token).ok_or(unauthenticated(TokenFault::Malformed))?;
    if claimed.iss != route.tenant.issuer || claimed.tid != route.tenant.id {
        return Err(unauthenticated(TokenFault::Issuer));
    }
    let snapshot = node.configuration.known(route.tenant.id, SNAPSHOT_WAIT).await?;
    let key = match snapshot.signing_keys.get(&kid) {
        Some(key) => key.clone(),
        None => {
            let newer = node.configuration.at_least(route.tenant.id, claimed.rev, SNAPSHOT_WAIT).await?;
            newer.signing_keys.get(&kid).cloned().ok_or(unauthenticated(TokenFault::UnknownKey))?
        }
    };
    let claims = decode(token, &key)?;
    let verified = Arc::new(Verified { kid, claims });
    if let Some(digest) = digest_of(token) {
        node.memory.verified.tokens.insert(digest, verified.clone());
    }
    Ok(verified)
}

fn unverified_claims(token: &str) -> Option<AccessClaims> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn decode(token: &str, key: &SigningKey) -> Result<AccessClaims, Failure> {
    let mut validation = Validation::new(Algorithm::ES256);
    // Audience and expiry are checked at every use, by our clock, in `check_claims`.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode(token, &key.key, &validation);
    decoded.map(|data| data.claims).map_err(|_| unauthenticated(TokenFault::Signature))
}

/// What can be said without the tenant's configuration. No leeway: both planes have one clock.
fn check_claims(claims: &AccessClaims, node: &Node, route: &Route) -> Result<(), Failure> {
    if claims.iss != route.tenant.issuer || claims.tid != route.tenant.id {
        return Err(unauthenticated(TokenFault::Issuer));
    }
    let mut resources = route::gateway_origins(node, &route.tenant).iter().map(|origin| route.path.resource(origin));
    if !resources.any(|resource| resource == claims.aud) {
        return Err(unauthenticated(TokenFault::Audience));
    }
    if claims.exp <= node.clock.now().timestamp() {
        return Err(unauthenticated(TokenFault::Expired));
    }
    Ok(())
}
