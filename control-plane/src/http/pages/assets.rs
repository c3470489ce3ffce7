//! The stylesheet, under a name that changes with its content, so that browsers may keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::crypto::tokens;

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

pub(super) async fn serve(Path(file): Path<String>) -> Response {
    if stylesheet().strip_prefix("/assets/") != Some(file.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLES).into_response()
}
