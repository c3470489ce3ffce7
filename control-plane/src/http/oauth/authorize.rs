//! The authorization endpoint (RFC 6749 §3.1).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::app::authorize::{self, Refusal};
use crate::domain::oauth::request::Parameters;
use crate::http::pages::{self, FlowCookie, PageError, PageTenant};
use crate::http::rate::ClientAddress;
use crate::state::App;

/// Stores a valid request for this browser and goes on to sign-in or consent.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let asked = Parameters::from_pairs(pairs.into_owned());
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    match authorize::begin(&app, &tenant, address, &asked, &flow.value).await {
        Ok(id) => Ok(flow.keep(pages::see_other(&format!("/t/{}/consent/{id}", tenant.slug)))),
        Err(Refusal::Redirect { url, .. }) => Ok(pages::see_other(&url)),
        Err(Refusal::ClientBlocked) => Err(PageError::client_blocked()),
        Err(Refusal::UnknownClient) => Err(PageError::unknown_client()),
        Err(Refusal::ClientDocument(why)) => Err(PageError::client_document(why)),
        Err(Refusal::UnknownRedirectUri) => Err(PageError::unknown_redirect_uri()),
        Err(Refusal::Domain(error)) => Err(error.into()),
    }
}
