//! `/Users`.

use axum::http::StatusCode;
use axum::response::Response;

use super::call::{Call, Id};
use super::error::Refusal;
use super::reply;
use crate::app::scim::{search, users};
use crate::domain::ids::UserId;
use crate::domain::scim::{Kind, patch};

pub(super) async fn list(call: Call) -> Result<Response, Refusal> {
    Ok(reply::list(search::list(&call.ctx, Kind::User, &reply::query(&call)?).await?))
}

pub(super) async fn search(call: Call) -> Result<Response, Refusal> {
    Ok(reply::list(search::list(&call.ctx, Kind::User, &reply::search(&call)?).await?))
}

pub(super) async fn create(call: Call) -> Result<Response, Refusal> {
    let made = users::create(&call.ctx, &call.object()?, &reply::projection(&call)?).await?;
    Ok(reply::resource(StatusCode::CREATED, made))
}

pub(super) async fn get(Id(id): Id<UserId>, call: Call) -> Result<Response, Refusal> {
    let found = users::get(&call.ctx, id, &reply::projection(&call)?).await?;
    Ok(reply::unless_known(&call, found))
}

pub(super) async fn replace(Id(id): Id<UserId>, call: Call) -> Result<Response, Refusal> {
    let (body, projection) = (call.object()?, reply::projection(&call)?);
    let new = users::replace(&call.ctx, id, &body, &call.conditions, &projection).await?;
    Ok(reply::resource(StatusCode::OK, new))
}

pub(super) async fn modify(Id(id): Id<UserId>, call: Call) -> Result<Response, Refusal> {
    let (operations, projection) = (patch::read(&call.object()?)?, reply::projection(&call)?);
    let new = users::modify(&call.ctx, id, &operations, &call.conditions, &projection).await?;
    Ok(reply::resource(StatusCode::OK, new))
}

pub(super) async fn delete(Id(id): Id<UserId>, call: Call) -> Result<Response, Refusal> {
    users::delete(&call.ctx, id, &call.conditions).await?;
    Ok(reply::nothing(None))
}
