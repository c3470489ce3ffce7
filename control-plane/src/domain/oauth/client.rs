//! Clients: how they came here, how they prove who they are, what an administrator may type of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::redirect;
use crate::domain::fields::{self, Mistake, Mistakes};
use crate::domain::ids::ClientId;
use crate::domain::limits::REDIRECT_URIS_MAX;
use crate::domain::{Error, Result};

/// Secrets of clients.
pub const SECRET_PREFIX: &str = "pwc_";

/// A client that this tenant knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ClientId,
    /// What the client calls itself in requests.
    pub client_id: String,
    pub kind: ClientKind,
    pub auth: ClientAuth,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when nothing is done for it and its tokens open nothing.
    pub blocked_at: Option<DateTime<Utc>>,
}

/// How a client came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It registered itself (RFC 7591).
    Dynamic,
    /// Its `client_id` is the URL of a document about it.
    MetadataDocument,
    /// An administrator registered it.
    Static,
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Not at all: a public client. Its codes are bound by PKCE.
    None,
    /// With a secret in the header or in the form.
    Secret,
}

/// A secret of a client; two are live while the client changes over to the newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret {
    pub id: Uuid,
    pub client_id: ClientId,
    pub sha256: Vec<u8>,
    pub created_at: DateTime<Utc>,
    /// Set when a successor was made.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ClientKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::MetadataDocument => "metadata_document",
            Self::Static => "static",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Dynamic, Self::MetadataDocument, Self::Static].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl ClientAuth {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Secret => "secret",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Secret].into_iter().find(|auth| auth.as_str() == text)
    }
}

/// The host of the document that describes the client: who vouches for its name.
pub fn document_host(client: &Client) -> Option<String> {
    if client.kind != ClientKind::MetadataDocument {
        return None;
    }
    let url = url::Url::parse(&client.client_id).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Name and redirect URIs as an administrator typed them, or every mistake in them.
pub fn checked(name: &str, redirect_uris: &[String]) -> Result<String> {
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(name));
    mistakes.take("redirect_uris", check_redirect_uris(redirect_uris));
    mistakes.finish(name)
}

fn check_redirect_uris(uris: &[String]) -> Result<(), Mistake> {
    if uris.is_empty() || uris.len() > REDIRECT_URIS_MAX {
        return Err(("redirect_uris.count", format!("must have 1 to {REDIRECT_URIS_MAX} entries")));
    }
    match uris.iter().find_map(|uri| redirect::check(uri).err()) {
        // The rule's words are whole sentences for developers.
        Some(why) => Err(("redirect_uris.shape", format!("has an entry that cannot be used: {why}"))),
        None => Ok(()),
    }
}

/// Only what an administrator registered can be changed by one.
pub fn require_static(client: &Client) -> Result<()> {
    match client.kind {
        ClientKind::Static => Ok(()),
        _ => Err(Error::conflict("client.not_static", "this client describes itself; it can be deleted, not changed")),
    }
}
