//! The stylesheet, under a name that changes with its content, so that browsers may keep it for ever; and the theme that
//! the person chose in the console, if they did.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::crypto::tokens;
use crate::http::cookies;

const STYLES: &str = include_str!("../../../assets/portway.css");

static STYLESHEET: LazyLock<String> = LazyLock::new(|| {
    let digest = tokens::sha256_bytes(STYLES.as_bytes());
    let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/portway-{hash}.css")
});

/// Path of the stylesheet, for templates.
pub(crate) fn stylesheet() -> &'static str {
    &STYLESHEET
}

/// Small, so that it can be asked for with every page.
pub(super) async fn theme(headers: HeaderMap) -> Response {
    let styles = match cookies::theme(&headers) {
        Some(theme) => format!(":root {{ color-scheme: {theme}; }}\n"),
        None => String::new(),
    };
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-store")], styles).into_response()
}

pub(super) async fn serve(Path(file): Path<String>) -> Response {
    if stylesheet().strip_prefix("/assets/") != Some(file.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLES).into_response()
}
