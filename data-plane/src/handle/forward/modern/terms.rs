//! What the answer to a modern request may hold, and how it reads to the client. Pure but for the seals' clock.
//!
//! Lists and resources never stay `public`: who may see a server is granted to each principal, so a cache that one
//! caller filled must not serve another (ATK-35), even where the upstream knows no difference between them.

use bytes::Bytes;

use super::asks;
use super::seals::{Origin, Seals};
use crate::mcp::capabilities::{self, TASKS_EXTENSION};
use crate::mcp::message::Message;
use crate::mcp::meta;
use crate::mcp::method::Method;
use crate::mcp::scan::{self, Kind, Member};
use crate::mcp::splice::Splice;
use crate::upstream::UpstreamFault;

/// Retired with the revision before; resource not found is -32602 now (C14).
const RESOURCE_NOT_FOUND: i64 = -32002;
const INVALID_PARAMS: &str = "-32602";
const URL_ELICITATION_REQUIRED: i64 = -32042;

/// What a client's request allows in its answer.
pub(in super::super) struct Terms {
    pub(super) method: Option<Method>,
    /// The client's, exactly as sent.
    pub(super) capabilities: Bytes,
    pub(super) wants_logs: bool,
    /// The client brought input or state from an earlier answer.
    pub(super) is_retry: bool,
    pub(super) origin: Origin,
    pub(super) seals: Seals,
    pub(super) task: Option<Task>,
    pub(super) subscription: Option<Subscription>,
}

/// The task a request is about, by both its names: JSON strings as spelled.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) upstream: Bytes,
    pub(super) client: Bytes,
}

/// The request of a listening client, by both its ids.
#[derive(Clone)]
pub(super) struct Subscription {
    pub(super) upstream_id: u64,
    pub(super) client_id: Bytes,
}

impl Terms {
    /// Checks a response and adds the edits it needs.
    pub(in super::super) fn settle(&self, message: &Message, splice: &mut Splice) -> Result<(), UpstreamFault> {
        if let Some((error, _)) = message.find(None, "error") {
            return settle_error(message, error, splice);
        }
        let Some(result) = message.result() else { return Ok(()) };
        if let Some(subscription) = &self.subscription {
            subscription.tag(message, result, splice);
            return Ok(());
        }
        meta::strip_result(message, splice);
        // Absent is what servers of earlier revisions say for complete: it stays absent.
        match message.text(Some(result), "resultType").as_deref() {
            None | Some("complete") => self.complete(message, result, splice),
            Some("input_required") => self.input_required(message, result, splice),
            Some("task") => self.task_started(message, result, splice),
            // A value of an extension, if the client has one that could be it (C7).
            Some(_) if self.has_extension(|name| name != TASKS_EXTENSION) => Ok(()),
            Some(_) => Err(UpstreamFault::BadResponse("a resultType that the client does not know")),
        }
    }

    /// Whether a notification may stand on the stream of a call (N7).
    pub(in super::super) fn admits(&self, method: &str) -> bool {
        match method {
            "notifications/message" => self.wants_logs,
            "notifications/tools/list_changed"
            | "notifications/prompts/list_changed"
            | "notifications/resources/list_changed"
            | "notifications/resources/updated"
            | "notifications/subscriptions/acknowledged"
            | "notifications/tasks"
            | "notifications/elicitation/complete" => false,
            _ => true,
        }
    }

    fn complete(&self, message: &Message, result: usize, splice: &mut Splice) -> Result<(), UpstreamFault> {
        if let Some(task) = &self.task {
            return self.about_task(task, message, result, splice);
        }
        if self.method.is_some_and(Method::is_cacheable) {
            let private = |member: &Member| message.slice(&member.value) == b"\"private\"";
            match message.find(Some(result), "cacheScope") {
                Some((_, member)) if !private(member) => splice.replace(member.value.clone(), "\"private\""),
                _ => {}
            }
            // What came of somebody's input is nobody's to keep (N13).
            if let Some((_, member)) = message.find(Some(result), "ttlMs").filter(|_| self.is_retry) {
                splice.replace(member.value.clone(), "0");
            }
        }
        Ok(())
    }

    fn about_task(&self, task: &Task, message: &Message, at: usize, splice: &mut Splice) -> Result<(), UpstreamFault> {
        if let Some((_, member)) = message.find(Some(at), "taskId") {
            if !same_text(message.slice(&member.value), &task.upstream) {
                return Err(UpstreamFault::BadResponse("it answers about another task"));
            }
            splice.replace(member.value.clone(), task.client.clone());
        }
        self.check_requests(message, at).map(|_| ())
    }

    fn input_required(&self, message: &Message, result: usize, splice: &mut Splice) -> Result<(), UpstreamFault> {
        if !self.method.is_some_and(Method::may_ask_for_input) {
            return Err(UpstreamFault::BadResponse("it asks for input where it may not"));
        }
        let asks = self.check_requests(message, result)?;
        match message.find(Some(result), "requestState") {
            Some((_, member)) if member.kind == Kind::String => {
                let sealed = self.seals.seal_state(&self.origin, message.slice(&member.value))?;
                splice.replace(member.value.clone(), sealed);
                Ok(())
            }
            Some(_) => Err(UpstreamFault::BadResponse("its requestState is no string")),
            None if asks => Ok(()),
            None => Err(UpstreamFault::BadResponse("it asks for input and does not say which")),
        }
    }

    fn task_started(&self, message: &Message, result: usize, splice: &mut Splice) -> Result<(), UpstreamFault> {
        if self.method != Some(Method::ToolsCall) || !self.has_extension(|name| name == TASKS_EXTENSION) {
            return Err(UpstreamFault::BadResponse("a task that the client did not offer to take"));
        }
        match message.find(Some(result), "taskId") {
            Some((_, member)) if member.kind == Kind::String => {
                splice.replace(member.value.clone(), self.seals.seal_task(message.slice(&member.value))?);
            }
            _ => return Err(UpstreamFault::BadResponse("a task without an id")),
        }
        self.check_requests(message, result).map(|_| ())
    }

    /// Whether there are requests to the client in the object at `at`; all of them are fit to be asked.
    pub(super) fn check_requests(&self, message: &Message, at: usize) -> Result<bool, UpstreamFault> {
        let Some((_, member)) = message.find(Some(at), "inputRequests") else { return Ok(false) };
        asks::check(message.slice(&member.value), &self.capabilities).map(|()| true)
    }

    fn has_extension(&self, is_it: impl Fn(&str) -> bool) -> bool {
        capabilities::has_extension(&self.capabilities, is_it)
    }
}

fn settle_error(message: &Message, error: usize, splice: &mut Splice) -> Result<(), UpstreamFault> {
    let Some((_, code)) = message.find(Some(error), "code") else { return Ok(()) };
    match std::str::from_utf8(message.slice(&code.value)).ok().and_then(|text| text.parse().ok()) {
        Some(RESOURCE_NOT_FOUND) => splice.replace(code.value.clone(), INVALID_PARAMS),
        Some(URL_ELICITATION_REQUIRED) => {
            return Err(UpstreamFault::BadResponse("an error code that protocol 2026-07-28 retired"));
        }
        _ => {}
    }
    Ok(())
}

impl Subscription {
    /// Names the client's subscription in the `_meta` of the object at `holder`. `false`: it names another one.
    pub(super) fn tag(&self, message: &Message, holder: usize, splice: &mut Splice) -> bool {
        let tag = || format!("\"{}\":{}", meta::SUBSCRIPTION_ID, String::from_utf8_lossy(&self.client_id));
        let Some((meta, member)) = message.find(Some(holder), "_meta") else {
            meta::insert(message, holder, &format!("\"_meta\":{{{}}}", tag()), splice);
            return true;
        };
        if member.kind != Kind::Object {
            return false;
        }
        let Some((_, named)) = message.find(Some(meta), meta::SUBSCRIPTION_ID) else {
            meta::insert(message, meta, &tag(), splice);
            return true;
        };
        let raw = std::str::from_utf8(message.slice(&named.value)).unwrap_or_default();
        splice.replace(named.value.clone(), self.client_id.clone());
        raw.trim_matches('"').parse() == Ok(self.upstream_id)
    }
}

/// Whether two JSON strings stand for the same text.
pub(super) fn same_text(one: &[u8], other: &[u8]) -> bool {
    scan::string_text(one).is_some_and(|one| Some(one) == scan::string_text(other))
}
