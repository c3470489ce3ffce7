//! What a listening client wants to hear of. Pure.

use std::ops::Range;

use bytes::Bytes;

use super::returned::TASK_UNKNOWN;
use super::seals::Seals;
use super::terms::{Task, same_text};
use crate::error::Failure;
use crate::limits::{LISTEN_RESOURCES_MAX, LISTEN_TASKS_MAX};
use crate::mcp::message::Message;
use crate::mcp::scan::Kind;
use crate::mcp::splice::Splice;

const MISSING: Failure = Failure::InvalidParams("params.notifications must be an object");
const RESOURCES: Failure =
    Failure::InvalidParams("params.notifications.resourceSubscriptions must be a list of at most 1024 URIs");
const TASKS: Failure = Failure::InvalidParams("params.notifications.taskIds must be a list of at most 256 task ids");

/// `params.notifications` of `subscriptions/listen`.
#[derive(Default)]
pub(super) struct Filter {
    tools: bool,
    prompts: bool,
    resources: bool,
    updates: Vec<String>,
    tasks: Vec<Task>,
    tasks_span: Option<Range<usize>>,
    /// Fields of extensions, whose notifications we cannot tell apart.
    others: bool,
}

impl Filter {
    pub(super) fn read(message: &Message, seals: &Seals) -> Result<Self, Failure> {
        let params = message.params().ok_or(MISSING)?;
        let (wanted, member) = message.find(Some(params), "notifications").ok_or(MISSING)?;
        if member.kind != Kind::Object {
            return Err(MISSING);
        }
        let mut filter = Self::default();
        for (_, member) in message.members(wanted) {
            let value = message.slice(&member.value);
            let is_on = member.kind == Kind::True;
            match member.key(&message.body) {
                b"toolsListChanged" => filter.tools = is_on,
                b"promptsListChanged" => filter.prompts = is_on,
                b"resourcesListChanged" => filter.resources = is_on,
                b"resourceSubscriptions" => filter.updates = list(value, LISTEN_RESOURCES_MAX).ok_or(RESOURCES)?,
                b"taskIds" => {
                    let ids = list(value, LISTEN_TASKS_MAX).ok_or(TASKS)?;
                    filter.tasks = ids.iter().map(|id| task(id, seals)).collect::<Result<_, _>>()?;
                    filter.tasks_span = Some(member.value.clone());
                }
                _ => filter.others = true,
            }
        }
        Ok(filter)
    }

    /// The request in the upstream's words.
    pub(super) fn apply(&self, splice: &mut Splice) {
        if let Some(span) = &self.tasks_span {
            splice.replace(span.clone(), array(self.tasks.iter().map(|task| &task.upstream)));
        }
    }

    /// The upstream's acknowledgement in the client's words.
    pub(super) fn acknowledge(&self, message: &Message, splice: &mut Splice) {
        let agreed = message.params().and_then(|params| message.find(Some(params), "notifications"));
        let tasks = agreed.and_then(|(agreed, _)| message.find(Some(agreed), "taskIds"));
        if let Some((_, member)) = tasks {
            let ids: Vec<String> = serde_json::from_slice(message.slice(&member.value)).unwrap_or_default();
            let known = ids.iter().filter_map(|id| self.task(&json(id)));
            splice.replace(member.value.clone(), array(known.map(|task| &task.client)));
        }
    }

    /// Whether the client asked for a notification; edits what names a task.
    pub(super) fn wants(&self, message: &Message, splice: &mut Splice) -> bool {
        match message.method().unwrap_or_default() {
            "notifications/tools/list_changed" => self.tools,
            "notifications/prompts/list_changed" => self.prompts,
            "notifications/resources/list_changed" => self.resources,
            "notifications/resources/updated" => message.param("uri").is_some_and(|uri| {
                // What changed may be a part of what the client asked for.
                self.updates.iter().any(|wanted| uri.starts_with(wanted.as_str()))
            }),
            "notifications/tasks" => {
                let id = message.params().and_then(|params| message.find(Some(params), "taskId"));
                let Some((_, member)) = id else { return false };
                let Some(task) = self.task(message.slice(&member.value)) else { return false };
                splice.replace(member.value.clone(), task.client.clone());
                true
            }
            "notifications/progress"
            | "notifications/message"
            | "notifications/cancelled"
            | "notifications/elicitation/complete"
            | "notifications/subscriptions/acknowledged" => false,
            _ => self.others,
        }
    }

    fn task(&self, upstream: &[u8]) -> Option<&Task> {
        self.tasks.iter().find(|task| same_text(&task.upstream, upstream))
    }
}

fn list(value: &[u8], max: usize) -> Option<Vec<String>> {
    serde_json::from_slice::<Vec<String>>(value).ok().filter(|list| list.len() <= max)
}

fn task(id: &str, seals: &Seals) -> Result<Task, Failure> {
    let upstream = seals.open_task(id).ok_or(TASK_UNKNOWN)?;
    Ok(Task { upstream, client: json(id) })
}

fn json(text: &str) -> Bytes {
    serde_json::Value::from(text).to_string().into()
}

fn array<'a>(items: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let items: Vec<&[u8]> = items.map(|item| &item[..]).collect();
    [&b"["[..], &items.join(&b","[..]), b"]"].concat().into()
}
