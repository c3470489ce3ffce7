//! How a server is called, as people type it and as they see it. Values are written and never read.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::credential::{CredentialMark, HeaderInput, OutboundInput};
use crate::domain::key_form::KeyForm;
use crate::domain::server::OutboundAuth;

/// How the gateway authenticates to the server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboundAuth)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum OutboundAuthView {
    /// The server asks for nothing.
    None,
    /// The same headers for everybody. Their values are never shown.
    SharedHeader {
        headers: Vec<HeaderView>,
        /// Grows with every change of a name, a value or the server's origin.
        version: u64,
        set_at: Option<DateTime<Utc>>,
    },
    /// Headers made of what each person typed into this form.
    PerUserHeader(KeyForm),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboundHeader)]
pub(crate) struct HeaderView {
    name: String,
}

impl OutboundAuthView {
    pub(super) fn of(auth: OutboundAuth, mark: Option<CredentialMark>) -> Self {
        match auth {
            OutboundAuth::None => Self::None,
            OutboundAuth::SharedHeader { header_names } => Self::SharedHeader {
                headers: header_names.into_iter().map(|name| HeaderView { name }).collect(),
                version: mark.map_or(0, |mark| mark.version),
                set_at: mark.map(|mark| mark.set_at),
            },
            OutboundAuth::PerUserHeader(form) => Self::PerUserHeader(form),
        }
    }
}

/// How the gateway shall authenticate to the server. What is left out is removed.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = OutboundAuthInput)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OutboundAuthBody {
    /// The server asks for nothing.
    #[default]
    None,
    /// The same headers for everybody, sent to the server's own origin only.
    SharedHeader { headers: Vec<HeaderBody> },
    /// Each person types keys of their own, once; they become these headers, sent to the server's own origin only.
    PerUserHeader(KeyForm),
}

#[derive(Deserialize, ToSchema)]
#[schema(as = OutboundHeaderInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderBody {
    /// Such as `Authorization` or `X-Api-Key`. Not one that the gateway sets itself.
    name: String,
    /// Visible ASCII, at most 8192 characters. Without it the stored value stays; a server that moves to another origin
    /// needs it again.
    #[schema(value_type = Option<String>, write_only)]
    value: Option<SecretString>,
}

impl From<OutboundAuthBody> for OutboundInput {
    fn from(body: OutboundAuthBody) -> Self {
        match body {
            OutboundAuthBody::None => Self::None,
            OutboundAuthBody::SharedHeader { headers } => {
                let headers = headers.into_iter().map(|HeaderBody { name, value }| HeaderInput { name, value });
                Self::SharedHeader { headers: headers.collect() }
            }
            OutboundAuthBody::PerUserHeader(form) => Self::PerUserHeader(form),
        }
    }
}
