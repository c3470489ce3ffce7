//! The programs of a measurement: the run itself, and what it starts as processes of their own so that each can be
//! pinned to a core.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on its standard streams")]

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use bench::load::{self, Plan};
use bench::run::{self, Options};
use bench::{echo, relay, train};
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;

/// Measures a node beside nginx. `cargo xtask bench` builds what is needed and calls this.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure and report
    Run {
        #[command(flatten)]
        options: Options,
        /// Folder with the release binaries
        #[arg(long)]
        programs: PathBuf,
        /// Where `--write` writes
        #[arg(long)]
        page: PathBuf,
    },
    /// Let a node do what nodes do, for a compiler that learns from it
    Train {
        /// Folder with the binaries
        #[arg(long)]
        programs: PathBuf,
    },
    /// The upstream
    Echo {
        #[arg(long)]
        listen: SocketAddr,
    },
    /// The least that a proxy in Rust costs
    Relay {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        upstream: SocketAddr,
    },
    /// The load generator: a plan on standard input, an outcome on standard output
    Load,
    /// Opens the streams of a plan, says so, and holds them until standard input ends
    Hold {
        #[arg(long)]
        plan: PathBuf,
    },
}

// One thread: what is pinned to one core has no use for more.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Run { options, programs, page } => {
            let report = run::run(&options, &programs).await?;
            println!("\n{}", report.tables());
            if options.write {
                std::fs::write(&page, run::page(&report)).with_context(|| format!("writing {}", page.display()))?;
                println!("wrote {}", page.display());
            }
            Ok(())
        }
        Task::Train { programs } => train::run(&programs).await,
        Task::Echo { listen } => echo::serve(TcpListener::bind(listen).await?).await,
        Task::Relay { listen, upstream } => relay::serve(TcpListener::bind(listen).await?, upstream).await,
        Task::Load => {
            let plan: Plan = serde_json::from_reader(std::io::stdin())?;
            println!("{}", serde_json::to_string(&load::run(plan).await?)?);
            Ok(())
        }
        Task::Hold { plan } => {
            let plan: Plan = serde_json::from_slice(&std::fs::read(plan)?)?;
            let held = load::hold(plan).await?;
            println!("open");
            let ended =
                tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await;
            if held.is_empty() || ended.is_err() {
                bail!("nothing was held");
            }
            Ok(())
        }
    }
}
