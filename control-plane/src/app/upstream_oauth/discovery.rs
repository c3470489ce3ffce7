//! Which provider a server trusts: by the server's own word, or by the settings (O1, O2).

use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use url::Url;

use super::{Refusal, send};
use crate::domain::Error;
use crate::domain::machine_oauth::MachineSettings;
use crate::domain::server::Server;
use crate::domain::upstream_oauth::metadata::{
    self, Challenge, ResourceMetadata, provider_metadata_urls, resource_metadata_urls,
};
use crate::domain::upstream_oauth::{OauthSettings, Provider};
use crate::state::App;

/// What a client without a token says first; the answer is a challenge.
const KNOCK: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"portway","version":"1"}}}"#;

/// What it says next to a server that greets everybody.
const KNOCK_AGAIN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
const SESSION: http::HeaderName = http::HeaderName::from_static("mcp-session-id");

/// The provider, and the scopes to ask for.
pub(super) async fn find(
    app: &App,
    server: &Server,
    settings: &OauthSettings,
) -> Result<(Provider, Vec<String>), Refusal> {
    let url = Url::parse(&server.upstream_url).map_err(Error::internal)?;
    if let Some(typed) = &settings.endpoints {
        let provider = Provider {
            issuer: settings.issuer.clone().unwrap_or_default(),
            authorization: typed.authorization.clone(),
            token: typed.token.clone(),
            revocation: typed.revocation.clone(),
            introspection: typed.introspection.clone(),
            registration: None,
            names_itself: false,
            takes_documents: false,
            secret_in_body: true,
            scopes: Vec::new(),
            resource: server.upstream_url.clone(),
        };
        return Ok((provider, settings.scopes.clone().unwrap_or_default()));
    }
    let (about, challenge) = match &settings.issuer {
        Some(issuer) => {
            let (resource, scopes) = (server.upstream_url.clone(), Vec::new());
            (ResourceMetadata { resource, issuer: issuer.clone(), scopes }, Challenge::default())
        }
        None => about(app, server, &url).await?,
    };
    let provider = provider(app, server, &about, settings).await?;
    // O9: what somebody set, else what the challenge names, else what the server lists.
    let scopes = match (&settings.scopes, challenge.scopes) {
        (Some(scopes), _) => scopes.clone(),
        (None, named) if !named.is_empty() => named,
        (None, _) => provider.scopes.clone(),
    };
    Ok((provider, scopes))
}

/// The same for Portway itself, which needs no browser and so no PKCE.
pub(super) async fn for_machine(
    app: &App,
    server: &Server,
    settings: &MachineSettings,
) -> Result<(Provider, Vec<String>), Refusal> {
    if let Some(token) = &settings.token_endpoint {
        let provider = Provider {
            issuer: settings.issuer.clone().unwrap_or_default(),
            authorization: token.clone(),
            token: token.clone(),
            revocation: None,
            introspection: None,
            registration: None,
            names_itself: false,
            takes_documents: false,
            secret_in_body: false,
            scopes: Vec::new(),
            resource: server.upstream_url.clone(),
        };
        return Ok((provider, settings.scopes.clone().unwrap_or_default()));
    }
    let asked = OauthSettings {
        issuer: settings.issuer.clone(),
        scopes: settings.scopes.clone(),
        without_pkce: true,
        ..OauthSettings::default()
    };
    find(app, server, &asked).await
}

/// The server's metadata, and its challenge.
async fn about(app: &App, server: &Server, at: &Url) -> Result<(ResourceMetadata, Challenge), Refusal> {
    let challenge = challenge(app, server, at).await?;
    let places = match &challenge.resource_metadata {
        // Where the challenge points is the server's word; on another origin it would be somebody else's.
        Some(url) if url.origin() == at.origin() => vec![url.clone()],
        Some(_) => return Err(Refusal::Answer("the challenge points to metadata at another origin".to_owned())),
        None => resource_metadata_urls(at),
    };
    let mut reason = "the MCP server says nowhere who may authorize its users: set an issuer".to_owned();
    for place in places {
        match read(app, server, &place).await {
            Ok(body) => match metadata::resource(at, &body) {
                Ok(about) => return Ok((about, challenge)),
                Err(why) => reason = format!("the metadata at {place} {why}"),
            },
            Err(why) => tracing::debug!(%place, why, "no resource metadata"),
        }
    }
    // Before there was such metadata, a server was its own authorization server (2025-03-26).
    let issuer = at.origin().ascii_serialization();
    let own = ResourceMetadata { resource: at.to_string(), issuer, scopes: Vec::new() };
    match provider(app, server, &own, &OauthSettings::default()).await {
        Ok(_) => Ok((own, challenge)),
        Err(_) => Err(Refusal::Setup(reason)),
    }
}

/// What the server says to somebody without a token. Many let everybody initialize, and ask from then on.
async fn challenge(app: &App, server: &Server, at: &Url) -> Result<Challenge, Refusal> {
    let knock = async |body: &str, session: Option<&http::HeaderValue>| {
        let mut request = http::Request::post(at.as_str())
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json");
        if let Some(session) = session {
            request = request.header(SESSION, session);
        }
        let request = request.body(body.as_bytes().to_vec()).map_err(Error::internal)?;
        send(app, server, request).await.map_err(|why| Refusal::Away(format!("the MCP server {why}")))
    };
    let read = |answer: &http::Response<Vec<u8>>| {
        let lines = answer.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|line| line.to_str().ok());
        metadata::challenge(lines)
    };
    let first = knock(KNOCK, None).await?;
    if first.status() == StatusCode::UNAUTHORIZED || first.headers().contains_key(WWW_AUTHENTICATE) {
        return Ok(read(&first));
    }
    // It answered once: whatever it does now, there is no more to hear than nothing.
    let second = knock(KNOCK_AGAIN, first.headers().get(&SESSION)).await;
    Ok(second.map(|answer| read(&answer)).unwrap_or_default())
}

async fn provider(
    app: &App,
    server: &Server,
    about: &ResourceMetadata,
    settings: &OauthSettings,
) -> Result<Provider, Refusal> {
    let issuer = Url::parse(&about.issuer).ok().filter(metadata::is_endpoint);
    let issuer = issuer.ok_or_else(|| Refusal::Answer("the issuer is no https URL".to_owned()))?;
    let mut reason = None;
    for place in provider_metadata_urls(&issuer) {
        match read(app, server, &place).await {
            Ok(body) => match metadata::provider(&about.issuer, about, settings.without_pkce, &body) {
                Ok(provider) => return Ok(provider),
                Err(why) => reason = Some(format!("the metadata at {place} {why}")),
            },
            Err(why) => tracing::debug!(%place, why, "no provider metadata"),
        }
    }
    Err(match reason {
        Some(why) => Refusal::Answer(why),
        None => Refusal::Away(format!("no metadata of the authorization server {} can be read", about.issuer)),
    })
}

async fn read(app: &App, server: &Server, url: &Url) -> Result<Vec<u8>, String> {
    let request = http::Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
    let answer = send(app, server, request.map_err(|_| "cannot be asked".to_owned())?).await?;
    match answer.status() {
        StatusCode::OK => Ok(answer.into_body()),
        status => Err(format!("answers with the status {}", status.as_u16())),
    }
}
