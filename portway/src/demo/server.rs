//! What the demo server says about itself, its prompt and its resources.

use rmcp::handler::server::router::prompt::PromptRouter;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    Implementation, ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, PromptMessage,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    Role, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, prompt, prompt_handler, prompt_router, tool_handler};
use schemars::JsonSchema;
use serde::Deserialize;

const WELCOME_URI: &str = "demo://welcome";
const WELCOME: &str = "# Welcome to Portway\n\n\
    You reached this page through the gateway: it checked who you are and whether you may read it, and it kept your \
    token.\n\nTry the tools `echo`, `countdown`, `chart`, `convert_units`, `fail` and `whoami`.\n";
const GREETING_PREFIX: &str = "demo://greeting/";
const NAME_CHARS_MAX: usize = 80;

/// The demo MCP server. Keeps no state: every session has its own.
#[derive(Debug, Clone)]
pub struct DemoServer {
    tool_router: ToolRouter<Self>,
    prompt_router: PromptRouter<Self>,
}

impl Default for DemoServer {
    fn default() -> Self {
        Self { tool_router: Self::tool_router(), prompt_router: Self::prompt_router() }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Tour {
    /// What you would like to see, for example "images" or "errors".
    topic: Option<String>,
}

#[prompt_router]
impl DemoServer {
    #[prompt(name = "tour", title = "Take the tour", description = "Asks the model to show you around this server.")]
    async fn tour(&self, Parameters(Tour { topic }): Parameters<Tour>) -> Vec<PromptMessage> {
        let focus = topic.map(|topic| format!(" Begin with {topic}.")).unwrap_or_default();
        let text = format!(
            "Show me what the Portway demo server can do: call each of its tools once with sensible arguments and \
             explain in one sentence each what came back.{focus}"
        );
        vec![PromptMessage::new_text(Role::User, text)]
    }
}

#[tool_handler(router = self.tool_router)]
#[prompt_handler(router = self.prompt_router)]
impl ServerHandler for DemoServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        let about = Implementation::new("portway-demo", env!("CARGO_PKG_VERSION"))
            .with_title("Portway demo")
            .with_description("A small server to try a gateway with");
        ServerConfig::new(capabilities).with_server_info(about).with_instructions(
            "A demo server behind the Portway gateway. `echo` and `convert_units` answer at once, `countdown` reports \
             progress, `chart` draws an image, `fail` fails on purpose, `whoami` lists the header names that arrive.",
        )
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let welcome = Resource::new(WELCOME_URI, "welcome")
            .with_title("Welcome")
            .with_description("What this server is, and what to try first")
            .with_mime_type("text/markdown");
        Ok(ListResourcesResult::with_all_items(vec![welcome]))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let greeting = ResourceTemplate::new(format!("{GREETING_PREFIX}{{name}}"), "greeting")
            .with_title("Greeting")
            .with_description("A greeting for the name in the URI")
            .with_mime_type("text/plain");
        Ok(ListResourceTemplatesResult::with_all_items(vec![greeting]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        let contents = match (uri.as_str(), uri.strip_prefix(GREETING_PREFIX)) {
            (WELCOME_URI, _) => ResourceContents::text(WELCOME, &uri).with_mime_type("text/markdown"),
            (_, Some(name)) if !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX => {
                ResourceContents::text(format!("Hello, {name}!"), &uri).with_mime_type("text/plain")
            }
            _ => return Err(ErrorData::resource_not_found(format!("There is no resource {uri}"), None)),
        };
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}
