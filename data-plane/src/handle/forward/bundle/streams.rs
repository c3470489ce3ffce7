//! The streams of all members as one. Each member's stream is already in the client's words when it gets here; what is
//! left is to pass on whatever comes next, and to go on without a member whose stream ends.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::join_all;
use http::HeaderMap;
use proto::wire::CallOutcome;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::super::{Call, Visit, legacy, modern, relay, to_server};
use super::member::{self, Way};
use super::names;
use crate::Node;
use crate::error::{Failure, json_response};
use crate::handle::authenticate::Caller;
use crate::handle::authorize;
use crate::handle::credential::Visitor;
use crate::handle::decode::{Bodiless, Listening};
use crate::handle::forwarded::Forwarded;
use crate::handle::record::Recorder;
use crate::limits::{
    FRAME_BYTES_MAX, GOODBYE_TIMEOUT, KEEP_ALIVE_EVERY, MEMBER_TIMEOUT, RELAY_FRAMES_MAX, RESUME_PAUSE,
    RESUME_PAUSE_MAX,
};
use crate::mcp::correlation::ResumeAt;
use crate::mcp::era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::session::Session;
use crate::mcp::sse;
use crate::session_store::Loaded;
use crate::snapshot::{Member, Server};
use crate::upstream::UpstreamFault;

type Frames = mpsc::Sender<Result<Bytes, Infallible>>;

/// A GET or DELETE at a virtual server.
pub(in super::super) async fn without_message(visit: Visit<'_>, bodiless: Bodiless) -> Result<Response, Failure> {
    let members = visit.entry.members.clone().unwrap_or_default();
    match bodiless {
        Bodiless::End(session) => {
            end(visit, &members, &session).await;
            visit.recorder.finished(CallOutcome::Ok, 0);
            Ok(json_response(http::StatusCode::NO_CONTENT, Bytes::new()))
        }
        Bodiless::Listen(listening) => standing(visit, &members, listening.session).await,
    }
}

async fn end(visit: Visit<'_>, members: &[Member], client: &Session) {
    for ended in legacy::ended(visit, client).await {
        for member in members {
            let Ok(server) = authorize::member(&visit.caller.snapshot, visit.entry, member.server_id) else { continue };
            if server.upstream_url == ended.url
                && let Ok(server) = visit.visitor().attach(server).await
            {
                legacy::discard(visit.node, &server, ended.clone());
            }
        }
    }
}

/// A client's way to its members, for as long as its stream lasts.
struct Guest {
    node: Arc<Node>,
    caller: Caller,
    entry: Arc<Server>,
    headers: HeaderMap,
    forwarded: Option<Arc<Forwarded>>,
    recorder: Recorder,
    session: Arc<Session>,
}

async fn standing(visit: Visit<'_>, members: &[Member], session: Arc<Session>) -> Result<Response, Failure> {
    if !relay::takes_events(visit.headers) {
        return Err(Failure::MethodNotAllowed);
    }
    let guest = Guest {
        node: visit.node.clone(),
        caller: visit.caller.clone(),
        entry: visit.entry.clone(),
        headers: visit.headers.clone(),
        forwarded: visit.forwarded.cloned(),
        recorder: visit.recorder.aside(None),
        session,
    };
    if let Some(rest) = guest.rest_of_a_call(members).await? {
        return rest;
    }
    let access = visit.access();
    let place = visit.node.memory.streams.place(visit.owner())?;
    let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
    let (recorder, staying, members) = (visit.recorder.clone(), visit.node.tasks.staying(), members.to_vec());
    visit.node.tasks.spawn("standing streams", async move {
        let _place = place;
        let all = join_all(members.iter().map(|member| guest.follow(member, &frames)));
        let ended = tokio::select! {
            _ = all => Ok(()),
            failure = access.ends() => Err(failure),
            () = staying.cancelled() => Ok(()),
            () = frames.closed() => Ok(()),
            () = keep_alive(&frames) => Ok(()),
        };
        match ended {
            Ok(()) => recorder.finished(CallOutcome::Ok, 0),
            Err(failure) => recorder.failed(&failure),
        }
    });
    Ok(relay::event_stream(Body::from_stream(ReceiverStream::new(received))))
}

impl Guest {
    fn visit<'a>(&'a self, server: &'a Arc<Server>, headers: &'a HeaderMap) -> Visit<'a> {
        let Self { node, caller, entry, recorder, forwarded, .. } = self;
        Visit { node, caller, entry, server, headers, recorder, forwarded: forwarded.as_ref() }
    }

    async fn attach(&self, member: &Member) -> Result<Arc<Server>, Failure> {
        let snapshot = self.node.configuration.snapshot(self.caller.snapshot.tenant_id).ok_or(Failure::NotFound)?;
        let server = authorize::member(&snapshot, &self.entry, member.server_id)?;
        let forwarded = self.forwarded.as_deref();
        let (node, caller, entry, headers) = (&*self.node, &self.caller, &*self.entry, &self.headers);
        Visitor { node, caller, entry, headers, forwarded }.attach(server).await
    }

    /// The upstream session that this client has at a member.
    async fn held(&self, server: &Server) -> Result<Listening, Failure> {
        let keys = &self.caller.snapshot.session_keys;
        let held = match self.node.store.load(keys, self.caller.session_at(self.session.id, server)).await {
            Loaded::Ended => return Err(Failure::SessionUnknown),
            Loaded::Missing => None,
            Loaded::Found(session) => Some(session),
        };
        Ok(Listening { session: self.session.clone(), held })
    }

    /// A client that comes back for the rest of a call, where that call runs.
    async fn rest_of_a_call(&self, members: &[Member]) -> Result<Option<Result<Response, Failure>>, Failure> {
        let Some(last) = self.headers.get(era::LAST_EVENT_ID).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let (keys, owner) = (&self.caller.snapshot.session_keys, self.caller.owner(&self.entry));
        let resume = ResumeAt::open(last.to_str().unwrap_or_default(), keys, owner, self.session.id);
        let resume = resume.ok_or(Failure::EventUnknown)?;
        if resume.call.is_none() {
            return Ok(None);
        }
        for member in members {
            let Ok(server) = self.attach(member).await else { continue };
            let listening = self.held(&server).await?;
            if listening.held.as_ref().is_some_and(|held| held.opened == resume.opened) {
                let visit = self.visit(&server, &self.headers);
                return Ok(Some(legacy::listen(visit, listening, member.uri_alias()).await));
            }
        }
        Err(Failure::EventUnknown)
    }

    /// Passes on what a member says, for as long as it says anything. One without streams of its own is let be.
    async fn follow(&self, member: &Member, frames: &Frames) {
        let mut pause = RESUME_PAUSE;
        let mut headers = self.headers.clone();
        loop {
            let began = Instant::now();
            match self.open(member, &headers).await {
                Ok(body) => {
                    let mut body = body.into_data_stream();
                    while let Some(Ok(bytes)) = body.next().await {
                        if bytes != sse::KEEP_ALIVE && frames.send(Ok(bytes)).await.is_err() {
                            return;
                        }
                    }
                }
                Err(Failure::MethodNotAllowed | Failure::NotFound | Failure::SessionUnknown) => return,
                Err(failure) => {
                    tracing::debug!(member = %member.alias, %failure, "a member's stream is not there");
                }
            }
            // What came was resumed at once: it is not asked for a second time.
            headers.remove(era::LAST_EVENT_ID);
            pause = if began.elapsed() > RESUME_PAUSE_MAX { RESUME_PAUSE } else { (pause * 2).min(RESUME_PAUSE_MAX) };
            sleep(pause).await;
        }
    }

    async fn open(&self, member: &Member, headers: &HeaderMap) -> Result<Body, Failure> {
        let server = self.attach(member).await?;
        let listening = self.held(&server).await?;
        let response = legacy::listen(self.visit(&server, headers), listening, member.uri_alias()).await?;
        Ok(response.into_body())
    }
}

async fn keep_alive(frames: &Frames) {
    loop {
        sleep(KEEP_ALIVE_EVERY).await;
        if frames.send(Ok(sse::KEEP_ALIVE)).await.is_err() {
            return;
        }
    }
}

/// `subscriptions/listen` at all members that it concerns.
pub(super) async fn listen(call: Call, members: &[Member]) -> Result<Response, Failure> {
    let wanted = wanted(&call, members)?;
    let opening = wanted.into_iter().map(|(member, filter)| {
        let call = &call;
        async move {
            let opened = timeout(MEMBER_TIMEOUT, Heard::open(call, member, filter)).await;
            opened.unwrap_or(Err(Failure::Upstream(UpstreamFault::Timeout)))
        }
    });
    let (mut heard, mut failures) = (Vec::new(), Vec::new());
    for opened in join_all(opening).await {
        match opened {
            Ok(one) => heard.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(failure) = failures.into_iter().next().filter(|_| heard.is_empty()) {
        return Err(failure);
    }
    let client_id = call.message.id().unwrap_or_default();
    let acknowledged = acknowledgement(&client_id, heard.iter().map(|one| &one.agreed));
    let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
    let (access, staying, recorder) = (call.access(), call.node.tasks.staying(), call.recorder.clone());
    call.node.tasks.spawn("listen at members", async move {
        let _ = frames.send(Ok(sse::event(&acknowledged))).await;
        let all = join_all(heard.into_iter().map(|one| one.follow(&frames)));
        let goodbye = tokio::select! {
            // Nobody is left to hear of; the client may connect again.
            _ = all => None,
            failure = access.ends() => Some((failure.to_string(), Some(failure))),
            () = staying.cancelled() => Some(("this gateway node is stopping; connect again".to_owned(), None)),
            () = frames.closed() => None,
            () = keep_alive(&frames) => None,
        };
        match goodbye {
            Some((reason, failure)) => {
                match failure {
                    Some(failure) => recorder.failed(&failure),
                    None => recorder.finished(CallOutcome::Ok, 0),
                }
                let _ = timeout(GOODBYE_TIMEOUT, frames.send(Ok(modern::goodbye(&client_id, &reason)))).await;
            }
            None => recorder.finished(CallOutcome::Ok, 0),
        }
    });
    Ok(relay::event_stream(Body::from_stream(ReceiverStream::new(received))))
}

/// What each member is asked to tell.
fn wanted<'m>(call: &Call, members: &'m [Member]) -> Result<Vec<(&'m Member, Value)>, Failure> {
    const MISSING: Failure = Failure::InvalidParams("params.notifications must be an object");
    let message = &call.message;
    let (_, filter) = message.params().and_then(|params| message.find(Some(params), "notifications")).ok_or(MISSING)?;
    let filter: Map<String, Value> = serde_json::from_slice(message.slice(&filter.value)).map_err(|_| MISSING)?;
    let texts = |key: &str| -> Vec<String> {
        let list = filter.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let (updates, tasks) = (texts("resourceSubscriptions"), texts("taskIds"));
    let mut wanted = Vec::new();
    for member in members {
        let mut own = filter.clone();
        let mine = updates.iter().filter_map(|uri| names::find_uri(std::slice::from_ref(member), uri));
        let mine: Vec<Value> = mine.map(|(_, own)| own.into()).collect();
        let server = authorize::member(&call.caller.snapshot, &call.entry, member.server_id);
        let known = |id: &&String| server.as_ref().is_ok_and(|server| modern::knows_task(call, server, id));
        let my_tasks: Vec<Value> = tasks.iter().filter(known).map(|id| id.as_str().into()).collect();
        for (key, list) in [("resourceSubscriptions", mine), ("taskIds", my_tasks)] {
            match list.is_empty() {
                true => own.shift_remove(key),
                false => own.insert(key.to_owned(), list.into()),
            };
        }
        let offers = |method| member::offers(member, method);
        for (key, is_offered) in [
            ("toolsListChanged", offers(Method::ToolsList)),
            ("promptsListChanged", offers(Method::PromptsList)),
            ("resourcesListChanged", offers(Method::ResourcesList) || offers(Method::ResourceTemplatesList)),
        ] {
            if !is_offered {
                own.shift_remove(key);
            }
        }
        if !own.is_empty() {
            wanted.push((member, own.into()));
        }
    }
    Ok(wanted)
}

/// A member that tells.
struct Heard {
    agreed: Value,
    body: axum::body::BodyDataStream,
}

impl Heard {
    async fn open(call: &Call, member: &Member, filter: Value) -> Result<Self, Failure> {
        let span = call.message.params().and_then(|params| call.message.find(Some(params), "notifications"));
        let span = span.map(|(_, member)| member.value.clone());
        let way = Way::whole(member).with(|edits| {
            if let Some(span) = span {
                edits.replace(span, filter.to_string());
            }
        });
        let response = to_server(way.stream(call).await?).await?;
        let mut body = response.into_body().into_data_stream();
        let first = body.next().await.and_then(Result::ok).ok_or(UpstreamFault::Interrupted)?;
        let agreed = messages(&first).into_iter().next();
        let agreed = agreed.filter(|message| message.method() == Some("notifications/subscriptions/acknowledged"));
        let agreed = agreed.ok_or(UpstreamFault::BadResponse("it does not let anybody listen"))?;
        let params = agreed.params().and_then(|params| agreed.find(Some(params), "notifications"));
        let mut agreed: Value =
            params.and_then(|(_, member)| serde_json::from_slice(agreed.slice(&member.value)).ok()).unwrap_or_default();
        if let Some(uris) = agreed.get_mut("resourceSubscriptions").and_then(Value::as_array_mut) {
            for uri in uris {
                *uri = member.exposed_uri(uri.as_str().unwrap_or_default()).into();
            }
        }
        Ok(Self { agreed, body })
    }

    /// Passes on what the member tells; how its stream ends is not the client's affair.
    async fn follow(mut self, frames: &Frames) {
        while let Some(Ok(bytes)) = self.body.next().await {
            if bytes == sse::KEEP_ALIVE {
                continue;
            }
            let is_the_end = messages(&bytes).iter().any(|message| {
                message.kind == MessageKind::Response || message.method() == Some("notifications/cancelled")
            });
            if is_the_end || frames.send(Ok(bytes)).await.is_err() {
                return;
            }
        }
    }
}

fn messages(bytes: &Bytes) -> Vec<Message> {
    let events = sse::Parser::new(FRAME_BYTES_MAX).feed(bytes).unwrap_or_default();
    events.into_iter().filter_map(|event| Message::from_upstream(event.data).ok()).collect()
}

/// What all members together agreed to tell.
fn acknowledgement<'a>(client_id: &Bytes, agreed: impl Iterator<Item = &'a Value>) -> Bytes {
    let mut together = Map::new();
    for (key, value) in agreed.filter_map(Value::as_object).flatten() {
        match (together.get_mut(key), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
            (Some(Value::Bool(one)), Value::Bool(other)) => *one |= other,
            (Some(_), _) => {}
            (None, value) => drop(together.insert(key.clone(), value.clone())),
        }
    }
    let id: Value = serde_json::from_slice(client_id).unwrap_or_default();
    let meta = json!({ crate::mcp::meta::SUBSCRIPTION_ID: id });
    json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": { "notifications": together, "_meta": meta },
    })
    .to_string()
    .into()
}
