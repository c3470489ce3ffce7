//! Limits: how often callers may call.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{PageQuery, PageView};
use crate::app::limit_rules::{self, Saved};
use crate::domain::ids::LimitRuleId;
use crate::domain::limit_rule::{LimitRule, LimitRuleSpec, LimitWarning};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LimitRule)]
pub(crate) struct LimitRuleView {
    id: LimitRuleId,
    #[serde(flatten)]
    spec: LimitRuleSpec,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A limit as it is stored now, or would be, and what about it is probably not meant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedLimitRule)]
pub(crate) struct SavedView {
    #[serde(flatten)]
    rule: LimitRuleView,
    warnings: Vec<LimitWarning>,
}

impl From<LimitRule> for LimitRuleView {
    fn from(LimitRule { id, spec, created_at, updated_at }: LimitRule) -> Self {
        Self { id, spec, created_at, updated_at }
    }
}

impl From<Saved> for SavedView {
    fn from(Saved { rule, warnings }: Saved) -> Self {
        Self { rule: rule.into(), warnings }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SaveQuery {
    /// Answers what would be saved, with warnings, and saves nothing.
    #[serde(default)]
    dry_run: bool,
}

/// List limits, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/limit-rules", tag = "limits", operation_id = "list_limit_rules",
    params(PageQuery), responses((status = 200, body = PageView<LimitRuleView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<LimitRuleView>>, Problem> {
    Ok(Json(PageView::of(limit_rules::list(&ctx, page.parse()?).await?)))
}

/// Make a limit. It is in force on every connected node within a second.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/limit-rules", tag = "limits",
    operation_id = "create_limit_rule", params(SaveQuery), request_body = LimitRuleSpec,
    responses((status = 201, body = SavedView), (status = 200, body = SavedView, description = "A dry run")))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Query(query): Query<SaveQuery>,
    Json(spec): Json<LimitRuleSpec>,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let saved = limit_rules::create(&ctx, spec, query.dry_run).await?;
    let status = if query.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(saved.into())))
}

/// One limit.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/limit-rules/{limit_rule}", tag = "limits",
    operation_id = "get_limit_rule", params(("limit_rule" = LimitRuleId, Path)),
    responses((status = 200, body = LimitRuleView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<LimitRuleId>,
) -> Result<Json<LimitRuleView>, Problem> {
    Ok(Json(limit_rules::get(&ctx, id).await?.into()))
}

/// Put another limit in the place of one. What is used up stays used up, in proportion.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/limit-rules/{limit_rule}", tag = "limits",
    operation_id = "replace_limit_rule", params(("limit_rule" = LimitRuleId, Path), SaveQuery),
    request_body = LimitRuleSpec, responses((status = 200, body = SavedView)))]
pub(crate) async fn replace(
    TenantScope(ctx): TenantScope,
    Target(id): Target<LimitRuleId>,
    Query(query): Query<SaveQuery>,
    Json(spec): Json<LimitRuleSpec>,
) -> Result<Json<SavedView>, Problem> {
    Ok(Json(limit_rules::replace(&ctx, id, spec, query.dry_run).await?.into()))
}

/// Delete a limit.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/limit-rules/{limit_rule}", tag = "limits",
    operation_id = "delete_limit_rule", params(("limit_rule" = LimitRuleId, Path)),
    responses((status = 204)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<LimitRuleId>,
) -> Result<StatusCode, Problem> {
    limit_rules::delete(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
