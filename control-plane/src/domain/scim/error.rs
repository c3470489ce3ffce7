//! Why a SCIM request is refused: the words of RFC 7644 §3.12, without statuses.

use crate::domain::Error;

/// A refusal. Texts are for the administrator who reads the identity provider's log.
#[derive(Debug, thiserror::Error)]
pub enum ScimError {
    #[error("{0}")]
    InvalidFilter(String),
    #[error("{0}")]
    InvalidPath(String),
    #[error("{0}")]
    InvalidSyntax(String),
    #[error("{0}")]
    InvalidValue(String),
    /// A PATCH that changes what only we may change, or takes away what must be there.
    #[error("{0}")]
    Mutability(String),
    /// A PATCH that names no place to act on.
    #[error("{0}")]
    NoTarget(String),
    /// More than we look through for one answer.
    #[error("{0}")]
    TooMany(String),
    /// Somebody else has that name.
    #[error("{0}")]
    Uniqueness(String),
    /// The resource is not as the caller believes (`If-Match`).
    #[error("the resource has changed since: it is at version {current} now")]
    Changed { current: String },
    /// Part of the protocol, but not of this service.
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("not signed in")]
    Unauthenticated,
    #[error("the body has more than {max_bytes} bytes")]
    BodyTooLarge { max_bytes: usize },
    #[error(transparent)]
    Domain(#[from] Error),
}

impl ScimError {
    /// `scimType`, where the RFC has a word for it.
    pub const fn scim_type(&self) -> Option<&'static str> {
        match self {
            Self::InvalidFilter(_) => Some("invalidFilter"),
            Self::InvalidPath(_) => Some("invalidPath"),
            Self::InvalidSyntax(_) => Some("invalidSyntax"),
            Self::InvalidValue(_) => Some("invalidValue"),
            Self::Mutability(_) => Some("mutability"),
            Self::NoTarget(_) => Some("noTarget"),
            Self::TooMany(_) => Some("tooMany"),
            Self::Uniqueness(_) => Some("uniqueness"),
            Self::Domain(Error::Invalid { .. } | Error::InvalidFields(_)) => Some("invalidValue"),
            _ => None,
        }
    }
}
