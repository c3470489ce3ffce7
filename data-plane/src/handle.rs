//! A request's life on a node. [`handle`] only orders the phases; each is one file.

pub mod authenticate;
pub mod authorize;
pub mod decode;
mod forward;
pub(crate) mod mail;
mod origin;
mod record;
mod reply;
pub mod route;
pub mod streams;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use http::{Method, Request, request};

use self::forward::{Call, Visit};
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
    pub(crate) listeners: forward::Listeners,
    pub(crate) progress_tokens: forward::ProgressTokens,
}

/// The gateway's HTTP service.
pub fn service(node: Arc<Node>) -> Router {
    Router::new()
        .route(&format!("{}/{{*path}}", discovery::WELL_KNOWN), any(discovery::protected_resource))
        .fallback(handle)
        .with_state(node)
}

async fn handle(State(node): State<Arc<Node>>, request: Request<Body>) -> Response {
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
    let server = authorize::server(&caller, &route.path)?;
    let owner = caller.owner(&server);
    if head.method != Method::POST {
        let bodiless = decode::without_message(node, &caller, &server, head).await?;
        let visit = Visit { node, caller: &caller, server: &server, headers: &head.headers, recorder: &recorder };
        return forward::without_message(visit, bodiless).await;
    }
    let message = decode::message(node, head, body).await?;
    reply.asked(&head.headers, &message);
    let meaning = decode::meaning(node, &caller, &server, head, &message).await?;
    recorder.message(&message, &meaning);
    authorize::check(&caller, &server, &meaning)?;
    let asked = reply.asked.clone();
    let headers = head.headers.clone();
    forward::send(Call { node: node.clone(), caller, server, owner, message, meaning, asked, headers, recorder }).await
}

#[cfg(test)]
mod tests;
