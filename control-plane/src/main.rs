//! The control plane's binary: `serve`, `migrate`, and what an operator does once.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use control_plane::app::{nodes, platform};
use control_plane::config::{Config, ConfigError};
use control_plane::domain::clock::SystemClock;
use control_plane::http::openapi::document;
use control_plane::state::App;
use control_plane::tasks::Tasks;
use control_plane::telemetry::{self, LogFormat};
use control_plane::{Listeners, StartError, store};
use secrecy::ExposeSecret;
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
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Make the identity of a node and print its secret, once.
    Enrol {
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "default")]
        pool: String,
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
    telemetry::start(cli.log_format, &cli.log)?;
    if matches!(cli.command, Command::Openapi) {
        return print(&document()?);
    }
    let config = Config::load(cli.config.as_deref())?;
    // PostgreSQL and gRPC over TLS share one provider; a second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match cli.command {
        Command::Serve => serve(config).await,
        Command::Migrate => Ok(store::migrate(&config.database).await?),
        Command::CheckConfig | Command::Openapi => Ok(()),
        Command::Operator(OperatorCommand::Create { name }) => {
            let (_, token) = platform::create_operator(&open(config).await?, &name).await?;
            print(&format!("{}\n", token.expose_secret()))
        }
        Command::Node(NodeCommand::Enrol { name, pool }) => {
            let (_, secret) = nodes::enrol(&open(config).await?, &name, &pool).await?;
            print(&format!("{}\n", secret.expose_secret()))
        }
    }
}

/// The parts without listeners, for one command.
async fn open(config: Config) -> Result<App, Failure> {
    Ok(App::new(config, Arc::new(SystemClock), Tasks::new(CancellationToken::new())).await?)
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
