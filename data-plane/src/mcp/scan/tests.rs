//! The strict scan as tables, and against random JSON.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

fn check(text: &str, expected: Result<Kind, ScanError>) {
    assert_eq!(scan(text.as_bytes(), Strictness::Everywhere).map(|outline| outline.root), expected, "{text:?}");
}

#[test]
fn grammar() {
    check("{}", Ok(Kind::Object));
    check(" [1, -2.5e+3, \"a\\u0041\", true, false, null] ", Ok(Kind::Array));
    check("0", Ok(Kind::Integer));
    check("-0", Ok(Kind::Integer));
    check("1.0", Ok(Kind::Number));
    check("1e5", Ok(Kind::Number));
    check(r#""\ud83d\ude00""#, Ok(Kind::String));
    for (bad, at) in [
        ("", 0),
        ("{", 1),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("{\"a\" 1}", 5),
        ("01x", 1),
        ("-", 1),
        ("1.", 2),
        ("1e", 2),
        ("tru", 0),
        ("\"\u{1}\"", 1),
        (r#""\x""#, 1),
        (r#""\ud83d""#, 1),
        (r#""\ude00""#, 1),
        (r#""\ud83dx\ude00""#, 1),
        ("\"open", 5),
        ("NaN", 0),
        ("'a'", 0),
    ] {
        let expected = if bad == "01x" { ScanError::Trailing { at } } else { ScanError::Syntax { at } };
        check(bad, Err(expected));
    }
    check("{} {}", Err(ScanError::Trailing { at: 3 }));
    check("{}\0", Err(ScanError::Trailing { at: 2 }));
    check("\u{feff}{}", Err(ScanError::ByteOrderMark));
    assert_eq!(scan(b"\"\xff\"", Strictness::Everywhere), Err(ScanError::NotUtf8));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check(&nested(JSON_DEPTH_MAX), Ok(Kind::Array));
    check(&nested(JSON_DEPTH_MAX + 1), Err(ScanError::TooDeep));
}

#[test]
fn atk_08_duplicate_keys_are_refused_at_any_depth() {
    let duplicate = |at| Err(ScanError::DuplicateKey { at });
    check(r#"{"a":1,"a":2}"#, duplicate(1));
    check(r#"{"name":1,"n\u0061me":2}"#, duplicate(1));
    check(r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#, duplicate(12));
    check(r#"{"a":{"a":1},"b":{"a":1}}"#, Ok(Kind::Object));
    let many: Vec<String> = (0..5000).map(|n| format!("\"k{n}\":1")).collect();
    check(&format!("{{\"x\":{{{}}}}}", many.join(",")), Ok(Kind::Object));
    check(&format!("{{\"x\":{{{},\"k17\":2}}}}", many.join(",")), duplicate(6));
}

#[test]
fn an_upstream_may_repeat_keys_in_its_own_output_only() {
    let lenient = |text: &str| scan(text.as_bytes(), Strictness::Recorded).map(|outline| outline.root);
    assert_eq!(lenient(r#"{"result":{"structuredContent":{"a":1,"a":2}}}"#), Ok(Kind::Object));
    assert_eq!(lenient(r#"{"result":{"a":1,"a":2}}"#), Err(ScanError::DuplicateKey { at: 11 }));
    assert_eq!(lenient(r#"{"id":1,"id":2}"#), Err(ScanError::DuplicateKey { at: 1 }));
}

#[test]
fn records_what_decisions_need_and_nothing_else() {
    let text = br#"{"method":"tools/call","params":{"name":"x","arguments":{"name":"y"},"_meta":{"progressToken":7}}}"#;
    let outline = scan(text, Strictness::Everywhere).expect("valid");
    let keys: Vec<&[u8]> = outline.members.iter().map(|member| member.key(text)).collect();
    assert_eq!(keys, [&b"method"[..], b"params", b"name", b"arguments", b"_meta", b"progressToken"]);
    let token = outline.members.last().expect("recorded");
    assert_eq!((&text[token.value.clone()], &text[token.whole.clone()]), (&b"7"[..], &b"\"progressToken\":7"[..]));
    assert_eq!(token.parent, Some(4));
}

#[test]
fn recording_is_bounded() {
    let many: Vec<String> = (0..=JSON_MEMBERS_RECORDED_MAX).map(|n| format!("\"k{n}\":1")).collect();
    check(&format!("{{{}}}", many.join(",")), Err(ScanError::TooManyMembers));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((prop_oneof!["[a-z]{1,3}", any::<String>(), Just("params".into())], inner), 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_accepts_is_accepted_and_spans_reslice(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.expect("serializes");
        let outline = scan(&text, Strictness::Everywhere).expect("serde accepts it");
        let raw: HashMap<String, Box<RawValue>> = serde_json::from_slice(&text).unwrap_or_default();
        for member in outline.members.iter().filter(|member| member.parent.is_none()) {
            let key = std::str::from_utf8(member.key(&text)).expect("UTF-8");
            prop_assert_eq!(&text[member.value.clone()], raw[key].get().as_bytes());
        }
    }

    #[test]
    fn malformed_input_never_panics_and_never_passes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if scan(&bytes, Strictness::Everywhere).is_ok() {
            prop_assert!(serde_json::from_slice::<&RawValue>(&bytes).is_ok());
        }
    }

    #[test]
    fn mutated_json_never_passes_what_serde_refuses(value in json(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = serde_json::to_vec(&value).expect("serializes");
        let at = cut.index(text.len());
        text[at] = byte;
        if scan(&text, Strictness::Everywhere).is_ok() {
            let parsed = serde_json::from_slice::<Value>(&text);
            let out_of_range = parsed.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert!(parsed.is_ok() || out_of_range);
        }
    }

    #[test]
    fn strings_unescape_as_serde_does(text in any::<String>()) {
        let raw = serde_json::to_vec(&text).expect("serializes");
        let unescaped = string_text(&raw);
        prop_assert_eq!(unescaped.as_deref(), Some(text.as_str()));
    }
}
