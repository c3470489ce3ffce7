//! What is kept of a request for the administrator who sets up the identity provider: no secrets, and no more than a
//! screenful.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::ids::ScimTokenId;
use crate::domain::limits::SCIM_LOG_BODY_BYTES_MAX;

/// A request that was received from somebody with a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimRequest {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub token_id: ScimTokenId,
    pub method: String,
    /// Below the base, with the query.
    pub path: String,
    pub status: u16,
    /// Why it was refused.
    pub detail: Option<String>,
    pub duration_ms: i64,
    /// JSON as received, without secrets, cut.
    pub body: Option<String>,
}

/// A body as it may be kept: values of members that sound like secrets are gone at any depth, and so is the value of a
/// PATCH operation whose path names one. What is no JSON is not kept: nothing could be taken out of it.
pub fn keepable(body: &[u8]) -> Option<String> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    redact(&mut value);
    let mut text = value.to_string();
    if text.len() > SCIM_LOG_BODY_BYTES_MAX {
        let end = (0..=SCIM_LOG_BODY_BYTES_MAX).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    Some(text)
}

const REMOVED: &str = "(removed)";

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "credential"].iter().any(|word| name.contains(word))
}

fn redact(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        Value::Object(members) => {
            let names_secret = members
                .iter()
                .any(|(key, value)| key.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_secret));
            for (key, value) in members.iter_mut() {
                if is_secret(key) || (names_secret && key.eq_ignore_ascii_case("value")) {
                    *value = Value::String(REMOVED.to_owned());
                } else {
                    redact(value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_removed_and_length_is_bounded() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(keepable(body.as_bytes()).as_deref(), expected, "{body}");
        };
        check(r#"{"userName":"ana","Password":"x"}"#, Some(r#"{"userName":"ana","Password":"(removed)"}"#));
        check(
            r#"{"Operations":[{"op":"add","path":"password","value":"x"},{"op":"add","value":{"password":"x","a":1}}]}"#,
            Some(
                r#"{"Operations":[{"op":"add","path":"password","value":"(removed)"},{"op":"add","value":{"password":"(removed)","a":1}}]}"#,
            ),
        );
        check("password=x", None);
        check("", None);
        let long = keepable(format!("\"{}\"", "ä".repeat(SCIM_LOG_BODY_BYTES_MAX)).as_bytes()).unwrap();
        assert!(long.len() <= SCIM_LOG_BODY_BYTES_MAX + '…'.len_utf8() && long.ends_with('…'));
    }
}
