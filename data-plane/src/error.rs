//! Every way a request can be refused or fail, whose fault it is, and the one mapping to bytes.
//!
//! An authenticated, well-formed request with an id is answered with HTTP 200 and a JSON-RPC error, or for a tool call
//! with an `isError` result, because several SDKs hang or drop the transport on other statuses. An HTTP status is used
//! only where [`Failure::status`] says so. Nothing internal is ever shown: an unknown failure is an id.

mod need;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::need::Need;
use crate::configuration::NotReady;
use crate::limits::{STREAMS_RETRY_AFTER_S, UNCOUNTED_RETRY_AFTER_S};
use crate::mcp::capabilities::TASKS_EXTENSION;
use crate::mcp::era::{Era, EraError};
use crate::mcp::message::MessageError;
use crate::mcp::version;
use crate::upstream::UpstreamFault;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Client,
    Gateway,
    Upstream,
}

/// What is wrong with a bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("the token is malformed")]
    Malformed,
    #[error("the token has expired")]
    Expired,
    #[error("the token is for another resource")]
    Audience,
    #[error("the token was issued by another authorization server")]
    Issuer,
    #[error("the token was signed with an unknown key")]
    UnknownKey,
    #[error("the signature of the token is wrong")]
    Signature,
    #[error("the token was revoked")]
    Revoked,
    #[error("this connection was ended; sign in again to connect")]
    Disconnected,
    #[error("the API key is incomplete or has characters that no key has")]
    KeyMalformed,
    #[error("the API key has a typo: its checksum does not fit")]
    KeyChecksum,
    #[error("the API key is not known here: it was revoked, or never issued")]
    KeyUnknown,
    #[error("the API key has expired")]
    KeyExpired,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("not found")]
    NotFound,
    #[error("authentication is required")]
    Unauthenticated(Option<TokenFault>),
    #[error("requests for this host are not served here")]
    HostUnknown,
    #[error("requests from this origin are not allowed")]
    OriginForbidden,
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("send Content-Type: application/json")]
    UnsupportedMediaType,
    #[error("the request body is too large")]
    BodyTooLarge,
    #[error("the request body did not arrive")]
    BodyIncomplete,
    #[error(transparent)]
    Malformed(#[from] MessageError),
    #[error(transparent)]
    Era(#[from] EraError),
    #[error("this MCP server speaks the initialize handshake only")]
    UpstreamIsLegacy { requested: String },
    #[error("the Mcp-Session-Id header is missing")]
    SessionMissing,
    #[error("session not found")]
    SessionUnknown,
    #[error("method not found")]
    UnknownMethod,
    #[error("{0}")]
    InvalidParams(&'static str),
    #[error("declare the tasks extension, io.modelcontextprotocol/tasks, to ask about tasks")]
    TasksNotDeclared,
    #[error("you may not do this here")]
    Forbidden,
    #[error("this tool is switched off; list the tools again, or ask who manages the server")]
    ToolOff,
    #[error("an administrator of this organisation has blocked this client; use another one, or ask them")]
    ClientBlocked,
    #[error("all calls are switched off by an administrator of this organisation; try again later, or ask them")]
    CallsOff,
    #[error("nothing was asked of this client under that id, or it was answered before")]
    ReplyUnknown,
    #[error("the gateway node that asked is gone; the call may have run")]
    ReplyGone,
    #[error("this stream cannot be resumed at that event id")]
    EventUnknown,
    #[error("too many open streams")]
    TooManyStreams,
    #[error("too many calls of your organisation are under way at once")]
    TooManyCalls,
    #[error("{0}")]
    RateLimited(Limited),
    #[error("the limit \"{0}\" lets nothing through now: this gateway cannot count calls")]
    LimitUncounted(Arc<str>),
    #[error("the settings of this MCP server have changed; connect again")]
    ServerChanged,
    #[error(transparent)]
    NotReady(#[from] NotReady),
    #[error("this organisation is suspended; its owner can tell you more")]
    TenantSuspended,
    #[error("the control plane has been away for longer than this tenant allows")]
    Stale,
    #[error("the configuration of this server was rejected by the gateway; ask an administrator")]
    ConfigRejected,
    #[error("the MCP server that has this is switched off")]
    MemberOff,
    #[error("{0}")]
    ForwardedHeaders(&'static str),
    #[error(
        "this MCP server is called with the caller's own token, and an API key is never handed on: sign in with OAuth"
    )]
    KeyNotForwarded,
    #[error("{0}")]
    CredentialRequired(Need),
    #[error("your account at this MCP server cannot be read now: the control plane is away")]
    BrokerAway,
    #[error(transparent)]
    Upstream(#[from] UpstreamFault),
    #[error("this gateway node is stopping; the call may have run")]
    Stopping,
    #[error("internal error {0}")]
    Internal(Uuid),
}

/// What is known of a request once its message was read: decides how a refusal travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Exactly as sent.
    pub id: Bytes,
    pub is_tool_call: bool,
    pub era: Era,
    pub links: Links,
}

/// How a client can be sent to a page (URL-mode elicitation, O11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// By words alone.
    #[default]
    Words,
    /// By the error -32042 (2025-11-25).
    Error,
    /// By a result that asks for input (2026-07-28).
    InputRequired,
}

/// What we ask of a modern client, among the `inputRequests` of a result.
pub const CONNECT: &str = "portway/connect";

/// A limit that is used up, and when the same request may come again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the limit \"{rule}\" of your organisation is used up")]
pub struct Limited {
    pub rule: Arc<str>,
    pub retry_after_s: u32,
}

impl Failure {
    pub fn source(&self) -> Source {
        match self {
            Self::Upstream(
                UpstreamFault::Busy | UpstreamFault::NoSeal | UpstreamFault::Blocked | UpstreamFault::CredentialOrigin,
            ) => Source::Gateway,
            Self::Upstream(UpstreamFault::ModernOnly | UpstreamFault::LegacyOnly) => Source::Client,
            Self::Upstream(_) => Source::Upstream,
            Self::NotReady(_) | Self::Stale | Self::ConfigRejected => Source::Gateway,
            Self::Stopping | Self::ServerChanged | Self::ReplyGone | Self::Internal(_) => Source::Gateway,
            Self::BrokerAway | Self::MemberOff | Self::LimitUncounted(_) => Source::Gateway,
            _ => Source::Client,
        }
    }

    /// Stable code, also the metric label.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unauthenticated(None) => "token.missing",
            Self::Unauthenticated(Some(fault)) => match fault {
                TokenFault::Malformed => "token.malformed",
                TokenFault::Expired => "token.expired",
                TokenFault::Audience => "token.audience",
                TokenFault::Issuer => "token.issuer",
                TokenFault::UnknownKey => "token.unknown_key",
                TokenFault::Signature => "token.signature",
                TokenFault::Revoked => "token.revoked",
                TokenFault::Disconnected => "token.disconnected",
                TokenFault::KeyMalformed => "key.malformed",
                TokenFault::KeyChecksum => "key.checksum",
                TokenFault::KeyUnknown => "key.unknown",
                TokenFault::KeyExpired => "key.expired",
            },
            Self::HostUnknown => "host.unknown",
            Self::OriginForbidden => "origin.forbidden",
            Self::MethodNotAllowed => "http.method_not_allowed",
            Self::UnsupportedMediaType => "http.unsupported_media_type",
            Self::BodyTooLarge => "request.too_large",
            Self::BodyIncomplete => "request.incomplete",
            Self::Malformed(MessageError::Json(_)) => "request.malformed",
            Self::Malformed(MessageError::Batch) => "request.batch",
            Self::Malformed(MessageError::Invalid(_)) => "request.invalid",
            Self::Era(EraError::HeaderMismatch { .. }) => "request.header_mismatch",
            Self::Era(EraError::MetaMissing { .. }) => "request.meta_missing",
            Self::Era(EraError::UnsupportedVersion { .. }) => "protocol.unsupported_version",
            Self::UpstreamIsLegacy { .. } => "protocol.upstream_is_legacy",
            Self::SessionMissing => "session.missing",
            Self::SessionUnknown => "session.unknown",
            Self::UnknownMethod => "method.unknown",
            Self::InvalidParams(_) => "request.invalid_params",
            Self::TasksNotDeclared => "request.tasks_not_declared",
            Self::Forbidden => "forbidden",
            Self::ToolOff => "tool.off",
            Self::ClientBlocked => "client.blocked",
            Self::CallsOff => "tenant.calls_off",
            Self::ReplyUnknown => "reply.unknown",
            Self::ReplyGone => "reply.node_gone",
            Self::EventUnknown => "stream.event_unknown",
            Self::TooManyStreams => "stream.limit",
            Self::TooManyCalls => "calls.limit",
            Self::RateLimited(_) => "rate_limited",
            Self::LimitUncounted(_) => "limits.unavailable",
            Self::ServerChanged => "server.changed",
            Self::NotReady(_) => "config.not_ready",
            Self::TenantSuspended => "tenant.suspended",
            Self::Stale => "config.stale",
            Self::ConfigRejected => "config.rejected",
            Self::MemberOff => "member.off",
            Self::ForwardedHeaders(_) => "request.forwarded_headers",
            Self::KeyNotForwarded => "credential.key_not_forwarded",
            Self::CredentialRequired(need) => need.code(),
            Self::BrokerAway => "credential.broker_away",
            Self::Upstream(fault) => fault.code(),
            Self::Stopping => "gateway.stopping",
            Self::Internal(_) => "internal",
        }
    }

    /// The HTTP status, where the refusal travels as one. `None`: as an answer to the message.
    fn status(&self, asked: Option<&Asked>) -> Option<StatusCode> {
        Some(match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::HostUnknown | Self::OriginForbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::SessionUnknown => StatusCode::NOT_FOUND,
            Self::UnknownMethod if asked.is_some_and(|asked| asked.era == Era::Modern) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete | Self::Malformed(_) | Self::Era(_) => StatusCode::BAD_REQUEST,
            Self::ForwardedHeaders(_) => StatusCode::BAD_REQUEST,
            Self::UpstreamIsLegacy { .. } | Self::SessionMissing | Self::TasksNotDeclared => StatusCode::BAD_REQUEST,
            // Not 404: clients read that as the end of their session.
            Self::ReplyUnknown | Self::ReplyGone | Self::EventUnknown => StatusCode::BAD_REQUEST,
            // It passes: clients keep their tokens and sessions, which 401 and 404 would make them throw away.
            Self::TenantSuspended => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotReady(_) | Self::Stale | Self::ConfigRejected => StatusCode::SERVICE_UNAVAILABLE,
            Self::ClientBlocked | Self::ToolOff if asked.is_none() => StatusCode::FORBIDDEN,
            _ if asked.is_none() => StatusCode::SERVICE_UNAVAILABLE,
            _ => return None,
        })
    }

    /// Whether a model can make sense of it. A request that is not a tool call at all is a protocol error.
    fn is_about_the_call(&self, asked: &Asked) -> bool {
        self.status(Some(asked)).is_none() && !matches!(self, Self::InvalidParams(_))
    }

    /// The JSON-RPC error code; `None` for what is refused before JSON-RPC plays a part.
    fn rpc_code(&self) -> Option<i32> {
        Some(match self {
            Self::NotFound | Self::Unauthenticated(_) | Self::HostUnknown | Self::OriginForbidden => return None,
            Self::MethodNotAllowed | Self::UnsupportedMediaType | Self::BodyIncomplete => return None,
            Self::BodyTooLarge | Self::NotReady(_) | Self::Stale | Self::ConfigRejected => return None,
            Self::TenantSuspended => return None,
            Self::Malformed(MessageError::Json(_)) => -32700,
            Self::Malformed(_) | Self::ReplyUnknown | Self::EventUnknown | Self::ForwardedHeaders(_) => -32600,
            Self::Era(EraError::HeaderMismatch { .. }) => -32020,
            Self::Era(EraError::MetaMissing { .. }) | Self::InvalidParams(_) => -32602,
            Self::TasksNotDeclared => -32021,
            Self::Era(EraError::UnsupportedVersion { .. }) | Self::UpstreamIsLegacy { .. } => -32022,
            Self::SessionMissing => -32000,
            Self::SessionUnknown => -32001,
            Self::UnknownMethod => -32601,
            Self::Forbidden | Self::ToolOff | Self::ClientBlocked => -32010,
            Self::TooManyStreams | Self::TooManyCalls | Self::RateLimited(_) => -32011,
            Self::CredentialRequired(_) | Self::KeyNotForwarded => -32012,
            Self::BrokerAway | Self::MemberOff | Self::Upstream(UpstreamFault::Busy | UpstreamFault::NoSeal) => -32014,
            Self::Stopping | Self::ServerChanged | Self::ReplyGone => -32014,
            Self::CallsOff | Self::LimitUncounted(_) => -32014,
            Self::Upstream(_) => -32013,
            Self::Internal(_) => -32603,
        })
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::NotReady(not_ready) => Some(not_ready.retry_after_s),
            Self::Stale | Self::ConfigRejected | Self::TenantSuspended => Some(30),
            Self::CallsOff => Some(30),
            Self::TooManyStreams => Some(STREAMS_RETRY_AFTER_S),
            Self::TooManyCalls => Some(1),
            Self::RateLimited(limited) => Some(limited.retry_after_s),
            Self::LimitUncounted(_) => Some(UNCOUNTED_RETRY_AFTER_S),
            Self::Upstream(UpstreamFault::RateLimited { retry_after_s }) => *retry_after_s,
            Self::Upstream(UpstreamFault::Busy) => Some(1),
            Self::BrokerAway => Some(2),
            _ => None,
        }
    }

    fn data(&self, asked: Option<&Asked>) -> Value {
        let mut data = json!({ "code": self.reason() });
        let versions = match self {
            Self::Era(EraError::UnsupportedVersion { requested }) => {
                // To a client with metadata per request, the handshake is the server's to offer, in `server/discover`.
                let modern = asked.is_some_and(|asked| asked.era == Era::Modern);
                let legacy = version::LEGACY.into_iter().filter(|_| !modern);
                let supported: Vec<&str> = version::MODERN.into_iter().chain(legacy).collect();
                Some((json!(supported), requested))
            }
            Self::UpstreamIsLegacy { requested } => Some((json!(version::LEGACY), requested)),
            _ => None,
        };
        if let (Some((supported, requested)), Some(data)) = (versions, data.as_object_mut()) {
            data.insert("supported".to_owned(), supported);
            data.insert("requested".to_owned(), json!(requested));
        }
        if let (Self::TasksNotDeclared, Some(data)) = (self, data.as_object_mut()) {
            data.insert("requiredCapabilities".to_owned(), json!({ "extensions": { TASKS_EXTENSION: {} } }));
        }
        if let (Self::CredentialRequired(need), Some(data)) = (self, data.as_object_mut())
            && !need.url().is_empty()
        {
            data.insert("url".to_owned(), json!(need.url()));
        }
        let limit = match self {
            Self::RateLimited(limited) => Some(&limited.rule),
            Self::LimitUncounted(rule) => Some(rule),
            _ => None,
        };
        if let (Some(limit), Some(data)) = (limit, data.as_object_mut()) {
            data.insert("limit".to_owned(), json!(&**limit));
        }
        if let (Some(retry_after_s), Some(data)) = (self.retry_after_s(), data.as_object_mut()) {
            data.insert("retryAfter".to_owned(), json!(retry_after_s));
        }
        data
    }

    /// What is said of a member that is not in its virtual server's list.
    pub fn about_member(&self, alias: &str) -> Value {
        let mut about = self.data(None);
        if let Some(about) = about.as_object_mut() {
            about.insert("member".to_owned(), alias.into());
            about.insert("message".to_owned(), self.to_string().into());
        }
        about
    }

    /// The same for a client that can be sent to the page that helps.
    fn link(&self, asked: &Asked) -> Option<(&'static str, Value)> {
        let Self::CredentialRequired(need) = self else { return None };
        if !need.is_met_by_its_page() {
            return None;
        }
        let mut params = json!({ "mode": "url", "url": need.url(), "message": need.words() });
        match asked.links {
            Links::Words => None,
            Links::Error => {
                if let Some(params) = params.as_object_mut() {
                    params.insert("elicitationId".to_owned(), Uuid::new_v4().to_string().into());
                }
                let mut data = self.data(Some(asked));
                if let Some(data) = data.as_object_mut() {
                    data.insert("elicitations".to_owned(), json!([params]));
                }
                Some(("error", json!({ "code": -32042, "message": self.to_string(), "data": data })))
            }
            Links::InputRequired => {
                let asks = json!({ "method": "elicitation/create", "params": params });
                let result = json!({
                    "resultType": "input_required",
                    "inputRequests": { CONNECT: asks },
                    "_meta": { "portway/error": self.data(Some(asked)) },
                });
                Some(("result", result))
            }
        }
    }

    /// The answer to the message, without the envelope.
    fn outcome(&self, asked: Option<&Asked>) -> (&'static str, Value) {
        if let Some(link) = asked.and_then(|asked| self.link(asked)) {
            return link;
        }
        let code = self.rpc_code().unwrap_or(-32603);
        match asked {
            Some(asked) if asked.is_tool_call && self.is_about_the_call(asked) => {
                let text = match self.retry_after_s() {
                    Some(seconds) => format!("{self} [{}]. Try again in {seconds} s.", self.reason()),
                    None => format!("{self} [{}].", self.reason()),
                };
                let mut result = json!({
                    "content": [{ "type": "text", "text": text }],
                    "isError": true,
                    "_meta": { "portway/error": self.data(Some(asked)) },
                });
                if let (Era::Modern, Some(result)) = (asked.era, result.as_object_mut()) {
                    result.insert("resultType".to_owned(), json!("complete"));
                }
                ("result", result)
            }
            _ => ("error", json!({ "code": code, "message": self.to_string(), "data": self.data(asked) })),
        }
    }

    /// The message that tells the client, for a stream that is already open.
    pub fn message(&self, asked: Option<&Asked>) -> Bytes {
        let (key, value) = self.outcome(asked);
        let mut out = b"{\"jsonrpc\":\"2.0\"".to_vec();
        if let Some(asked) = asked {
            out.extend_from_slice(b",\"id\":");
            out.extend_from_slice(&asked.id);
        }
        out.extend_from_slice(format!(",\"{key}\":{value}}}").as_bytes());
        out.into()
    }

    /// The response. `challenge` is the `WWW-Authenticate` value of a 401.
    pub fn respond(&self, asked: Option<&Asked>, challenge: Option<HeaderValue>) -> Response {
        let body = match (self, self.rpc_code()) {
            (Self::Unauthenticated(Some(fault)), _) => {
                json!({ "error": "invalid_token", "error_description": fault.to_string() }).to_string().into()
            }
            (_, Some(_)) => self.message(asked),
            (_, None) => json!({ "error": self.reason(), "message": self.to_string() }).to_string().into(),
        };
        let mut response = json_response(self.status(asked).unwrap_or(StatusCode::OK), body);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let (Self::Unauthenticated(_), Some(challenge)) = (self, challenge) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if *self == Self::MethodNotAllowed {
            headers.insert(ALLOW, HeaderValue::from_static("POST, DELETE, OPTIONS"));
        }
        response
    }
}

/// A JSON response.
pub fn json_response(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
