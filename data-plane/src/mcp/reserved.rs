//! `_meta` keys that mean something to a gateway or to the other era. On the legacy path nobody has a right to them,
//! so they are taken out in both directions (ATK-34): a forged one would be believed by whoever reads it next.

use bytes::Bytes;

use super::era::{META_CAPABILITIES, META_CLIENT_INFO, META_VERSION};
use super::message::Message;
use super::meta;
use super::scan::Kind;
use super::splice::Splice;

const RESERVED: [&str; 7] = [
    META_VERSION,
    META_CAPABILITIES,
    META_CLIENT_INFO,
    meta::LOG_LEVEL,
    meta::SUBSCRIPTION_ID,
    "io.modelcontextprotocol/serverInfo",
    "io.modelcontextprotocol/related-task",
];

fn is_reserved(key: &[u8]) -> bool {
    meta::is_forged(key, true) || RESERVED.iter().any(|reserved| reserved.as_bytes() == key)
}

/// Takes reserved keys out of `params._meta` and `result._meta` of a legacy message.
pub fn strip(message: &Message, splice: &mut Splice) {
    for parent in [message.params(), message.result()].into_iter().flatten() {
        if let Some((meta, _)) = message.find(Some(parent), "_meta").filter(|(_, meta)| meta.kind == Kind::Object) {
            meta::remove(message, meta, is_reserved, splice);
        }
    }
}

/// A message without them.
pub fn stripped(message: &Message) -> Bytes {
    let mut splice = Splice::default();
    strip(message, &mut splice);
    splice.apply(&message.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_34_reserved_keys_go_and_the_rest_stays() {
        fn check(meta: &str, expected: &str) {
            for around in [
                (r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":"#, "}}"),
                (r#"{"jsonrpc":"2.0","id":1,"result":{"a": 1.0,"_meta":"#, r#","b":2}}"#),
            ] {
                let wrap = |meta: &str| format!("{}{meta}{}", around.0, around.1);
                let message = Message::from_upstream(Bytes::from(wrap(meta))).expect("well formed");
                let mut splice = Splice::default();
                strip(&message, &mut splice);
                assert_eq!(splice.apply(&message.body), wrap(expected));
            }
        }
        let level = r#""io.modelcontextprotocol/logLevel":"debug""#;
        check("{}", "{}");
        check("7", "7");
        check(r#"{ "progressToken" : 1, "x/y": [ ] }"#, r#"{ "progressToken" : 1, "x/y": [ ] }"#);
        check(&format!("{{{level}}}"), "{}");
        check(&format!(r#"{{{level},"a":1}}"#), r#"{"a":1}"#);
        check(&format!(r#"{{"a":1 , {level} }}"#), r#"{"a":1 }"#);
        check(&format!(r#"{{"a":1,{level},"portway/error":{{}}, "b":2}}"#), r#"{"a":1,"b":2}"#);
        check(&format!(r#"{{{level},"a":1,"portway/x":0}}"#), r#"{"a":1}"#);
        check(
            r#"{"io.modelcontextprotocol/log\u004cevel":1,"io.modelcontextprotocol/other":1}"#,
            r#"{"io.modelcontextprotocol/other":1}"#,
        );
    }
}
