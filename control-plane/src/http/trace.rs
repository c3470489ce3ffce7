//! A request's place in a trace, and its span there. Of what the request asks others no span is made.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, Method};
use telemetry::{Attribute, Span, SpanKind, Telemetry, TraceContext, TraceLabels};

use crate::crypto::tokens::random_bytes;
use crate::state::App;

pub(super) struct Trace {
    context: TraceContext,
    parent: Option<TraceContext>,
    started: SystemTime,
}

/// A request that was answered.
pub(super) struct Answered<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a Method,
    /// The pattern, never the path.
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) took: Duration,
}

impl Trace {
    pub(super) fn begin(app: &App, headers: &HeaderMap) -> Self {
        let parent = headers.get("traceparent").and_then(|value| TraceContext::parse(value.to_str().ok()?));
        // Without random numbers the trace has an id that is shared; nothing rests on it.
        let (trace_id, span_id) = (random_bytes().unwrap_or([0x11; 16]), random_bytes().unwrap_or([0x11; 8]));
        let is_sampled = app.telemetry.as_ref().is_some_and(|telemetry| telemetry.spans().samples(&trace_id));
        let own = TraceContext { trace_id, span_id, is_sampled };
        let context = parent.map_or(own, |parent| TraceContext { span_id, ..parent });
        Self { context, parent, started: app.clock.now().into() }
    }

    /// For the log: the trace that the request belongs to.
    pub(super) fn id(&self) -> String {
        self.context.trace_text()
    }

    pub(super) fn end(&self, app: &App, request: &Answered<'_>) {
        let Some(telemetry) = self.recorder(app) else { return };
        let Answered { id, method, route, status, took } = *request;
        telemetry.spans().ended(Span {
            context: self.context,
            parent: self.parent.map(|parent| (parent.span_id, true)),
            kind: SpanKind::Server,
            name: format!("{method} {route}").into(),
            started: self.started,
            took,
            attributes: vec![
                Attribute::new("http.request.method", method.to_string()),
                Attribute::new("http.route", route.to_owned()),
                Attribute::new("http.response.status_code", i64::from(status)),
                Attribute::new("portway.request.id", id.to_owned()),
            ],
            error: (status >= 500).then(|| status.to_string().into()),
        });
    }

    /// What a metric says of the trace, and since when; `None` where nobody records it.
    pub(super) fn exemplar(&self, app: &App) -> Option<(TraceLabels, SystemTime)> {
        self.recorder(app).and_then(|_| TraceLabels::of(&self.context)).map(|labels| (labels, app.clock.now().into()))
    }

    fn recorder<'a>(&self, app: &'a App) -> Option<&'a Telemetry> {
        app.telemetry.as_ref().filter(|_| self.context.is_sampled)
    }
}
