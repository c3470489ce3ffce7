//! An exported audit log, read line by line. Only this file is trusted with nothing: what it says is recomputed.

use std::io::{BufRead, Read};

use anyhow::{Context, bail};
use control_plane::crypto::audit_chain::Walk;
use control_plane::domain::audit::Anchor;
use control_plane::domain::audit::export::{FORMAT, Heading, Line};
use control_plane::domain::ids::TenantId;

/// Longest line: events are far smaller.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Walks along every event. Several exports may follow each other, each from where the one before ended.
pub(super) fn walk(mut file: impl BufRead, anchor: Option<Anchor>) -> anyhow::Result<Walk> {
    let first = next(&mut file, 1)?.context("the file is empty")?;
    let mut heading = heading(&first).context("line 1 is not the heading of an exported audit log")?;
    let mut walk = Walk::after(heading.after.seq, heading.after.bytes()).with_anchor(anchor.clone());
    if let Some(anchor) = anchor.as_ref().filter(|anchor| anchor.seq < heading.after.seq) {
        bail!("the file begins after event {}: event {} cannot be compared", heading.after.seq, anchor.seq);
    }
    for number in 2.. {
        let Some(line) = next(&mut file, number)? else { break };
        if let Some(further) = self::heading(&line) {
            if further.tenant_id != heading.tenant_id {
                bail!("line {number}: an export of another tenant");
            }
            end(&mut walk, &heading);
            heading = further;
            continue;
        }
        let event: Line = serde_json::from_str(&line).with_context(|| format!("line {number} is no event"))?;
        walk.step(&event.into_event(TenantId(heading.tenant_id)));
    }
    if heading.last_seq == heading.head.seq {
        walk.finish(&heading.head());
    } else {
        end(&mut walk, &heading);
        if let Some(anchor) = anchor.filter(|anchor| anchor.seq > walk.seq()) {
            bail!("the file ends with event {}: event {} cannot be compared", walk.seq(), anchor.seq);
        }
    }
    Ok(walk)
}

/// An export is as long as its heading says.
fn end(walk: &mut Walk, heading: &Heading) {
    let is_head = heading.last_seq == heading.head.seq;
    walk.reach(heading.last_seq, is_head.then(|| heading.head.bytes().unwrap_or_default()).as_deref());
}

fn heading(line: &str) -> Option<Heading> {
    serde_json::from_str(line).ok().filter(|heading: &Heading| heading.format == FORMAT)
}

fn next(file: &mut impl BufRead, number: u64) -> anyhow::Result<Option<String>> {
    let mut line = String::new();
    let read = file.take(LINE_BYTES_MAX).read_line(&mut line);
    let bytes = read.with_context(|| format!("cannot read line {number} as UTF-8 text"))?;
    if bytes as u64 == LINE_BYTES_MAX {
        bail!("line {number} is longer than {LINE_BYTES_MAX} bytes");
    }
    Ok((bytes > 0).then(|| line.trim_end().to_owned()))
}
