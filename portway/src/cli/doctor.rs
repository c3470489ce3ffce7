//! What `portway doctor` is told. Only words.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use url::Url;

use super::control_plane_url;

pub(super) const HELP: &str = "\
The more it is given, the more it looks at: with the operator's token at nodes and tenants, with --admin at what the admin
ports of replicas and nodes say, with a tenant, a server and an API key at a stream through everything in between.
It changes nothing.

Exit codes: 0 nothing fails (there may be warnings), 1 something fails, 2 wrong usage.

Examples:
  portway doctor --url https://auth.example.com
  portway doctor --url https://auth.example.com --operator-token-file token \\
      --admin http://10.0.0.5:8083 --admin http://10.0.0.7:9080
  portway doctor --url https://auth.example.com --tenant acme --server github --token-file key
  portway doctor --control-plane-config control-plane.toml --node-config data-plane.toml";

/// All of it may be left out but something to look at.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Control plane as browsers reach it, such as https://auth.example.com
    #[arg(long, env = "PORTWAY_URL", value_parser = control_plane_url,
        required_unless_present_any = ["control_plane_config", "node_config", "admin"])]
    pub url: Option<Url>,
    /// File with an operator's token (pwo_…)
    #[arg(long, value_name = "FILE")]
    pub operator_token_file: Option<PathBuf>,
    /// The token itself; prefer the variable or the file, other users see command lines
    #[arg(long, value_name = "TOKEN", env = "PORTWAY_OPERATOR_TOKEN", hide_env_values = true)]
    pub operator_token: Option<SecretString>,
    /// Admin port of a replica or a node, such as http://10.0.0.7:9080; may be given several times
    #[arg(long, value_name = "URL")]
    pub admin: Vec<Url>,
    /// The tenant to look at; with the operator's token the first one otherwise
    #[arg(long, env = "PORTWAY_TENANT")]
    pub tenant: Option<String>,
    /// Gateway as clients reach it; the tenant's own otherwise
    #[arg(long, value_name = "URL", value_parser = control_plane_url)]
    pub gateway: Option<Url>,
    /// A server of the tenant, to open a stream to
    #[arg(long, requires = "tenant")]
    pub server: Option<String>,
    /// File with an API key (pwk_…) that may use the server
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The key itself; prefer the variable or the file
    #[arg(long, value_name = "KEY", env = "PORTWAY_TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
    /// Settings of a control plane, read with this environment
    #[arg(long, value_name = "FILE")]
    pub control_plane_config: Option<PathBuf>,
    /// Settings of a node, read with this environment
    #[arg(long, value_name = "FILE")]
    pub node_config: Option<PathBuf>,
    /// Certificates (PEM) to trust besides the public ones
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}
