//! `portway dev`: the whole product on this machine, for trying it. SQLite, keys and secrets made on the first start, a
//! tenant, a demo MCP server; joined by the same contract as in production, so that nothing here is a second code path.

mod data;
mod log;
mod planes;
mod report;
mod services;
mod setup;
mod sockets;
#[cfg(test)]
mod tests;

use anyhow::bail;
use tokio::net::TcpListener;

use crate::cli::DevArgs;
use data::DataDir;
use report::Report;
use services::Services;

const PORT_DEFAULT: u16 = 8080;

/// Starts everything, prints where it is, and serves until Ctrl-C or SIGTERM.
pub async fn run(args: &DevArgs) -> anyhow::Result<()> {
    let data = DataDir::open(&args.data_dir)?;
    let (port, listeners) = bind(&data, args.port).await?;
    log::start(&data, args.verbose)?;
    let (mut services, report) = start(&data, port, listeners, !args.no_demo).await?;
    report.print(args.json);
    if !args.exit_when_ready {
        let until_told = async {
            control_plane::tasks::stop_signal().await;
            Ok(())
        };
        services.while_running(until_told).await?;
    }
    services.stop().await
}

/// Binds the port asked for, or the folder's own. A folder keeps its port: tokens, clients and settings name it.
async fn bind(data: &DataDir, asked: Option<u16>) -> anyhow::Result<(u16, Vec<TcpListener>)> {
    let kept = data.find_port()?;
    if let (Some(asked), Some(kept)) = (asked.filter(|port| *port != 0), kept)
        && asked != kept
    {
        bail!(
            "this data folder was made for port {kept}: leave --port away, or pass another --data-dir for port {asked}"
        );
    }
    let (port, listeners) = sockets::bind_localhost(kept.or(asked).unwrap_or(PORT_DEFAULT)).await?;
    data.keep_port(port)?;
    Ok((port, listeners))
}

/// Starts every part; returns when requests to `port` are answered.
async fn start(
    data: &DataDir,
    port: u16,
    listeners: Vec<TcpListener>,
    with_demo: bool,
) -> anyhow::Result<(Services, Report)> {
    let origin = format!("http://localhost:{port}");
    let mut services = Services::new();
    let control_plane = planes::start_control_plane(data, &origin, &mut services).await?;
    let demo_url = if with_demo { Some(planes::start_demo_server(&mut services).await?) } else { None };
    let setup = setup::prepare(&control_plane.app, data, demo_url.as_deref()).await?;
    planes::start_node_and_front(&control_plane, setup.node_secret.clone(), &origin, listeners, &mut services).await?;
    Ok((services, Report::new(setup, data, origin)))
}
