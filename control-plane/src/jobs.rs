//! Periodic work, each idempotent and bounded. Every replica runs all of it: twice is as good as once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::{calls, domains, mail, nodes, publish, replicas, tail, upkeep, usage};
use crate::domain::Result;
use crate::domain::limits::REPLICA_BEAT_MS;
use crate::state::App;

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A name for the log, how often, and what.
struct Job {
    name: &'static str,
    every: Duration,
    run: for<'a> fn(&'a App) -> Outcome<'a>,
}

const DAY: Duration = Duration::from_secs(24 * 3_600);
const HOUR: Duration = Duration::from_secs(3_600);
/// The net under LISTEN, and how soon what another replica decided about a node takes hold.
const POLL: Duration = Duration::from_secs(2);

const BEAT: Duration = Duration::from_millis(REPLICA_BEAT_MS);

const JOBS: [Job; 9] = [
    Job { name: "call-record-partitions", every: DAY, run: |app| Box::pin(usage::ensure_partitions(app)) },
    Job { name: "forget-calls", every: HOUR, run: |app| Box::pin(calls::forget_old(app)) },
    Job { name: "prune-outbox", every: HOUR, run: |app| Box::pin(publish::forget_old_changes(app)) },
    Job { name: "forget-expired", every: HOUR, run: |app| Box::pin(upkeep::forget_expired(app)) },
    Job { name: "replica-beat", every: BEAT, run: |app| Box::pin(replicas::beat(app)) },
    Job { name: "rotate-keys", every: HOUR, run: |app| Box::pin(upkeep::rotate_keys(app)) },
    Job { name: "check-domains", every: HOUR, run: |app| Box::pin(domains::check_again(app)) },
    Job { name: "poll-changes", every: POLL, run: |app| Box::pin(nodes::poll(app)) },
    Job { name: "follow-decisions", every: POLL, run: |app| Box::pin(nodes::follow_decisions(app)) },
];

/// Starts every job, and the ear for what other replicas commit. Each job runs once at the start.
pub fn start(app: &Arc<App>) {
    for job in JOBS {
        let (app, tasks) = (app.clone(), app.tasks.clone());
        tasks.spawn(job.name, async move { repeat(&app, &job).await });
    }
    let hearing = app.clone();
    app.tasks.spawn("hear-calls", async move { tail::hear(&hearing).await });
    let telling = app.clone();
    app.tasks.spawn("tell-calls", async move { tail::tell(&telling).await });
    let watching = app.clone();
    app.tasks.spawn("watch-tails", async move { tail::watch(&watching).await });
    let listening = app.clone();
    app.tasks.spawn("listen", async move { publish::listen(&listening).await });
    let mailing = app.clone();
    app.tasks.spawn("mail", async move { mail::deliver(&mailing).await });
    let answering = app.clone();
    app.tasks.spawn("answer-replicas", async move { replicas::answer(&answering).await });
}

async fn repeat(app: &App, job: &Job) {
    let mut ticks = interval(job.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            _ = ticks.tick() => {}
        }
        let begun = Instant::now();
        let outcome = tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            outcome = (job.run)(app) => outcome,
        };
        let duration_ms = begun.elapsed().as_millis();
        match outcome {
            Ok(()) => tracing::debug!(job = job.name, duration_ms, "job done"),
            Err(error) => tracing::error!(job = job.name, duration_ms, %error, "job failed; it runs again"),
        }
    }
}
