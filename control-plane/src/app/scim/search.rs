//! Lists: of one kind, or of everything.

use super::{ScimCtx, groups, users};
use crate::domain::limits::{SCIM_PAGE_DEFAULT, SCIM_PAGE_MAX, SCIM_SCAN_MAX};
use crate::domain::scim::filter::{self, Filter};
use crate::domain::scim::projection::Projection;
use crate::domain::scim::{Kind, Object, ScimError, ScimResult, Window, evaluate};
use crate::store::TenantStore;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    pub filter: Option<String>,
    pub window: Window,
    pub projection: Projection,
}

impl Query {
    /// From what was sent: a start below 1 is 1, a count below 0 is 0 (RFC 7644 §3.4.2.4).
    pub fn new(filter: Option<String>, start: Option<i64>, count: Option<i64>, projection: Projection) -> Self {
        let start = start.map_or(1, |start| u64::try_from(start).unwrap_or_default().max(1));
        let count = count.map_or(SCIM_PAGE_DEFAULT, |count| u64::try_from(count).unwrap_or_default());
        let filter = filter.filter(|text| !text.trim().is_empty());
        Self { filter, window: Window { start, count: count.min(SCIM_PAGE_MAX) }, projection }
    }
}

/// A page.
pub struct Found {
    pub total: u64,
    pub start: u64,
    pub resources: Vec<Object>,
}

/// Resources of one kind.
pub async fn list(ctx: &ScimCtx, kind: Kind, query: &Query) -> ScimResult<Found> {
    let filter = query.filter.as_deref().map(|text| filter::parse(kind, text)).transpose()?;
    let store = ctx.app.store.tenant_snapshot(ctx.tenant_id).await?;
    let (total, resources) = part(ctx, &store, kind, filter.as_ref(), query.window, &query.projection).await?;
    Ok(Found { total, start: query.window.start, resources })
}

/// People, then groups. A kind that lacks an attribute of the filter has no match.
pub async fn everything(ctx: &ScimCtx, query: &Query) -> ScimResult<Found> {
    let text = query.filter.as_deref();
    text.map(filter::read).transpose()?;
    let read = |kind| text.map(|text| filter::parse(kind, text));
    let (of_users, of_groups) = (read(Kind::User), read(Kind::Group));
    if let (Some(Err(_)), Some(Err(error))) = (&of_users, &of_groups) {
        return Err(ScimError::InvalidFilter(format!("no kind of resource can answer it: {error}")));
    }
    let store = ctx.app.store.tenant_snapshot(ctx.tenant_id).await?;
    let (mut found, mut window) = (Found { total: 0, start: query.window.start, resources: Vec::new() }, query.window);
    for (kind, filter) in [(Kind::User, of_users), (Kind::Group, of_groups)] {
        let Ok(filter) = filter.transpose() else { continue };
        let (total, mut resources) = part(ctx, &store, kind, filter.as_ref(), window, &query.projection).await?;
        window.start = window.start.saturating_sub(total).max(1);
        window.count = window.count.saturating_sub(resources.len() as u64);
        found.total += total;
        found.resources.append(&mut resources);
    }
    Ok(found)
}

async fn part(
    ctx: &ScimCtx,
    store: &TenantStore,
    kind: Kind,
    filter: Option<&Filter>,
    window: Window,
    projection: &Projection,
) -> ScimResult<(u64, Vec<Object>)> {
    match kind {
        Kind::User => {
            let keep = |one: &_, groups: &[_]| {
                let resource = users::resource_of(&ctx.base, one, groups);
                filter.is_none_or(|filter| evaluate::matches(Kind::User, filter, &resource))
            };
            let found = store.list_scim_users(filter, window, keep).await?;
            if !found.answered {
                return Err(too_many_users());
            }
            Ok((found.total, users::resources_of(ctx, store, &found.items, projection).await?))
        }
        Kind::Group => {
            let found = store.list_scim_groups(filter, window).await?;
            if !found.answered {
                return Err(unanswerable());
            }
            Ok((found.total, groups::resources_of(ctx, store, &found.items, projection).await?))
        }
    }
}

fn too_many_users() -> ScimError {
    ScimError::TooMany(format!(
        "the filter would have to look at more than {SCIM_SCAN_MAX} users: add a condition on userName, externalId, \
         displayName, emails.value, active, id, groups.value, meta.created or meta.lastModified"
    ))
}

fn unanswerable() -> ScimError {
    ScimError::InvalidFilter(
        "groups can be filtered by displayName, externalId, id, members.value (eq, ne, pr), meta.created and \
         meta.lastModified"
            .to_owned(),
    )
}
