//! Client of the control plane's REST API: the platform's part for operators, a tenant's part for its people. The only
//! place here that builds an HTTP client; the token goes to the configured origin and follows no redirect.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::cli::{ConnectionArgs, TenantArgs};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pages followed in one listing: an answer that never ends is a fault, not a list.
const PAGES_MAX: usize = 10_000;
const PAGE_LIMIT: &str = "100";

/// The way in for operators.
pub(crate) struct Platform;

/// One part of the API, with the token that opens it.
pub(crate) struct Api {
    base: Url,
    /// Segments before every path.
    root: Vec<String>,
    token: SecretString,
    client: Client,
}

/// What the control plane said instead of yes (RFC 9457).
#[derive(Debug, Default, Deserialize, thiserror::Error)]
#[serde(default)]
#[error("{}", self.readable())]
pub(crate) struct Problem {
    title: String,
    status: u16,
    code: String,
    detail: String,
    errors: Vec<FieldProblem>,
    id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FieldProblem {
    field: String,
    message: String,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

impl Platform {
    /// The same at an address of its own, through a client that is there.
    pub(crate) fn at(base: Url, token: SecretString, client: Client) -> Api {
        Api { base, root: ["api", "v1", "platform"].map(str::to_owned).to_vec(), token, client }
    }

    /// The platform API as one operator.
    pub(crate) fn connect(args: &ConnectionArgs) -> anyhow::Result<Api> {
        let token = token("operator's token", args.operator_token_file.as_deref(), args.operator_token.as_ref())?;
        Ok(Self::at(args.url.clone(), token, http_client()?))
    }
}

/// From a file, or as it was given.
pub(crate) fn token(what: &str, file: Option<&Path>, given: Option<&SecretString>) -> anyhow::Result<SecretString> {
    match (file, given) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path);
            Ok(text.with_context(|| format!("cannot read the {what} from {}", path.display()))?.trim().into())
        }
        (None, Some(token)) => Ok(token.clone()),
        (None, None) => Err(anyhow!("no {what} was given")),
    }
}

impl Api {
    /// A tenant's API as the owner of an API key.
    pub(crate) fn tenant(args: &TenantArgs) -> anyhow::Result<Self> {
        let root = ["api", "v1", "tenants", &args.tenant].map(str::to_owned).to_vec();
        let token = token("API key", args.token_file.as_deref(), args.token.as_ref())?;
        Ok(Self { base: args.url.clone(), root, token, client: http_client()? })
    }

    /// One answer, asked for with parameters.
    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.request(Method::GET, url, None::<&Value>).await
    }

    /// A file, piece by piece, for as long as pieces come; `take` answers whether it wants more.
    pub(crate) async fn download(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        mut take: impl FnMut(&[u8]) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        let request = client(|builder| builder.read_timeout(REQUEST_TIMEOUT))?.get(url);
        let answer = request.bearer_auth(self.token.expose_secret()).send().await;
        let mut answer = answer.with_context(|| format!("cannot reach the control plane at {}", self.base))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(Problem::read(status, &read(answer).await?).into());
        }
        while let Some(piece) = answer.chunk().await.context("the answer broke off: what came is not all of it")? {
            if !take(&piece)? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) async fn put<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> anyhow::Result<T> {
        self.request(Method::PUT, self.url(path)?, Some(body)).await
    }

    pub(crate) async fn delete_with(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.request(Method::DELETE, url, None::<&Value>).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> anyhow::Result<T> {
        self.request(Method::POST, self.url(path)?, Some(body)).await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> anyhow::Result<T> {
        self.request(Method::PATCH, self.url(path)?, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> anyhow::Result<()> {
        let _: Value = self.request(Method::DELETE, self.url(path)?, None::<&Value>).await?;
        Ok(())
    }

    /// Every item of a listing, page by page.
    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &[&str]) -> anyhow::Result<Vec<T>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(path)?;
            url.query_pairs_mut().append_pair("limit", PAGE_LIMIT).extend_pairs(cursor.iter().map(|c| ("cursor", c)));
            let page: Page = self.request(Method::GET, url, None::<&Value>).await?;
            for item in page.items {
                items.push(serde_json::from_value(item).context("the control plane answered an item of another form")?);
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(items);
            }
        }
        Err(anyhow!("the listing does not end after {PAGES_MAX} pages"))
    }

    /// Below the part of the API; every segment is escaped.
    fn url(&self, path: &[&str]) -> anyhow::Result<Url> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| anyhow!("{} cannot be the base of a path", self.base))?
            .clear()
            .extend(&self.root)
            .extend(path);
        Ok(url)
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<T> {
        let mut request = self.client.request(method, url).bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response =
            request.send().await.with_context(|| format!("cannot reach the control plane at {}", self.base))?;
        let status = response.status();
        let answer = read(response).await?;
        if status.is_success() {
            // 204 has nothing to say, which is JSON's null.
            let answer = if answer.is_empty() { &b"null"[..] } else { &answer };
            return serde_json::from_slice(answer)
                .with_context(|| format!("{} answered something else than this version expects", self.base));
        }
        Err(Problem::read(status, &answer).into())
    }
}

/// The client of this program: no redirects, bounded in time.
pub(crate) fn http_client() -> anyhow::Result<Client> {
    client(|builder| builder.timeout(REQUEST_TIMEOUT))
}

/// The same, which shows certificates and trusts those in a file too.
pub(crate) fn inspecting_client(ca_file: Option<&Path>) -> anyhow::Result<Client> {
    let pem = ca_file.map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    let certificates = pem.transpose()?.map(|pem| Certificate::from_pem_bundle(&pem)).transpose();
    let certificates = certificates.context("the file with certificates has none that can be read")?;
    client(|builder| {
        let builder = builder.timeout(REQUEST_TIMEOUT).tls_info(true);
        match certificates {
            Some(certificates) => builder.tls_certs_merge(certificates),
            None => builder,
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "goes to the operator's control plane or to this process, nowhere else")]
fn client(bounds: impl FnOnce(ClientBuilder) -> ClientBuilder) -> anyhow::Result<Client> {
    bounds(Client::builder())
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("portway/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("cannot set up the HTTP client")
}

async fn read(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.context("the answer broke off")? {
        answer.extend_from_slice(&piece);
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(anyhow!("the answer is larger than {ANSWER_BYTES_MAX} bytes"));
        }
    }
    Ok(answer)
}

impl Problem {
    /// Whether this failure is the control plane saying that the caller may not.
    pub(crate) fn is_forbidden(error: &anyhow::Error) -> bool {
        error.downcast_ref::<Self>().is_some_and(|problem| problem.status == StatusCode::FORBIDDEN.as_u16())
    }

    fn read(status: StatusCode, answer: &[u8]) -> Self {
        let told: Option<Self> = serde_json::from_slice(answer).ok();
        let mut problem = told.unwrap_or_default();
        problem.status = status.as_u16();
        if problem.title.is_empty() {
            status.canonical_reason().unwrap_or("refused").clone_into(&mut problem.title);
        }
        problem
    }

    /// For people: what happened, which fields, what to quote.
    fn readable(&self) -> String {
        let what = if self.detail.is_empty() { &self.title } else { &self.detail };
        let code = if self.code.is_empty() { self.title.as_str() } else { self.code.as_str() };
        let mut text = format!("{what} ({} {code})", self.status);
        for error in &self.errors {
            text.push_str(&format!("\n  {}: {}", error.field, error.message));
        }
        if let Some(id) = &self.id {
            text.push_str(&format!("\n  id: {id}"));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            text.push_str("\n  Is the token the right one for this control plane?");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: &str) {
        let problem = Problem::read(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn problems_are_readable() {
        check(
            409,
            r#"{"title":"Conflict","status":409,"code":"tenant.slug_taken","detail":"That slug is taken."}"#,
            "That slug is taken. (409 tenant.slug_taken)",
        );
        check(
            400,
            r#"{"code":"invalid","detail":"Some fields need correction.","errors":[{"field":"slug","code":"x","message":"is reserved"}]}"#,
            "Some fields need correction. (400 invalid)\n  slug: is reserved",
        );
        check(
            500,
            r#"{"code":"internal","detail":"Something went wrong.","id":"ab12"}"#,
            "Something went wrong. (500 internal)\n  id: ab12",
        );
        check(502, "<html>", "Bad Gateway (502 Bad Gateway)");
        check(
            401,
            r#"{"code":"unauthenticated","detail":"Sign in first."}"#,
            "Sign in first. (401 unauthenticated)\n  Is the token the right one for this control plane?",
        );
    }
}
