//! Operators in a browser: their token is traded for a session once, so that no page keeps the token.

use std::net::IpAddr;

use secrecy::SecretString;

use super::platform;
use crate::crypto::tokens;
use crate::domain::ids::{OperatorId, OperatorSessionId};
use crate::domain::operator::{Operator, OperatorSession};
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;

/// A session that just began; the token is for the cookie and nowhere else.
pub struct SignedIn {
    pub operator: Operator,
    pub session: OperatorSession,
    pub token: SecretString,
}

/// Begins a session for whoever has an operator's token.
pub async fn start(app: &App, token: &SecretString, address: IpAddr) -> Result<SignedIn> {
    app.rates.take_outside_tenants(Door::Operator(address))?;
    let operator_id = match platform::authenticate_operator(app, token).await {
        Err(Error::Unauthenticated) => {
            tracing::warn!(client.address = %address, "an operator's sign-in was refused");
            return Err(Error::Unauthenticated);
        }
        known => known?,
    };
    let store = app.store.system().await?;
    let operator = store.find_operator(operator_id).await?.ok_or(Error::Unauthenticated)?;
    let token = tokens::opaque("")?;
    let session = OperatorSession::begin(OperatorSessionId(store.new_id()), operator.id, store.now());
    store.insert_operator_session(&session, tokens::sha256(&token)).await?;
    store.commit().await?;
    tracing::info!(operator.id = %operator.id, client.address = %address, "an operator signed in");
    Ok(SignedIn { operator, session, token })
}

/// The session behind a cookie. Unknown, old, ended, of a revoked operator: all the same.
pub async fn authenticate(app: &App, token: &SecretString) -> Result<OperatorSession> {
    let store = app.store.system_read().await?;
    let now = store.now();
    let found = store.find_operator_session_by_token(tokens::sha256(token)).await?;
    let session = found.filter(|session| session.is_live(now)).ok_or(Error::Unauthenticated)?;
    store.find_operator(session.operator_id).await?.ok_or(Error::Unauthenticated)?;
    drop(store);
    if session.touch_is_due(now) {
        let store = app.store.system().await?;
        store.touch_operator_session(session.id).await?;
        store.commit().await?;
    }
    Ok(session)
}

/// Who an operator is.
pub async fn get(app: &App, id: OperatorId) -> Result<Operator> {
    app.store.system_read().await?.find_operator(id).await?.ok_or(Error::Unauthenticated)
}

/// Signs the browser out. Ending an ended session is fine.
pub async fn end(app: &App, session: &OperatorSession) -> Result<()> {
    let store = app.store.system().await?;
    if store.end_operator_session(session.id).await? {
        tracing::info!(operator.id = %session.operator_id, "an operator signed out");
    }
    store.commit().await
}

/// Sessions that ended are of no use to anybody.
pub async fn forget_ended(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    let rows = store.delete_ended_operator_sessions(store.now()).await?;
    if rows > 0 {
        store.commit().await?;
        tracing::info!(rows, "operators' sessions forgotten");
    }
    Ok(())
}
