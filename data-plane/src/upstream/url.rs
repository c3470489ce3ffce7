//! The URL of an upstream, in the forms that its requests need: made once, because every call needs them.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use url::Url;

/// Cheap to clone. Reads as the [`Url`] it is made of.
#[derive(Clone)]
pub struct UpstreamUrl(Arc<Forms>);

struct Forms {
    url: Url,
    /// `None`: no request can be made of it.
    request: Option<(Uri, HeaderValue)>,
}

impl UpstreamUrl {
    /// URI and `Host` of a request. `Host` is what the authority is, so that it may stand in HTTP/2, too (RFC 9113
    /// §8.3.1).
    pub fn request(&self) -> Option<(&Uri, &HeaderValue)> {
        self.0.request.as_ref().map(|(uri, host)| (uri, host))
    }
}

impl From<Url> for UpstreamUrl {
    fn from(url: Url) -> Self {
        let request = url.as_str().parse::<Uri>().ok().and_then(|uri| {
            let host = HeaderValue::from_str(uri.authority()?.as_str()).ok()?;
            Some((uri, host))
        });
        Self(Arc::new(Forms { url, request }))
    }
}

impl FromStr for UpstreamUrl {
    type Err = url::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Url>().map(Self::from)
    }
}

impl Deref for UpstreamUrl {
    type Target = Url;

    fn deref(&self) -> &Url {
        &self.0.url
    }
}

impl PartialEq for UpstreamUrl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.url == other.0.url
    }
}

impl Eq for UpstreamUrl {}

impl fmt::Debug for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.url.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_the_authority() {
        fn check(url: &str, uri: &str, host: &str) {
            let url: UpstreamUrl = url.parse().expect("URL");
            let (got, named) = url.request().expect("a request");
            assert_eq!((got.to_string().as_str(), named.to_str().expect("ASCII")), (uri, host));
            assert_eq!(got.authority().map(|authority| authority.as_str()), Some(host));
        }
        check("https://up.example/mcp?x=1", "https://up.example/mcp?x=1", "up.example");
        check("https://up.example:443/", "https://up.example/", "up.example");
        check("http://[2001:db8::1]:8080/mcp", "http://[2001:db8::1]:8080/mcp", "[2001:db8::1]:8080");
        check("https://bücher.example", "https://xn--bcher-kva.example/", "xn--bcher-kva.example");
    }
}
