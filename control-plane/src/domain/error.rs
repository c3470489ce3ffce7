//! The one domain error. It says what happened, not which status; one mapper per protocol turns it into bytes.

use serde::Serialize;
use utoipa::ToSchema;

/// Result of everything below the edges.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. The `code` is stable and part of the API.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Absent, or invisible to the caller: another tenant's, not granted, removed. The same answer for all.
    #[error("{what} not found")]
    NotFound { what: &'static str },
    /// The request is fine but the present state forbids it.
    #[error("{code}: {public}")]
    Conflict { code: &'static str, public: String },
    /// A field of the input is not what was expected.
    #[error("{field}: {public}")]
    Invalid { code: &'static str, field: &'static str, public: String },
    /// Several fields are wrong; all are listed at once.
    #[error("{} field(s) are wrong", .0.len())]
    InvalidFields(Vec<FieldError>),
    /// The caller sees the thing but may not do this.
    #[error("not allowed: {action}")]
    Forbidden { action: &'static str },
    #[error("not signed in")]
    Unauthenticated,
    /// The API key of the request is not accepted, and its bearer may know why.
    #[error("{code}: {public}")]
    BadKey { code: &'static str, public: &'static str },
    /// The caller may do this, but not with an API key.
    #[error("not with this key: {public}")]
    KeyNotAllowed { public: &'static str },
    /// As many as may be are there already: one has to go before another comes.
    #[error("{code}: {public}")]
    TooMany { code: &'static str, public: String },
    #[error("too many requests")]
    RateLimited { retry_after_ms: u64 },
    /// A part that this needs is away; the same request may work later.
    #[error("unavailable: {internal}")]
    Unavailable { internal: String },
    /// Nobody's business but ours: the public sees an id.
    #[error("internal: {0}")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// One wrong field of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    /// Stable code, such as `slug.shape`.
    pub code: &'static str,
    /// For people; follows the field's name in a sentence.
    pub message: String,
}

impl Error {
    /// Stable machine-readable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Conflict { code, .. } | Self::Invalid { code, .. } | Self::TooMany { code, .. } => code,
            Self::InvalidFields(_) => "invalid",
            Self::Forbidden { .. } => "forbidden",
            Self::Unauthenticated => "unauthenticated",
            Self::BadKey { code, .. } => code,
            Self::KeyNotAllowed { .. } => "key.not_allowed",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    pub fn invalid(code: &'static str, field: &'static str, public: impl Into<String>) -> Self {
        Self::Invalid { code, field, public: public.into() }
    }

    pub fn conflict(code: &'static str, public: impl Into<String>) -> Self {
        Self::Conflict { code, public: public.into() }
    }

    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}
