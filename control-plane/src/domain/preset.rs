//! Well-known MCP servers and what to fill in for them. Each is a file in `data/presets`, in the words of the API. Pure.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

include!(concat!(env!("OUT_DIR"), "/presets.rs"));

/// What is known of one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its name, and a slug for the server.
    pub slug: String,
    pub display_name: String,
    pub description: String,
    pub upstream_url: String,
    /// As the API takes it, without the client that is registered by hand.
    pub outbound_auth: Value,
    pub client: PresetClient,
    /// Where that client is registered.
    pub register_at: Option<Url>,
    pub documentation: Url,
    pub notes: Vec<String>,
}

/// How Portway becomes known at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresetClient {
    /// By a document about itself, or by registering.
    RegistersItself,
    /// Somebody registers it and fills in `client_id` and `client_secret`.
    ByHand,
    /// There is no client: no provider is asked.
    None,
}

/// Every preset, by name. A file that cannot be read is left out; a test finds it.
pub fn all() -> &'static [Preset] {
    static ALL: LazyLock<Vec<Preset>> =
        LazyLock::new(|| FILES.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect());
    &ALL
}

pub fn find(slug: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.slug == slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fields;

    #[test]
    fn every_file_is_a_preset() {
        for (file, text) in FILES {
            let preset: Preset = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(preset.slug, *file, "the name of the file is the slug");
            fields::server_slug(&preset.slug).unwrap();
            fields::name(&preset.display_name).unwrap();
            fields::description(&preset.description).unwrap();
            let url = fields::upstream_url(&preset.upstream_url).unwrap();
            assert!(url.starts_with("https://"), "{file}: {url}");
            assert!(preset.documentation.scheme() == "https" && !preset.notes.is_empty(), "{file}");
            let by_hand = preset.client == PresetClient::ByHand;
            assert_eq!(
                preset.register_at.is_some(),
                by_hand,
                "{file}: somebody must know where to register, or need not"
            );
            let has_secret = ["client_id", "client_secret"].iter().any(|key| preset.outbound_auth.get(key).is_some());
            assert!(!has_secret, "{file}: clients are everybody's own");
        }
        let slugs: Vec<&str> = all().iter().map(|preset| preset.slug.as_str()).collect();
        assert_eq!(slugs, ["github", "sentry", "slack"]);
    }
}
