//! The audit log: reading, searching, verifying, exporting.

use chrono::{DateTime, Utc};
use futures::stream::{self, Stream};

use super::Ctx;
use crate::crypto::audit_chain::{Flaw, ORIGIN, Walk};
use crate::domain::access::Action;
use crate::domain::audit::export::{FORMAT, Heading, Place};
use crate::domain::audit::{Anchor, AuditEvent, AuditFilter, ChainHead, ChainStatus};
use crate::domain::limits::{AUDIT_FLAWS_SHOWN, AUDIT_READ_EVENTS, AUDIT_VERIFY_EVENTS_MAX};
use crate::domain::page::{Page, PageRequest, Seq};
use crate::domain::{Error, Result};
use crate::store::TenantStore;

/// Newest first, and whether the hashes still fit together.
pub async fn list(ctx: &Ctx, filter: &AuditFilter, page: PageRequest<Seq>) -> Result<(Page<AuditEvent>, ChainStatus)> {
    ctx.require(Action::ReadAudit)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_audit_events(filter, page).await
}

/// What a stretch of the chain is.
pub struct Verification {
    pub checked: u64,
    /// The first of them; more may follow.
    pub flaws: Vec<Flaw>,
    pub flaws_total: usize,
    /// The last event that was looked at.
    pub place: Option<Anchor>,
    pub head: ChainHead,
    /// Whether the end of the log was reached.
    pub done: bool,
}

/// Walks along the chain from the event after `after`, as far as one request may.
pub async fn verify(ctx: &Ctx, after: i64, anchor: Option<Anchor>) -> Result<Verification> {
    ctx.require(Action::ReadAudit)?;
    // The head first: what is committed meanwhile comes after it, and belongs to the next walk.
    let (head, before) = {
        let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
        (store.get_audit_head().await?, place_of(&store, after).await?)
    };
    check_after(after, &head)?;
    let mut walk = Walk::after(after, before.bytes()).with_anchor(anchor);
    let mut done = false;
    while walk.checked < AUDIT_VERIFY_EVENTS_MAX {
        let events = read(ctx, walk.seq(), head.seq).await?;
        events.iter().for_each(|event| walk.step(event));
        if events.is_empty() {
            walk.finish(&head);
            done = true;
            break;
        }
    }
    let (place, flaws_total) = (walk.place(), walk.flaws.len());
    walk.flaws.truncate(AUDIT_FLAWS_SHOWN);
    Ok(Verification { checked: walk.checked, flaws: walk.flaws, flaws_total, place, head, done })
}

/// Which events are exported; what is absent does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExportRange {
    /// Those with a higher number.
    pub after: i64,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// A stretch of the chain without gaps, oldest first: the heading, and pages as they are asked for. Each page is a
/// transaction of its own, so that a slow reader holds nothing.
pub async fn export(
    ctx: &Ctx,
    range: ExportRange,
) -> Result<(Heading, impl Stream<Item = Result<Vec<AuditEvent>>> + use<>)> {
    ctx.require(Action::ReadAudit)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let head = store.get_audit_head().await?;
    check_after(range.after, &head)?;
    let (mut after, mut last) = (range.after, head.seq);
    if range.from.is_some() || range.to.is_some() {
        // Events are numbered in the order of commits and timed by the replicas' clocks: what lies between the first
        // and the last of the time that is asked for belongs to it.
        let (first, latest) = store.find_audit_range(range.from, range.to).await?.unwrap_or((head.seq + 1, head.seq));
        (after, last) = (after.max(first - 1), last.min(latest));
    }
    let heading = Heading {
        format: FORMAT.to_owned(),
        tenant_id: ctx.tenant_id.0,
        exported_at: store.now(),
        after: place_of(&store, after).await?,
        last_seq: last.max(after),
        head: Anchor::from(head).into(),
    };
    drop(store);
    let ctx = ctx.clone();
    let pages = stream::try_unfold(after, move |after| {
        let ctx = ctx.clone();
        async move {
            let events = read(&ctx, after, last).await?;
            Ok(events.last().map(|event| event.seq).map(|seq| (events, seq)))
        }
    });
    Ok((heading, pages))
}

fn check_after(after: i64, head: &ChainHead) -> Result<()> {
    let expected = format!("must be 0 to {}, the number of the newest event", head.seq);
    if (0..=head.seq).contains(&after) { Ok(()) } else { Err(Error::invalid("audit.bad_after", "after", expected)) }
}

async fn read(ctx: &Ctx, after: i64, last: i64) -> Result<Vec<AuditEvent>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    store.read_audit_events(after, last, AUDIT_READ_EVENTS).await
}

/// The event that others continue; the origin of all has number and hash zero.
async fn place_of(store: &TenantStore, seq: i64) -> Result<Place> {
    if seq == 0 {
        return Ok(Place::of(0, Some(&ORIGIN)));
    }
    let event = store.find_audit_event(seq).await?;
    Ok(Place::of(seq, event.as_ref().map(|event| &event.sha256[..])))
}
