//! Who is let in, and what everybody else learns.

use axum::body::Body;
use http::Method;
use proto::claims::AccessClaims;
use serde_json::json;
use uuid::Uuid;

use super::upstream::{FakeUpstream, Speaks};
use super::world::{ACME, ANA, BOB, DEMO, GLOBEX, LEAVER, World, initialize};

const METHODS: [Method; 4] = [Method::GET, Method::HEAD, Method::POST, Method::DELETE];

#[tokio::test]
async fn atk_28_without_a_token_every_method_and_every_server_name_answers_the_same_challenge() {
    let world = World::start(Speaks::Legacy).await;
    for method in METHODS {
        for slug in ["demo", "secret", "off", "broken", "no-such-server"] {
            let path = format!("/acme/mcp/{slug}/server");
            let headers = [("mcp-protocol-version", "2024-11-05"), ("content-type", "text/plain")];
            let answer = world.send(method.clone(), &path, &headers, "not JSON").await;
            assert_eq!(answer.status, 401, "{method} {slug}");
            assert_eq!(
                answer.header("www-authenticate"),
                format!(
                    "Bearer resource_metadata=\"https://gw.test/.well-known/oauth-protected-resource{path}\", scope=\"mcp\""
                )
            );
            assert!(method == Method::HEAD || answer.json()["error"] == "token.missing");
        }
    }
    let put = world.send(Method::PUT, DEMO, &[], Body::empty()).await;
    assert_eq!(put.status, 401, "authentication comes before the method");
    assert_eq!(world.upstream.seen().len(), 0);
}

#[tokio::test]
async fn bad_tokens_are_told_apart() {
    let world = World::start(Speaks::Legacy).await;
    let good = world.claims(ANA);
    let stranger = World::with(world.upstream.clone(), |_| {});
    let with = |change: &dyn Fn(&mut AccessClaims)| {
        let mut claims = good.clone();
        change(&mut claims);
        world.sign(&claims)
    };
    let foreign_tenant = with(&|claims| {
        claims.iss = "https://auth.test/t/globex".into();
        claims.tid = GLOBEX;
    });
    for (token, reason) in [
        ("nonsense".to_owned(), "the token is malformed"),
        ("pwk_abc".to_owned(), "the API key is incomplete or has characters that no key has"),
        (world.sign_as(&good, super::world::KID, "JWT"), "the token is malformed"),
        (with(&|claims| claims.exp = claims.iat), "the token has expired"),
        (
            with(&|claims| claims.aud = "https://gw.test/acme/mcp/secret/server".into()),
            "the token is for another resource",
        ),
        (with(&|claims| claims.aud.push('/')), "the token is for another resource"),
        (
            with(&|claims| claims.aud = "https://gw.test/globex/mcp/demo/server".into()),
            "the token is for another resource",
        ),
        (foreign_tenant, "the token was issued by another authorization server"),
        (with(&|claims| claims.tid = GLOBEX), "the token was issued by another authorization server"),
        (with(&|claims| claims.iss.push('/')), "the token was issued by another authorization server"),
        (with(&|claims| claims.ep = 0), "the token was revoked"),
        (with(&|claims| claims.sub = LEAVER), "the token was revoked"),
        (with(&|claims| claims.sub = Uuid::from_u128(404)), "the token was revoked"),
        (world.sign_as(&good, "old-key", "at+jwt"), "the token was signed with an unknown key"),
        (stranger.sign(&good), "the signature of the token is wrong"),
    ] {
        let answer = world.send(Method::POST, DEMO, &[("authorization", &format!("Bearer {token}"))], "{}").await;
        assert_eq!(answer.status, 401, "{reason}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(challenge.contains(&format!("error_description=\"{reason}\"")), "{challenge}, not {reason}");
    }
    let basic = world.send(Method::GET, DEMO, &[("authorization", "Basic YTpi")], Body::empty()).await;
    assert_eq!(basic.status, 401);
    let query = format!("{DEMO}?access_token={}", world.sign(&good));
    assert_eq!(world.send(Method::GET, &query, &[], Body::empty()).await.status, 401, "never from the query");
}

#[tokio::test]
async fn atk_31_a_remembered_token_is_checked_again_at_every_use() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.ide(ANA, "demo").await;
    assert_eq!(ide.post(&initialize("2025-11-25")).await.status, 200);
    let at = async |path: &str| world.send(Method::GET, path, &ide.headers(), Body::empty()).await.status;
    assert_eq!(at("/globex/mcp/demo/server").await, 401, "another tenant");
    assert_eq!(at("/acme/mcp/secret/server").await, 401, "another server");

    let mut snapshot = world.snapshot(ACME, 6);
    snapshot.signing_keys.clear();
    world.node.configuration.publish(snapshot.into());
    assert_eq!(at(DEMO).await, 401, "its key was withdrawn");
    world.publish(7);
    assert_eq!(at(DEMO).await, 405);
    world.clock.advance(chrono::TimeDelta::seconds(600));
    assert_eq!(at(DEMO).await, 401, "expired");
}

#[tokio::test]
async fn with_a_token_unknown_and_not_granted_are_the_same_404_byte_for_byte() {
    let world = World::start(Speaks::Legacy).await;
    let mut answers = Vec::new();
    for slug in ["no-such-server", "secret", "off"] {
        for method in METHODS {
            let ide = world.ide(ANA, slug).await;
            let answer = ide.world.send(method.clone(), &ide.path, &ide.headers(), "{}").await;
            answers.push((method, answer.status.as_u16(), format!("{:?}", answer.headers), answer.body));
        }
    }
    assert_eq!(answers[0].1, 404);
    let (first, others) = answers.split_at(METHODS.len());
    assert!(others.chunks(METHODS.len()).all(|answers| answers == first), "{answers:?}");

    let bob = world.ide(BOB, "secret").await;
    assert_eq!(bob.post(&initialize("2025-11-25")).await.status, 200);
    let broken = world.ide(ANA, "broken").await.post(&initialize("2025-11-25")).await;
    assert_eq!((broken.status.as_u16(), broken.json()["error"].as_str()), (503, Some("config.rejected")));
}

#[tokio::test]
async fn unknown_tenants_and_paths_are_404_without_a_challenge() {
    let world = World::start(Speaks::Legacy).await;
    for path in ["/nobody/mcp/demo/server", "/acme/mcp/Demo/server", "/acme", "/", "/.well-known/openid-configuration"]
    {
        let answer = world.send(Method::GET, path, &[], Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (404, ""), "{path}");
        assert_eq!(answer.json()["error"], "not_found");
    }
}

#[tokio::test]
async fn protected_resource_metadata_spells_the_resource_as_asked() {
    let world = World::start(Speaks::Legacy).await;
    for slash in ["", "/"] {
        let path = format!("/.well-known/oauth-protected-resource{DEMO}{slash}");
        let answer = world.send(Method::GET, &path, &[("mcp-protocol-version", "2025-11-25")], Body::empty()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(
            answer.json(),
            json!({
                "resource": format!("https://gw.test{DEMO}{slash}"),
                "authorization_servers": ["https://auth.test/t/acme"],
                "scopes_supported": ["mcp"],
                "bearer_methods_supported": ["header"],
                "resource_name": "demo (acme)",
            })
        );
        let challenge = world.send(Method::GET, &format!("{DEMO}{slash}"), &[], Body::empty()).await;
        assert!(challenge.header("www-authenticate").contains(&format!("/server{slash}\"")));
    }
    let other_host = format!("/.well-known/oauth-protected-resource{DEMO}");
    let answer = world.send(Method::GET, &other_host, &[("host", "mcp.acme.test")], Body::empty()).await;
    assert_eq!(answer.json()["resource"], format!("https://mcp.acme.test{DEMO}"));
    for path in
        ["/.well-known/oauth-protected-resource/nobody/mcp/demo/server", "/.well-known/oauth-protected-resource/x"]
    {
        let answer = world.send(Method::GET, path, &[], Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (404, Some("not_found")));
    }
}

#[tokio::test]
async fn atk_26_foreign_hosts_and_origins_are_refused() {
    let world = World::start(Speaks::Legacy).await;
    let authorization = format!("Bearer {}", world.token(ANA, "demo"));
    let check = async |headers: &[(&str, &str)], expected: u16| {
        let mut all = vec![("authorization", authorization.as_str())];
        all.extend(headers);
        let answer = world.send(Method::GET, DEMO, &all, Body::empty()).await;
        assert_eq!(answer.status.as_u16(), expected, "{headers:?}");
        answer
    };
    check(&[("host", "evil.test")], 403).await;
    check(&[("x-forwarded-host", "evil.test")], 405).await;
    check(&[("host", "evil.test"), ("x-forwarded-host", "gw.test")], 403).await;
    check(&[("origin", "https://evil.test")], 403).await;
    check(&[("origin", "null")], 403).await;
    check(&[("origin", "http://localhost:6274")], 405).await;
    let own = check(&[("origin", "https://tool.acme.test")], 405).await;
    assert_eq!(own.header("access-control-allow-origin"), "https://tool.acme.test");
    assert!(own.header("access-control-expose-headers").contains("WWW-Authenticate"));

    let asked = "authorization, mcp-param-x, x-portway-tenant";
    let preflight = [("origin", "http://localhost:6274"), ("access-control-request-headers", asked)];
    let answer = world.send(Method::OPTIONS, DEMO, &preflight, Body::empty()).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-headers"), "authorization, mcp-param-x");
    assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:6274");
}

#[tokio::test(start_paused = true)]
async fn a_token_newer_than_the_configuration_waits_then_503() {
    let world = World::with(FakeUpstream::start(Speaks::Legacy).await, |_| {});
    let token = world.sign(&AccessClaims { rev: 9, sub: Uuid::from_u128(404), ..world.claims(ANA) });
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = world.send(Method::GET, DEMO, &headers, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
    let (answer, ()) = tokio::join!(world.send(Method::GET, DEMO, &headers, Body::empty()), async { world.publish(9) });
    assert_eq!(answer.status, 401, "now the node knows that there is no such user");

    // A huge revision in a token nobody signed makes nobody wait.
    let forged = World::with(world.upstream.clone(), |_| {}).sign(&AccessClaims { rev: u64::MAX, ..world.claims(ANA) });
    let started = tokio::time::Instant::now();
    let answer = world.send(Method::GET, DEMO, &[("authorization", &format!("Bearer {forged}"))], Body::empty()).await;
    assert_eq!((answer.status.as_u16(), started.elapsed().as_millis()), (401, 0));
}

#[tokio::test]
async fn forwarded_headers_count_from_a_trusted_proxy_only() {
    let mut world = World::with(FakeUpstream::start(Speaks::Legacy).await, |config| {
        config.trusted_proxies = vec!["10.9.0.0/16".parse().expect("range")];
    });
    let told = [("host", "node-7.internal"), ("x-forwarded-host", "mcp.acme.test"), ("x-forwarded-proto", "https")];
    for (peer, status) in
        [(None, 403), (Some("10.8.0.1:5"), 403), (Some("10.9.0.1:5"), 401), (Some("[::ffff:10.9.0.1]:5"), 401)]
    {
        world.peer = peer.map(|peer| peer.parse().expect("address"));
        let answer = world.send(Method::GET, DEMO, &told, Body::empty()).await;
        assert_eq!(answer.status.as_u16(), status, "{peer:?}");
        assert_eq!(answer.header("www-authenticate").contains("https://mcp.acme.test/"), status == 401);
    }
}
