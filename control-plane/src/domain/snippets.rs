//! Ready lines that add a server to an IDE.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use url::form_urlencoded;

/// How one server is added to the IDEs that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippets {
    pub claude_code: String,
    /// A link that opens Cursor.
    pub cursor_link: String,
    /// A link that opens VS Code.
    pub vscode_link: String,
    pub vscode_command: String,
    pub codex: String,
}

/// `name` is a server slug and `url` a gateway URL made of slugs, so neither needs quoting in a shell.
pub fn snippets(name: &str, url: &str) -> Snippets {
    let cursor = STANDARD.encode(json!({ "url": url }).to_string());
    let vscode = json!({ "name": name, "type": "http", "url": url }).to_string();
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    Snippets {
        claude_code: format!("claude mcp add --transport http {name} {url}"),
        cursor_link: format!("cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={}", encode(&cursor)),
        vscode_link: format!("vscode:mcp/install?{}", encode(&vscode)),
        vscode_command: format!("code --add-mcp '{vscode}'"),
        codex: format!("codex mcp add {name} --url {url} && codex mcp login {name}"),
    }
}

/// The line for Claude Code with an API key instead of a sign-in. A key has no character that a shell would touch.
pub fn with_api_key(name: &str, url: &str, key: &str) -> String {
    format!("claude mcp add --transport http {name} {url} --header \"Authorization: Bearer {key}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines() {
        let lines = snippets("demo", "http://localhost:8080/acme/mcp/demo/server");
        assert_eq!(
            lines.claude_code,
            "claude mcp add --transport http demo http://localhost:8080/acme/mcp/demo/server"
        );
        assert_eq!(
            lines.cursor_link,
            "cursor://anysphere.cursor-deeplink/mcp/install?name=demo&config=\
             eyJ1cmwiOiJodHRwOi8vbG9jYWxob3N0OjgwODAvYWNtZS9tY3AvZGVtby9zZXJ2ZXIifQ%3D%3D"
        );
        assert_eq!(
            lines.vscode_command,
            r#"code --add-mcp '{"name":"demo","type":"http","url":"http://localhost:8080/acme/mcp/demo/server"}'"#
        );
        assert!(lines.vscode_link.starts_with("vscode:mcp/install?%7B%22name%22%3A%22demo%22%2C"));
        assert_eq!(
            lines.codex,
            "codex mcp add demo --url http://localhost:8080/acme/mcp/demo/server && codex mcp login demo"
        );
    }
}
