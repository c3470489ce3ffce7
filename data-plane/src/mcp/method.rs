//! Which methods this node relays, and what each of them names. A method that is not listed is refused: policy cannot
//! decide about what it does not know (ATK-28).

use std::borrow::Cow;

use super::era::Era;
use super::message::Message;

/// A method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Initialize,
    Discover,
    Ping,
    ToolsList,
    ToolsCall,
    PromptsList,
    PromptsGet,
    ResourcesList,
    ResourceTemplatesList,
    ResourcesRead,
    Complete,
    SetLogLevel,
    Subscribe,
    Unsubscribe,
    Listen,
    TasksGet,
    TasksUpdate,
    TasksCancel,
}

/// Where a method stands in the revisions.
const METHODS: [(&str, Method, bool, bool); 18] = [
    // name, method, legacy, modern
    ("initialize", Method::Initialize, true, false),
    ("server/discover", Method::Discover, false, true),
    ("ping", Method::Ping, true, false),
    ("tools/list", Method::ToolsList, true, true),
    ("tools/call", Method::ToolsCall, true, true),
    ("prompts/list", Method::PromptsList, true, true),
    ("prompts/get", Method::PromptsGet, true, true),
    ("resources/list", Method::ResourcesList, true, true),
    ("resources/templates/list", Method::ResourceTemplatesList, true, true),
    ("resources/read", Method::ResourcesRead, true, true),
    ("completion/complete", Method::Complete, true, true),
    ("logging/setLevel", Method::SetLogLevel, true, false),
    ("resources/subscribe", Method::Subscribe, true, false),
    ("resources/unsubscribe", Method::Unsubscribe, true, false),
    ("subscriptions/listen", Method::Listen, false, true),
    ("tasks/get", Method::TasksGet, false, true),
    ("tasks/update", Method::TasksUpdate, false, true),
    ("tasks/cancel", Method::TasksCancel, false, true),
];

impl Method {
    pub fn parse(name: &str, era: Era) -> Option<Self> {
        METHODS
            .iter()
            .find(|(known, _, legacy, modern)| {
                *known == name
                    && match era {
                        Era::Legacy => *legacy,
                        Era::Modern => *modern,
                    }
            })
            .map(|(_, method, _, _)| *method)
    }

    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method, _, _)| *method == self).map_or("", |(name, _, _, _)| name)
    }

    /// The member of `params` that names what is used, if there is one that must be mirrored in `Mcp-Name` (C10).
    pub fn target_key(self) -> Option<&'static str> {
        match self {
            Self::ToolsCall | Self::PromptsGet => Some("name"),
            Self::ResourcesRead => Some("uri"),
            Self::TasksGet | Self::TasksUpdate | Self::TasksCancel => Some("taskId"),
            _ => None,
        }
    }

    /// Whether an answer may ask the client for input before there is a result (N12).
    pub fn may_ask_for_input(self) -> bool {
        matches!(self, Self::ToolsCall | Self::PromptsGet | Self::ResourcesRead)
    }

    /// Whether the answer tells how long it may be kept (C12).
    pub fn is_cacheable(self) -> bool {
        let lists = [Self::ToolsList, Self::PromptsList, Self::ResourcesList, Self::ResourceTemplatesList];
        lists.contains(&self) || matches!(self, Self::Discover | Self::ResourcesRead)
    }

    /// Whether a virtual server has it from one member alone.
    pub fn is_about_one_thing(self) -> bool {
        let lists = [Self::ToolsList, Self::PromptsList, Self::ResourcesList, Self::ResourceTemplatesList];
        !lists.contains(&self)
            && !matches!(self, Self::Initialize | Self::Discover | Self::Ping | Self::SetLogLevel | Self::Listen)
    }

    /// About a task that an earlier call started.
    pub fn is_about_a_task(self) -> bool {
        self.target_key() == Some("taskId")
    }

    /// The tool, prompt or resource a request names. `Err` when it must name one and does not.
    pub fn target<'a>(self, message: &'a Message) -> Result<Option<Cow<'a, str>>, &'static str> {
        match (self, self.target_key()) {
            (Self::Complete, _) => {
                let reference = message.params().and_then(|params| message.find(Some(params), "ref"));
                let Some((reference, _)) = reference else { return Err("params.ref is missing") };
                let name = message.text(Some(reference), "name").or_else(|| message.text(Some(reference), "uri"));
                name.map(Some).ok_or("params.ref must have a name or a uri")
            }
            // A task id is a key to somebody's work: no name that policy or records could use.
            (_, Some("taskId")) => message.param("taskId").map(|_| None).ok_or("params.taskId must be a string"),
            (Self::Subscribe | Self::Unsubscribe, _) | (_, Some("uri")) => {
                message.param("uri").map(Some).ok_or("params.uri must be a string")
            }
            (_, Some(_)) => message.param("name").map(Some).ok_or("params.name must be a string"),
            (_, None) => Ok(None),
        }
    }
}
