//! The control plane's binary: `serve`, `migrate`, and what an operator does once.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use control_plane::app::{nodes, platform};
use control_plane::config::{Config, ConfigError};
use control_plane::domain::Error;
use control_plane::domain::audit::Actor;
use control_plane::domain::clock::SystemClock;
use control_plane::domain::operator::Operator;
use control_plane::http::openapi::document;
use control_plane::log::{self, LogFormat};
use control_plane::state::App;
use control_plane::tasks::Tasks;
use control_plane::{Listeners, StartError, health, store};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Exit code for settings that make no control plane.
const BAD_CONFIGURATION: u8 = 2;

type Failure = Box<dyn std::error::Error>;

/// The control plane of Portway.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Configuration file (TOML); `PORTWAY_CONTROL_…` variables override it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[arg(long, global = true, value_enum, default_value = "json")]
    log_format: LogFormat,
    /// What to log: `info`, `info,control_plane=debug`.
    #[arg(long, global = true, default_value = "info")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGTERM or Ctrl-C.
    Serve,
    /// Bring the database schema up to date.
    Migrate,
    /// Read the configuration and list every mistake.
    CheckConfig,
    /// Ask the control plane that runs here whether it is ready; exit code 0 if it is.
    Health,
    /// Print the API document.
    Openapi,
    /// People who run the deployment.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Nodes of the data plane.
    #[command(subcommand)]
    Node(NodeCommand),
}

#[derive(Subcommand)]
enum OperatorCommand {
    /// Make an operator and print their token, once.
    Create {
        #[arg(long)]
        name: String,
    },
    /// List them by name, with when they were made and revoked.
    List,
    /// Take an operator's token away; their sessions end with it. The name stays taken.
    Revoke {
        #[arg(long)]
        name: String,
    },
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Make the identity of a node and print its secret, once.
    Enrol {
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "default")]
        pool: String,
        /// Write the secret there instead, for its owner's eyes only. Where the file is already, nothing is enrolled.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a start that fails tells the operator why, whatever the log format")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            let bad_configuration =
                failure.is::<ConfigError>() || matches!(failure.downcast_ref(), Some(StartError::Config(_)));
            if bad_configuration { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    log::start(cli.log_format, &cli.log)?;
    if matches!(cli.command, Command::Openapi) {
        return print(&document()?);
    }
    // PostgreSQL and gRPC over TLS share one provider; a second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if matches!(cli.command, Command::Migrate) {
        return Ok(store::migrate(&Config::load_database(cli.config.as_deref())?).await?);
    }
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve => serve(config).await,
        Command::CheckConfig | Command::Openapi | Command::Migrate => Ok(()),
        Command::Health => {
            let said = health::ask(config.admin_listen).await.map_err(|said| format!("not ready: {said}"))?;
            print(&format!("{said}\n"))
        }
        Command::Operator(OperatorCommand::Create { name }) => {
            let (_, token) = platform::create_operator(&open(config).await?, &name).await?;
            print(&format!("{}\n", token.expose_secret()))
        }
        Command::Operator(OperatorCommand::List) => {
            let operators = platform::list_operators(&open(config).await?).await?;
            print(&operators.iter().map(line_of).collect::<String>())
        }
        Command::Operator(OperatorCommand::Revoke { name }) => {
            let revoked = platform::revoke_operator(&open(config).await?, &name).await;
            revoked.map_err(|error| match error {
                Error::NotFound { .. } => {
                    format!("no operator in office has the name {name}: see `operator list`").into()
                }
                other => Failure::from(other),
            })?;
            print(&format!("{name} is revoked\n"))
        }
        Command::Node(NodeCommand::Enrol { secret_file: Some(file), .. }) if file.exists() => {
            print(&format!("{} is there already: nothing was enrolled\n", file.display()))
        }
        Command::Node(NodeCommand::Enrol { name, pool, secret_file }) => {
            // Opened first: a secret with no place to go would be lost, and its name taken.
            let place = secret_file.map(SecretFile::open).transpose()?;
            let (_, secret) = nodes::enrol(&open(config).await?, Actor::System, &name, &pool).await?;
            match place {
                None => print(&format!("{}\n", secret.expose_secret())),
                Some(place) => Ok(place.keep(&secret)?),
            }
        }
    }
}

fn line_of(Operator { name, created_at, revoked_at, .. }: &Operator) -> String {
    let day = |at: &DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let end = revoked_at.as_ref().map_or_else(|| "in office".to_owned(), |at| format!("revoked {}", day(at)));
    format!("{name}\tsince {}\t{end}\n", day(created_at))
}

/// The parts without listeners, for one command.
async fn open(config: Config) -> Result<App, Failure> {
    Ok(App::new(config, Arc::new(SystemClock), Tasks::new(CancellationToken::new())).await?)
}

/// A file for one secret: written whole or not at all, and never readable by others.
struct SecretFile {
    path: PathBuf,
    aside: PathBuf,
    file: File,
}

impl SecretFile {
    fn open(path: PathBuf) -> Result<Self, Failure> {
        let aside = path.with_extension("new");
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
        let file = opened.map_err(|error| format!("--secret-file {}: {error}", path.display()))?;
        Ok(Self { path, aside, file })
    }

    fn keep(mut self, secret: &SecretString) -> std::io::Result<()> {
        writeln!(self.file, "{}", secret.expose_secret())?;
        std::fs::rename(self.aside, self.path)
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

async fn serve(config: Config) -> Result<(), Failure> {
    let listeners = Listeners {
        http: TcpListener::bind(config.listen).await?,
        grpc: TcpListener::bind(config.grpc_listen).await?,
        admin: TcpListener::bind(config.admin_listen).await?,
    };
    let shutdown = CancellationToken::new();
    let running = control_plane::start(config, Arc::new(SystemClock), listeners, shutdown.clone()).await?;
    tracing::info!(public_origin = running.app.config.public_origin, "control plane is up");
    running.app.tasks.spawn("signals", async move {
        tokio::select! {
            () = control_plane::tasks::stop_signal() => shutdown.cancel(),
            () = shutdown.cancelled() => {}
        }
    });
    running.join().await;
    Ok(())
}
