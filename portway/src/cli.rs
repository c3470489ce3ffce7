//! The command line: what can be asked for, with examples. Only words; the work is in the modules it names.

mod audit;
mod doctor;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use url::{Host, Url};

pub use self::audit::{AuditCommand, AuditExportArgs, AuditVerifyArgs};
pub use self::doctor::DoctorArgs;

const EXAMPLES: &str = "\
Examples:
  portway dev                                  try it: both planes, a demo tenant and server
  portway tenant create --slug acme --name Acme --owner-email ana@acme.example
  portway tenant list
  portway node enrol --name eu-1 --pool default > node.secret
  portway export --tenant acme > servers.yaml
  portway apply --tenant acme -f servers.yaml --dry-run
  portway presets github > github.yaml
  portway doctor --url https://auth.example.com --operator-token-file token
  portway audit verify --tenant acme

The commands tenant and node talk to the control plane at --url (PORTWAY_URL) as the operator whose token is in
--operator-token-file or PORTWAY_OPERATOR_TOKEN; apply, export and audit as the owner of an API key, in --token-file or
PORTWAY_TOKEN.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, or changes pending in a dry run with --exit-code.";

/// Multi-tenant MCP gateway: try it on this machine, operate it anywhere.
#[derive(Debug, Parser)]
#[command(name = "portway", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run both planes on this machine, with a demo tenant and a demo MCP server
    Dev(DevArgs),
    /// Create, list, suspend and resume tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Enrol and list gateway nodes
    #[command(subcommand)]
    Node(NodeCommand),
    /// Make a tenant's servers, grants, groups and service accounts be as files say
    #[command(after_help = APPLY_HELP)]
    Apply(ApplyArgs),
    /// Print a tenant's servers, grants, groups and service accounts as a file for apply
    #[command(after_help = "Example:\n  portway export --tenant acme > servers.yaml")]
    Export(ExportArgs),
    /// List well-known servers that files can name, or print a file for one
    #[command(after_help = "Examples:\n  portway presets\n  portway presets github > github.yaml")]
    Presets(PresetsArgs),
    /// Replace a tenant's keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Check an installation from here: settings, certificates, clocks, nodes, sign-in metadata, proxies that buffer
    #[command(after_help = doctor::HELP)]
    Doctor(DoctorArgs),
    /// Check a tenant's audit log, or write it to a file
    #[command(subcommand)]
    Audit(AuditCommand),
}

const APPLY_HELP: &str = "\
A file, or each document in it:
  apiVersion: portway/v1
  kind: Server
  metadata: {slug: github}
  spec:
    displayName: GitHub
    url: https://mcp.example.com/mcp
    enabled: true
    timeoutMs: 0                 # of one call; 0 is the node's default
    outboundAuth:
      kind: sharedHeader         # or none, or one of those below
      headers:
        - name: authorization
          secret: {fromEnv: GITHUB_MCP_TOKEN}
    grants:                      # all of them: others are taken away; left out, they stay as they are
      - {user: ana@acme.example, role: manager}
      - {group: Platform team, role: manager}
      - {serviceAccount: ci, role: user}
      - {everyone: true, role: user}

  A server that wants a key of each person's own:
    outboundAuth:
      kind: perUserHeader
      fields:
        - {name: token, label: Personal access token, hint: Under Settings}
      headers:
        - {name: authorization, value: 'Bearer {token}'}

  A server whose people sign in at its own provider; all but kind may be left out:
    outboundAuth:
      kind: oauthPerUser
      clientId: abc
      clientSecret: {fromEnv: GITHUB_CLIENT_SECRET}
      scopes: [repo]

  A server that Portway gets a token for by itself (tokenExchange: one for each caller), or makes one (passthrough):
    outboundAuth:
      kind: clientCredentials
      clientId: abc
      clientSecret: {fromEnv: SEARCH_CLIENT_SECRET}
      tokenEndpoint: https://login.example.com/token
    outboundAuth: {kind: passthrough, mode: minted}    # or original

  A well-known server (`portway presets`); what is said here goes before what the preset says:
  spec:
    preset: github
    outboundAuth:
      clientId: abc
      clientSecret: {fromEnv: GITHUB_CLIENT_SECRET}

  What calls to a server carry besides, and whom they trust besides:
    transport:
      staticHeaders: {X-Team: platform}
      forwardableHeaders: [X-Region]
      caCertificates: |
        -----BEGIN CERTIFICATE-----
        …

  A virtual server has members in place of url, timeoutMs, outboundAuth and transport; what offer leaves out is offered whole:
    members:
      - server: github           # its slug
        alias: gh
        offer:
          tools:
            - {name: search_issues}
            - {name: create_issue, exposedAs: new_ticket, description: Opens a ticket}
          prompts: []            # none; resources and resourceTemplates likewise
      - {server: wiki, alias: wiki}

  kind: Group
  metadata: {name: Platform team}
  spec:
    tenantRole: none             # or admin, auditor
    members: [ana@acme.example]  # user names; left out, they stay as they are

  kind: ServiceAccount
  metadata: {name: ci}
  spec: {description: builds, enabled: true}

Everything is checked before anything is changed. Values of secrets cannot be compared: they are sent when a server is
new, moves, or gets other headers, and with --set-secrets.

Examples:
  portway apply --tenant acme -f servers.yaml --dry-run
  portway apply --tenant acme -f servers/ --prune --yes
  portway export --tenant acme | portway apply --tenant acme -f - --dry-run --exit-code";

/// Which tenant, and as whom to ask.
#[derive(Debug, Clone, Args)]
pub struct TenantArgs {
    /// Control plane, such as https://auth.example.com
    #[arg(long, env = "PORTWAY_URL", value_parser = control_plane_url)]
    pub url: Url,
    /// The tenant's slug
    #[arg(long, env = "PORTWAY_TENANT")]
    pub tenant: String,
    /// File with an API key (pwk_…) for all servers: of an owner or admin, or of a manager for the servers they manage
    #[arg(long, value_name = "FILE", required_unless_present = "token")]
    pub token_file: Option<PathBuf>,
    /// The key itself; prefer the variable or the file, other users see command lines
    #[arg(long, value_name = "KEY", env = "PORTWAY_TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
}

#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// File, folder of .yaml files, or - for standard input; may be given several times
    #[arg(short, long, value_name = "PLACE", required = true)]
    pub file: Vec<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Exit with 2 if a dry run finds changes
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
    /// Delete servers that no file names (their slugs stay taken for ever); groups and service accounts likewise, where
    /// the files have any
    #[arg(long)]
    pub prune: bool,
    /// Send values of secrets also where nothing else changed
    #[arg(long)]
    pub set_secrets: bool,
    /// Do not ask before deleting
    #[arg(long)]
    pub yes: bool,
    /// Without colours; also NO_COLOR
    #[arg(long, env = "NO_COLOR", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_color: bool,
    #[command(flatten)]
    pub tenant: TenantArgs,
}

#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Only this server, by slug; may be given several times
    #[arg(long, value_name = "SLUG")]
    pub server: Vec<String>,
    #[command(flatten)]
    pub tenant: TenantArgs,
}

#[derive(Debug, Clone, Args)]
pub struct PresetsArgs {
    /// Only this one, as a file for apply
    pub preset: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct DevArgs {
    /// Port on localhost for everything, 8080 at first; the data folder keeps it. 0 takes a free one
    #[arg(long)]
    pub port: Option<u16>,
    /// Folder for the database, the generated keys and the log
    #[arg(long, value_name = "DIR", default_value = ".dev")]
    pub data_dir: PathBuf,
    /// Without the demo MCP server
    #[arg(long)]
    pub no_demo: bool,
    /// Stop as soon as everything runs
    #[arg(long)]
    pub exit_when_ready: bool,
    /// Print one JSON object instead of lines
    #[arg(long)]
    pub json: bool,
    /// Log to standard error instead of DIR/dev.log
    #[arg(long)]
    pub verbose: bool,
}

/// Where the control plane is, and as whom to ask.
#[derive(Debug, Clone, Args)]
pub struct ConnectionArgs {
    /// Control plane, such as https://auth.example.com
    #[arg(long, env = "PORTWAY_URL", value_parser = control_plane_url)]
    pub url: Url,
    /// File with an operator's token (pwo_…)
    #[arg(long, value_name = "FILE", required_unless_present = "operator_token")]
    pub operator_token_file: Option<PathBuf>,
    /// The token itself; prefer the variable or the file, other users see command lines
    #[arg(long, value_name = "TOKEN", env = "PORTWAY_OPERATOR_TOKEN", hide_env_values = true)]
    pub operator_token: Option<SecretString>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant; with an owner's address, print the one-time link with which the owner sets up the account
    #[command(after_help = "\
Example:
  portway tenant create --slug acme --name \"Acme Inc.\" --owner-email ana@acme.example \\
      --url https://auth.example.com --operator-token-file ./operator.token")]
    Create {
        /// Name in URLs: a-z, 0-9 and single hyphens, 2 to 40; can never be changed or reused
        #[arg(long)]
        slug: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// Who becomes the first owner
        #[arg(long, value_name = "ADDRESS")]
        owner_email: Option<String>,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// List all tenants
    List {
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Refuse everybody of a tenant, on every node, until it is resumed
    #[command(after_help = "Example:\n  portway tenant suspend acme --yes")]
    Suspend {
        slug: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Let a suspended tenant work again
    #[command(after_help = "Example:\n  portway tenant resume acme --yes")]
    Resume {
        slug: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Bound how many calls of a tenant are under way at once, on all nodes together
    #[command(after_help = "Example:\n  portway tenant limit acme --concurrent-calls 200")]
    Limit {
        /// Slug of the tenant
        slug: String,
        /// 1 to 100,000; 0 takes the bound away
        #[arg(long, value_name = "CALLS")]
        concurrent_calls: u32,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Delete a tenant for ever: its data key is destroyed, and with it every secret; everybody is refused. Its slug stays
    /// taken
    #[command(after_help = "Example:\n  portway tenant delete acme")]
    Delete {
        /// Slug of the tenant
        slug: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
}

#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Enrol a node and print its secret, once, alone on standard output
    #[command(after_help = "Example:\n  portway node enrol --name eu-1 --pool default > node.secret")]
    Enrol {
        /// Name of the node, unique
        #[arg(long)]
        name: String,
        /// Pool whose tenants the node may serve
        #[arg(long, default_value = "default")]
        pool: String,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Empty a node: balancers send it nobody new, and it sends clients that listen elsewhere; it still serves what comes
    #[command(after_help = "Example, before the process is stopped:\n  portway node drain eu-1 --wait 120")]
    Drain {
        /// Name of the node
        name: String,
        /// Wait until it is empty, for so many seconds at most; fails if it is not by then
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Put a drained node into use again
    #[command(after_help = "Example:\n  portway node resume eu-1")]
    Resume {
        /// Name of the node
        name: String,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Take a node's identity away: its streams end, and its secret is worth nothing any more
    #[command(after_help = "Example:\n  portway node revoke eu-1 --yes")]
    Revoke {
        /// Name of the node
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// List enrolled nodes and what they are doing
    List {
        #[command(flatten)]
        connection: ConnectionArgs,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Replace keys of a tenant now: those that sign access tokens, those that seal session ids, or both. What the old
    /// ones signed and sealed stays good until it expires; nobody has to sign in again
    #[command(after_help = "Example:\n  portway keys rotate acme --signing")]
    Rotate {
        /// Slug of the tenant
        tenant: String,
        /// Only the key that signs access tokens
        #[arg(long)]
        signing: bool,
        /// Only the key that seals session ids
        #[arg(long)]
        session: bool,
        #[command(flatten)]
        connection: ConnectionArgs,
    },
    /// Wrap every tenant's data key by the control plane's present key-encryption key, while everybody works. To replace
    /// that key: give every replica the new one as kek_file and the old one in previous_kek_files, run this, then take
    /// the old one away
    #[command(after_help = "Example:\n  portway keys rewrap")]
    Rewrap {
        #[command(flatten)]
        connection: ConnectionArgs,
    },
}

/// The operator's token goes there: plain http is for loopback only.
fn control_plane_url(text: &str) -> Result<Url, String> {
    let expected = "expected an origin such as https://auth.example.com (http on loopback only)";
    let url = Url::parse(text).map_err(|error| format!("{error}; {expected}"))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if scheme_ok && bare { Ok(url) } else { Err(expected.to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_token_goes_to_https_or_loopback_only() {
        for good in ["https://auth.example.com", "https://a.example:8443/", "http://localhost:8080", "http://[::1]:1"] {
            assert!(control_plane_url(good).is_ok(), "{good}");
        }
        for bad in ["http://auth.example.com", "https://a.example/x", "https://u:p@a.example", "ftp://a", "a.example"] {
            assert!(control_plane_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_command_without_a_token_is_wrong_usage() {
        // The variables of whoever runs the tests must not matter: both flags are given or both are missing.
        let line = ["portway", "tenant", "list", "--url", "https://a.example", "--operator-token-file", "f"];
        assert!(Cli::try_parse_from(line).is_ok());
        let error = Cli::try_parse_from(["portway", "tenant", "create", "--slug", "acme"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let secret = ["portway", "tenant", "list", "--url", "https://a.example", "--operator-token", "pwo_marker"];
        let parsed = format!("{:?}", Cli::try_parse_from(secret).unwrap());
        assert!(!parsed.contains("pwo_marker"), "{parsed}");
        let secret = ["portway", "export", "--tenant", "acme", "--url", "https://a.example", "--token", "pwk_marker"];
        let parsed = format!("{:?}", Cli::try_parse_from(secret).unwrap());
        assert!(!parsed.contains("pwk_marker"), "{parsed}");
    }
}
