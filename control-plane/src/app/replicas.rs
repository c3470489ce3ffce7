//! Replicas of the control plane among themselves: who is alive, and what they ask each other (PostgreSQL NOTIFY).
//!
//! A replica that does not answer in time counts as silent: an answer made of theirs says so, and never pretends.

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
use crate::domain::limits::{ACK_ANSWER_MAX_MS, ACK_QUESTIONS_MAX, REPLICA_SILENCE_MAX_MS};
use crate::state::App;
use crate::store::{Asked, Question, Said};

/// What came of a question.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Who answered, and the number they said.
    pub(super) answers: Vec<(Uuid, usize)>,
    /// How many did not in time.
    pub(super) silent: usize,
}

/// Asks the other replicas; at once where there are none.
pub(super) async fn ask(app: &App, asked: Asked, deadline: Instant) -> Result<Heard> {
    let Some(mut heard) = app.store.hear_replicas() else { return Ok(Heard::default()) };
    let mut silent = others(app).await?;
    if silent.is_empty() {
        return Ok(Heard::default());
    }
    let question = Question { id: app.new_id(), by: app.store.replica_id(), asked };
    app.store.tell_replicas(&Said::Asked(question)).await?;
    let mut answers = Vec::new();
    while !silent.is_empty() {
        match tokio::time::timeout_at(deadline, heard.recv()).await {
            Ok(Ok(Said::Answered { question: id, by, number })) if id == question.id => {
                if silent.remove(&by) {
                    answers.push((by, number));
                }
            }
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) | Err(_) => break,
        }
    }
    Ok(Heard { answers, silent: silent.len() })
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

async fn next_question(heard: &mut Receiver<Said>, me: Uuid) -> Option<Question> {
    loop {
        match heard.recv().await {
            Ok(Said::Asked(question)) if question.by != me => return Some(question),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn answer_one(app: &App, question: Question) {
    let number = match question.asked {
        Asked::Pending { tenant, revision, resource } => {
            let within = Duration::from_millis(ACK_ANSWER_MAX_MS);
            Ok(app.nodes.pending(tenant, revision, Some(resource), within).await)
        }
        Asked::Nodes => show_nodes(app).await,
    };
    let answered = async {
        let said = Said::Answered { question: question.id, by: app.store.replica_id(), number: number? };
        app.store.tell_replicas(&said).await
    };
    if let Err(error) = answered.await {
        tracing::warn!(%error, "an answer to another replica was not sent");
    }
}

/// Writes down which nodes are connected here, where the others can read it, and answers how many.
async fn show_nodes(app: &App) -> Result<usize> {
    let nodes = app.nodes.list();
    let store = app.store.system().await?;
    store.show_nodes(app.store.replica_id(), &nodes).await?;
    store.commit().await?;
    Ok(nodes.len())
}

async fn leave(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    store.delete_replica(app.store.replica_id()).await?;
    store.commit().await
}
