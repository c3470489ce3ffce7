//! `portway-data-plane`: reads the settings, binds the sockets, runs the node until it is told to stop.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use data_plane::config::{Config, LogFormat};
use data_plane::{Listeners, check, health, run};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Most of what a call costs beyond its system calls is memory that lives as long as the call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code for settings that do not make a node.
const BAD_CONFIGURATION: u8 = 2;

/// The proxy node. Settings come from the file and from PORTWAY_NODE_* variables (`__` nests).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// TOML file with the settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Check the settings, say what is wrong, and exit.
    #[arg(long)]
    check_config: bool,
    /// Ask the node that runs here whether it is ready; exit code 0 if it is.
    #[arg(long, conflicts_with = "check_config")]
    health: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let loaded = Config::load(arguments.config.as_deref()).map_err(|error| error.to_string());
    // Before the check, which takes the lock of the state folder: the node that runs holds it.
    if arguments.health {
        return match loaded {
            Ok(config) => health_of(&config).await,
            Err(mistakes) => refuse(&mistakes),
        };
    }
    let config = match loaded.and_then(|config| check(&config).map(|()| config).map_err(|error| error.to_string())) {
        Ok(config) => config,
        Err(mistakes) => return refuse(&mistakes),
    };
    if arguments.check_config {
        writeln!(std::io::stdout(), "the configuration is good")?;
        return Ok(ExitCode::SUCCESS);
    }
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&config.log.filter)?);
    match config.log.format {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Text => log.init(),
    }
    let gateway = TcpListener::bind(config.listen).await.with_context(|| format!("listen: {}", config.listen))?;
    let admin = config.admin.listen;
    let admin = TcpListener::bind(admin).await.with_context(|| format!("admin.listen: {admin}"))?;
    let (mut terminate, shutdown) = (signal(SignalKind::terminate())?, CancellationToken::new());
    let node = run(config, Listeners { gateway, admin }, shutdown.clone());
    let stop = async {
        tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
        shutdown.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! { ended = node => ended?, () = stop => {} }
    Ok(ExitCode::SUCCESS)
}

fn refuse(mistakes: &str) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stderr(), "{mistakes}")?;
    Ok(ExitCode::from(BAD_CONFIGURATION))
}

async fn health_of(config: &Config) -> anyhow::Result<ExitCode> {
    match health::ask(config.admin.listen).await {
        Ok(said) => writeln!(std::io::stdout(), "{said}")?,
        Err(said) => {
            writeln!(std::io::stderr(), "not ready: {said}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
