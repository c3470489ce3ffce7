//! Well-known MCP servers: what to fill in when one is registered.

use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::outbound_auth::OutboundAuthBody;
use crate::app::presets;
use crate::domain::preset::{Preset, PresetClient};
use crate::http::extract::{Json, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preset)]
pub(crate) struct PresetView {
    slug: &'static str,
    display_name: &'static str,
    description: &'static str,
    upstream_url: &'static str,
    /// To register a server with; `client_id` and `client_secret` are added where `client` is `by_hand`.
    #[schema(value_type = OutboundAuthBody)]
    outbound_auth: &'static serde_json::Value,
    client: PresetClient,
    /// Where the client is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    register_at: Option<&'static Url>,
    documentation: &'static Url,
    /// What else to know, a sentence or two each.
    notes: &'static [String],
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Presets)]
pub(crate) struct PresetsView {
    items: Vec<PresetView>,
}

impl From<&'static Preset> for PresetView {
    fn from(preset: &'static Preset) -> Self {
        Self {
            slug: &preset.slug,
            display_name: &preset.display_name,
            description: &preset.description,
            upstream_url: &preset.upstream_url,
            outbound_auth: &preset.outbound_auth,
            client: preset.client,
            register_at: preset.register_at.as_ref(),
            documentation: &preset.documentation,
            notes: &preset.notes,
        }
    }
}

/// List well-known servers with what to fill in for them; for those who may register servers.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/presets", tag = "servers", operation_id = "list_presets",
    responses((status = 200, body = PresetsView)))]
pub(crate) async fn list(TenantScope(ctx): TenantScope) -> Result<Json<PresetsView>, Problem> {
    Ok(Json(PresetsView { items: presets::list(&ctx)?.iter().map(PresetView::from).collect() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::credential::OutboundInput;
    use crate::domain::fields::Mistakes;
    use crate::domain::preset;

    #[test]
    fn every_preset_is_what_the_api_takes() {
        for preset in preset::all() {
            let mut body = preset.outbound_auth.clone();
            if preset.client == PresetClient::ByHand {
                body["client_id"] = json!("abc");
                body["client_secret"] = json!("s3cret");
            }
            let read: OutboundAuthBody =
                serde_json::from_value(body).unwrap_or_else(|error| panic!("{}: {error}", preset.slug));
            let mut mistakes = Mistakes::default();
            match read.into() {
                OutboundInput::OauthPerUser { settings, client_secret } => {
                    settings.checked(client_secret.is_some(), &mut mistakes);
                }
                OutboundInput::PerUserHeader(form) => drop(form.checked(&mut mistakes)),
                _ => {}
            }
            mistakes.finish(Some(())).unwrap_or_else(|error| panic!("{}: {error:?}", preset.slug));
        }
    }
}
