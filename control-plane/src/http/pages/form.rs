//! Forms of our own pages. Each carries a token that derives from a cookie of this browser; besides, a browser that
//! says where the request came from must say that it came from us.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};

use super::PageError;
use crate::crypto::csrf;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Name of the field with the token.
const FIELD: &str = "csrf";

/// The fields of a submitted form.
pub(super) struct Fields(Vec<(String, SecretString)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        if comes_from_elsewhere(request.headers()) {
            return Err(PageError::forged());
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| PageError::unreadable_form())?;
        let pairs = url::form_urlencoded::parse(&body).into_owned();
        Ok(Self(pairs.map(|(name, value)| (name, value.into())).collect()))
    }
}

impl Fields {
    /// The value of a field; empty if it is not there.
    pub(super) fn get(&self, name: &str) -> SecretString {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Every value of a field that may come several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.expose_secret())
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).expose_secret().to_owned()
    }

    /// Refuses the form unless our page for `form` was made for the holder of `cookie`.
    pub(super) fn check(&self, cookie: Option<&SecretString>, form: &str) -> Result<(), PageError> {
        let given = self.text(FIELD);
        let valid = cookie.is_some_and(|cookie| csrf::is_valid(cookie, form, &given));
        if valid { Ok(()) } else { Err(PageError::forged()) }
    }
}

/// Our pages send no referrer, which makes browsers send `Origin: null` with their forms; so the origin says nothing,
/// and Fetch Metadata does.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none")
}
