//! What `portway audit` is told. Only words.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use control_plane::domain::audit::Anchor;
use secrecy::SecretString;
use url::Url;

use super::{TenantArgs, control_plane_url};

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recompute the hash chain of the log, or of an exported file: what was changed, removed, added or exchanged shows
    #[command(after_help = "\
Who may write to the whole database can make a chain that fits itself. Keep the last line of this command elsewhere, and
give it as --anchor the next time: the log must still have that event.

Examples:
  portway audit verify --tenant acme
  portway audit verify --tenant acme --anchor 1204:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
  portway audit verify --file audit.ndjson")]
    Verify(AuditVerifyArgs),
    /// Print the log, oldest event first, one line of JSON for each
    #[command(after_help = "\
Examples:
  portway audit export --tenant acme > audit.ndjson
  portway audit export --tenant acme --after 1204 >> audit.ndjson    # what came since")]
    Export(AuditExportArgs),
}

#[derive(Debug, Clone, Args)]
pub struct AuditVerifyArgs {
    /// Check an exported file, or - for standard input, and ask nobody; several exports may follow each other in it
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// An event as it was noted before: the log must have the same
    #[arg(long, value_name = "SEQ:SHA256", value_parser = anchor)]
    pub anchor: Option<Anchor>,
    /// Control plane, such as https://auth.example.com
    #[arg(long, env = "PORTWAY_URL", value_parser = control_plane_url, required_unless_present = "file")]
    pub url: Option<Url>,
    /// The tenant's slug
    #[arg(long, env = "PORTWAY_TENANT", required_unless_present = "file")]
    pub tenant: Option<String>,
    /// File with an API key (pwk_…) of an auditor, admin or owner
    #[arg(long, value_name = "FILE", required_unless_present_any = ["token", "file"])]
    pub token_file: Option<PathBuf>,
    /// The key itself; prefer the variable or the file, other users see command lines
    #[arg(long, value_name = "KEY", env = "PORTWAY_TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
}

#[derive(Debug, Clone, Args)]
pub struct AuditExportArgs {
    /// Only events with a higher number than this one
    #[arg(long, value_name = "SEQ")]
    pub after: Option<u64>,
    /// Only events at or after, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<DateTime<Utc>>,
    /// Only events before
    #[arg(long, value_name = "TIME")]
    pub to: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub tenant: TenantArgs,
}

fn anchor(text: &str) -> Result<Anchor, String> {
    Anchor::parse(text).ok_or_else(|| "expected SEQ:SHA256, as `portway audit verify` prints it".to_owned())
}
