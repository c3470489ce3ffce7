//! A client's call as a call to one member: addressed in that member's words, with that member's credential and session.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::super::{Call, modern, to_server};
use super::lists;
use super::names::{self, Found, Kind};
use crate::error::Failure;
use crate::handle::authorize;
use crate::handle::limit::Meter;
use crate::limits::MEMBER_LIST_PAGES_MAX;
use crate::mcp::message::Message;
use crate::mcp::method::Method;
use crate::mcp::splice::Splice;
use crate::session_store::Loaded;
use crate::snapshot::{Choice, Member};

const UNKNOWN_TOOL: Failure = Failure::InvalidParams("this server has no tool of that name; list the tools again");
const UNKNOWN_PROMPT: Failure =
    Failure::InvalidParams("this server has no prompt of that name; list the prompts again");
const UNKNOWN_RESOURCE: Failure = Failure::InvalidParams("this server has no resource of that URI");
const UNKNOWN_TASK: Failure = Failure::InvalidParams("unknown task");

/// To one member, and what is called there.
pub(super) struct Way<'m> {
    pub(super) member: &'m Member,
    /// What of the message reads differently there.
    edits: Splice,
    target: Option<String>,
}

/// How limits see a call to a member.
#[derive(Clone, Copy)]
enum Counted {
    /// As the one call that it is.
    Routed,
    /// As one of many; the request that causes them was counted.
    Aside,
}

impl<'m> Way<'m> {
    /// With the message as it is.
    pub(super) fn whole(member: &'m Member) -> Self {
        Self { member, edits: Splice::default(), target: None }
    }

    pub(super) fn with(mut self, edit: impl FnOnce(&mut Splice)) -> Self {
        edit(&mut self.edits);
        self
    }

    /// The call as the member gets it; the record says so.
    pub(super) async fn call(self, call: &Call) -> Result<Call, Failure> {
        let (id, target) = (self.member.server_id, self.target.clone());
        let call = self.addressed(call, Counted::Routed).await?;
        call.recorder.member(id, target.as_deref());
        Ok(call)
    }

    /// The same for one of many: no record is made of it, and its answer is one JSON message.
    pub(super) async fn aside(self, call: &Call) -> Result<Call, Failure> {
        let mut call = self.addressed(call, Counted::Aside).await?;
        call.recorder = call.recorder.aside(Some(call.server.id));
        call.headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        Ok(call)
    }

    /// The same, with an answer that may be a stream.
    pub(super) async fn stream(self, call: &Call) -> Result<Call, Failure> {
        let mut call = self.addressed(call, Counted::Aside).await?;
        call.recorder = call.recorder.aside(Some(call.server.id));
        Ok(call)
    }

    async fn addressed(self, call: &Call, counted: Counted) -> Result<Call, Failure> {
        // Not 404: clients read that as the end of their session.
        let server = authorize::member(&call.caller.snapshot, &call.entry, self.member.server_id);
        let server =
            server.map_err(|failure| if failure == Failure::NotFound { Failure::MemberOff } else { failure })?;
        let (node, caller, mut meaning) = (&call.node, &call.caller, call.meaning.clone());
        meaning.target = self.target.map(Arc::from).or(meaning.target);
        authorize::switched_on(&server, &meaning)?;
        let meter = Meter { node, caller, entry: &call.entry, recorder: &call.recorder };
        match counted {
            Counted::Routed => meter.routed(server.id, &meaning).await?,
            Counted::Aside => meter.aside(server.id, &meaning).await?,
        }
        let server = call.visitor().attach(server).await?;
        if let Some(session) = &meaning.session {
            let keys = &caller.snapshot.session_keys;
            meaning.held = match node.store.load(keys, caller.session_at(session.id, &server)).await {
                Loaded::Ended => return Err(Failure::SessionUnknown),
                Loaded::Missing => None,
                Loaded::Found(session) => Some(session),
            };
        }
        let message = match self.edits.is_empty() {
            true => call.message.clone(),
            false => Message::from_client(self.edits.apply(&call.message.body))?,
        };
        Ok(Call { server, meaning, message, alias: self.member.uri_alias().cloned(), ..call.clone() })
    }
}

/// The member that has what a request is about.
pub(super) async fn route<'m>(call: &Call, method: Method, members: &'m [Member]) -> Result<Way<'m>, Failure> {
    let message = &call.message;
    let target = call.meaning.target.as_deref().unwrap_or_default();
    match method {
        Method::ToolsCall => {
            let (member, own) = named(call, Kind::Tool, members, target).await?.ok_or(UNKNOWN_TOOL)?;
            Ok(renamed(message, member, message.params(), "name", own))
        }
        Method::PromptsGet => {
            let (member, own) = named(call, Kind::Prompt, members, target).await?.ok_or(UNKNOWN_PROMPT)?;
            Ok(renamed(message, member, message.params(), "name", own))
        }
        Method::Complete => {
            let reference =
                message.params().and_then(|params| message.find(Some(params), "ref")).map(|(index, _)| index);
            let is_prompt = message.text(reference, "name").is_some() && reference.is_some();
            let (member, own, key) = match is_prompt {
                true => {
                    let found = named(call, Kind::Prompt, members, target).await?.ok_or(UNKNOWN_PROMPT)?;
                    (found.0, found.1, "name")
                }
                false => {
                    let (member, own) = names::find_uri(members, target).ok_or(UNKNOWN_RESOURCE)?;
                    (member, own.to_owned(), "uri")
                }
            };
            Ok(renamed(message, member, reference, key, own))
        }
        method if method.is_about_a_task() => {
            let id = message.param("taskId").unwrap_or_default();
            for member in members {
                let Ok(server) = authorize::member(&call.caller.snapshot, &call.entry, member.server_id) else {
                    continue;
                };
                if modern::knows_task(call, &server, &id) {
                    return Ok(Way::whole(member));
                }
            }
            Err(UNKNOWN_TASK)
        }
        _ => {
            let (member, own) = names::find_uri(members, target).ok_or(UNKNOWN_RESOURCE)?;
            Ok(renamed(message, member, message.params(), "uri", own.to_owned()))
        }
    }
}

fn renamed<'m>(message: &Message, member: &'m Member, holder: Option<usize>, key: &str, own: String) -> Way<'m> {
    let mut edits = Splice::default();
    if let Some((_, found)) = message.find(holder, key).filter(|_| holder.is_some()) {
        edits.replace(found.value.clone(), Value::from(own.as_str()).to_string());
    }
    Way { member, edits, target: Some(own) }
}

async fn named<'m>(
    call: &Call,
    kind: Kind,
    members: &'m [Member],
    name: &str,
) -> Result<Option<(&'m Member, String)>, Failure> {
    match names::find(kind, members, name) {
        Found::At(member, own) => Ok(Some((member, own))),
        Found::Nowhere => Ok(None),
        Found::Among(member) => Ok(look_up(call, kind, member, name).await?.map(|own| (member, own))),
    }
}

/// What a shortened name stands for, by the member's own list: routing never needs the client to have listed before.
async fn look_up(call: &Call, kind: Kind, member: &Member, name: &str) -> Result<Option<String>, Failure> {
    let own = member.alias.own_name(name).unwrap_or_default();
    let method = if kind == Kind::Tool { Method::ToolsList } else { Method::PromptsList };
    let mut cursor = None;
    for _ in 0..MEMBER_LIST_PAGES_MAX {
        let asked = lists::question(call, method, member, cursor.as_deref()).await?;
        let page = lists::Page::read(to_server(asked).await?, method).await?;
        for text in &page.items {
            let Some(known) = lists::member_text(text, "name") else { continue };
            if known == own || member.alias.exposed(&known) == name {
                return Ok(Some(known));
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(None)
}

/// A request of ours in the client's name, under its id and with the metadata that it sent.
pub(super) fn request(
    call: &Call,
    method: &str,
    params: &mut serde_json::Map<String, Value>,
) -> Result<Message, Failure> {
    if let Some(meta) = call.message.params().and_then(|params| call.message.find(Some(params), "_meta")) {
        let mut meta: Value = serde_json::from_slice(call.message.slice(&meta.1.value)).unwrap_or_default();
        if let Some(members) = meta.as_object_mut() {
            members.remove("progressToken");
        }
        params.insert("_meta".to_owned(), meta);
    }
    let id = call.message.id().unwrap_or_else(|| Bytes::from_static(b"0"));
    let id: Value = serde_json::from_slice(&id).unwrap_or_default();
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    Ok(Message::from_client(Bytes::from(body.to_string()))?)
}

/// Whether a member may have any of what is asked for.
pub(super) fn offers(member: &Member, method: Method) -> bool {
    let choice: &Choice = match method {
        Method::ToolsList => &member.offer.tools,
        Method::PromptsList => &member.offer.prompts,
        Method::ResourceTemplatesList => &member.offer.templates,
        _ => &member.offer.resources,
    };
    !choice.is_nothing()
}
