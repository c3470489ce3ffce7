//! What calls are asked for.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::principal;
use crate::domain::call::{CallFilter, CallOutcome, Fault};
use crate::domain::ids::ServerId;
use crate::domain::{Error, Result};
use crate::http::download::FileFormat;

/// The method whose target is a tool.
const TOOLS_CALL: &str = "tools/call";

/// Parameters of a search, and those that come with its kind: `serde` cannot both flatten and refuse unknown ones.
macro_rules! search {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// Called as such or as a member.
            #[param(value_type = Option<String>)]
            server: Option<ServerId>,
            /// The member of a virtual server.
            #[param(value_type = Option<String>)]
            member: Option<ServerId>,
            /// `usr_…` or `sva_…`
            principal: Option<String>,
            /// Name of the client program, as it says.
            client: Option<String>,
            /// OAuth client_id.
            client_id: Option<String>,
            method: Option<String>,
            /// Tool, prompt or resource, as the upstream names it.
            target: Option<String>,
            /// Name of a tool: `method=tools/call` and `target`.
            tool: Option<String>,
            #[param(inline)]
            outcome: Option<CallOutcome>,
            #[param(inline)]
            fault: Option<Fault>,
            $($(#[$doc])* pub(super) $field: $kind,)*
        }

        impl $name {
            /// At any time.
            pub(super) fn filter(&self) -> Result<CallFilter> {
                let (method, target) = match &self.tool {
                    None => (self.method.clone(), self.target.clone()),
                    Some(_) if self.method.is_some() || self.target.is_some() => return Err(both()),
                    Some(tool) => (Some(TOOLS_CALL.to_owned()), Some(tool.clone())),
                };
                Ok(CallFilter {
                    within: None,
                    server_id: self.server,
                    member_id: self.member,
                    principal_id: self.principal.as_deref().map(principal).transpose()?,
                    client: self.client.clone(),
                    client_id: self.client_id.clone(),
                    method,
                    target,
                    outcome: self.outcome,
                    fault: self.fault,
                    from: None,
                    to: None,
                })
            }
        }
    };
}

search! {
    /// What is absent does not matter.
    CallQuery {
        /// Started at or after; a day before `to` if absent, at most 31 days before it.
        from: Option<DateTime<Utc>>,
        /// Started before; now if absent.
        to: Option<DateTime<Utc>>,
        /// Rows of the page, 1 to 200; 50 if absent.
        limit: Option<u64>,
        /// `next_cursor` of the page before.
        cursor: Option<String>,
    }
}

search! {
    /// What is absent does not matter.
    ExportQuery {
        /// Started at or after; a day before `to` if absent, at most 31 days before it.
        from: Option<DateTime<Utc>>,
        /// Started before; now if absent.
        to: Option<DateTime<Utc>>,
        #[param(inline)]
        format: FileFormat,
    }
}

search! {
    /// What is absent does not matter.
    TailQuery {}
}

fn both() -> Error {
    Error::invalid("calls.tool_and_target", "tool", "stands for method and target: give either it or those")
}
