//! A look at an MCP server before it is registered: does it answer, which revision, what does it ask for, what has it.
//! Through the guarded connector and without any credential.

use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;
use url::Url;

use super::mcp_client::{Answered, McpClient, Talk, result, said};
use super::servers::{NewServer, checked};
use super::{Ctx, upstream_oauth};
use crate::domain::access::Action;
use crate::domain::credential::OutboundInput;
use crate::domain::limits::{PROBE_BYTES_MAX, PROBE_MS_MAX};
use crate::domain::server::Server;
use crate::domain::server_probe::{ClientRegistration, ProbeOutcome, ProbedAuthorization, ServerProbe, SuggestedAuth};
use crate::domain::transport::Transport;
use crate::domain::{Error, Result};
use crate::egress::{FetchError, Patience};
use crate::rate::Door;

/// Looks at the server. What its network looks like is told to nobody (ATK-15): all that cannot be reached is the same.
pub async fn probe(ctx: &Ctx, upstream_url: &str) -> Result<ServerProbe> {
    ctx.require(Action::RegisterServers)?;
    ctx.app.rates.take(ctx.tenant_id, Door::Probe)?;
    let server = stranger(ctx, upstream_url).await?;
    let url = Url::parse(&server.upstream_url).map_err(Error::internal)?;
    let limit = Duration::from_millis(PROBE_MS_MAX);
    let client = McpClient {
        fetcher: ctx.app.fetcher.clone(),
        url,
        host: None,
        bearer: None,
        patience: Patience { bytes_max: PROBE_BYTES_MAX, limit },
        ends: Instant::now() + limit,
    };
    let mut talk = Talk::default();
    let greeted = client.greet(&mut talk).await?;
    if greeted {
        client.ask(&mut talk, "tools/list", json!({})).await?;
        client.part(&talk).await;
    }
    let mut probe = match talk.last().map(|exchange| &exchange.answer) {
        Some(Ok(answered)) => judge(ctx, &server, answered, greeted).await,
        Some(Err(error)) => unreachable(error),
        None => return Err(Error::internal("nothing was asked")),
    };
    if let Some(about) = &talk.about {
        probe.read_about(about);
    }
    Ok(probe)
}

/// The server as it would be registered, and every check of its URL.
async fn stranger(ctx: &Ctx, upstream_url: &str) -> Result<Server> {
    let new = NewServer {
        slug: "stranger".to_owned(),
        display_name: "Stranger".to_owned(),
        description: String::new(),
        tags: Vec::new(),
        upstream_url: Some(upstream_url.to_owned()),
        members: None,
        outbound_auth: OutboundInput::None,
        timeout_ms: 0,
        transport: Transport::default(),
    };
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    Ok(checked(&store, &new, None)?.0)
}

async fn judge(ctx: &Ctx, server: &Server, answered: &Answered, greeted: bool) -> ServerProbe {
    if let Some(list) = result(answered).filter(|_| greeted) {
        let mut probe = ServerProbe::of(ProbeOutcome::Answers, "The server answers everybody.");
        probe.read_tools(list);
        return probe;
    }
    let challenged = answered.headers.contains_key(WWW_AUTHENTICATE);
    if challenged || matches!(answered.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return authorization(ctx, server).await;
    }
    if greeted && said(answered).is_some() {
        // Many servers without tools say so by not knowing the method.
        return ServerProbe::of(ProbeOutcome::Answers, "The server answers everybody, and lists no tools.");
    }
    let status = answered.status.as_u16();
    ServerProbe::of(
        ProbeOutcome::NotMcp,
        match status {
            404 | 405 | 410 => format!(
                "There is no MCP server over streamable HTTP at this address: it answers {status}. Check the path, often \
                 /mcp; a server of the old HTTP+SSE transport (/sse) has to be replaced."
            ),
            300..=399 => format!("The address answers {status}, a redirect: use the address that it leads to."),
            429 | 500.. => format!("The server answers {status}: it may be ill. Try again later."),
            _ => format!("What answers at this address, with {status}, does not speak MCP."),
        },
    )
}

/// It wants to know who calls: by OAuth, if it says where.
async fn authorization(ctx: &Ctx, server: &Server) -> ServerProbe {
    match upstream_oauth::of_stranger(&ctx.app, server).await {
        Ok((provider, scopes)) => {
            let by_itself = provider.registration.is_some() || provider.takes_documents;
            let registration = if by_itself { ClientRegistration::Automatic } else { ClientRegistration::Manual };
            let detail = if by_itself {
                "The server asks each person to authorize Portway at its provider, where Portway registers itself."
            } else {
                "The server asks each person to authorize Portway at its provider, where somebody has to register \
                 Portway as a client by hand first."
            };
            let issuer = Some(provider.issuer).filter(|issuer| !issuer.is_empty());
            ServerProbe {
                authorization: Some(ProbedAuthorization { issuer, scopes, registration }),
                suggested_auth: SuggestedAuth::OauthPerUser,
                ..ServerProbe::of(ProbeOutcome::NeedsAuthorization, detail)
            }
        }
        Err(refusal) => {
            tracing::info!(%refusal, "a probed server names no provider");
            let detail = "The server asks who calls, and does not say who could authorize it: it may want a key in a \
                          header, shared or of each person.";
            let registration = ClientRegistration::Unknown;
            ServerProbe {
                authorization: Some(ProbedAuthorization { issuer: None, scopes: Vec::new(), registration }),
                suggested_auth: SuggestedAuth::SharedHeader,
                ..ServerProbe::of(ProbeOutcome::NeedsAuthorization, detail)
            }
        }
    }
}

fn unreachable(error: &FetchError) -> ServerProbe {
    tracing::info!(%error, "a probed server was not reached");
    let detail = match error {
        FetchError::Body => "The answer broke off, or is too large for an MCP server.",
        _ => {
            "Nothing answers at this address that the gateway may reach. Check its spelling; a private address has to \
             be allowed by your operator (egress.allowed_private_ranges)."
        }
    };
    ServerProbe::of(ProbeOutcome::Unreachable, detail)
}
