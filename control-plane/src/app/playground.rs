//! The playground: a signed-in person tries a server in the console. The control plane makes the call, through the
//! gateway and in the person's name, so that it is authorized, limited, recorded and answered like any other.
//!
//! The token that it goes by stays here: no script of a page sees it.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use proto::claims::{AccessClaims, SCOPE_MCP};
use proto::names::GatewayPath;
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::keys::Signer;
use super::mcp_client::{self, Exchange, McpClient, Talk};
use super::servers::find_visible;
use super::{Ctx, mcp_client::said};
use crate::domain::ids::{ServerId, SessionId};
use crate::domain::limits::{TRY_BYTES_MAX, TRY_MS_MAX, TRY_TOKEN_S};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::egress::{FetchError, Patience};
use crate::rate::Door;
use crate::store::TenantStore;

/// The client that tokens of the playground name. Nobody can register it: ids of clients are ours to give.
pub const CLIENT_ID: &str = "portway-console";

/// What came of a try.
pub struct Tried {
    /// Where the requests went, as clients spell it.
    pub url: String,
    pub protocol_version: Option<String>,
    pub duration: Duration,
    pub exchanges: Vec<Exchange>,
    pub outcome: Outcome,
}

/// The JSON-RPC answer, or why there is none.
pub enum Outcome {
    Result(Value),
    Error(Value),
    Problem(String),
}

/// Sends one request to a server that is granted to the caller.
pub async fn run(ctx: &Ctx, id: ServerId, method: &str, params: Map<String, Value>) -> Result<Tried> {
    let (user, session) = (ctx.caller.user_id()?, ctx.caller.session_id()?);
    ctx.app.rates.take(ctx.tenant_id, Door::Playground(user.0))?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let (server, role) = find_visible(ctx, &store, id).await?;
    if role.is_none() {
        return Err(Error::Forbidden { action: "call this server: it is not granted to you" });
    }
    let tenant = store.get_tenant().await?;
    let path = GatewayPath { tenant: tenant.slug.clone(), server: server.slug };
    let origin = tenant.gateway_origins.first().map_or("", String::as_str);
    let url = path.resource(origin);
    let bearer = token(ctx, &store, &tenant, &url, session).await?;
    drop(store);
    let started = Instant::now();
    let client = client(ctx, &url, bearer, started)?;
    let mut talk = Talk::default();
    if client.greet(&mut talk).await? {
        client.ask(&mut talk, method, Value::Object(params)).await?;
        client.part(&talk).await;
    }
    let (duration, outcome) = (started.elapsed(), outcome(&talk));
    let protocol_version = talk.version().map(str::to_owned);
    Ok(Tried { url, protocol_version, duration, exchanges: talk.exchanges, outcome })
}

fn client(ctx: &Ctx, url: &str, bearer: SecretString, started: Instant) -> Result<McpClient> {
    let mut url = Url::parse(url).map_err(Error::internal)?;
    let mut host = None;
    if let Some(inside) = &ctx.app.config.gateway_internal_url {
        host = Some(url[url::Position::BeforeHost..url::Position::AfterPort].to_owned());
        url = inside.join(url.path()).map_err(Error::internal)?;
    }
    let limit = Duration::from_millis(TRY_MS_MAX);
    let patience = Patience { bytes_max: TRY_BYTES_MAX, limit };
    let fetcher = ctx.app.to_gateway.clone();
    Ok(McpClient { fetcher, url, host, bearer: Some(bearer), patience, ends: started + limit })
}

/// An access token of the caller's for this server alone, which rests on their browser session instead of on a grant.
async fn token(
    ctx: &Ctx,
    store: &TenantStore,
    tenant: &Tenant,
    resource: &str,
    session: SessionId,
) -> Result<SecretString> {
    let user = store.get_user(ctx.caller.user_id()?).await?;
    let now = store.now();
    let claims = AccessClaims {
        iss: tenant.issuer.clone(),
        sub: user.id.0,
        aud: resource.to_owned(),
        exp: (now + TimeDelta::seconds(TRY_TOKEN_S)).timestamp(),
        iat: now.timestamp(),
        jti: ctx.app.new_id(),
        client_id: CLIENT_ID.to_owned(),
        scope: SCOPE_MCP.to_owned(),
        tid: tenant.id.0,
        sid: session.0,
        gid: session.0,
        ep: user.epoch,
        rev: store.revision().await?,
    };
    Signer::open(&ctx.app, store).await?.sign(&claims)
}

fn outcome(talk: &Talk) -> Outcome {
    let Some(last) = talk.last() else { return Outcome::Problem("Nothing was asked.".to_owned()) };
    let answered = match &last.answer {
        Ok(answered) => answered,
        Err(error) => return Outcome::Problem(describe(error)),
    };
    if let Some(result) = mcp_client::result(answered) {
        return Outcome::Result(result.clone());
    }
    match said(answered).and_then(|said| said.get("error")) {
        Some(error) => Outcome::Error(error.clone()),
        None => Outcome::Problem(format!("The gateway answered {} without a JSON-RPC message.", answered.status)),
    }
}

fn describe(error: &FetchError) -> String {
    tracing::warn!(%error, "the gateway did not answer the playground");
    match error {
        FetchError::Timeout => format!("There was no answer within {} s.", TRY_MS_MAX / 1_000),
        FetchError::Body => {
            format!("The answer broke off, or is larger than {} MiB.", TRY_BYTES_MAX / 1024 / 1024)
        }
        _ => "The control plane could not reach the gateway: your operator finds out why in its log, and sets \
              gateway_internal_url where its public address does not work from inside."
            .to_owned(),
    }
}
