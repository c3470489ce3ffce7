//! The front door, `/`: which organisation? It tells nobody which ones exist: any well-formed name leads on.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use proto::names::TenantSlug;

use super::{page, see_other};

#[derive(Template)]
#[template(path = "door.html")]
struct DoorPage<'a> {
    name: &'a str,
    /// What to correct; empty at first.
    problem: String,
}

pub(super) async fn show(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let typed = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "tenant");
    let Some((_, typed)) = typed else {
        return page(StatusCode::OK, &DoorPage { name: "", problem: String::new() });
    };
    let name = typed.trim().to_lowercase();
    match TenantSlug::parse(&name) {
        Ok(tenant) => see_other(&format!("/t/{tenant}/")),
        Err(reason) => {
            let problem = format!("That is no name of an organisation: it {reason}.");
            page(StatusCode::BAD_REQUEST, &DoorPage { name: &name, problem })
        }
    }
}
