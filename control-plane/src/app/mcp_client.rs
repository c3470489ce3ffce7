//! Portway as an MCP client: one request to a server of either era, with all that was said on the way.

use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Request, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::domain::limits::TRY_PAGES_MAX;
use crate::domain::mcp_client::{self as mcp, Agreed, MODERN, Message, SESSION_HEADER, Verdict};
use crate::domain::{Error, Result};
use crate::egress::{Conversation, FetchError, Fetcher, Patience};

/// Whom to ask, and in whose name.
pub(super) struct McpClient {
    pub fetcher: Fetcher,
    pub url: Url,
    /// Where the URL is another than the name under which the server is known.
    pub host: Option<String>,
    pub bearer: Option<SecretString>,
    pub patience: Patience,
    /// When all of it must be over.
    pub ends: Instant,
}

/// A message, and what came back.
#[derive(Debug)]
pub struct Exchange {
    pub message: Message,
    pub duration: Duration,
    pub answer: Result<Answered, FetchError>,
}

#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The JSON-RPC answer, if there is one.
    pub said: Option<Value>,
}

/// How a conversation went.
#[derive(Debug, Default)]
pub(super) struct Talk {
    pub exchanges: Vec<Exchange>,
    /// What the server answers about itself: to `server/discover`, or to `initialize`.
    pub about: Option<Value>,
    /// As agreed with a server that wants a handshake.
    agreed: Option<Agreed>,
}

impl Talk {
    /// The revision that is spoken, once that is known.
    pub(super) fn version(&self) -> Option<&str> {
        self.about.as_ref()?;
        Some(self.agreed.as_ref().map_or(MODERN, |agreed| &agreed.version))
    }

    /// The last answer.
    pub(super) fn last(&self) -> Option<&Exchange> {
        self.exchanges.last()
    }
}

impl McpClient {
    /// Learns which era the server speaks, and shakes hands where it wants that. False: it did not come to that, and the
    /// last exchange says why.
    pub(super) async fn greet(&self, talk: &mut Talk) -> Result<bool> {
        let answered = self.post(talk, mcp::discover()).await?;
        let Some(answered) = answered else { return Ok(false) };
        match mcp::verdict(answered.status.as_u16(), answered.said.as_ref()) {
            Verdict::Modern => {
                talk.about = Some(result(answered).cloned().unwrap_or_else(|| json!({})));
                Ok(true)
            }
            Verdict::Unknown => Ok(false),
            Verdict::Legacy => self.shake_hands(talk).await,
        }
    }

    async fn shake_hands(&self, talk: &mut Talk) -> Result<bool> {
        let Some(answered) = self.post(talk, mcp::initialize()).await? else { return Ok(false) };
        let Some(about) = result(answered).cloned() else { return Ok(false) };
        let session = answered.headers.get(SESSION_HEADER).and_then(|value| value.to_str().ok());
        let agreed = Agreed::of(&about, session);
        (talk.about, talk.agreed) = (Some(about), Some(agreed.clone()));
        self.post(talk, mcp::initialized(&agreed)).await?;
        Ok(true)
    }

    /// One request to a server that was greeted; its answer is the last exchange of the talk.
    pub(super) async fn ask(&self, talk: &mut Talk, method: &str, params: Value) -> Result<()> {
        if let Some(agreed) = &talk.agreed {
            let message = mcp::legacy(agreed, method, &params);
            self.post(talk, message).await?;
            return Ok(());
        }
        let answered = self.post(talk, mcp::modern(method, params.clone(), &[])).await?;
        let answer = answered.and_then(said);
        if answer.is_some_and(mcp::wants_handshake) {
            if self.shake_hands(talk).await?
                && let Some(agreed) = talk.agreed.clone()
            {
                self.post(talk, mcp::legacy(&agreed, method, &params)).await?;
            }
            return Ok(());
        }
        let lacks_headers = method == "tools/call" && answer.is_some_and(mcp::wants_headers);
        if lacks_headers && let Some(schema) = self.schema(talk, &params).await? {
            let arguments = params.get("arguments").cloned().unwrap_or_default();
            let mirrored = mcp::mirrored(&schema, &arguments);
            self.post(talk, mcp::modern(method, params, &mirrored)).await?;
        }
        Ok(())
    }

    /// Ends the session of a handshake. Servers end what is idle anyway, so a failure is nobody's concern.
    pub(super) async fn part(&self, talk: &Talk) {
        let Some(agreed) = talk.agreed.as_ref().filter(|agreed| agreed.session.is_some()) else { return };
        let request = self.request("DELETE", &agreed.headers(), String::new());
        if let Ok(request) = request
            && let Err(error) = self.fetcher.converse(request, self.patience_left(), &|_| false).await
        {
            tracing::debug!(%error, "a session was left open");
        }
    }

    /// The input schema of the tool that is to be called.
    async fn schema(&self, talk: &mut Talk, params: &Value) -> Result<Option<Value>> {
        let mut cursor = json!({});
        for _ in 0..TRY_PAGES_MAX {
            let answered = self.post(talk, mcp::modern("tools/list", cursor, &[])).await?;
            let Some(page) = answered.and_then(result) else { return Ok(None) };
            let tools = page.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if let Some(tool) = tools.iter().find(|tool| tool.get("name") == params.get("name")) {
                return Ok(tool.get("inputSchema").cloned());
            }
            match page.get("nextCursor") {
                Some(next) if next.is_string() => cursor = json!({ "cursor": next }),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Sends a message and writes down what came back; `None` if nothing did.
    async fn post<'a>(&self, talk: &'a mut Talk, message: Message) -> Result<Option<&'a Answered>> {
        let mut headers = message.headers.clone();
        headers.push((ACCEPT.to_string(), "application/json, text/event-stream".to_owned()));
        headers.push((CONTENT_TYPE.to_string(), "application/json".to_owned()));
        let request = self.request("POST", &headers, message.body.clone())?;
        let started = Instant::now();
        let is_last = |event: &str| mcp::answer(message.id, [event]).is_some();
        let answer = self.fetcher.converse(request, self.patience_left(), &is_last).await;
        let answer = answer.map(|Conversation { status, headers, body, events }| {
            let whole = std::str::from_utf8(&body).ok().filter(|_| events.is_empty());
            let said = mcp::answer(message.id, events.iter().map(String::as_str).chain(whole));
            Answered { status, headers, body, said }
        });
        talk.exchanges.push(Exchange { message, duration: started.elapsed(), answer });
        Ok(talk.exchanges.last().and_then(|exchange| exchange.answer.as_ref().ok()))
    }

    fn request(&self, method: &str, headers: &[(String, String)], body: String) -> Result<Request<Vec<u8>>> {
        let mut request = Request::builder().method(method).uri(self.url.as_str());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(host) = &self.host {
            request = request.header(HOST, host);
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {}", bearer.expose_secret()));
        }
        request.body(body.into_bytes()).map_err(Error::internal)
    }

    fn patience_left(&self) -> Patience {
        let left = self.ends.saturating_duration_since(Instant::now());
        Patience { limit: self.patience.limit.min(left), ..self.patience }
    }
}

pub(super) fn said(answered: &Answered) -> Option<&Value> {
    answered.said.as_ref()
}

pub(super) fn result(answered: &Answered) -> Option<&Value> {
    said(answered)?.get("result")
}
