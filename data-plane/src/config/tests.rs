//! What an operator may write, and what each mistake is answered with.

use secrecy::ExposeSecret;

use super::*;

fn load(toml: &str) -> Result<Config, ConfigError> {
    Config::from_figment(&Figment::from(Toml::string(toml)))
}

fn mistakes(toml: &str) -> Vec<String> {
    load(toml).map(|_| Vec::new()).unwrap_or_else(|error| error.mistakes)
}

const GOOD: &str = r#"
node_id = "node-1"
[control_plane]
url = "https://control.example:8443"
node_secret = "pwn_abc123"
"#;

#[test]
fn the_least_configuration_has_the_defaults() {
    let config = load(GOOD).unwrap();
    assert_eq!((config.node_id.as_str(), config.pool.as_str()), ("node-1", "default"));
    assert_eq!(config.control_plane.node_secret.expose_secret(), "pwn_abc123");
    assert_eq!((config.body_bytes_max, config.tls.is_none()), (4 * 1024 * 1024, true));
    assert_eq!(config.allowed_origins, EDITOR_ORIGINS);
    assert!(config.upstream.allowed_private_ranges.is_empty() && config.trusted_proxies.is_empty());
    assert!(!format!("{config:?}").contains("abc123"), "a secret is never shown");
}

#[test]
fn every_setting() {
    let config = load(
        r#"
        node_id = 17
        listen = "0.0.0.0:9000"
        pool = "eu"
        region = "eu-1"
        public_origins = ["https://GW.example:443/", "http://localhost:8080"]
        trusted_proxies = "10.0.0.0/8, 192.168.0.0/16"
        allowed_origins = ["https://ide.example", "some-editor://"]
        body_bytes_max = 1048576
        buffer_bytes_max = "2048"
        drain_timeout_ms = 5
        state_dir = "/var/lib/portway-node"
        state_key = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="
        usage_spool_bytes_max = 4096
        directory_wait_ms = 6
        [admin]
        listen = "127.0.0.1:9001"
        hosts = ["node-1.internal"]
        [control_plane]
        url = "http://127.0.0.1:7000"
        node_secret = "pwn_x"
        [upstream]
        allowed_private_ranges = ["127.0.0.0/8"]
        connect_timeout_ms = 7
        call_timeout_ms = 8
        [log]
        filter = "debug"
        format = "json"
        "#,
    );
    let config = config.unwrap();
    assert_eq!((config.node_id.as_str(), config.listen.port(), config.admin.listen.port()), ("17", 9000, 9001));
    assert_eq!(config.public_origins, ["https://gw.example", "http://localhost:8080"]);
    assert_eq!(
        (config.trusted_proxies.len(), config.allowed_origins.len(), config.buffer_bytes_max),
        (2, EDITOR_ORIGINS.len() + 2, 2048)
    );
    assert_eq!((config.drain_timeout.as_millis(), config.directory_wait.as_millis()), (5, 6));
    assert_eq!(config.usage_spool_bytes_max, 4096);
    assert_eq!(config.upstream.allowed_private_ranges.len(), 1);
    assert_eq!((config.log.filter.as_str(), config.log.format), ("debug", LogFormat::Json));
}

#[test]
fn every_mistake_is_listed_at_once() {
    let found = mistakes(
        r#"
        listen = "here"
        pool = ""
        public_origins = ["https://gw.example/path"]
        trusted_proxies = ["10.0.0.0/99"]
        allowed_origins = ["*"]
        body_bytes_max = 5
        usage_spool_bytes_max = "lots"
        drain_timeout_ms = -1
        tiemout = 3
        [control_plane]
        url = "http://control.example"
        ca_file = "/no/such/file"
        [tls]
        cert_file = "/no/such/cert"
        [upstream]
        allowed_private_ranges = [["10.0.0.0/8"]]
        call_timeout_ms = "soon"
        [log]
        format = "xml"
        "#,
    );
    let fields: Vec<_> = found.iter().filter_map(|mistake| mistake.split_once(':')).map(|(field, _)| field).collect();
    for field in [
        "node_id",
        "listen",
        "pool",
        "public_origins",
        "trusted_proxies",
        "allowed_origins",
        "body_bytes_max",
        "usage_spool_bytes_max",
        "drain_timeout_ms",
        "tiemout",
        "control_plane.url",
        "control_plane.ca_file",
        "control_plane.node_secret",
        "tls.cert_file",
        "tls",
        "upstream.allowed_private_ranges",
        "upstream.call_timeout_ms",
        "log.format",
    ] {
        assert_eq!(fields.iter().filter(|found| **found == field).count(), 1, "{field} in {found:#?}");
    }
    assert_eq!(found.len(), 18, "{found:#?}");
}

#[test]
fn atk_27_no_secret_has_a_default() {
    fn check(secret: &str, expected: bool) {
        let toml = GOOD.replace(r#"node_secret = "pwn_abc123""#, secret);
        let found = mistakes(&toml);
        assert_eq!(found.is_empty(), expected, "{secret}: {found:?}");
        assert!(found.iter().all(|mistake| !mistake.contains("s3cr3t")), "never quoted: {found:?}");
    }
    check(r#"node_secret = "pwn_s3cr3t""#, true);
    check("", false);
    check(r#"node_secret = """#, false);
    check(r#"node_secret = "pwn_""#, false);
    check(r#"node_secret = "s3cr3t""#, false);
    check(r#"node_secret = "pwn_s3cr3t\nx""#, false);
    check(r#"node_secret_file = "/no/such/file""#, false);
}

#[test]
fn the_secret_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "pwn_from_file\n").unwrap();
    let given = format!("node_secret_file = {:?}", file.display().to_string());
    let config = load(&GOOD.replace(r#"node_secret = "pwn_abc123""#, &given)).unwrap();
    assert_eq!(config.control_plane.node_secret.expose_secret(), "pwn_from_file");
    assert_eq!(mistakes(&format!("{GOOD}{given}")).len(), 1, "not both");
}

#[test]
fn redis_settings() {
    fn check(settings: &str, expected: bool) {
        let found = mistakes(&format!("{GOOD}\n[redis]\n{settings}"));
        assert_eq!(found.is_empty(), expected, "{settings}: {found:?}");
        assert!(found.iter().all(|mistake| !mistake.contains("s3cr3t")), "never quoted: {found:?}");
    }
    check(r#"url = "redis://localhost""#, true);
    check(r#"url = "rediss://user:s3cr3t@redis.example:6380/2""#, true);
    check("url = \"redis://a:1, redis://b:2\"\ncluster = true", true);
    check(r#"url = "redis://a:1,redis://b:2""#, false);
    check("url = \"redis://a:1\"\ndeadline_ms = 1000", true);
    check("url = \"redis://a:1\"\ndeadline_ms = 1001", false);
    check("cluster = true", false);
    check(r#"url = "http://:s3cr3t@localhost""#, false);
    check(r#"url = "rediss://:s3cr3t@localhost/#insecure""#, false);
    check(r#"url = "redis://:s3cr3t@localhost?protocol=resp3""#, false);
    check(r#"url = "s3cr3t""#, false);
    check(r#"cluster = "perhaps""#, false);
    let config = load(&format!("{GOOD}\n[redis]\nurl = \"redis://:s3cr3t@localhost\"")).unwrap();
    assert!(config.redis.is_some() && !format!("{config:?}").contains("s3cr3t"), "a secret is never shown");
    assert!(load(GOOD).unwrap().redis.is_none());
}

#[test]
fn plain_http_is_for_loopback() {
    fn check(url: &str, expected: bool) {
        let toml = GOOD.replace("https://control.example:8443", url);
        assert_eq!(mistakes(&toml).is_empty(), expected, "{url}");
    }
    for good in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://control.example"] {
        check(good, true);
    }
    for bad in [
        "http://control.example",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "ftp://localhost",
        "control.example",
        "https://user:pw@control.example",
        "https://control.example/path",
        "https://control.example?q",
    ] {
        check(bad, false);
    }
}

#[test]
fn a_missing_file_and_bad_syntax_are_mistakes() {
    let missing = Config::load(Some(Path::new("/no/such/file"))).unwrap_err();
    assert!(missing.to_string().contains("--config: no such file"), "{missing}");
    assert_eq!(mistakes("node_id = ").len(), 1);
}

#[test]
fn a_state_folder_needs_a_key_and_no_key_is_ever_quoted() {
    fn check(settings: &str, expected: &str) {
        let found = mistakes(&format!("{settings}\n{GOOD}"));
        assert_eq!(found.len(), 1, "{settings}: {found:?}");
        assert!(found[0].starts_with(expected) && !found[0].contains("c2hvcnQ"), "{found:?}");
    }
    let key = r#"state_key = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=""#;
    check(r#"state_dir = "/x""#, "state_key_file: expected the key that seals state_dir");
    check(key, "state_dir: expected");
    check("state_dir = \"/x\"\nstate_key = \"c2hvcnQ=\"", "state_key: expected 32 random bytes");
    let config = load(&format!("state_dir = \"/x\"\n{key}\n{GOOD}")).unwrap();
    assert_eq!(config.state.as_ref().unwrap().key.bytes(), &[9; 32]);
    assert!(!format!("{config:?}").contains("CQkJ"));
}
