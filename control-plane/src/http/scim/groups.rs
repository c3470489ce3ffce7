//! `/Groups`.

use axum::http::StatusCode;
use axum::response::Response;

use super::call::{Call, Id};
use super::error::Refusal;
use super::reply;
use crate::app::scim::{groups, search};
use crate::domain::ids::GroupId;
use crate::domain::scim::{Kind, patch};

pub(super) async fn list(call: Call) -> Result<Response, Refusal> {
    Ok(reply::list(search::list(&call.ctx, Kind::Group, &reply::query(&call)?).await?))
}

pub(super) async fn search(call: Call) -> Result<Response, Refusal> {
    Ok(reply::list(search::list(&call.ctx, Kind::Group, &reply::search(&call)?).await?))
}

pub(super) async fn create(call: Call) -> Result<Response, Refusal> {
    let made = groups::create(&call.ctx, &call.object()?, &reply::projection(&call)?).await?;
    Ok(reply::resource(StatusCode::CREATED, made))
}

pub(super) async fn get(Id(id): Id<GroupId>, call: Call) -> Result<Response, Refusal> {
    let found = groups::get(&call.ctx, id, &reply::projection(&call)?).await?;
    Ok(reply::unless_known(&call, found))
}

pub(super) async fn replace(Id(id): Id<GroupId>, call: Call) -> Result<Response, Refusal> {
    let (body, projection) = (call.object()?, reply::projection(&call)?);
    let new = groups::replace(&call.ctx, id, &body, &call.conditions, &projection).await?;
    Ok(reply::resource(StatusCode::OK, new))
}

/// Answers 204, which Entra prefers, unless attributes are asked for.
pub(super) async fn modify(Id(id): Id<GroupId>, call: Call) -> Result<Response, Refusal> {
    let (operations, projection) = (patch::read(&call.object()?)?, reply::projection(&call)?);
    let asked = Some(&projection).filter(|projection| !projection.is_everything());
    let (etag, new) = groups::modify(&call.ctx, id, &operations, &call.conditions, asked).await?;
    Ok(new.map_or_else(|| reply::nothing(Some(&etag)), |new| reply::resource(StatusCode::OK, new)))
}

pub(super) async fn delete(Id(id): Id<GroupId>, call: Call) -> Result<Response, Refusal> {
    groups::delete(&call.ctx, id, &call.conditions).await?;
    Ok(reply::nothing(None))
}
