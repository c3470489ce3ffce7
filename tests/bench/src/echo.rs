//! The upstream: an MCP server of either era whose one tool says back what it was told. As cheap as it can be, because
//! everything it costs hides differences between the proxies in front of it.
//!
//! `/legacy` and `/modern` answer in JSON, `/legacy-events` and `/modern-events` in event streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::wire::{Connection, Received};

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: &'a str,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    protocol_version: Option<&'a str>,
}

enum Answer {
    Whole(Vec<u8>),
    /// A head, and what stays open after it.
    Stream(Vec<u8>),
}

/// Serves until it is killed.
pub async fn serve(listener: TcpListener) -> Result<()> {
    let sessions = Arc::new(AtomicU64::new(1));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                // A connection that breaks off concerns its client alone.
                let sessions = sessions.clone();
                connections.spawn(async move { connection(stream, &sessions).await.ok() });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, sessions: &AtomicU64) -> Result<()> {
    let mut connection = Connection::new(stream);
    loop {
        let Some(request) = connection.read().await? else { return Ok(()) };
        match answer(request, sessions) {
            Answer::Whole(bytes) => connection.write(&bytes).await?,
            Answer::Stream(head) => {
                connection.write(&head).await?;
                connection.drain().await;
                return Ok(());
            }
        }
    }
}

fn answer(received: Received<'_>, sessions: &AtomicU64) -> Answer {
    let line = received.head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let modern = path.ends_with(b"/modern") || path.ends_with(b"/modern-events");
    let events = path.ends_with(b"-events");
    match method {
        b"GET" if !modern => return open(""),
        b"DELETE" => return status("204 No Content"),
        b"POST" => {}
        _ => return status("405 Method Not Allowed"),
    }
    let Ok(request) = serde_json::from_slice::<Request<'_>>(received.body) else { return status("400 Bad Request") };
    let Some(id) = request.id.map(RawValue::get) else { return status("202 Accepted") };
    let kind = if modern { "\"resultType\":\"complete\"," } else { "" };
    let params = request.params.as_ref();
    match request.method {
        "tools/call" => {
            let said = params.and_then(|params| params.arguments).map_or("{}", RawValue::get);
            let text = serde_json::to_string(said).unwrap_or_default();
            let result = format!("{{{kind}\"content\":[{{\"type\":\"text\",\"text\":{text}}}]}}");
            message(id, &result, events, "")
        }
        "initialize" if !modern => {
            let version = params.and_then(|params| params.protocol_version).unwrap_or("2025-11-25");
            let result = format!(
                "{{\"protocolVersion\":\"{version}\",\"capabilities\":{{\"tools\":{{\"listChanged\":true}}}},\
                 \"serverInfo\":{{\"name\":\"echo\",\"version\":\"1\"}}}}"
            );
            let session = sessions.fetch_add(1, Ordering::Relaxed);
            message(id, &result, false, &format!("Mcp-Session-Id: echo-{session:032x}\r\n"))
        }
        "server/discover" if modern => {
            let result = format!(
                "{{{kind}\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{{\"tools\":{{\"listChanged\":true}}}},\
                 \"serverInfo\":{{\"name\":\"echo\",\"version\":\"1\"}},\"ttlMs\":0,\"cacheScope\":\"private\"}}"
            );
            message(id, &result, false, "")
        }
        "subscriptions/listen" if modern => open(&format!(
            "event: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":\
             {{\"notifications\":{{\"toolsListChanged\":true}},\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{id}}}}}}}\n\n"
        )),
        _ => {
            let body = format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32601,\"message\":\"no such method\"}}}}"
            );
            whole(if modern { "404 Not Found" } else { "200 OK" }, "application/json", "", &body)
        }
    }
}

fn message(id: &str, result: &str, events: bool, headers: &str) -> Answer {
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}");
    match events {
        true => whole("200 OK", "text/event-stream", headers, &format!("event: message\ndata: {body}\n\n")),
        false => whole("200 OK", "application/json", headers, &body),
    }
}

fn status(status: &str) -> Answer {
    let length = if status.starts_with("204") { "" } else { "Content-Length: 0\r\n" };
    Answer::Whole(format!("HTTP/1.1 {status}\r\n{length}\r\n").into_bytes())
}

fn whole(status: &str, mime: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\nContent-Type: {mime}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    Answer::Whole(text.into_bytes())
}

fn open(first: &str) -> Answer {
    let chunk = if first.is_empty() { String::new() } else { format!("{:x}\r\n{first}\r\n", first.len()) };
    let text =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    Answer::Stream(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_eras_say_it_back() {
        fn check(request: &str, body: &str, status: &str, expected: &str) {
            let received = Received { head: request.as_bytes(), body: body.as_bytes() };
            let (Answer::Whole(bytes) | Answer::Stream(bytes)) = answer(received, &AtomicU64::new(1));
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{request} {body}: {text}");
            assert!(text.ends_with(expected), "{request} {body}: {text}");
        }
        let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"a":1}}}"#;
        let legacy = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"{\"a\":1}"}]}}"#;
        check("POST /legacy HTTP/1.1", call, "200", legacy);
        check("POST /legacy-events HTTP/1.1", call, "200", &format!("data: {legacy}\n\n"));
        let modern = legacy.replacen('{', "", 1).replace("\"result\":{", "\"result\":{\"resultType\":\"complete\",");
        check("POST /far/modern HTTP/1.1\r\nHost: x", call, "200", &modern);
        let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#;
        check("POST /modern HTTP/1.1", initialize, "404", "}}");
        check("POST /legacy HTTP/1.1", initialize, "200", r#""serverInfo":{"name":"echo","version":"1"}}}"#);
        check("POST /legacy HTTP/1.1", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "202", "\r\n");
        check("DELETE /legacy HTTP/1.1", "", "204", "\r\n");
        check("GET /legacy HTTP/1.1", "", "200", "\r\n\r\n");
        check("POST /legacy HTTP/1.1", "nonsense", "400", "\r\n");
    }
}
