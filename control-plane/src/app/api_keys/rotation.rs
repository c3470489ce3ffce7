//! A key is replaced by a successor. Both work for a while, so that whoever uses it changes over without a gap.

use chrono::TimeDelta;
use serde_json::json;

use super::{IssuedApiKey, answer, entry, find_visible, insert, lock_owner, owner_detail};
use crate::app::Ctx;
use crate::domain::access::Action;
use crate::domain::api_key::{ApiKey, ApiKeyStatus};
use crate::domain::ids::ApiKeyId;
use crate::domain::limits::{SECRET_OVERLAP_S, SECRET_OVERLAP_S_MAX};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};
use crate::store::ResourceKind;

/// Makes the successor of a key: same owner, name and scope, and as long a life as this one had. The old one ends after
/// the overlap, or at its own end if that comes first.
pub async fn rotate(ctx: &Ctx, id: ApiKeyId, overlap_s: Option<u32>) -> Result<IssuedApiKey> {
    ctx.caller.session_id()?;
    let overlap_s = overlap_s.unwrap_or(SECRET_OVERLAP_S);
    if overlap_s > SECRET_OVERLAP_S_MAX {
        return Err(Error::invalid("key.overlap", "overlap_s", format!("must be 0 to {SECRET_OVERLAP_S_MAX}")));
    }
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = find_visible(ctx, &store, id).await?;
    may_hold(ctx, &old)?;
    lock_owner(&store, old.owner).await?;
    let now = store.now();
    if old.status(now) != ApiKeyStatus::Active {
        return Err(Error::conflict("key.ended", "this key has ended: make a new one"));
    }
    let successor = ApiKey {
        id: ApiKeyId(store.new_id()),
        created_at: now,
        expires_at: old.next_term(now),
        last_used_at: None,
        successor_id: None,
        ..old.clone()
    };
    let overlap_ends = now + TimeDelta::seconds(i64::from(overlap_s));
    let end = old.expires_at.map_or(overlap_ends, |end| end.min(overlap_ends));
    let text = insert(&store, &successor).await?;
    // Two requests at once: the later one finds that the key has a successor.
    if !store.supersede_api_key(id, successor.id, end).await? {
        return Err(Error::conflict("key.rotated", "this key has a successor already: rotate that one"));
    }
    store.changed(ResourceKind::ApiKey, id.0);
    let detail = json!({ "owner": owner_detail(old.owner), "successor": successor.id, "ends_at": end });
    store.audit(entry(ctx, "api_key.rotated", id, detail));
    answer(ctx, store, successor, text).await
}

/// A key stands for its owner: nobody is given one that stands for another person.
fn may_hold(ctx: &Ctx, key: &ApiKey) -> Result<()> {
    match key.owner {
        owner if owner == ctx.caller.principal => Ok(()),
        PrincipalId::ServiceAccount(_) => ctx.require(Action::ManageServiceAccounts),
        PrincipalId::User(_) => {
            Err(Error::Forbidden { action: "hold another person's API key: ask them to rotate it" })
        }
    }
}
