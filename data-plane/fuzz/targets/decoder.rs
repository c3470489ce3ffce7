//! Anything a client or an upstream can send as a message: never a panic, and never an accepted text that another
//! parser would refuse or read differently.
#![no_main]

use bytes::Bytes;
use data_plane::mcp::era::{self, Era};
use data_plane::mcp::message::Message;
use data_plane::mcp::method::Method;
use data_plane::mcp::splice::Splice;
use data_plane::mcp::{capabilities, meta};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    let upstream = Message::from_upstream(body.clone());
    if let Ok(message) = &upstream {
        let mut splice = Splice::default();
        capabilities::limit_server(message, Era::Legacy, &mut splice);
        meta::strip_result(message, &mut splice);
        still_json(splice.apply(&body));
    }
    let Ok(message) = Message::from_client(body.clone()) else { return };
    assert!(upstream.is_ok(), "what is strict enough for a client is for an upstream");
    let other: serde_json::Value = match serde_json::from_slice(data) {
        // Sound JSON, but more than the other parser's numbers can hold.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        other => other.expect("what we accept, others accept"),
    };
    assert_eq!(message.method(), other["method"].as_str());
    assert_eq!(message.param("name").as_deref(), other["params"]["name"].as_str());
    let id = message.id().map(|id| serde_json::from_slice::<serde_json::Value>(&id).expect("a JSON id"));
    assert_eq!(id.unwrap_or_default(), other["id"]);
    assert_eq!(Splice::default().apply(&body), body, "nothing edited, nothing changed");

    let mut headers = HeaderMap::new();
    headers.insert("mcp-protocol-version", http::HeaderValue::from_static("2026-07-28"));
    let _ = (era::of(&headers, &message), era::check_modern(&headers, &message), era::check_legacy(&headers));
    for era in [Era::Legacy, Era::Modern] {
        let method = Method::parse(message.method().unwrap_or_default(), era);
        let _ = method.map(|method| method.target(&message).map(|target| target.map(|text| text.len())));
        let mut splice = Splice::default();
        capabilities::limit_client(&message, era, &mut splice);
        meta::strip_request(&message, &mut splice);
        meta::retrace(&message, "00-t-s-01", &mut splice);
        still_json(splice.apply(&body));
    }
});

fn still_json(edited: Bytes) {
    Message::from_upstream(edited).expect("an edited message is still a message");
}
