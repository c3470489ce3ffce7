//! A virtual server: what several servers offer, behind one URL. A message about one thing goes to the member that has
//! it, as if the client had called that member; a list is asked of all members at once and put together. One member that
//! is slow, away or not connected never breaks the rest.

mod greeting;
mod lists;
mod member;
mod names;
mod streams;
mod turns;
mod voice;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures::future::join_all;
use http::StatusCode;
use proto::wire::CallOutcome;
use tokio::time::timeout;

pub(crate) use self::lists::Breakers;
pub(super) use self::streams::without_message;
pub(crate) use self::turns::Turns;
pub(super) use self::voice::expose;
use super::{Call, accepted, legacy, pong, to_server};
use crate::error::{Failure, json_response};
use crate::limits::MEMBER_TIMEOUT;
use crate::mcp::era::Era;
use crate::mcp::message::MessageKind;
use crate::mcp::method::Method;
use crate::snapshot::Member;

pub(super) async fn send(call: Call) -> Result<Response, Failure> {
    let members = call.entry.members.clone().unwrap_or_default();
    match (call.message.kind, call.meaning.era) {
        (MessageKind::Request, _) => request(call, &members).await,
        (MessageKind::Response, Era::Legacy) => {
            legacy::deliver(&call).await?;
            Ok(accepted(&call.recorder))
        }
        (MessageKind::Response, Era::Modern) => Err(Failure::ReplyUnknown),
        (MessageKind::Notification, Era::Legacy) => {
            notification(&call, &members).await;
            Ok(accepted(&call.recorder))
        }
        (MessageKind::Notification, Era::Modern) => Ok(accepted(&call.recorder)),
    }
}

async fn request(call: Call, members: &[Member]) -> Result<Response, Failure> {
    match call.meaning.method.ok_or(Failure::UnknownMethod)? {
        Method::Initialize => greeting::initialize(&call, members),
        Method::Discover => Ok(greeting::discover(&call, members)),
        Method::Ping => Ok(pong(&call)),
        Method::SetLogLevel => Ok(everywhere(call, members).await),
        Method::Listen => streams::listen(call, members).await,
        list @ (Method::ToolsList | Method::PromptsList | Method::ResourcesList | Method::ResourceTemplatesList) => {
            lists::merged(call, list, members).await
        }
        one => {
            let to = member::route(&call, one, members).await?;
            to_server(to.call(&call).await?).await
        }
    }
}

/// What a client tells: about a call, where that call runs; else to every member that knows the client.
async fn notification(call: &Call, members: &[Member]) {
    match call.message.method().unwrap_or_default() {
        "notifications/initialized" | "notifications/cancelled" | "notifications/progress" => {
            legacy::notification(call).await;
        }
        _ => {
            let told = members.iter().map(|member| async move {
                if let Ok(call) = member::Way::whole(member).call(call).await {
                    legacy::notification(&call).await;
                }
            });
            let _ = timeout(MEMBER_TIMEOUT, join_all(told)).await;
        }
    }
}

/// A wish about all members. One that does not take it has no say in what the others do.
async fn everywhere(call: Call, members: &[Member]) -> Response {
    let told = members.iter().map(|member| {
        let call = &call;
        async move {
            let asked = member::Way::whole(member).aside(call).await?;
            to_server(asked).await
        }
    });
    let _ = timeout(MEMBER_TIMEOUT, join_all(told)).await;
    pong(&call)
}

/// An answer of ours.
fn answer(call: &Call, result: &str) -> Response {
    let id = call.message.id().unwrap_or_default();
    let body =
        Bytes::from([b"{\"jsonrpc\":\"2.0\",\"id\":", &id[..], b",\"result\":", result.as_bytes(), b"}"].concat());
    call.recorder.finished(CallOutcome::Ok, body.len());
    json_response(StatusCode::OK, body)
}

/// Of a virtual server there is always a list, if only an empty one.
pub(super) fn is_bundle(call: &Call) -> bool {
    call.entry.members.is_some() && Arc::ptr_eq(&call.entry, &call.server)
}
