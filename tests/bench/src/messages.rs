//! The requests that are measured, as the bytes of real clients: an `echo` call of either era, a handshake, a stream.

use crate::load::ID;

/// Who asks, and for which gateway URL.
#[derive(Debug, Clone)]
pub struct Door {
    pub path: String,
    /// Value of `Host`.
    pub host: String,
    pub token: String,
}

const ARGUMENTS: &str = r#"{"message":"The quick brown fox jumps over the lazy dog","count":3}"#;
const MODERN_META: &str = concat!(
    r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"portway-bench","version":"1"}}"#
);

pub fn modern_call(door: &Door) -> String {
    let params = format!(r#""name":"echo","arguments":{ARGUMENTS},{MODERN_META}"#);
    let headers = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n";
    post(door, headers, &request("tools/call", &params))
}

pub fn legacy_call(door: &Door, session: &str) -> String {
    let headers = format!("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n");
    post(door, &headers, &request("tools/call", &format!(r#""name":"echo","arguments":{ARGUMENTS}"#)))
}

pub fn initialize(door: &Door) -> String {
    let params = concat!(
        r#""protocolVersion":"2025-11-25","capabilities":{},"#,
        r#""clientInfo":{"name":"portway-bench","version":"1"}"#
    );
    post(door, "", &request("initialize", params))
}

/// The stream of server messages of a legacy session.
pub fn legacy_stream(door: &Door, session: &str) -> String {
    let Door { path, host, token } = door;
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\
         MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n\r\n"
    )
}

/// The same for the modern era.
pub fn modern_listen(door: &Door) -> String {
    let params = format!(r#""notifications":{{"toolsListChanged":true}},{MODERN_META}"#);
    let headers = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n";
    post(door, headers, &request("subscriptions/listen", &params))
}

fn request(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{ID},"method":"{method}","params":{{{params}}}}}"#)
}

fn post(door: &Door, headers: &str, body: &str) -> String {
    let Door { path, host, token } = door;
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nUser-Agent: portway-bench/1\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_and_carry_one_id() {
        let door = Door { path: "/acme/mcp/echo/server".into(), host: "localhost:1".into(), token: "t".into() };
        for text in [modern_call(&door), legacy_call(&door, "s"), initialize(&door), modern_listen(&door)] {
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(value["id"].to_string(), ID);
            assert_eq!(text.matches(ID).count(), 1);
            assert!(head.contains(&format!("Content-Length: {}", body.len())));
        }
    }
}
