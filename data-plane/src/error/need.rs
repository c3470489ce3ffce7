//! What only the person can do, in words for them.

use std::sync::Arc;

/// What a person has to do before a call can go out, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    code: &'static str,
    url: Arc<str>,
}

/// What there is to do; the last is the upstream's own no.
const KNOWN: [&str; 6] = [
    "credential.never_connected",
    "credential.origin_changed",
    "credential.form_changed",
    "credential.expired",
    "credential.provider_away",
    "credential.refused",
];

impl Need {
    /// A code of a control plane that knows more than we do is still a need.
    pub fn new(code: &str, url: &str) -> Self {
        let code = KNOWN.into_iter().find(|known| *known == code).unwrap_or("credential.required");
        Self { code, url: url.into() }
    }

    /// Stable, also the metric label.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The page that helps.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) const fn words(&self) -> &'static str {
        match self.code.as_bytes() {
            b"credential.never_connected" => {
                "this MCP server wants an account of your own, and you have not connected it yet"
            }
            b"credential.origin_changed" => "this MCP server has moved, and what you gave it was for its old address",
            b"credential.form_changed" => "this MCP server asks for something else than you gave it",
            b"credential.expired" => "your account at this MCP server has expired",
            b"credential.provider_away" => "whoever signs people in to this MCP server does not answer now; try again",
            b"credential.refused" => "the MCP server refused your account",
            _ => "this MCP server wants something of you first",
        }
    }
}
