//! Wire to validated types and back; the only wire-to-type code in the system.
//! Both planes refuse what does not convert; neither guesses.

use uuid::Uuid;

use crate::names::{ServerSlug, SlugError, TenantSlug};

/// A field of a wire message that cannot be what the contract says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    #[error("{field}: expected a 16-byte UUID, got {got} bytes")]
    Uuid { field: &'static str, got: usize },
    #[error("{field}: {reason}")]
    Slug { field: &'static str, reason: SlugError },
    #[error("{field}: missing or unknown")]
    Unknown { field: &'static str },
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: &'static str },
}

/// A UUID from its 16 bytes.
pub fn uuid(field: &'static str, bytes: &[u8]) -> Result<Uuid, ConvertError> {
    Uuid::from_slice(bytes).map_err(|_| ConvertError::Uuid { field, got: bytes.len() })
}

/// The bytes of a UUID as prost wants them.
pub fn uuid_bytes(id: Uuid) -> prost::bytes::Bytes {
    prost::bytes::Bytes::copy_from_slice(id.as_bytes())
}

pub fn tenant_slug(text: &str) -> Result<TenantSlug, ConvertError> {
    TenantSlug::parse(text).map_err(|reason| ConvertError::Slug { field: "tenant_slug", reason })
}

pub fn server_slug(text: &str) -> Result<ServerSlug, ConvertError> {
    ServerSlug::parse(text).map_err(|reason| ConvertError::Slug { field: "server_slug", reason })
}

/// An `http` or `https` URL with a host and without credentials or fragment.
pub fn upstream_url(text: &str) -> Result<url::Url, ConvertError> {
    let invalid = |reason| ConvertError::Invalid { field: "upstream_url", reason };
    let url = url::Url::parse(text).map_err(|_| invalid("not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("must be http or https with a host"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(invalid("must not carry credentials or a fragment"));
    }
    Ok(url)
}
