//! Header values that mirror text of the body: plain visible ASCII, or `=?base64?…?=` for everything else (N2).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

const OPEN: &str = "=?base64?";
const CLOSE: &str = "?=";

/// The text a header value stands for; `None` when it is neither plain nor decodable.
pub fn decode(value: &HeaderValue) -> Option<Cow<'_, str>> {
    let text = value.to_str().ok()?;
    let Some(inner) = text.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE)) else {
        return Some(Cow::Borrowed(text));
    };
    let bytes = STANDARD.decode(inner).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The header value that stands for `text`.
pub fn encode(text: &str) -> Option<HeaderValue> {
    let visible = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let padded = text.starts_with(' ') || text.ends_with(' ');
    if visible && !padded && !text.is_empty() && !text.starts_with(OPEN) {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::from_str(&format!("{OPEN}{}{CLOSE}", STANDARD.encode(text))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentinel() {
        fn check(value: &'static str, expected: Option<&str>) {
            assert_eq!(decode(&HeaderValue::from_static(value)).as_deref(), expected, "{value}");
        }
        check("search", Some("search"));
        check("=?base64?w6Q=?=", Some("ä"));
        check("=?base64?***?=", None);
        check("=?base64?/w==?=", None);
        check("=?base64?", Some("=?base64?"));
    }

    proptest! {
        #[test]
        fn round_trip(text in any::<String>()) {
            let value = encode(&text).expect("encodes");
            let decoded = decode(&value);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }
    }
}
