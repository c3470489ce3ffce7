//! Search over people and groups at once.

use axum::response::Response;

use super::call::Call;
use super::error::Refusal;
use super::reply;
use crate::app::scim::search;

pub(super) async fn everything(call: Call) -> Result<Response, Refusal> {
    Ok(reply::list(search::everything(&call.ctx, &reply::search(&call)?).await?))
}
