//! What goes over the wire, byte by byte.

use super::*;

fn asked(is_tool_call: bool, era: Era) -> Asked {
    Asked { id: Bytes::from_static(b"\"a-1\""), is_tool_call, era, links: Links::Words }
}

#[test]
fn refusals_travel_as_the_design_says() {
    fn check(failure: Failure, asked: Option<Asked>, status: u16, member: &str) {
        let response = failure.respond(asked.as_ref(), None);
        assert_eq!(response.status().as_u16(), status, "{failure:?}");
        let body: Value = serde_json::from_slice(&failure.message(asked.as_ref())).expect("JSON");
        assert!(body.get(member).is_some(), "{failure:?}: {body}");
        assert_eq!(body.get("id"), asked.map(|_| json!("a-1")).as_ref());
    }
    let (legacy, modern) = (Some(asked(false, Era::Legacy)), Some(asked(false, Era::Modern)));
    let (tool, modern_tool) = (Some(asked(true, Era::Legacy)), Some(asked(true, Era::Modern)));
    let timeout = || Failure::Upstream(UpstreamFault::Timeout);
    check(timeout(), legacy.clone(), 200, "error");
    check(timeout(), tool.clone(), 200, "result");
    check(timeout(), modern_tool.clone(), 200, "result");
    check(Failure::Forbidden, modern.clone(), 200, "error");
    check(Failure::UnknownMethod, legacy.clone(), 200, "error");
    check(Failure::UnknownMethod, modern.clone(), 404, "error");
    check(Failure::InvalidParams("x"), modern.clone(), 200, "error");
    check(Failure::TasksNotDeclared, modern.clone(), 400, "error");
    check(Failure::SessionMissing, legacy.clone(), 400, "error");
    check(Failure::SessionUnknown, tool, 404, "error");
    check(Failure::Era(EraError::HeaderMismatch { header: "Mcp-Name" }), modern_tool, 400, "error");
    check(Failure::UpstreamIsLegacy { requested: "2026-07-28".into() }, modern, 400, "error");
    check(Failure::Malformed(MessageError::Batch), None, 400, "error");
}

#[test]
fn messages() {
    let rate = Failure::Upstream(UpstreamFault::RateLimited { retry_after_s: Some(7) });
    let text = |failure: &Failure, asked: &Asked| String::from_utf8(failure.message(Some(asked)).to_vec());
    insta::assert_snapshot!(text(&rate, &asked(true, Era::Modern)).expect("UTF-8"), @r#"{"jsonrpc":"2.0","id":"a-1","result":{"content":[{"type":"text","text":"the MCP server is rate limiting [upstream.rate_limited]. Try again in 7 s."}],"isError":true,"_meta":{"portway/error":{"code":"upstream.rate_limited","retryAfter":7}},"resultType":"complete"}}"#);
    let limited = Failure::RateLimited(Limited { rule: "searches".into(), retry_after_s: 7 });
    insta::assert_snapshot!(text(&limited, &asked(true, Era::Legacy)).expect("UTF-8"), @r#"{"jsonrpc":"2.0","id":"a-1","result":{"content":[{"type":"text","text":"the limit \"searches\" of your organisation is used up [rate_limited]. Try again in 7 s."}],"isError":true,"_meta":{"portway/error":{"code":"rate_limited","limit":"searches","retryAfter":7}}}}"#);
    insta::assert_snapshot!(text(&limited, &asked(false, Era::Legacy)).expect("UTF-8"), @r#"{"jsonrpc":"2.0","id":"a-1","error":{"code":-32011,"message":"the limit \"searches\" of your organisation is used up","data":{"code":"rate_limited","limit":"searches","retryAfter":7}}}"#);
    let legacy = Failure::UpstreamIsLegacy { requested: "2026-07-28".into() };
    insta::assert_snapshot!(text(&legacy, &asked(false, Era::Modern)).expect("UTF-8"), @r#"{"jsonrpc":"2.0","id":"a-1","error":{"code":-32022,"message":"this MCP server speaks the initialize handshake only","data":{"code":"protocol.upstream_is_legacy","supported":["2025-11-25","2025-06-18","2025-03-26"],"requested":"2026-07-28"}}}"#);
}

#[test]
fn a_client_that_can_is_sent_to_the_page() {
    fn check(code: &str, links: Links, expected: &str) {
        let failure = Failure::CredentialRequired(Need::new(code, "https://auth.example/t/acme/connect/git"));
        let asked = Asked { links, ..asked(true, if links == Links::Error { Era::Legacy } else { Era::Modern }) };
        let text: Value = serde_json::from_slice(&failure.message(Some(&asked))).expect("JSON");
        let url = "https://auth.example/t/acme/connect/git";
        let found = match (&text["error"]["data"]["elicitations"][0], &text["result"]["inputRequests"][CONNECT]) {
            (Value::Null, Value::Null) => "words",
            (one, Value::Null) if one["url"] == url && text["error"]["code"] == -32042 => "error",
            (Value::Null, one) if one["params"]["url"] == url => "input",
            _ => "?",
        };
        assert_eq!(found, expected, "{text}");
    }
    check("credential.never_connected", Links::Words, "words");
    check("credential.never_connected", Links::Error, "error");
    check("credential.expired", Links::InputRequired, "input");
    check("credential.provider_away", Links::Error, "words");
    check("credential.provider_away", Links::InputRequired, "words");
}
