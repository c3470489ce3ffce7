//! Whether something between here and the node holds back what it should pass on: a stream is opened as an IDE would, and
//! its head has to arrive at once, not when a buffer is full.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::finding::{Report, words};
use super::nodes::Tenant;
use crate::cli::DoctorArgs;
use crate::platform::token;

const SUBJECT: &str = "stream";
/// A node says nothing for 15 s at most: who has heard nothing by then is kept from it.
const PATIENCE: Duration = Duration::from_secs(10);
const SESSION: &str = "mcp-session-id";
const VERSION: &str = "2025-06-18";
const REMEDY: &str =
    "switch buffering off in the proxy in front (deploy/compose/front.conf, deploy/ingress/nginx.yaml)";

pub(super) async fn check(
    client: &Client,
    args: &DoctorArgs,
    tenant: &Tenant,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (file, given) = (args.token_file.as_deref(), args.token.as_ref());
    let (Some(server), true) = (&args.server, file.is_some() || given.is_some()) else {
        report.skip(SUBJECT, "give --server and an API key to look for proxies that buffer");
        return Ok(());
    };
    let key = token("API key", file, given)?;
    for origin in &tenant.gateway_origins {
        let url = format!("{origin}/{}/mcp/{server}/server", tenant.slug);
        Probe { client, url: &url, key: &key }.run(report).await;
    }
    Ok(())
}

struct Probe<'a> {
    client: &'a Client,
    url: &'a str,
    key: &'a SecretString,
}

impl Probe<'_> {
    async fn run(&self, report: &mut Report) {
        let session = match self.initialize().await {
            Ok(Some(session)) => session,
            Ok(None) => return report.skip(SUBJECT, "the server has no sessions, so there is no stream to open"),
            Err(found) => {
                return report.fail(SUBJECT, found, "may the key use the server, and does the server answer?");
            }
        };
        let started = Instant::now();
        let opening = self.request(Method::GET).header(SESSION, &session).send();
        match tokio::time::timeout(PATIENCE, opening).await {
            Err(_) => {
                let found =
                    format!("nothing of a stream arrived within {} s: something buffers it", PATIENCE.as_secs());
                report.fail(SUBJECT, found, REMEDY);
            }
            Ok(Err(error)) => report.fail(SUBJECT, words(&error), REMEDY),
            Ok(Ok(answer)) if answer.status() == StatusCode::OK => {
                report.ok(SUBJECT, format!("opens in {} ms, unbuffered", started.elapsed().as_millis()));
            }
            Ok(Ok(answer)) => {
                report.skip(SUBJECT, &format!("the server offers none ({}): try another one", answer.status()));
            }
        }
        // Best effort: a session that is left ends by itself.
        drop(self.request(Method::DELETE).header(SESSION, &session).send().await);
    }

    async fn initialize(&self) -> Result<Option<String>, String> {
        let client_info = json!({ "name": "portway-doctor", "version": env!("CARGO_PKG_VERSION") });
        let params = json!({ "protocolVersion": VERSION, "capabilities": {}, "clientInfo": client_info });
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let sent = self.request(Method::POST).json(&hello).send();
        let answer = tokio::time::timeout(PATIENCE, sent).await;
        let answer = answer.map_err(|_| format!("no answer to initialize within {} s", PATIENCE.as_secs()))?;
        let answer = answer.map_err(|error| words(&error))?;
        let session = answer.headers().get(SESSION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if answer.status() != StatusCode::OK {
            return Err(format!("initialize is answered {}", answer.status()));
        }
        let is_stream =
            answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event"));
        let text = answer.text().await.map_err(|error| words(&error))?;
        if session.is_none() && !is_stream && text.contains("\"error\"") {
            return Err(format!("initialize is answered {}", text.trim()));
        }
        let Some(session) = session else { return Ok(None) };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let told = self.request(Method::POST).header(SESSION, &session).json(&ready).send().await;
        told.map_err(|error| words(&error))?;
        Ok(Some(session))
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let accept = if method == Method::GET { "text/event-stream" } else { "application/json, text/event-stream" };
        let request = self.client.request(method, self.url).bearer_auth(self.key.expose_secret());
        request.header(ACCEPT, accept).header("mcp-protocol-version", VERSION)
    }
}
