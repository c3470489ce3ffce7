//! What everybody sees: whether the control plane is reached, over which certificate, at which time, and whether the
//! documents that an IDE follows lead where they should.

use std::time::Instant;

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, WWW_AUTHENTICATE};
use reqwest::tls::TlsInfo;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;
use x509_parser::parse_x509_certificate;

use super::finding::{Report, words};
use super::nodes::Tenant;

const CERTIFICATE_DAYS_WARN: i64 = 21;
const SKEW_S_WARN: i64 = 5;
const SKEW_S_MAX: i64 = 60;
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// Whether there is a control plane at `url`.
pub(super) async fn reachable(client: &Client, url: &Url, now: DateTime<Utc>, report: &mut Report) -> bool {
    let mut page = url.clone();
    page.set_path("/api/v1/nothing");
    let started = Instant::now();
    let answer = match client.get(page).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let todo = "name, address, port and certificate, as seen from here; --ca-file for a private authority";
            report.fail("control plane", words(&error), todo);
            return false;
        }
    };
    let took = started.elapsed().as_millis();
    certificate(&answer, now, report);
    skew(&answer, now, report);
    let is_ours = answer.status() == StatusCode::NOT_FOUND
        && answer.headers().contains_key("x-request-id")
        && answer
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let found = if is_ours {
        format!("answers in {took} ms")
    } else {
        format!("something else than a control plane answers there ({})", answer.status())
    };
    report.check(
        is_ours,
        "control plane",
        found,
        "send /, /t/, /api/, /assets/, /console/ and /new of this host to the control plane",
    );
    is_ours
}

fn certificate(answer: &Response, now: DateTime<Utc>, report: &mut Report) {
    if answer.url().scheme() != "https" {
        return report.skip("certificate", "plain http, which is for loopback only");
    }
    let leaf = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    let Some(ends) = leaf.and_then(ends_at) else {
        return report.skip("certificate", "trusted; its end could not be read");
    };
    let days = (ends - now).num_days();
    let found = format!("trusted, ends in {days} days ({})", ends.format("%Y-%m-%d"));
    if days < CERTIFICATE_DAYS_WARN {
        report.warn("certificate", found, "renew it")
    } else {
        report.ok("certificate", found)
    }
}

/// `notAfter` of a certificate in DER. Whether it is to be trusted is rustls' matter.
fn ends_at(der: &[u8]) -> Option<DateTime<Utc>> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
}

fn skew(answer: &Response, now: DateTime<Utc>, report: &mut Report) {
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    let Some(there) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return report.skip("clock", "the answer names no time");
    };
    let apart = (there.with_timezone(&Utc) - now).num_seconds().abs();
    let todo = "let both machines follow a time server (NTP): tokens and one-time codes end by the clock";
    let found = format!("{apart} s apart from this machine's");
    match apart {
        0..SKEW_S_WARN => report.ok("clock", found),
        SKEW_S_WARN..SKEW_S_MAX => report.warn("clock", found, todo),
        _ => report.fail("clock", found, todo),
    }
}

/// The way that an IDE goes, from a gateway URL to the authorization server.
pub(super) async fn metadata(client: &Client, url: &Url, tenant: &Tenant, report: &mut Report) {
    issuer(client, url, tenant, report).await;
    for origin in &tenant.gateway_origins {
        let subject = format!("gateway {origin}");
        match challenge(client, origin, tenant).await {
            Ok(found) => report.ok(&subject, found),
            Err(found) => {
                let todo = "public_origins of the nodes, gateway_origins of the tenant, and what the proxy in front does with \
                            Host and /.well-known/ have to agree: docs/deployment.md";
                report.fail(&subject, found, todo);
            }
        }
    }
}

async fn issuer(client: &Client, url: &Url, tenant: &Tenant, report: &mut Report) {
    let todo = "public_origin is what browsers see; the tenant's issuer was made from it when the tenant was made";
    let path = format!("{WELL_KNOWN}/t/{}", tenant.slug);
    let document = match document(client, url.as_str(), &path).await {
        Ok(document) => document,
        Err(found) => return report.fail("sign-in metadata", found, todo),
    };
    let said = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let endpoints = ["authorization_endpoint", "token_endpoint", "jwks_uri"];
    let ours = endpoints.iter().all(|name| {
        let place = document.get(name).and_then(Value::as_str).unwrap_or_default();
        place.starts_with(&format!("{}/", tenant.issuer))
    });
    let found = if said == tenant.issuer && ours {
        format!("issuer {said}")
    } else {
        format!("the issuer {said} should be {}, and its endpoints below it", tenant.issuer)
    };
    report.check(said == tenant.issuer && ours, "sign-in metadata", found, todo);
}

/// Asks without a token, and follows what the answer says.
async fn challenge(client: &Client, origin: &str, tenant: &Tenant) -> Result<String, String> {
    let gateway = format!("{origin}/{}/mcp/doctor/server", tenant.slug);
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let answer = client.post(&gateway).json(&hello).send().await.map_err(|error| words(&error))?;
    let status = answer.status();
    let challenge = answer.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if status != StatusCode::UNAUTHORIZED {
        return Err(format!("{gateway} answers {status} instead of 401"));
    }
    let place = challenge.split_once("resource_metadata=\"").and_then(|(_, rest)| rest.split('"').next());
    let place = place.ok_or("the 401 names no resource_metadata: something in between takes WWW-Authenticate away")?;
    if !place.starts_with(&format!("{origin}/")) {
        return Err(format!("the 401 leads to {place}, which is not at {origin}"));
    }
    let document = document(client, place, "").await?;
    let said = |name: &str| document.get(name).cloned().unwrap_or_default();
    if said("resource") != json!(gateway) {
        return Err(format!("{place} is about {} instead of {gateway}", said("resource")));
    }
    if said("authorization_servers") != json!([tenant.issuer]) {
        return Err(format!("{place} names {} instead of {}", said("authorization_servers"), tenant.issuer));
    }
    Ok("sends IDEs to the right authorization server".to_owned())
}

async fn document(client: &Client, place: &str, path: &str) -> Result<Value, String> {
    let url = if path.is_empty() { place.to_owned() } else { format!("{}{path}", place.trim_end_matches('/')) };
    let answer = client.get(&url).send().await.map_err(|error| words(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("{url} answers {}", answer.status()));
    }
    answer.json().await.map_err(|error| format!("{url}: {}", words(&error)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn the_end_of_a_certificate() {
        let mut params = CertificateParams::new(["auth.example.com".to_owned()]).unwrap();
        // After 2049 it is spelled in another way (RFC 5280 §4.1.2.5).
        for year in [2027, 2051] {
            params.not_after = date_time_ymd(year, 1, 31);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let ends = ends_at(certificate.der()).map(|ends| ends.format("%Y-%m-%d").to_string());
            assert_eq!(ends, Some(format!("{year}-01-31")));
            assert_eq!(ends_at(&certificate.der()[..100]), None);
        }
    }
}
