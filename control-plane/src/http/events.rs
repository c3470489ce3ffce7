//! Answers that go on: server-sent events, until their source ends or the client goes away. The first one, `open`, says
//! that the stream is there; comments say that it still is. Every event has data: without, browsers pass it over.

use std::time::Duration;

use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream, Stream, StreamExt};

use crate::domain::limits::TAIL_HEARTBEAT_MS;

/// What proxies of the nginx family ask before they hold back an answer.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One stream.
pub(super) struct Events(BoxStream<'static, Result<Event, axum::Error>>);

impl Events {
    pub(super) fn new(events: impl Stream<Item = Result<Event, axum::Error>> + Send + 'static) -> Self {
        let open = stream::once(async { Ok(Event::default().event("open").data("{}")) });
        Self(open.chain(events).boxed())
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        let heartbeat = KeepAlive::new().interval(Duration::from_millis(TAIL_HEARTBEAT_MS));
        let headers = [(CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
        (headers, Sse::new(self.0).keep_alive(heartbeat)).into_response()
    }
}
