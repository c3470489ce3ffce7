//! Access tokens: a signature by one of the tenant's keys, and the principal as the newest snapshot knows it.
//!
//! A node that knows less than the token does not judge it: it waits for its configuration, then says 503. It waits
//! only for a token whose signature it has seen to be right, or whose key it does not have yet.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;
use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use proto::claims::{ACCESS_TOKEN_TYP, AccessClaims};

use super::{Caller, Credential, unauthenticated};
use crate::Node;
use crate::error::{Failure, TokenFault};
use crate::handle::route::{self, Route};
use crate::limits::{SNAPSHOT_WAIT, VERIFIED_TOKENS_MAX};
use crate::snapshot::{PrincipalKind, SigningKey, Snapshot};

/// Tokens whose signature was right, by digest. Everything else about them is checked at every use.
pub(crate) struct VerifiedTokens {
    tokens: Cache<[u8; 32], Arc<Verified>, RandomState>,
}

pub struct Verified {
    kid: String,
    claims: AccessClaims,
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        // Longer than most tokens live; the expiry itself is checked at every use.
        let tokens = Cache::builder()
            .max_capacity(VERIFIED_TOKENS_MAX)
            .time_to_idle(Duration::from_secs(3600))
            .build_with_hasher(RandomState::default());
        Self { tokens }
    }
}

/// Verifies an access token.
pub(super) async fn verify(node: &Node, route: &Route, token: &str) -> Result<Caller, Failure> {
    let verified = match remembered(node, token) {
        Some(verified) => verified,
        None => verify_signature(node, route, token).await?,
    };
    let claims = &verified.claims;
    check_claims(claims, node, route)?;
    let snapshot = node.configuration.at_least(route.tenant.id, claims.rev, SNAPSHOT_WAIT).await?;
    let principal_id = claims.sub;
    let credential = Credential::Token(verified);
    let kind = credential.standing(node, &snapshot)?;
    Ok(Caller { snapshot, principal_id, kind, credential })
}

impl Verified {
    /// Whether it is still good by this snapshot, and the kind of principal it stands for.
    pub(super) fn standing(&self, node: &Node, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        let (claims, now) = (&self.claims, node.clock.now());
        if claims.exp <= now.timestamp() {
            return Err(unauthenticated(TokenFault::Expired));
        }
        if !snapshot.signing_keys.contains_key(&self.kid) {
            return Err(unauthenticated(TokenFault::UnknownKey));
        }
        if node.configuration.stale(snapshot, now) {
            return Err(Failure::Stale);
        }
        self.not_withdrawn(snapshot)
    }

    /// Whether nobody took it back: neither all tokens of its principal nor those of its grant.
    pub(super) fn not_withdrawn(&self, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        let claims = &self.claims;
        if snapshot.revoked_grants.contains_key(&claims.gid) {
            return Err(unauthenticated(TokenFault::Disconnected));
        }
        match snapshot.principals.get(&claims.sub) {
            Some(principal) if principal.active && claims.ep >= principal.epoch => Ok(principal.kind),
            _ => Err(unauthenticated(TokenFault::Revoked)),
        }
    }

    pub(super) fn client_id(&self) -> &str {
        &self.claims.client_id
    }

    pub(super) fn expires(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.claims.exp, 0)
    }
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
    let mut origins = route::gateway_origins(node, &route.tenant).iter();
    if !origins.any(|origin| route.path.is_resource(origin, &claims.aud)) {
        return Err(unauthenticated(TokenFault::Audience));
    }
    if claims.exp <= node.clock.now().timestamp() {
        return Err(unauthenticated(TokenFault::Expired));
    }
    Ok(())
}
