//! Form bodies of the token and revocation endpoints, and how a client proves itself in them (RFC 6749 §2.3.1, §3.2).

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::app::grants::Presented;
use crate::domain::oauth::OAuthError;

const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a body. Unknown ones are ignored, known ones may occur once; an empty value counts as absent.
pub(super) struct Form(Vec<(String, SecretString)>);

impl Form {
    pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(FORM)) {
            return Err(OAuthError::InvalidRequest("the body must be application/x-www-form-urlencoded"));
        }
        let pairs = url::form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty());
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()))
    }

    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretString>, OAuthError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.cloned()),
            _ => Err(OAuthError::InvalidRequest("a parameter occurs more than once")),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, OAuthError> {
        Ok(self.secret(name)?.map(|value| value.expose_secret().to_owned()))
    }

    /// `client_secret_basic`, `client_secret_post` or none; never two at once (RFC 6749 §2.3).
    pub(super) fn client(&self, headers: &HeaderMap) -> Result<Presented, OAuthError> {
        let posted = Presented { client_id: self.text("client_id")?, secret: self.secret("client_secret")? };
        let Some(header) = headers.get(AUTHORIZATION) else { return Ok(posted) };
        let basic = header.to_str().ok().and_then(basic).ok_or(OAuthError::InvalidClient)?;
        let same = posted.client_id.is_none() || posted.client_id == basic.client_id;
        if posted.secret.is_some() || !same {
            return Err(OAuthError::InvalidRequest("the client proves itself in more than one way"));
        }
        Ok(basic)
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1). Without a password it names a public client.
fn basic(header: &str) -> Option<Presented> {
    let (scheme, encoded) = header.split_once(' ')?;
    let text = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    let secret = decoded(secret);
    Some(Presented { client_id: Some(decoded(id)), secret: (!secret.is_empty()).then(|| secret.into()) })
}

fn decoded(text: &str) -> String {
    // As the value of a parameter, whose end a well-encoded text does not contain.
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn how_clients_prove_themselves() {
        fn check(authorization: Option<&str>, body: &str, expected: Result<(&str, &str), &str>) {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
            let basic = authorization.map(|text| {
                text.strip_prefix("raw ").map_or_else(|| format!("Basic {}", STANDARD.encode(text)), str::to_owned)
            });
            if let Some(basic) = &basic {
                headers.insert(AUTHORIZATION, basic.parse().unwrap());
            }
            let outcome = Form::parse(&headers, body.as_bytes()).and_then(|form| form.client(&headers));
            let outcome = outcome.map_err(|error| error.code()).map(|client| {
                (client.client_id.unwrap_or_default(), client.secret.unwrap_or_default().expose_secret().to_owned())
            });
            let outcome = outcome.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str())).map_err(|code| *code);
            assert_eq!(outcome, expected, "{authorization:?} {body}");
        }
        check(None, "client_id=a", Ok(("a", "")));
        check(None, "client_id=a&client_secret=", Ok(("a", "")));
        check(None, "client_id=a&client_secret=s", Ok(("a", "s")));
        check(Some("a:s"), "", Ok(("a", "s")));
        check(Some("a:s"), "client_id=a", Ok(("a", "s")));
        check(Some("a:"), "client_id=a", Ok(("a", "")));
        check(Some("https%3A%2F%2Fa.example%2Fc:s%26%2B+%25"), "", Ok(("https://a.example/c", "s&+ %")));
        check(Some("raw basic YTpz"), "", Ok(("a", "s")));
        check(Some("a:s"), "client_id=b", Err("invalid_request"));
        check(Some("a:s"), "client_secret=s", Err("invalid_request"));
        check(None, "client_id=a&client_id=a", Err("invalid_request"));
        check(None, "client_id=a&client_secret=s&client_secret=s", Err("invalid_request"));
        check(Some("no colon"), "", Err("invalid_client"));
        check(Some("raw Basic !"), "", Err("invalid_client"));
        check(Some("raw Bearer x"), "client_id=a", Err("invalid_client"));
    }
}
