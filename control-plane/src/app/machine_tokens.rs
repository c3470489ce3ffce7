//! Tokens that Portway gets or makes for a server by itself: client credentials, token exchange, minted ones. Kept in this
//! process only, for as long as they live; each replica has its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use moka::Expiry;
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::keys::Signer;
use super::sso::kept::{self, KeptTokens};
use super::upstream_oauth::{self, Refusal};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::identity::IdentityProvider;
use crate::domain::ids::{ServerId, TenantId};
use crate::domain::limits::{
    LEASE_S, MACHINE_REFUSAL_S, MACHINE_TOKEN_WAIT_S, MACHINE_TOKENS_MAX, MINTED_TOKEN_S, REFRESH_AHEAD_S,
};
use crate::domain::machine_oauth::{ExchangeProfile, MachineSettings};
use crate::domain::principal::PrincipalId;
use crate::domain::server::Server;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::state::App;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A bearer for calls to one server.
#[derive(Clone)]
pub struct MachineToken {
    pub text: SecretString,
    /// When nodes are to ask again: ahead of its end.
    pub until: DateTime<Utc>,
    /// Tells it from the one before.
    pub version: u64,
}

/// Everybody's, or one principal's, at a server with these very settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct At {
    tenant: TenantId,
    server: ServerId,
    principal: Option<PrincipalId>,
    settings: DateTime<Utc>,
}

#[derive(Clone)]
enum Known {
    Token(Arc<MachineToken>, Duration),
    /// The provider said no a moment ago; it is not asked again at once.
    Refused,
}

struct Life;

impl Expiry<At, Known> for Life {
    fn expire_after_create(&self, _: &At, known: &Known, _: Instant) -> Option<Duration> {
        Some(match known {
            Known::Token(_, lives) => *lives,
            Known::Refused => Duration::from_secs(MACHINE_REFUSAL_S),
        })
    }
}

pub struct MachineTokens(Cache<At, Known>);

impl Default for MachineTokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MACHINE_TOKENS_MAX).expire_after(Life).build())
    }
}

/// Portway's own token for a server. `None`: its provider says no, or does not answer; administrators read why in the
/// audit trail.
pub(super) async fn of_portway(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    settings: &MachineSettings,
    refused_version: u64,
) -> Result<Option<Arc<MachineToken>>> {
    known(app, tenant, server, None, refused_version, async {
        let form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        upstream_oauth::machine(app, tenant, server, settings, form).await
    })
    .await
}

/// What says who the caller is, to be exchanged.
pub(super) enum Subject {
    /// A statement that the tenant's key signs.
    Ours,
    /// Their tokens at an identity provider.
    Theirs(Box<(IdentityProvider, KeptTokens)>),
}

/// A token about the caller, in exchange for what says who they are.
pub(super) async fn in_exchange(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    settings: &MachineSettings,
    (caller, subject): (PrincipalId, Subject),
    refused_version: u64,
) -> Result<Option<Arc<MachineToken>>> {
    known(app, tenant, server, Some(caller), refused_version, async {
        let form = exchange_form(app, tenant, server, settings, caller, &subject).await?;
        upstream_oauth::machine(app, tenant, server, settings, form).await
    })
    .await
}

/// The grant, and what is given for it.
async fn exchange_form(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    settings: &MachineSettings,
    caller: PrincipalId,
    subject: &Subject,
) -> Result<Vec<(String, String)>, Refusal> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let exchange = |token: &SecretString, kind: &str| {
        vec![
            pair("grant_type", EXCHANGE),
            pair("subject_token", token.expose_secret()),
            pair("subject_token_type", kind),
            pair("requested_token_type", ACCESS_TOKEN),
        ]
    };
    let theirs = match subject {
        Subject::Theirs(theirs) => theirs,
        Subject::Ours => {
            let audience = settings.token_endpoint.as_ref().map(|url| url.as_str().to_owned());
            let audience = audience.or_else(|| settings.issuer.clone()).unwrap_or_else(|| server.upstream_url.clone());
            return Ok(exchange(&statement(app, tenant, caller, &audience).await?, JWT));
        }
    };
    let access_token = &theirs.1.access_token;
    Ok(match settings.profile {
        ExchangeProfile::Statement | ExchangeProfile::IdentityProvider => exchange(access_token, ACCESS_TOKEN),
        ExchangeProfile::OnBehalfOf => vec![
            pair("grant_type", JWT_BEARER),
            pair("assertion", access_token.expose_secret()),
            pair("requested_token_use", "on_behalf_of"),
        ],
        ExchangeProfile::IdJag => {
            let (issuer, resource, scope) = upstream_oauth::authority(app, server, settings).await?;
            let asked = (issuer.as_str(), resource.as_str(), scope.as_str());
            let assertion = kept::identity_assertion(app, tenant, theirs, asked).await?;
            vec![pair("grant_type", JWT_BEARER), pair("assertion", assertion.expose_secret())]
        }
    })
}

/// A token that says who calls, for this server alone.
pub(super) async fn minted(app: &App, tenant: &Tenant, server: &Server, caller: PrincipalId) -> Result<MachineToken> {
    let text = statement(app, tenant, caller, &server.upstream_url).await?;
    let now = app.clock.now();
    let until = now + TimeDelta::seconds(MINTED_TOKEN_S - REFRESH_AHEAD_S);
    // The server tells callers apart by what the token says: its sessions outlive one token.
    Ok(MachineToken { text, until, version: 1 })
}

/// Signed by the tenant's key. It is no access token of this gateway: type and audience are others (ATK-17).
async fn statement(app: &App, tenant: &Tenant, caller: PrincipalId, audience: &str) -> Result<SecretString> {
    let store = app.store.tenant_read(tenant.id).await?;
    let signer = Signer::open(app, &store).await?;
    let now = store.now().timestamp();
    let mut claims = json!({
        "iss": tenant.issuer,
        "sub": caller.to_string(),
        "aud": audience,
        "iat": now,
        "exp": now + MINTED_TOKEN_S,
        "jti": app.new_id(),
        "tid": tenant.id,
    });
    if let (PrincipalId::User(id), Some(claims)) = (caller, claims.as_object_mut()) {
        let user = store.get_user(id).await?;
        claims.insert("preferred_username".to_owned(), user.user_name.into());
        claims.insert("name".to_owned(), user.display_name.into());
        if !user.email.is_empty() {
            claims.insert("email".to_owned(), user.email.into());
        }
    }
    signer.sign_statement(&claims)
}

async fn known(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    principal: Option<PrincipalId>,
    refused_version: u64,
    asking: impl Future<Output = std::result::Result<(SecretString, Option<i64>), Refusal>>,
) -> Result<Option<Arc<MachineToken>>> {
    let at = At { tenant: tenant.id, server: server.id, principal, settings: server.updated_at };
    let cache = &app.machine_tokens.0;
    if let Some(Known::Token(token, _)) = cache.get(&at).await
        && (token.version == refused_version || app.clock.now() >= token.until)
    {
        cache.invalidate(&at).await;
    }
    // Of many calls at once one asks the provider.
    let found = cache.try_get_with(at, async {
        let patience = Duration::from_secs(MACHINE_TOKEN_WAIT_S);
        let answer = tokio::time::timeout(patience, asking).await;
        let answer = answer.unwrap_or_else(|_| Err(Refusal::Away(format!("no token within {MACHINE_TOKEN_WAIT_S} s"))));
        let (text, expires_in_s) = match answer {
            Ok(answer) => answer,
            Err(Refusal::Domain(error)) => return Err(error),
            Err(refusal) => {
                note(app, tenant, server, &refusal).await?;
                return Ok(Known::Refused);
            }
        };
        let now = app.clock.now();
        let lives_s = expires_in_s.unwrap_or(LEASE_S).clamp(1, LEASE_S.max(3_600));
        let until = now + TimeDelta::seconds((lives_s - REFRESH_AHEAD_S).max(lives_s / 2));
        let version = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let lives = (until - now).to_std().unwrap_or_default();
        Ok(Known::Token(Arc::new(MachineToken { text, until, version }), lives))
    });
    match found.await {
        Ok(Known::Token(token, _)) => Ok(Some(token)),
        Ok(Known::Refused) => Ok(None),
        Err(error) => Err(Error::internal(error)),
    }
}

/// What the provider said is for administrators.
async fn note(app: &App, tenant: &Tenant, server: &Server, refusal: &Refusal) -> Result<()> {
    tracing::warn!(tenant.id = %tenant.id, server.id = %server.id, %refusal, "no token for a server");
    let store = app.store.tenant(tenant.id).await?;
    store.audit(AuditEntry {
        actor: Actor::System,
        action: "machine_token.refused",
        target_kind: "server",
        target_id: Some(server.id.0),
        detail: json!({ "code": refusal.code(), "reason": refusal.to_string() }),
    });
    store.commit().await?;
    Ok(())
}
