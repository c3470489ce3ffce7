//! What a client brings back from earlier answers: `requestState` and task ids, opened again for the upstream. What is
//! not this caller's, not for this request, or too old is refused here (ATK-12, ATK-34).

use std::ops::Range;

use bytes::Bytes;

use super::seals::{Origin, Seals};
use super::terms::Task;
use crate::error::Failure;
use crate::mcp::capabilities::{self, TASKS_EXTENSION};
use crate::mcp::message::Message;
use crate::mcp::method::Method;
use crate::mcp::scan::{self, Kind};
use crate::mcp::splice::Splice;

const STATE_REFUSED: Failure = Failure::InvalidParams(
    "params.requestState was not given to you for this request, or is too old; send the request again without it",
);
pub(super) const TASK_UNKNOWN: Failure = Failure::InvalidParams("unknown task");

/// What was opened, and where it stands.
#[derive(Default)]
pub(super) struct Returned {
    pub(super) task: Option<Task>,
    pub(super) is_retry: bool,
    edits: Vec<(Range<usize>, Bytes)>,
}

impl Returned {
    pub(super) fn read(message: &Message, method: Method, seals: &Seals, origin: &Origin) -> Result<Self, Failure> {
        // Before the id is looked at: who takes no tasks learns that, not which ids are known (SEP-2663).
        if method.is_about_a_task() && !declares_tasks(message) {
            return Err(Failure::TasksNotDeclared);
        }
        let mut returned = Self::default();
        let Some(params) = message.params() else { return Ok(returned) };
        returned.is_retry = method.may_ask_for_input() && message.find(Some(params), "inputResponses").is_some();
        if let Some((_, member)) = message.find(Some(params), "requestState") {
            let text = (member.kind == Kind::String && method.may_ask_for_input())
                .then(|| scan::string_text(message.slice(&member.value)))
                .flatten();
            let state = text.and_then(|text| seals.open_state(origin, &text)).ok_or(STATE_REFUSED)?;
            returned.edits.push((member.value.clone(), state));
            returned.is_retry = true;
        }
        if method.is_about_a_task() {
            let (_, member) = message.find(Some(params), "taskId").ok_or(TASK_UNKNOWN)?;
            let client = Bytes::copy_from_slice(message.slice(&member.value));
            let upstream = scan::string_text(&client).and_then(|text| seals.open_task(&text)).ok_or(TASK_UNKNOWN)?;
            returned.edits.push((member.value.clone(), upstream.clone()));
            returned.task = Some(Task { upstream, client });
        }
        Ok(returned)
    }

    pub(super) fn apply(&self, splice: &mut Splice) {
        for (range, with) in &self.edits {
            splice.replace(range.clone(), with.clone());
        }
    }
}

fn declares_tasks(message: &Message) -> bool {
    capabilities::has_extension(capabilities::of_request(message), |name| name == TASKS_EXTENSION)
}
