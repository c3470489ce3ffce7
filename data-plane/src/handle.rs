//! A request's life on a node. [`handle`] only orders the phases; each is one file.

pub mod authenticate;
pub mod authorize;
pub mod concurrency;
mod credential;
pub mod decode;
mod forward;
mod forwarded;
mod limit;
pub(crate) mod mail;
mod origin;
mod record;
mod reply;
pub mod route;
pub mod streams;
mod trace;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, request};
use http_body::Body as _;

use self::credential::Visitor;
use self::decode::Bodiless;
use self::forward::{Call, Visit};
use self::forwarded::Forwarded;
use self::limit::Meter;
use self::record::Recorder;
use self::reply::Reply;
use crate::Node;
use crate::discovery;
use crate::error::Failure;

/// What requests leave for later requests on this node. Everything in it can be lost.
#[derive(Default)]
pub struct Memory {
    pub(crate) verified: authenticate::VerifiedTokens,
    pub streams: streams::Streams,
    pub(crate) parked: forward::ParkedRequests,
    pub calls: concurrency::Concurrency,
    pub(crate) listeners: forward::Listeners,
    pub(crate) breakers: forward::Breakers,
    pub(crate) list_turns: forward::Turns,
    pub(crate) progress_tokens: forward::ProgressTokens,
}

/// The gateway's HTTP service. Not a router: there are two kinds of path, and what a router does for one more costs as
/// much as a phase.
#[derive(Clone)]
pub struct Gateway(pub Arc<Node>);

impl tower::Service<Request<Body>> for Gateway {
    type Response = Response;
    type Error = Infallible;
    // In memory of its own: connections that wait for a request keep no room for one.
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (node, is_head) = (self.0.clone(), request.method() == Method::HEAD);
        let answered = move |response| Ok(if is_head { without_body(response) } else { response });
        match discovery::asked_for(request.uri().path()) {
            true => discovery::protected_resource(node, request).map(answered).boxed(),
            false => handle(node, request).map(answered).boxed(),
        }
    }
}

/// The answer to HEAD: what GET would say of its body, without it (RFC 9110 §9.3.2).
fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = Body::empty();
    response
}

async fn handle(node: Arc<Node>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let mut reply = Reply::default();
    match serve(&node, &head, body, &mut reply).await {
        Ok(response) => reply.send(&head, response),
        Err(failure) => reply.refuse(&head, &failure),
    }
}

async fn serve(node: &Arc<Node>, head: &request::Parts, body: Body, reply: &mut Reply) -> Result<Response, Failure> {
    let route = reply.routed(route::resolve(node, head, head.uri.path()).await?);
    reply.admitted = origin::admit(node, &route, &head.headers)?;
    if head.method == Method::OPTIONS {
        return Ok(origin::preflight(&head.headers));
    }
    // Before everything that depends on method, content type or protocol (ATK-28): strangers learn one thing, where
    // to get a token.
    let caller = authenticate::verify(node, &route, &head.headers).await?;
    let recorder = reply.authenticated(Recorder::start(node, &caller, head));
    reply.admitted = origin::admit_by(&caller.snapshot, reply.admitted, &head.headers)?;
    recorder.server(caller.snapshot.servers.get(&route.path.server));
    let entry = authorize::server(&caller, &route.path)?;
    let (owner, forwarded) = (caller.owner(&entry), Forwarded::read(&head.headers)?.map(Arc::new));
    let visitor =
        Visitor { node, caller: &caller, entry: &entry, headers: &head.headers, forwarded: forwarded.as_deref() };
    if head.method != Method::POST {
        authorize::open(&caller.snapshot, &caller.credential)?;
        let bodiless = decode::without_message(node, &caller, &entry, head).await?;
        if matches!(bodiless, Bodiless::Listen(_)) {
            Meter { node, caller: &caller, entry: &entry, recorder: &recorder }.listening().await?;
        }
        let server = visitor.enter(&entry).await?;
        let (forwarded, headers, recorder) = (forwarded.as_ref(), &head.headers, &recorder);
        let visit = Visit { node, caller: &caller, entry: &entry, server: &server, headers, forwarded, recorder };
        // What few requests need is in memory of its own, here and below: a call's is copied once, and is small.
        return Box::pin(forward::without_message(visit, bodiless)).await;
    }
    let message = decode::message(node, head, body).await?;
    reply.asked(&head.headers, &message);
    let meaning = decode::meaning(node, &caller, &entry, head, &message).await?;
    reply.meant(&message, &meaning);
    recorder.message(&message, &meaning);
    authorize::check(&caller, &entry, &meaning)?;
    // Before the meter: who is turned away for want of a place has used nothing up.
    let bound = caller.snapshot.concurrent_calls_max.filter(|_| concurrency::counts(&meaning));
    if let Some(bound) = bound {
        recorder.hold(node.memory.calls.slot(caller.snapshot.tenant_id, bound.get(), node.limiter.nodes())?);
    }
    Meter { node, caller: &caller, entry: &entry, recorder: &recorder }.message(&meaning).await?;
    let server = visitor.enter(&entry).await?;
    let (node, asked, headers) = (node.clone(), reply.asked.clone(), head.headers.clone());
    let alias = None;
    let call =
        Call { node, caller, entry, server, owner, message, meaning, asked, headers, forwarded, recorder, alias };
    forward::send(call).await
}

#[cfg(test)]
mod tests;
