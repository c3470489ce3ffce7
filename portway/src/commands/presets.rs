//! `portway presets`: well-known servers, and a document for one. Nothing is asked: they are built in.

use anyhow::Context;
use control_plane::domain::preset::{self, Preset, PresetClient};

use crate::cli::PresetsArgs;
use crate::terminal;

pub fn run(args: &PresetsArgs) -> anyhow::Result<()> {
    let Some(name) = &args.preset else {
        let rows: Vec<[String; 4]> = preset::all().iter().map(row).collect();
        terminal::table(["PRESET", "SERVER", "URL", "CLIENT"], &rows);
        return Ok(());
    };
    let preset =
        preset::find(name).with_context(|| format!("there is no preset {name}; `portway presets` lists all"))?;
    document(preset).iter().for_each(|line| terminal::say(line));
    Ok(())
}

fn row(preset: &Preset) -> [String; 4] {
    let client = match (preset.client, &preset.register_at) {
        (PresetClient::ByHand, Some(place)) => format!("registered by hand at {place}"),
        (PresetClient::ByHand, None) => "registered by hand".to_owned(),
        (PresetClient::RegistersItself, _) => "registers itself".to_owned(),
        (PresetClient::None, _) => "none".to_owned(),
    };
    [preset.slug.clone(), preset.display_name.clone(), preset.upstream_url.clone(), client]
}

/// For `portway apply`, with what there is to know as comments.
fn document(preset: &Preset) -> Vec<String> {
    let mut lines = vec![format!("# {}: {}", preset.display_name, preset.documentation)];
    lines.extend(preset.notes.iter().map(|note| format!("# - {note}")));
    if preset.client == PresetClient::ByHand {
        let place = preset.register_at.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        lines.push(format!("# Register a client{place}"));
        lines.push("# with the redirect URL https://<auth-host>/t/<tenant>/accounts/callback.".to_owned());
    }
    lines.extend(["apiVersion: portway/v1", "kind: Server"].map(str::to_owned));
    lines.push(format!("metadata: {{slug: {}}}", preset.slug));
    lines.push("spec:".to_owned());
    lines.push(format!("  preset: {}", preset.slug));
    if preset.client == PresetClient::ByHand {
        let variable = preset.slug.to_ascii_uppercase().replace('-', "_");
        lines.push("  outboundAuth:".to_owned());
        lines.push("    clientId: \"…\"".to_owned());
        lines.push(format!("    clientSecret: {{fromEnv: {variable}_CLIENT_SECRET}}"));
    }
    lines
}
