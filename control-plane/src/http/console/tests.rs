//! How the console's files are served, whatever is built.

use axum::body::to_bytes;
use axum::http::header::COOKIE;

use super::*;

const INDEX: &str = "<html data-theme=\"system\"><link nonce=\"__CSP_NONCE__\">";

fn files(name: &str) -> Option<Cow<'static, [u8]>> {
    let text = match name {
        "index.html" => INDEX,
        "portway.svg" => "<svg/>",
        "assets/main-1a2b.js" => "plain",
        "assets/main-1a2b.js.br" => "brotli",
        "assets/main-1a2b.js.gz" => "gzip",
        "assets/small-1a2b.css" => "css",
        _ => return None,
    };
    Some(text.as_bytes().into())
}

fn headers(pairs: &[(axum::http::HeaderName, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
}

async fn body(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn header<'a>(response: &'a Response, name: &axum::http::HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_address_of_a_tenant_and_of_operators_is_the_one_page() {
    let of_operators = ["system", "system/tenants/acme"];
    let of_a_tenant = ["acme", "acme/", "acme/servers", "acme/servers/srv_1/how-to-use", "acme/assets/x.js"];
    for path in of_operators.into_iter().chain(of_a_tenant) {
        let response = answer(files, path, &HeaderMap::new(), "n0nce");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, &CACHE_CONTROL), "no-store");
        let policy = header(&response, &CONTENT_SECURITY_POLICY).to_owned();
        assert!(policy.contains("style-src 'self' 'nonce-n0nce';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(body(response).await, "<html data-theme=\"system\"><link nonce=\"n0nce\">");
    }
}

#[tokio::test]
async fn the_chosen_theme_is_in_the_page_and_nothing_else_is() {
    let check = async |cookie: &'static str, expected: &str| {
        let response = answer(files, "acme", &headers(&[(COOKIE, cookie)]), "n");
        let html = body(response).await;
        assert!(html.starts_with(&format!("<html data-theme=\"{expected}\">")), "{cookie}: {html}");
    };
    check("portway-theme=dark", "dark").await;
    check("a=b; portway-theme=light", "light").await;
    check("portway-theme=\"><script>", "system").await;
    check("not-portway-theme=dark", "system").await;
}

#[tokio::test]
async fn files_are_kept_for_ever_and_packed_as_the_client_takes_them() {
    let check = async |accepted: &'static str, coding: &str, expected: &str| {
        let response = answer(files, "assets/main-1a2b.js", &headers(&[(ACCEPT_ENCODING, accepted)]), "n");
        assert_eq!(header(&response, &CONTENT_ENCODING), coding, "{accepted}");
        assert_eq!(header(&response, &CACHE_CONTROL), FOR_EVER);
        assert_eq!(header(&response, &VARY), "accept-encoding");
        assert_eq!(header(&response, &CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(body(response).await, expected, "{accepted}");
    };
    check("gzip, deflate, br, zstd", "br", "brotli").await;
    check("gzip", "gzip", "gzip").await;
    check("br;q=0, gzip;q=0.5", "gzip", "gzip").await;
    check("identity", "", "plain").await;
    let unpacked = answer(files, "assets/small-1a2b.css", &headers(&[(ACCEPT_ENCODING, "br")]), "n");
    assert_eq!(
        (header(&unpacked, &CONTENT_ENCODING), header(&unpacked, &CONTENT_TYPE)),
        ("", "text/css; charset=utf-8")
    );
    assert_eq!(header(&answer(files, "portway.svg", &HeaderMap::new(), "n"), &CACHE_CONTROL), AN_HOUR);
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    for path in [
        "assets/gone-1a2b.js",
        "assets/../index.html",
        "Acme/servers",
        "admin/tenants",
        ".vite/manifest.json",
        "index.htm",
    ] {
        assert_eq!(answer(files, path, &HeaderMap::new(), "n").status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn without_a_build_the_page_says_how_to_make_one() {
    let response = answer(|_| None, "acme/servers", &HeaderMap::new(), "n");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(body(response).await.contains("npm run build"));
}

#[test]
fn the_way_back_stays_in_the_console() {
    let check = |text: &str, expected: &str| assert_eq!(way_back(text), expected, "{text}");
    check("servers?q=git%20hub&view=cards", "servers?q=git%20hub&view=cards");
    check("servers/srv_1/how-to-use", "servers/srv_1/how-to-use");
    check("", "servers");
    // Behind the tenant this is a path like any other.
    check("//evil.example", "//evil.example");
    check("../../t/acme/logout", "servers");
    check("x\r\nset-cookie: a=b", "servers");
    check("x;y", "servers");
    check(&format!("servers?q={}", "x".repeat(300)), "servers");
    check(&"x".repeat(300), "servers");
}
