//! One trace from the client's span through the gateway to the MCP server, and metrics, as a collector gets them.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as Kind;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::Method;
use serde_json::json;
use telemetry::OtlpSettings;
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::Ide;
use world::otlp::{Collector, attributes};
use world::people::Person;
use world::world::Setup;

const NODE: &str = "portway-data-plane";
const CONTROL_PLANE: &str = "portway-control-plane";

fn over_grpc(collector: &Collector) -> OtlpSettings {
    let endpoint = Some(format!("http://{}", collector.grpc));
    OtlpSettings { endpoint, metrics_every_s: Some(1), ..OtlpSettings::default() }
}

fn over_http(collector: &Collector) -> OtlpSettings {
    let endpoint = Some(format!("http://{}", collector.http));
    OtlpSettings { endpoint, protocol: Some("http".to_owned()), ..over_grpc(collector) }
}

struct Story {
    world: World,
    upstream: McpServer,
    owner: Person,
    /// Id of the server.
    github: String,
    ide: Ide,
}

async fn story(settings: OtlpSettings, era: Era) -> Story {
    let world = Setup::default().otlp(settings).start().await;
    let upstream = McpServer::start(era).await;
    let owner = world.tenant("acme").await;
    let github = owner.register_server("github", upstream.url.as_str()).await;
    let ide = owner.ide("github").await;
    Story { world, upstream, owner, github, ide }
}

/// Somebody else's program that is traced by the official SDK.
fn traced(name: &'static str, collector: &Collector) -> SdkTracerProvider {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(format!("http://{}", collector.grpc)).build();
    SdkTracerProvider::builder()
        .with_batch_exporter(exporter.expect("an exporter"))
        .with_resource(Resource::builder_empty().with_service_name(name).build())
        .build()
}

/// The context of a request's headers.
struct Headers<'a>(&'a reqwest::header::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(reqwest::header::HeaderName::as_str).collect()
    }
}

/// The server makes a span of each call, below what the gateway sends along.
fn server_spans(upstream: &McpServer, provider: &SdkTracerProvider) {
    let tracer = provider.tracer("server");
    upstream.on("tools/call", move |seen| {
        let context = TraceContextPropagator::new().extract(&Headers(&seen.headers));
        tracer.span_builder("run tool").with_kind(SpanKind::Server).start_with_context(&tracer, &context).end();
        Reply::Result(json!({"content": [], "resultType": "complete"}))
    });
}

async fn one_trace(settings: OtlpSettings, collector: &Collector, era: Era, in_meta: bool) {
    let Story { world: _world, upstream, mut ide, .. } = story(settings, era).await;
    let (client, server) = (traced("an-ide", collector), traced("an-mcp-server", collector));
    server_spans(&upstream, &server);
    let tracer = client.tracer("ide");
    let mut span = tracer.span_builder("ask").with_kind(SpanKind::Client).start(&tracer);
    let mut carrier = HashMap::new();
    let context = Context::new().with_remote_span_context(span.span_context().clone());
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    let parent = carrier["traceparent"].clone();
    let mut params = json!({"name": "search", "arguments": {"secret": "marker-argument"}});
    if in_meta {
        params["_meta"]["traceparent"] = parent.clone().into();
    }
    let headers = if in_meta { vec![] } else { vec![("traceparent", parent.as_str())] };
    let answer = match era {
        Era::Legacy => {
            ide.initialize().await;
            let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
            ide.send(Method::POST, call, &headers).await
        }
        Era::Modern => ide.modern_with("tools/call", params, &headers).await,
    };
    assert!(answer.json()["error"].is_null(), "{}", answer.body);
    span.end();
    let flushed = tokio::task::spawn_blocking(move || client.force_flush().and_then(|()| server.force_flush()));
    flushed.await.unwrap().expect("both are flushed");

    let asked = collector.span("an-ide", "ask").await;
    let ran = collector.span("an-mcp-server", "run tool").await;
    let ours = |kind: Kind| {
        let named =
            collector.spans().into_iter().filter(|one| one.service == NODE && one.what.name == "tools/call search");
        named.map(|one| one.what).find(|span| span.kind == kind as i32)
    };
    world::eventually("both spans of the node", || async {
        ours(Kind::Server).is_some() && ours(Kind::Client).is_some()
    })
    .await;
    let (call, question) = (ours(Kind::Server).unwrap(), ours(Kind::Client).unwrap());
    for span in [&call, &question, &ran] {
        assert_eq!(span.trace_id, asked.trace_id, "one trace");
    }
    assert_eq!(call.parent_span_id, asked.span_id);
    assert_eq!(question.parent_span_id, call.span_id);
    assert_eq!(ran.parent_span_id, question.span_id);
    assert!(call.start_time_unix_nano <= question.start_time_unix_nano, "{call:?} {question:?}");
    assert!(question.end_time_unix_nano <= call.end_time_unix_nano, "{call:?} {question:?}");
    let said = attributes(&call);
    let expected = [("mcp.method.name", "tools/call"), ("gen_ai.tool.name", "search"), ("portway.outcome", "ok")];
    for (key, value) in expected {
        assert_eq!(said.get(key).map(String::as_str), Some(value), "{said:?}");
    }
    assert!(!format!("{:?}", collector.spans()).contains("marker-argument"), "arguments stay out");
}

#[tokio::test]
async fn one_trace_from_a_legacy_client_to_its_server() {
    let collector = Collector::start().await;
    one_trace(over_grpc(&collector), &collector, Era::Legacy, false).await;
}

#[tokio::test]
async fn one_trace_from_a_modern_client_that_names_it_in_its_metadata() {
    let collector = Collector::start().await;
    one_trace(over_http(&collector), &collector, Era::Modern, true).await;
}

#[tokio::test]
async fn members_of_a_virtual_server_have_spans_of_their_own() {
    let collector = Collector::start().await;
    let Story { world, upstream, owner, github, .. } = story(over_grpc(&collector), Era::Modern).await;
    let other = McpServer::start(Era::Modern).await;
    let jira = owner.register_server("jira", other.url.as_str()).await;
    let members = json!([{"server_id": github, "alias": "gh"}, {"server_id": jira, "alias": "ji"}]);
    let body = json!({"slug": "all", "display_name": "Everything", "members": members});
    let all = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&all).await;
    world.synced("acme").await;
    let mut ide = owner.ide("all").await;
    let listed = ide.modern("tools/list", json!({})).await;
    assert!(listed.json()["error"].is_null(), "{}", listed.body);
    let questions = || {
        let ours =
            collector.spans().into_iter().filter(|one| one.service == NODE && one.what.kind == Kind::Client as i32);
        ours.map(|one| one.what).filter(|span| span.name == "tools/list").collect::<Vec<_>>()
    };
    world::eventually("a span for each member", || async { questions().len() >= 2 }).await;
    let list = collector.span(NODE, "tools/list").await;
    let seen: Vec<String> = [&upstream, &other]
        .into_iter()
        .flat_map(|server| server.seen_method("tools/list"))
        .map(|seen| seen.headers["traceparent"].to_str().unwrap()[36..52].to_owned())
        .collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for question in questions() {
        assert_eq!(question.trace_id, list.trace_id);
        assert!(attributes(&question).contains_key("portway.member.id"), "{question:?}");
        assert!(seen.contains(&hex(&question.span_id)), "each member sees the span of its own question");
    }
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent_and_goes_on_as_it_came() {
    let collector = Collector::start().await;
    let Story { world: _world, upstream, mut ide, .. } = story(over_grpc(&collector), Era::Modern).await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let call = json!({"name": "quiet", "arguments": {}});
    ide.modern_with("tools/call", call, &[("traceparent", parent)]).await;
    let seen = upstream.seen_method("tools/call").pop().unwrap();
    assert_eq!(seen.headers["traceparent"], parent);
    ide.modern("tools/call", json!({"name": "loud", "arguments": {}})).await;
    collector.span(NODE, "tools/call loud").await;
    assert!(!collector.spans().iter().any(|one| one.what.name == "tools/call quiet"));
}

#[tokio::test]
async fn refusals_are_told_with_their_reason_and_failures_as_errors() {
    let collector = Collector::start().await;
    let Story { world: _world, upstream, mut ide, .. } = story(over_grpc(&collector), Era::Modern).await;
    upstream.on("tools/call", |_| {
        Reply::Raw(axum::response::IntoResponse::into_response(axum::http::StatusCode::BAD_GATEWAY))
    });
    ide.modern("tools/call", json!({"name": "broken", "arguments": {}})).await;
    let failed = collector.span(NODE, "tools/call broken").await;
    let status = failed.status.clone().unwrap_or_default();
    assert_eq!((status.code, status.message.as_str()), (2, "upstream.failed"), "{failed:?}");
    assert_eq!(attributes(&failed)["error.type"], "upstream.failed");
}

#[tokio::test]
async fn metrics_of_both_planes_arrive_and_values_name_their_trace() {
    let collector = Collector::start().await;
    let Story { world, mut ide, .. } = story(over_http(&collector), Era::Modern).await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    ide.modern_with("tools/call", json!({"name": "echo", "arguments": {}}), &[("traceparent", parent)]).await;
    let has = |service: &'static str, name: &'static str| {
        collector.metrics().into_iter().rev().find(|one| one.service == service && one.what.name == name)
    };
    world::eventually("counters of both", || async {
        has(NODE, "portway_calls").is_some() && has(CONTROL_PLANE, "portway_control_http_requests").is_some()
    })
    .await;
    let example = || {
        let durations = has(NODE, "portway_call_duration_seconds")?.what.data?;
        let Data::Histogram(histogram) = durations else { panic!("{durations:?}") };
        histogram
            .data_points
            .into_iter()
            .flat_map(|point| point.exemplars)
            .find(|one| one.trace_id.starts_with(&[0x4b, 0xf9]))
    };
    world::eventually("an exemplar", || async { example().is_some() }).await;
    let page = world.nodes[0].metrics().await;
    assert!(page.contains(r#"# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736""#), "{page}");
}

#[tokio::test]
async fn requests_to_the_control_plane_are_traced_by_their_route_alone() {
    let collector = Collector::start().await;
    let Story { world: _world, owner, .. } = story(over_grpc(&collector), Era::Modern).await;
    owner.get("servers?cursor=marker-query").await;
    let span = collector.span(CONTROL_PLANE, "GET /api/v1/tenants/{tenant}/servers").await;
    assert_eq!(attributes(&span)["http.response.status_code"], "400");
    assert!(!format!("{:?}", collector.spans()).contains("marker-query"), "paths and queries stay out");
}

/// ATK-30 and what it stands for: nothing that watches calls may slow or stop them.
#[tokio::test]
async fn a_receiver_that_is_away_or_hangs_stops_nothing() {
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Some(format!("http://{}", hanging.local_addr().unwrap()));
    let settings = OtlpSettings { endpoint, metrics_every_s: Some(1), ..OtlpSettings::default() };
    let Story { world, mut ide, .. } = story(settings, Era::Modern).await;
    for _ in 0..50 {
        let answer = ide.modern("tools/call", json!({"name": "echo", "arguments": {}})).await;
        assert!(answer.json()["error"].is_null(), "{}", answer.body);
    }
    drop(world);
}
