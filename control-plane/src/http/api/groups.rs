//! Groups of people, their members, and what they give.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use super::users::UserView;
use crate::app::groups::{self, Dissolved, GroupChange, MemberChange, MembersChanged, Seen};
use crate::domain::access::TenantRole;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::tenancy::{Group, GroupSource};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupView {
    id: GroupId,
    display_name: String,
    /// `scim`: an identity provider owns its name and members.
    source: GroupSource,
    /// What the identity provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// What its members are at least in the tenant: admin or auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_role: Option<TenantRole>,
    member_count: u64,
    created_at: DateTime<Utc>,
}

impl From<Seen> for GroupView {
    fn from(Seen { group, members: member_count }: Seen) -> Self {
        let Group { id, display_name, source, external_id, tenant_role, created_at, .. } = group;
        Self { id, display_name, source, external_id, tenant_role, member_count, created_at }
    }
}

/// A group that somebody is in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupOfUser)]
pub(crate) struct MembershipView {
    id: GroupId,
    display_name: String,
    source: GroupSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_role: Option<TenantRole>,
}

/// All of them; a person is in few groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupsOfUser)]
pub(crate) struct MembershipsView {
    items: Vec<MembershipView>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupQuery {
    /// Part of the name.
    #[serde(default)]
    q: String,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupBody {
    /// Unique in the tenant, in any case.
    display_name: String,
    /// What its members become: admin or auditor; nothing if absent.
    tenant_role: Option<TenantRole>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupPatch {
    display_name: Option<String>,
    /// admin, auditor, or null for nothing; as it is if absent.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TenantRole>)]
    tenant_role: Option<Option<TenantRole>>,
}

/// `null` is something else than absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<TenantRole>>, D::Error> {
    Option::<TenantRole>::deserialize(deserializer).map(Some)
}

/// At most 1000 people in both lists.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembersPatch {
    /// Those who are in it already stay.
    #[serde(default)]
    add: Vec<UserId>,
    /// Those who are not in it stay out.
    #[serde(default)]
    remove: Vec<UserId>,
}

/// Who came and who went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembersChanged)]
pub(crate) struct MembersChangedView {
    added: usize,
    removed: usize,
}

/// What was lost with the group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupRemoved)]
pub(crate) struct DissolvedView {
    /// People who were in it.
    members: usize,
    /// Grants on servers that it had.
    grants: usize,
    /// The role that it gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_role: Option<TenantRole>,
}

impl From<Dissolved> for DissolvedView {
    fn from(Dissolved { members, grants, tenant_role }: Dissolved) -> Self {
        Self { members, grants, tenant_role }
    }
}

impl From<Group> for MembershipView {
    fn from(Group { id, display_name, source, tenant_role, .. }: Group) -> Self {
        Self { id, display_name, source, tenant_role }
    }
}

/// List groups, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/groups", tag = "groups", operation_id = "list_groups",
    params(GroupQuery), responses((status = 200, body = PageView<GroupView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<GroupQuery>,
) -> Result<Json<PageView<GroupView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    Ok(Json(PageView::of(groups::list(&ctx, query.q.trim(), page).await?)))
}

/// Make a group.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/groups", tag = "groups", operation_id = "create_group",
    request_body = GroupBody, responses((status = 201, body = GroupView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<GroupBody>,
) -> Result<(StatusCode, Json<GroupView>), Problem> {
    let seen = groups::create(&ctx, &body.display_name, body.tenant_role).await?;
    Ok((StatusCode::CREATED, Json(seen.into())))
}

/// One group.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/groups/{group}", tag = "groups", operation_id = "get_group",
    params(("group" = GroupId, Path)), responses((status = 200, body = GroupView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(groups::get(&ctx, id).await?.into()))
}

/// Change a group's name, or the tenant role that it gives. The name of one that comes from an identity provider is
/// changed there.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/groups/{group}", tag = "groups",
    operation_id = "update_group", params(("group" = GroupId, Path)), request_body = GroupPatch,
    responses((status = 200, body = GroupView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
    Json(body): Json<GroupPatch>,
) -> Result<Json<GroupView>, Problem> {
    let change = GroupChange { display_name: body.display_name, tenant_role: body.tenant_role };
    Ok(Json(groups::update(&ctx, id, change).await?.into()))
}

/// Delete a group; its members lose at once what it gave them.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/groups/{group}", tag = "groups",
    operation_id = "delete_group", params(("group" = GroupId, Path)),
    responses((status = 200, body = DissolvedView)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
) -> Result<Json<DissolvedView>, Problem> {
    Ok(Json(groups::delete(&ctx, id).await?.into()))
}

/// List the people in a group, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/groups/{group}/members", tag = "groups",
    operation_id = "list_group_members", params(("group" = GroupId, Path), GroupQuery),
    responses((status = 200, body = PageView<UserView>)))]
pub(crate) async fn list_members(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
    Query(query): Query<GroupQuery>,
) -> Result<Json<PageView<UserView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    Ok(Json(PageView::of(groups::list_members(&ctx, id, query.q.trim(), page).await?)))
}

/// Put people into a group and take people out. Repeating it changes nothing.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/groups/{group}/members", tag = "groups",
    operation_id = "change_group_members", params(("group" = GroupId, Path)), request_body = MembersPatch,
    responses((status = 200, body = MembersChangedView)))]
pub(crate) async fn change_members(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
    Json(body): Json<MembersPatch>,
) -> Result<Json<MembersChangedView>, Problem> {
    let change = MemberChange { add: body.add, remove: body.remove };
    let MembersChanged { added, removed } = groups::change_members(&ctx, id, change).await?;
    Ok(Json(MembersChangedView { added, removed }))
}

/// The groups that a person is in, by name.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/groups", tag = "groups",
    operation_id = "list_groups_of_user", params(("user" = UserId, Path)),
    responses((status = 200, body = MembershipsView)))]
pub(crate) async fn list_of_user(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
) -> Result<Json<MembershipsView>, Problem> {
    let groups = groups::list_of(&ctx, id).await?;
    Ok(Json(MembershipsView { items: groups.into_iter().map(MembershipView::from).collect() }))
}
