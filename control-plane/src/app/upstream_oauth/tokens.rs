//! Tokens of people's accounts at providers: got, renewed ahead of their end by one replica at a time, revoked.
//!
//! A refusal for good (`invalid_grant`) makes the account one to connect again; everything else is tried again (O8).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Refusal, error_code, post, registration, send};
use crate::app::Ctx;
use crate::app::credentials::next_mark;
use crate::app::user_credentials::{entry, oauth};
use crate::crypto::vault::Purpose;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::credential::{AccountKind, UserCredential};
use crate::domain::ids::{TenantId, UserCredentialId};
use crate::domain::limits::{REFRESH_AHEAD_S, REFRESH_CLAIM_S, REFRESH_PAUSE_S, REFRESH_POLL_MS, REFRESH_WAIT_MS};
use crate::domain::server::Server;
use crate::domain::upstream_oauth::{AccountTokens, Provider, UpstreamClient};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// A successful answer (RFC 6749 §5.1).
#[derive(Deserialize)]
pub(super) struct Granted {
    access_token: SecretString,
    #[serde(default)]
    token_type: String,
    #[serde(default, rename = "expires_in")]
    pub(super) expires_in_s: Option<i64>,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    #[serde(default)]
    scope: String,
}

/// Where Slack puts the tokens of a person who installs an app.
#[derive(Deserialize)]
struct Nested {
    authed_user: Granted,
}

/// Says that a refresh token is worth nothing any more: by the standard, in GitHub's words, in Slack's.
const REFUSED_FOR_GOOD: [&str; 3] = ["invalid_grant", "bad_refresh_token", "invalid_refresh_token"];

/// What a call may be sent with, or why there is nothing.
pub enum Standing {
    Live {
        token: SecretString,
        ends: Option<DateTime<Utc>>,
        /// Of the account that has it.
        version: u64,
    },
    /// The provider said no for good.
    Expired,
    /// The token has ended, and the provider does not answer.
    Away,
}

impl Granted {
    fn read(body: &[u8]) -> Option<Self> {
        let nested = || serde_json::from_slice(body).map(|Nested { authed_user }| authed_user);
        serde_json::from_slice(body).or_else(|_| nested()).ok()
    }

    /// Slack calls the bearer tokens of people `user`.
    fn is_bearer(&self) -> bool {
        ["", "bearer", "user"].iter().any(|word| self.token_type.eq_ignore_ascii_case(word))
    }

    /// The token, and how many seconds it lives.
    pub(super) fn bearer(self) -> (SecretString, Option<i64>) {
        (self.access_token, self.expires_in_s)
    }

    pub(super) fn account(&self, provider: Provider, client: &UpstreamClient, asked_scope: &str) -> AccountTokens {
        AccountTokens {
            access_token: self.access_token.clone(),
            refresh_token: self.refresh_token.clone(),
            id_token: self.id_token.clone(),
            asked_scope: asked_scope.to_owned(),
            granted_scope: self.scope.clone(),
            provider,
            client_id: client.client_id.clone(),
            client_secret: client.secret.clone(),
        }
    }
}

/// A request at the token endpoint.
pub(super) async fn ask(
    app: &App,
    server: &Server,
    provider: &Provider,
    client: &UpstreamClient,
    form: &[(&str, &str)],
) -> Result<Granted, Refusal> {
    let request = post(provider, client, &provider.token, form)?;
    let answer = send(app, server, request).await.map_err(|why| Refusal::Away(format!("the token endpoint {why}")))?;
    if answer.status() != http::StatusCode::OK {
        return Err(match error_code(answer.body()) {
            Some(code) => Refusal::Refused(code),
            None => Refusal::Away(format!("the token endpoint answers with the status {}", answer.status().as_u16())),
        });
    }
    // What cannot be read may hold tokens: it is not repeated. Some providers say errors with 200.
    let mut granted = Granted::read(answer.body()).ok_or_else(|| match error_code(answer.body()) {
        Some(code) => Refusal::Refused(code),
        None => Refusal::Answer("the token endpoint answers with something else than tokens".to_owned()),
    })?;
    let is_sendable = proto::shared_secret::header_value(granted.access_token.expose_secret()).is_ok();
    if !granted.is_bearer() || !is_sendable {
        return Err(Refusal::Answer("the token is no bearer token that can travel in a header".to_owned()));
    }
    if granted.expires_in_s.is_none() {
        granted.expires_in_s = introspect(app, server, provider, client, &granted.access_token).await;
    }
    Ok(granted)
}

/// How many seconds a token lives whose answer does not say it, by the provider's word about it (RFC 7662). Not to know
/// is no fault: the token is then one without an end.
async fn introspect(
    app: &App,
    server: &Server,
    provider: &Provider,
    client: &UpstreamClient,
    token: &SecretString,
) -> Option<i64> {
    let endpoint = provider.introspection.as_ref()?;
    let form = [("token", token.expose_secret()), ("token_type_hint", "access_token")];
    let request = post(provider, client, endpoint, &form).ok()?;
    let answer = send(app, server, request).await.ok()?;
    let lives = lives(answer.status(), answer.body(), app.clock.now());
    if lives.is_none() {
        let status = answer.status().as_u16();
        tracing::debug!(server.id = %server.id, status, "the provider does not say when a token ends");
    }
    lives
}

fn lives(status: http::StatusCode, body: &[u8], now: DateTime<Utc>) -> Option<i64> {
    #[derive(Deserialize)]
    struct Introspected {
        active: bool,
        exp: i64,
    }
    let said: Introspected = serde_json::from_slice(body).ok().filter(|_| status == http::StatusCode::OK)?;
    let left = said.exp.checked_sub(now.timestamp())?;
    (said.active && left > 0).then_some(left)
}

/// Keeps a fresh account of the signed-in person.
pub(super) async fn connect(
    ctx: &Ctx,
    server: &Server,
    account: AccountTokens,
    expires_in_s: Option<i64>,
) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let owner = ctx.caller.principal;
    // The person, locked, so that two answers at once are one account.
    store.lock_user(ctx.caller.user_id()?).await?;
    let before = store.find_user_credential(server.id, owner).await?;
    let id = before.as_ref().map_or_else(|| UserCredentialId(store.new_id()), |before| before.id);
    let credential = UserCredential {
        id,
        owner,
        server_id: server.id,
        kind: AccountKind::Oauth,
        upstream_origin: server.origin(),
        values_sealed: seal(&ctx.app, &store, id, &account).await?,
        mark: next_mark(before.as_ref().map(|before| before.mark), store.now()),
        set_by: ctx.caller.principal.user(),
        created_at: before.as_ref().map_or_else(|| store.now(), |before| before.created_at),
        expires_at: ends(store.now(), expires_in_s),
        refused_at: None,
        refreshed_at: None,
        scope: account.granted_scope.clone(),
    };
    match before {
        Some(_) => store.update_user_credential(&credential).await?,
        None => store.insert_user_credential(&credential).await?,
    }
    store.void_leases_of(owner).await?;
    store.audit(entry(ctx, "credential.connected", &credential));
    store.commit().await?;
    Ok(())
}

/// The token to call with now, renewed if it is about to end. Of all replicas one asks the provider; the others wait for
/// what it hears, and as long as the old token lives nobody waits for a provider that is away.
/// `refused_version` is of an account whose token the server refused although it should live: it is renewed at once.
pub async fn current(
    app: &App,
    tenant: TenantId,
    server: &Server,
    credential: UserCredential,
    refused_version: u64,
) -> Result<Standing> {
    let deadline = tokio::time::Instant::now() + Duration::from_millis(REFRESH_WAIT_MS);
    let mut credential = credential;
    loop {
        let store = app.store.tenant_read(tenant).await?;
        let now = store.now();
        if credential.refused_at.is_some() {
            return Ok(Standing::Expired);
        }
        let account = open(app, &store, &credential).await?;
        let is_refused = refused_version > 0 && credential.mark.version == refused_version;
        let ahead = now + TimeDelta::seconds(REFRESH_AHEAD_S);
        let is_fresh = !is_refused && credential.expires_at.is_none_or(|at| ahead < at);
        let lives = credential.expires_at.is_none_or(|at| now < at);
        let settings = oauth(server).cloned().unwrap_or_default();
        let live = || Standing::Live {
            token: account.bearer(&settings).clone(),
            ends: credential.expires_at,
            version: credential.mark.version,
        };
        if is_fresh {
            return Ok(live());
        }
        if account.refresh_token.is_none() {
            // Nothing renews it: the person does, when it has ended.
            return Ok(if lives && !is_refused { live() } else { Standing::Expired });
        }
        drop(store);
        let store = app.store.tenant(tenant).await?;
        let until = now + TimeDelta::seconds(REFRESH_CLAIM_S);
        if store.claim_refresh(credential.id, credential.mark.version, until).await? {
            store.commit().await?;
            return refresh(app, tenant, server, credential, account).await;
        }
        drop(store);
        // Somebody is at it, or the provider was away a moment ago.
        if lives && !is_refused {
            return Ok(live());
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(Standing::Away);
        }
        tokio::time::sleep(Duration::from_millis(REFRESH_POLL_MS)).await;
        let store = app.store.tenant_read(tenant).await?;
        match store.find_user_credential(credential.server_id, credential.owner).await? {
            Some(now) => credential = now,
            None => return Ok(Standing::Expired),
        }
    }
}

/// Asks the provider; this replica alone does.
async fn refresh(
    app: &App,
    tenant: TenantId,
    server: &Server,
    credential: UserCredential,
    account: AccountTokens,
) -> Result<Standing> {
    let settings = oauth(server).cloned().unwrap_or_default();
    let client = UpstreamClient { client_id: account.client_id.clone(), secret: account.client_secret.clone() };
    let refresh_token = account.refresh_token.clone().unwrap_or_default();
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    if !settings.omit_resource {
        form.push(("resource", &account.provider.resource));
    }
    if settings.scope_on_refresh && !account.asked_scope.is_empty() {
        form.push(("scope", &account.asked_scope));
    }
    let answer = ask(app, server, &account.provider, &client, &form).await;
    let store = app.store.tenant(tenant).await?;
    let now = store.now();
    let bearer = account.bearer(&settings).clone();
    let is_forgotten =
        |code: &str| registration::is_forgotten(app, &settings, &account.provider, &account.client_id, code);
    let standing = match answer {
        Ok(granted) => {
            let fresh = AccountTokens {
                access_token: granted.access_token.clone(),
                // A provider that sends none means the old one to live on.
                refresh_token: granted.refresh_token.clone().or(Some(refresh_token)),
                id_token: granted.id_token.clone().or(account.id_token),
                granted_scope: if granted.scope.is_empty() { account.granted_scope } else { granted.scope.clone() },
                ..account
            };
            let renewed = UserCredential {
                values_sealed: seal(app, &store, credential.id, &fresh).await?,
                mark: next_mark(Some(credential.mark), now),
                expires_at: ends(now, granted.expires_in_s),
                refreshed_at: Some(now),
                scope: fresh.granted_scope.clone(),
                ..credential
            };
            // Leases of before live as long as the token they hold: nodes come by themselves.
            store.update_user_credential(&renewed).await?;
            let (ends, version) = (renewed.expires_at, renewed.mark.version);
            Standing::Live { token: fresh.bearer(&settings).clone(), ends, version }
        }
        Err(Refusal::Refused(code)) if is_forgotten(&code) || REFUSED_FOR_GOOD.contains(&code.as_str()) => {
            if is_forgotten(&code) {
                store.delete_upstream_client_at(&account.provider.issuer, &account.client_id).await?;
            }
            store.update_user_credential(&UserCredential { refused_at: Some(now), ..credential.clone() }).await?;
            store.void_leases_of(credential.owner).await?;
            store.audit(refused(&credential, &code));
            Standing::Expired
        }
        Err(refusal) => {
            tracing::warn!(tenant.id = %tenant, server.id = %server.id, %refusal, "an account was not renewed");
            // Nobody asks again for a moment: a provider that is back is not stormed.
            store.release_refresh(credential.id, now + TimeDelta::seconds(REFRESH_PAUSE_S)).await?;
            match credential.expires_at {
                Some(at) if now >= at => Standing::Away,
                ends => Standing::Live { token: bearer, ends, version: credential.mark.version },
            }
        }
    };
    store.commit().await?;
    Ok(standing)
}

/// Ends the account at the provider, as far as it lets us (RFC 7009). It is gone here in any case.
pub(in crate::app) async fn revoke(app: &App, server: &Server, account: &AccountTokens) {
    let Some(endpoint) = &account.provider.revocation else { return };
    let client = UpstreamClient { client_id: account.client_id.clone(), secret: account.client_secret.clone() };
    let (token, hint) = match &account.refresh_token {
        Some(token) => (token, "refresh_token"),
        None => (&account.access_token, "access_token"),
    };
    let form = [("token", token.expose_secret()), ("token_type_hint", hint)];
    let sent = match post(&account.provider, &client, endpoint, &form) {
        Ok(request) => send(app, server, request).await.map(|answer| answer.status().as_u16()),
        Err(error) => Err(error.to_string()),
    };
    match sent {
        Ok(200..=299) => {}
        other => tracing::warn!(?other, "an account was not revoked at its provider"),
    }
}

fn ends(now: DateTime<Utc>, expires_in_s: Option<i64>) -> Option<DateTime<Utc>> {
    expires_in_s
        .filter(|seconds| *seconds > 0)
        .map(|seconds| now + TimeDelta::seconds(seconds.min(i64::from(u32::MAX))))
}

async fn seal(app: &App, store: &TenantStore, id: UserCredentialId, account: &AccountTokens) -> Result<Vec<u8>> {
    let plain = Zeroizing::new(serde_json::to_vec(account).map_err(Error::internal)?);
    let key = app.data_key(store).await?;
    key.seal(store.tenant_id(), Purpose::UserCredential, id.0, &plain)
}

pub(in crate::app) async fn open(app: &App, store: &TenantStore, credential: &UserCredential) -> Result<AccountTokens> {
    let key = app.data_key(store).await?;
    let plain = key.open(store.tenant_id(), Purpose::UserCredential, credential.id.0, &credential.values_sealed)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

fn refused(credential: &UserCredential, code: &str) -> AuditEntry {
    AuditEntry {
        actor: Actor::System,
        action: "credential.refused",
        target_kind: "user_credential",
        target_id: Some(credential.id.0),
        detail: serde_json::json!({ "server": credential.server_id, "reason": code }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_where_providers_put_them() {
        fn check(body: &str, expected: Option<(&str, bool)>) {
            let granted = Granted::read(body.as_bytes());
            let read = granted.as_ref().map(|granted| (granted.access_token.expose_secret(), granted.is_bearer()));
            assert_eq!(read, expected, "{body}");
        }
        check(r#"{"access_token": "a", "token_type": "Bearer", "expires_in": 60}"#, Some(("a", true)));
        check(r#"{"access_token": "a"}"#, Some(("a", true)));
        check(r#"{"access_token": "a", "token_type": "DPoP"}"#, Some(("a", false)));
        check(
            r#"{"ok": true, "authed_user": {"id": "U1", "access_token": "b", "token_type": "user"}}"#,
            Some(("b", true)),
        );
        check(r#"{"ok": false, "error": "invalid_code"}"#, None);
    }

    #[test]
    fn what_introspection_says_counts_only_of_a_token_that_lives() {
        fn check(status: u16, body: &str, expected: Option<i64>) {
            let now = DateTime::from_timestamp(1_000, 0).unwrap();
            let status = http::StatusCode::from_u16(status).unwrap();
            assert_eq!(lives(status, body.as_bytes(), now), expected, "{status} {body}");
        }
        check(200, r#"{"active": true, "exp": 1060}"#, Some(60));
        check(200, r#"{"active": true, "exp": 940}"#, None);
        check(200, r#"{"active": false, "exp": 1060}"#, None);
        check(200, r#"{"active": true}"#, None);
        check(200, r#"{"active": true, "exp": -9223372036854775808}"#, None);
        check(401, r#"{"active": true, "exp": 1060}"#, None);
        check(200, "<html>", None);
    }
}
