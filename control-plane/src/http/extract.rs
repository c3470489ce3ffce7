//! Proof of who calls and where, and input that is refused with the field to correct. Handlers get nothing unproved.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use proto::api_key::is_api_key;
use proto::names::TenantSlug;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cookies::{self, CookieKind, OutsideCookie};
use super::problem::Problem;
use crate::app::{Caller, Ctx, api_keys, operator_sessions, platform, sessions};
use crate::config::Config;
use crate::domain::error::FieldError;
use crate::domain::ids::{
    AccessGrantId, ApiKeyId, AuthOverrideId, CallRecordId, ClientId, DomainId, GroupId, IdError, IdentityProviderId,
    InvitationId, LimitRuleId, NodeId, OAuthGrantId, OperatorId, ScimTokenId, ServerId, ServiceAccountId, SessionId,
    TenantId, UserCredentialId, UserId, UserIdentityId,
};
use crate::domain::operator::OperatorSession;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::state::App;

/// Header that a page of another site cannot send without a preflight, which we never grant (ATK: CSRF).
const CSRF_HEADER: &str = "x-portway-csrf";

/// A person inside the tenant of the path, by session cookie or by API key. An unknown tenant and a missing session have
/// one answer.
pub struct TenantScope(pub Ctx);

impl FromRequestParts<Arc<App>> for TenantScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if let Some(bearer) = bearer(&parts.headers) {
            let (tenant_id, caller) = by_key(parts, app, &bearer).await?;
            return Ok(Self(Ctx { app: app.clone(), tenant_id, caller }));
        }
        let tenant = find_tenant(parts, app).await?.ok_or(Error::Unauthenticated)?;
        let token = cookies::read(&app.config, CookieKind::Session, &tenant.slug, &parts.headers);
        let caller = sessions::authenticate(app, tenant.id, &token.ok_or(Error::Unauthenticated)?).await?;
        refuse_forged(parts, &app.config)?;
        Ok(Self(Ctx { app: app.clone(), tenant_id: tenant.id, caller }))
    }
}

/// The bearer of an API key. No site can make a browser send one, so there is nothing forged to refuse.
async fn by_key(parts: &mut Parts, app: &Arc<App>, bearer: &SecretString) -> Result<(TenantId, Caller)> {
    if !is_api_key(bearer.expose_secret()) {
        return Err(Error::Unauthenticated);
    }
    api_keys::check_text(bearer)?;
    let tenant = find_tenant(parts, app).await?.ok_or_else(api_keys::unknown)?;
    Ok((tenant.id, api_keys::authenticate(app, tenant.id, bearer).await?))
}

/// The tenant of the path, if there is one, for somebody who is not signed in yet.
pub struct TenantDoor(pub Option<Tenant>);

impl FromRequestParts<Arc<App>> for TenantDoor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        refuse_forged(parts, &app.config)?;
        Ok(Self(find_tenant(parts, app).await?))
    }
}

async fn find_tenant(parts: &mut Parts, app: &App) -> Result<Option<Tenant>> {
    match path_param(parts, "tenant").await.and_then(|text| TenantSlug::parse(&text).ok()) {
        Some(slug) => platform::find_tenant(app, &slug).await,
        None => Ok(None),
    }
}

/// An operator, by token or by session cookie.
#[derive(Debug, Clone, Copy)]
pub struct Operator(pub OperatorId);

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        OperatorScope::from_request_parts(parts, app).await.map(|scope| Self(scope.operator))
    }
}

/// The same with the session, which a bearer of the token has none of.
pub struct OperatorScope {
    pub operator: OperatorId,
    pub session: Option<OperatorSession>,
}

impl FromRequestParts<Arc<App>> for OperatorScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // No site can make a browser send one, so there is nothing forged to refuse.
        if let Some(token) = bearer(&parts.headers) {
            return Ok(Self { operator: platform::authenticate_operator(app, &token).await?, session: None });
        }
        let token = cookies::read_outside(&app.config, OutsideCookie::Operator, &parts.headers);
        let session = operator_sessions::authenticate(app, &token.ok_or(Error::Unauthenticated)?).await?;
        refuse_forged(parts, &app.config)?;
        Ok(Self { operator: session.operator_id, session: Some(session) })
    }
}

/// A request that no other site has caused, of somebody who is not signed in yet.
pub struct Unforged;

impl FromRequestParts<Arc<App>> for Unforged {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        refuse_forged(parts, &app.config).map(|()| Self)
    }
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// Cookies travel with requests that other sites cause; this header and our own Origin do not.
fn refuse_forged(parts: &Parts, config: &Config) -> Result<(), Problem> {
    let forged = |detail: &str| Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail));
    if parts.method.is_safe() {
        return Ok(());
    }
    if parts.headers.get(CSRF_HEADER).is_none_or(|value| value != "1") {
        return forged("Send the header x-portway-csrf: 1 with requests that change something.");
    }
    if parts.headers.get_all(ORIGIN).iter().any(|origin| origin.as_bytes() != config.public_origin.as_bytes()) {
        return forged("This origin may not change anything here.");
    }
    Ok(())
}

/// An id in the path. Text that is no such id is answered like an id that does not exist.
pub struct Target<T>(pub T);

/// The virtual server, where a path names two servers.
pub struct VirtualServerId(pub ServerId);

impl FromStr for VirtualServerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self)
    }
}

/// Ids and the names of their path parameters.
pub trait PathId: FromStr + Send {
    const PARAM: &'static str;
}

macro_rules! path_id {
    ($($id:ty => $param:literal),+ $(,)?) => { $(impl PathId for $id { const PARAM: &'static str = $param; })+ };
}

path_id! {
    UserId => "user",
    ApiKeyId => "key",
    GroupId => "group",
    InvitationId => "invitation",
    ServiceAccountId => "service_account",
    DomainId => "domain",
    IdentityProviderId => "provider",
    UserIdentityId => "identity",
    ServerId => "server",
    VirtualServerId => "use",
    AuthOverrideId => "override",
    LimitRuleId => "limit_rule",
    UserCredentialId => "credential",
    AccessGrantId => "grant",
    CallRecordId => "call",
    ClientId => "client",
    NodeId => "node",
    OAuthGrantId => "connection",
    SessionId => "session",
    ScimTokenId => "token",
    TenantSlug => "tenant",
}

impl<T: PathId, S: Send + Sync> FromRequestParts<S> for Target<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let id = path_param(parts, T::PARAM).await.and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(Problem::not_found)
    }
}

async fn path_param(parts: &mut Parts, name: &str) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(StatusCode::BAD_REQUEST, "query.invalid", rejection.body_text())),
        }
    }
}

/// A JSON body. Unknown members are refused: a misspelt one must not pass for an accepted one.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.not_json", detail));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "The body is too large.")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "body.unreadable", "The body could not be read."),
        })?;
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Answers depend on who asks; nothing on the way may keep them.
        ([(CACHE_CONTROL, "no-store")], axum::Json(self.0)).into_response()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde would also take an array as a struct, member by member.
    if body.trim_ascii_start().first().is_some_and(|&byte| byte != b'{') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body.malformed", "The body must be a JSON object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| wrong_body(&error))?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(Problem::new(StatusCode::BAD_REQUEST, "body.malformed", error.to_string())),
    }
}

fn wrong_body(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let message = error.inner().to_string();
    if !error.inner().is_data() {
        return Problem::new(StatusCode::BAD_REQUEST, "body.malformed", message);
    }
    // serde names a missing or unknown member in its message only.
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let (code, field) = if message.starts_with("unknown field") {
        ("field.unknown", quoted.to_owned())
    } else if message.starts_with("missing field") {
        ("field.missing", quoted.to_owned())
    } else if message.starts_with("duplicate field") {
        ("field.duplicate", quoted.to_owned())
    } else {
        ("field.invalid", error.path().to_string())
    };
    Error::InvalidFields(vec![FieldError { field, code, message }]).into()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
        #[expect(dead_code, reason = "only parsed")]
        count: Option<u32>,
    }

    #[test]
    fn bodies_are_refused_with_the_field() {
        fn check(body: &str, code: &str, field: Option<&str>) {
            let problem = serde_json::to_value(parse::<Body>(body.as_bytes()).unwrap_err().view()).unwrap();
            let error = &problem["errors"][0];
            let found = if error.is_null() { &problem["code"] } else { &error["code"] };
            assert_eq!(found, code, "{body}: {problem}");
            assert_eq!(error["field"].as_str(), field, "{body}: {problem}");
        }
        check(r#"{"name":"a","nmae":"b"}"#, "field.unknown", Some("nmae"));
        check("{}", "field.missing", Some("name"));
        check(r#"{"name":"a","name":"b"}"#, "field.duplicate", Some("name"));
        check(r#"{"name":1}"#, "field.invalid", Some("name"));
        check(r#"{"name":"a","count":-1}"#, "field.invalid", Some("count"));
        check(r#"["a", 1]"#, "body.malformed", None);
        check("{", "body.malformed", None);
        check("", "body.malformed", None);
        check(r#"{"name":"a"} x"#, "body.malformed", None);
        assert!(parse::<Body>(br#"{"name":"a","count":1}"#).is_ok());
    }
}
