//! Groups of people, as they came from an identity provider. Administrators grant servers to them.

use super::Ctx;
use crate::domain::Result;
use crate::domain::access::Action;
use crate::domain::ids::GroupId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::Group;

/// A group, and how many people are in it.
pub struct Seen {
    pub group: Group,
    pub members: u64,
}

/// Groups whose name contains `text`, newest first.
pub async fn list(ctx: &Ctx, text: &str, page: PageRequest<Created>) -> Result<Page<Seen>> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let page = store.list_groups(text, page).await?;
    let ids: Vec<GroupId> = page.items.iter().map(|group| group.id).collect();
    let counts = store.count_group_members(&ids).await?;
    let seen = |group: Group| Seen { members: counts.get(&group.id).copied().unwrap_or(0), group };
    Ok(Page { items: page.items.into_iter().map(seen).collect(), next_cursor: page.next_cursor })
}

pub async fn get(ctx: &Ctx, id: GroupId) -> Result<Seen> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let group = store.get_group(id).await?;
    let counts = store.count_group_members(&[id]).await?;
    Ok(Seen { members: counts.get(&id).copied().unwrap_or(0), group })
}
