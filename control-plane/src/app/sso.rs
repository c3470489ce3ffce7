//! Signing in by an identity provider of the tenant (OpenID Connect, code flow with PKCE).
//!
//! The browser goes out with [`flow::begin`] and [`flow::way_out`] and comes back to [`flow::finish`]. What a provider
//! says is believed only after `exchange` has checked it; who that is, `person` decides; `logout` ends it. An `assertion` does without a browser.

pub mod assertion;
pub mod exchange;
pub mod flow;
pub mod kept;
pub mod logout;
pub mod person;
pub(crate) mod provider;

use crate::domain::Error;
pub use provider::Providers;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Unknown, expired, used, or of another browser: one answer (ATK-19).
    #[error("the sign-in is not one of this browser that waits")]
    Gone,
    #[error("the provider is switched off")]
    Disabled,
    /// The provider did not answer, or with nothing of use. The reason is for administrators.
    #[error("{label} is away: {why}")]
    Away { label: String, why: String },
    /// The provider said no, with a code of its own.
    #[error("{label} refused: {code}")]
    Refused { label: String, code: String },
    /// What came is not what a provider may send. The reason is for administrators.
    #[error("an answer of {label} was not accepted: {why}")]
    Answer { label: String, why: String },
    /// The provider's word is good, and nobody here is meant by it.
    #[error("{label} knows the person, the tenant does not: {}", .why.code())]
    Person { label: String, why: person::Stranger },
    #[error(transparent)]
    Domain(#[from] Error),
}

impl Refusal {
    /// Stable code, for the page, the log and the audit trail.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "sso.gone",
            Self::Disabled => "sso.disabled",
            Self::Away { .. } => "sso.provider_away",
            Self::Refused { .. } => "sso.provider_refused",
            Self::Answer { .. } => "sso.answer_refused",
            Self::Person { why, .. } => why.code(),
            Self::Domain(error) => error.code(),
        }
    }
}
