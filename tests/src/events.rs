//! Server-sent events, read as they come.

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::PATIENCE;
use crate::people::Person;

/// A stream that was opened.
pub struct Events {
    response: Response,
    unread: Vec<u8>,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: Value,
}

impl Events {
    /// Opens a stream of the tenant's API, and waits until it says that it is open.
    pub async fn open(person: &Person, path: &str) -> Self {
        let url = format!("{}/api/v1/tenants/{}/{path}", person.auth_origin(), person.tenant);
        Self::request(person.browser.client().get(url)).await
    }

    /// The same with a request of the test's own.
    pub async fn request(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the control plane answers");
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        for (name, value) in
            [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
        {
            assert_eq!(response.headers()[name], value, "{name}");
        }
        let mut events = Self { response, unread: Vec::new() };
        let open = events.next().await.expect("an event");
        assert_eq!((open.name.as_str(), &open.data), ("open", &serde_json::json!({})));
        events
    }

    /// The next one; none at the end. Comments are passed over.
    pub async fn next(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("an event in time")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some(at) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let rest = self.unread.split_off(at + 2);
                let block = String::from_utf8(std::mem::replace(&mut self.unread, rest)).expect("UTF-8");
                match parse(&block) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.expect("a whole stream")?;
            self.unread.extend_from_slice(&chunk);
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let mut event = Event::default();
    for (name, value) in block.lines().filter_map(|line| line.split_once(':')) {
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut event.name),
            "id" => value.clone_into(&mut event.id),
            "data" => event.data = serde_json::from_str(value).expect("JSON"),
            _ => {}
        }
    }
    (!event.name.is_empty()).then_some(event)
}
