//! Filters: what is read, what is refused, and that nothing panics.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: Result<&str, &str>) {
    let read = parse(Kind::User, text).map(|filter| filter.to_string());
    match (read, expected) {
        (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{text}"),
        (Err(error), Err(expected)) => {
            assert_eq!(error.scim_type(), Some("invalidFilter"), "{text}");
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
        (read, expected) => panic!("{text}: {read:?}, not {expected:?}"),
    }
}

#[test]
fn what_identity_providers_send() {
    for same in [
        r#"userName eq "ana@example.com""#,
        r#"externalId eq "a \"quoted\" id""#,
        r#"not (active eq true) and (title pr or nickName co "x")"#,
        r#"emails[type eq "work" and value co "@example.com"]"#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "7""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a""#,
        r#"meta.lastModified gt "2026-01-31T12:00:00Z""#,
        r#"name.familyName ge "M""#,
    ] {
        check(same, Ok(same));
    }
    check(r#"USERNAME EQ "x""#, Ok(r#"USERNAME eq "x""#));
    check(r#"title pr AND active eq false"#, Ok("title pr and active eq false"));
}

#[test]
fn entras_dialect_means_one_element() {
    let work = |rest: &str| format!(r#"emails[type eq "work" and value eq "x]. \" y"]{rest}"#);
    check(r#"emails[type eq "work"].value eq "x]. \" y""#, Ok(&work("")));
    check(r#"emails[type eq "work"].value eq "x]. \" y" and active eq true"#, Ok(&work(" and active eq true")));
    check(
        r#"(emails[type eq "work" or primary eq true].value pr) or title pr"#,
        Ok(r#"emails[(type eq "work" or primary eq true) and value pr] or title pr"#),
    );
    check(
        r#"emails[type eq "work"].value eq "a" or emails[type eq "home"].value eq "b""#,
        Ok(r#"emails[type eq "work" and value eq "a"] or emails[type eq "home" and value eq "b"]"#),
    );
    check(r#"emails[type eq "work"].value"#, Err("cannot be read"));
    check(r#"emails[type eq "work"].colour eq "x""#, Err("no part colour"));
}

#[test]
fn hostile_and_malformed_filters_are_refused() {
    for bad in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq x",
        r#"userName eq "x"#,
        r#"userName is "x""#,
        r#"userName eq "x" and"#,
        r#"(userName eq "x""#,
        r#"userName eq "x") or (title pr"#,
        r#"emails[type eq "work""#,
        "emails[]",
        r#"userName eq 'x'"#,
        r#"'; DROP TABLE users; --"#,
        "\u{0}",
        r#"userName eq "\ud800""#,
    ] {
        check(bad, Err("cannot be read"));
    }
    check(&format!("{}title pr{}", "(".repeat(100), ")".repeat(100)), Err("cannot be read"));
    check(&format!("{}title pr{}", "not (".repeat(100), ")".repeat(100)), Err("cannot be read"));
    check(&vec!["title pr"; SCIM_FILTER_TERMS_MAX + 1].join(" or "), Err("comparisons"));
    assert!(parse(Kind::User, &vec!["title pr"; SCIM_FILTER_TERMS_MAX].join(" or ")).is_ok());
    check(&format!("title eq \"{}\"", "x".repeat(SCIM_FILTER_BYTES_MAX)), Err("bytes"));
    check(r#"colour eq "red""#, Err("no attribute colour"));
    check(r#"name.colour eq "red""#, Err("no attribute name.colour"));
    check(r#"urn:example:User:userName eq "x""#, Err("no attribute"));
    check("active gt true", Err("eq and ne only"));
    check(r#"x509Certificates.value co "x""#, Err("eq and ne only"));
    check(r#"name eq "x""#, Err("has parts"));
    check(r#"userName[type eq "x"]"#, Err("no parts"));
    check(r#"meta.created gt "yesterday""#, Err("compared with a time"));
    check("meta.created gt 7", Err("compared with a time"));
}

fn term() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["userName", "title", "name.familyName", "active", "emails.value", "emails"]);
    let operator = prop::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    prop_oneof![
        name.clone().prop_map(|name| format!("{name} pr")),
        (name, operator.clone(), any::<String>())
            .prop_map(|(name, operator, value)| { format!("{name} {operator} {}", serde_json::Value::String(value)) }),
        (operator, any::<String>()).prop_map(|(operator, value)| {
            format!("emails[type eq \"work\"].value {operator} {}", serde_json::Value::String(value))
        }),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" or "))),
            inner.prop_map(|one| format!("not ({one})")),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics(text: String) {
        let _ = parse(Kind::User, &text);
        let _ = Target::parse(Kind::User, &text);
    }

    #[test]
    fn nothing_panics_near_the_grammar(text in r#"[a-z\[\]\(\)\. "\\]{0,40}( (eq|pr|and|or|not) ?)?[a-z\[\]\(\)\. "\\]{0,40}"#) {
        let _ = parse(Kind::User, &text);
        let _ = Target::parse(Kind::User, &text);
    }

    #[test]
    fn what_is_printed_reads_back_the_same(text in expression()) {
        let filter = read(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(read(&filter.to_string()).unwrap(), filter);
    }
}
