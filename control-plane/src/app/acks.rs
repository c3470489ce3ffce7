//! Whether every connected node knows a change, whichever replica of the control plane it is connected to.
//!
//! A replica sees the acknowledgements of its own nodes only, so it asks the others (PostgreSQL NOTIFY) and adds up.
//! A replica that does not answer in time counts as a node that does not know: the answer never pretends.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::Result;
use crate::domain::ids::TenantId;
use crate::domain::limits::{ACK_ANSWER_MAX_MS, ACK_QUESTIONS_MAX, ACK_WAIT_MAX_MS, REPLICA_SILENCE_MAX_MS};
use crate::state::App;
use crate::store::{AckQuestion, Said};

/// Waits until every connected node that follows the tenant has applied `revision` with the resource in it, and answers
/// how many have not within the bound.
pub async fn pending(app: &App, tenant: TenantId, revision: u64, resource: Uuid) -> usize {
    let within = Duration::from_millis(ACK_WAIT_MAX_MS);
    let here = app.nodes.pending(tenant, revision, Some(resource), within);
    let question = AckQuestion { id: app.new_id(), by: app.store.replica_id(), tenant, revision, resource };
    let (here, elsewhere) = tokio::join!(here, ask(app, question, Instant::now() + within));
    here + elsewhere.unwrap_or_else(|error| {
        tracing::warn!(tenant.id = %tenant, %error, "other replicas cannot be asked");
        1
    })
}

/// Asks the other replicas and adds up; one for each that does not answer.
async fn ask(app: &App, question: AckQuestion, deadline: Instant) -> Result<usize> {
    let Some(mut heard) = app.store.hear_replicas() else { return Ok(0) };
    let mut silent = others(app).await?;
    if silent.is_empty() {
        return Ok(0);
    }
    app.store.tell_replicas(&Said::Asked(question)).await?;
    let mut pending = 0;
    while !silent.is_empty() {
        match tokio::time::timeout_at(deadline, heard.recv()).await {
            Ok(Ok(Said::Answered { question: id, by, pending: theirs })) if id == question.id => {
                if silent.remove(&by) {
                    pending += theirs;
                }
            }
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) | Err(_) => break,
        }
    }
    Ok(pending + silent.len())
}

async fn others(app: &App) -> Result<HashSet<Uuid>> {
    let since = app.clock.now() - TimeDelta::milliseconds(REPLICA_SILENCE_MAX_MS);
    let alive = app.store.system_read().await?.list_replicas(since).await?;
    Ok(alive.into_iter().filter(|id| *id != app.store.replica_id()).collect())
}

/// Says that this replica is alive, and forgets those that have long been silent. Before the first node connects, and
/// then again and again.
pub async fn beat(app: &App) -> Result<()> {
    if app.store.hear_replicas().is_none() {
        return Ok(());
    }
    let store = app.store.system().await?;
    store.touch_replica(app.store.replica_id()).await?;
    store.delete_replicas(store.now() - TimeDelta::milliseconds(10 * REPLICA_SILENCE_MAX_MS)).await?;
    store.commit().await
}

/// Answers what other replicas ask, until shutdown; then says goodbye.
pub async fn answer(app: &App) {
    let Some(mut heard) = app.store.hear_replicas() else { return };
    let mut asked = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => break,
            Some(()) = asked.next() => {}
            question = next_question(&mut heard, app.store.replica_id()) => match question {
                Some(question) if asked.len() < ACK_QUESTIONS_MAX => asked.push(answer_one(app, question)),
                Some(_) => tracing::warn!("too many questions of other replicas at once: one stays unanswered"),
                None => break,
            },
        }
    }
    if let Err(error) = leave(app).await {
        tracing::warn!(%error, "other replicas could not be told that this one stops");
    }
}

async fn next_question(heard: &mut Receiver<Said>, me: Uuid) -> Option<AckQuestion> {
    loop {
        match heard.recv().await {
            Ok(Said::Asked(question)) if question.by != me => return Some(question),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn answer_one(app: &App, question: AckQuestion) {
    let within = Duration::from_millis(ACK_ANSWER_MAX_MS);
    let AckQuestion { id, tenant, revision, resource, .. } = question;
    let pending = app.nodes.pending(tenant, revision, Some(resource), within).await;
    let answer = Said::Answered { question: id, by: app.store.replica_id(), pending };
    if let Err(error) = app.store.tell_replicas(&answer).await {
        tracing::warn!(%error, "an answer to another replica was not sent");
    }
}

async fn leave(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    store.delete_replica(app.store.replica_id()).await?;
    store.commit().await
}
