//! The demo server's tools, one for each thing a client should be seen to handle: text, progress, an image, structured
//! output, an error, and the headers that arrive.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use rmcp::handler::server::tool::Extension;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{CallToolResult, ContentBlock, ProgressNotificationParam};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chart;
use super::server::DemoServer;
use super::units::{Unit, convert};

const COUNTDOWN_STEPS_MAX: u32 = 20;
const COUNTDOWN_PAUSE_MS_MAX: u64 = 2_000;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Echo {
    /// What to send back.
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Countdown {
    /// Where to start, 1 to 20.
    #[serde(default = "default_steps")]
    #[schemars(range(min = 1, max = COUNTDOWN_STEPS_MAX))]
    from: u32,
    /// Milliseconds between two steps, at most 2000.
    #[serde(default = "default_pause_ms")]
    #[schemars(range(max = COUNTDOWN_PAUSE_MS_MAX))]
    pause_ms: u64,
}

const fn default_steps() -> u32 {
    5
}

const fn default_pause_ms() -> u64 {
    400
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Chart {
    /// 1 to 24 numbers, none negative.
    #[schemars(length(min = 1, max = 24))]
    values: Vec<f64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Convert {
    value: f64,
    from: Unit,
    to: Unit,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Converted {
    /// The value in the unit asked for.
    value: f64,
    unit: Unit,
    /// The conversion as a sentence.
    summary: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Arrived {
    /// Names of the HTTP headers that reached this server; their values are not shown.
    header_names: Vec<String>,
    /// Whether an Authorization header arrived: false, because the gateway keeps the caller's token.
    authorization_arrived: bool,
}

#[tool_router(vis = "pub(super)")]
impl DemoServer {
    #[tool(
        title = "Echo",
        description = "Sends your text back. The quickest way to see that everything between you and this server works.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn echo(&self, Parameters(Echo { text }): Parameters<Echo>) -> String {
        text
    }

    #[tool(
        title = "Countdown",
        description = "Counts down slowly and reports its progress at every step. Try cancelling it.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn countdown(
        &self,
        Parameters(Countdown { from, pause_ms }): Parameters<Countdown>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        if !(1..=COUNTDOWN_STEPS_MAX).contains(&from) || pause_ms > COUNTDOWN_PAUSE_MS_MAX {
            return Ok(refusal("`from` goes from 1 to 20 and `pause_ms` up to 2000. Try from=5, pause_ms=400."));
        }
        let token = context.meta.get_progress_token();
        for step in 1..=from {
            tokio::select! {
                () = context.ct.cancelled() => return Ok(refusal("The countdown was cancelled.")),
                () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
            }
            if let Some(token) = &token {
                let progress = ProgressNotificationParam::new(token.clone(), f64::from(step))
                    .with_total(f64::from(from))
                    .with_message(format!("{} to go", from - step));
                if context.peer.notify_progress(progress).await.is_err() {
                    return Ok(refusal("The client went away in mid-countdown."));
                }
            }
        }
        Ok(text(format!("Counted down from {from}. Lift-off!")))
    }

    #[tool(
        title = "Chart",
        description = "Draws a bar chart of your numbers and answers it as a PNG image.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn chart(&self, Parameters(Chart { values }): Parameters<Chart>) -> CallToolResult {
        let Some(png) = chart::bars(&values) else {
            return refusal(format!(
                "A chart takes 1 to {} numbers, none of them negative. Try values=[3, 1, 4, 1, 5].",
                chart::VALUES_MAX
            ));
        };
        let caption = format!("A bar chart of {} value(s).", values.len());
        CallToolResult::success(vec![
            ContentBlock::text(caption),
            ContentBlock::image(STANDARD.encode(png), "image/png"),
        ])
    }

    #[tool(
        title = "Convert units",
        description = "Converts lengths, masses and temperatures. Answers structured output that matches its output schema.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn convert_units(
        &self,
        Parameters(Convert { value, from, to }): Parameters<Convert>,
    ) -> Result<Json<Converted>, String> {
        let converted = convert(value, from, to)
            .ok_or_else(|| format!("{from:?} and {to:?} measure different things. Try mile to kilometre."))?;
        let summary = format!("{value} {from:?} is {converted} {to:?}").to_lowercase();
        Ok(Json(Converted { value: converted, unit: to, summary }))
    }

    #[tool(
        title = "Fail",
        description = "Always fails, with an error a person can act on: shows how your client presents a tool's error.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn fail(&self) -> CallToolResult {
        refusal(
            "This tool fails on purpose. A real server would say here what went wrong and what to do about it. \
             Nothing needs to be done; call `echo` to see a success.",
        )
    }

    #[tool(
        title = "Who am I?",
        description = "Lists the names of the HTTP headers that reach this server, to show that your access token stays at the gateway.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn whoami(&self, Extension(parts): Extension<Parts>) -> Json<Arrived> {
        let mut header_names: Vec<String> = parts.headers.keys().map(|name| name.as_str().to_owned()).collect();
        header_names.sort_unstable();
        let authorization_arrived = parts.headers.contains_key(http::header::AUTHORIZATION);
        Json(Arrived { header_names, authorization_arrived })
    }
}

fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// A tool error: the model and the person read its text.
fn refusal(text: impl Into<String>) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}
