//! What only the person can do, in words for them.

use std::fmt;
use std::sync::Arc;

/// What a person has to do before a call can go out, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    code: &'static str,
    url: Arc<str>,
}

/// What there is to do; the last is the upstream's own no.
const KNOWN: [&str; 10] = [
    "credential.never_connected",
    "credential.origin_changed",
    "credential.form_changed",
    "credential.expired",
    "credential.provider_away",
    "credential.scope_missing",
    "credential.machine_refused",
    "credential.sign_in_again",
    "credential.people_only",
    "credential.refused",
];

impl Need {
    /// A code of a control plane that knows more than we do is still a need.
    pub fn new(code: &str, url: &str) -> Self {
        let code = KNOWN.into_iter().find(|known| *known == code).unwrap_or("credential.required");
        Self { code, url: url.into() }
    }

    /// The upstream wants rights that the person has not given yet.
    pub fn of_scopes(url: &str, scopes: &str) -> Self {
        let scopes: String = url::form_urlencoded::byte_serialize(scopes.as_bytes()).collect();
        Self::new("credential.scope_missing", &format!("{url}?scope={scopes}"))
    }

    /// Stable, also the metric label.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The page that helps.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the person can do anything there.
    pub(super) fn is_met_by_its_page(&self) -> bool {
        self.code != "credential.provider_away" && !self.url.is_empty()
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
            b"credential.machine_refused" => {
                "whoever gives this gateway access to the MCP server refuses, or does not answer; an administrator can read why"
            }
            b"credential.sign_in_again" => {
                "the company's sign-in vouches for you at this MCP server, and yours has ended"
            }
            b"credential.people_only" => {
                "the company's sign-in vouches for callers at this MCP server, so only people can call it"
            }
            b"credential.scope_missing" => "the MCP server wants more rights than you have given it",
            b"credential.refused" => "the MCP server refused your account",
            _ => "this MCP server wants something of you first",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.url() {
            "" => f.write_str(self.words()),
            url => write!(f, "{}: open {url} to connect it, then try again", self.words()),
        }
    }
}
