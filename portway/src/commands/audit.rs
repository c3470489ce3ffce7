//! `portway audit …`: by the control plane, or from a file and by nobody's word.

mod file;

use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, bail};
use control_plane::domain::audit::Anchor;
use serde::Deserialize;

use crate::cli::{AuditCommand, AuditExportArgs, AuditVerifyArgs, TenantArgs};
use crate::platform::Api;
use crate::terminal;

/// One answer of the control plane: a stretch of the chain.
#[derive(Debug, Deserialize)]
struct Stretch {
    checked: u64,
    flaws: Vec<Flaw>,
    flaws_total: usize,
    place: Option<String>,
    next_after: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Flaw {
    code: String,
    message: String,
}

/// What was found, by whomever.
#[derive(Debug, Default)]
struct Found {
    checked: u64,
    flaws: Vec<Flaw>,
    flaws_total: usize,
    place: Option<String>,
}

/// Does what was asked, on standard output.
pub async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Export(args) => export(&args).await,
        AuditCommand::Verify(AuditVerifyArgs { file: Some(file), anchor, .. }) => told(verify_file(&file, anchor)?),
        AuditCommand::Verify(args) => told(verify(&args).await?),
    }
}

async fn export(args: &AuditExportArgs) -> anyhow::Result<()> {
    let after = args.after.map(|seq| ("after", seq.to_string()));
    let from = args.from.map(|time| ("from", time.to_rfc3339()));
    let to = args.to.map(|time| ("to", time.to_rfc3339()));
    let query: Vec<_> = [after, from, to].into_iter().flatten().collect();
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Api::tenant(&args.tenant)?.download(&["audit", "export"], &query, |piece| Ok(terminal::put(piece)?)).await
}

async fn verify(args: &AuditVerifyArgs) -> anyhow::Result<Found> {
    let (Some(url), Some(tenant)) = (args.url.clone(), args.tenant.clone()) else {
        bail!("no control plane and tenant were given, and no file");
    };
    let (token_file, token) = (args.token_file.clone(), args.token.clone());
    let api = Api::tenant(&TenantArgs { url, tenant, token_file, token })?;
    let anchor = args.anchor.as_ref().map(Anchor::to_string);
    let (mut found, mut after) = (Found::default(), Some(0));
    while let Some(seq) = after {
        let seq = seq.to_string();
        let mut query = vec![("after", seq.as_str())];
        query.extend(anchor.as_deref().map(|anchor| ("anchor", anchor)));
        let stretch: Stretch = api.get_with(&["audit", "verification"], &query).await?;
        after = stretch.next_after;
        found.checked += stretch.checked;
        found.flaws_total += stretch.flaws_total;
        found.flaws.extend(stretch.flaws);
        found.place = stretch.place.or(found.place);
    }
    Ok(found)
}

fn verify_file(path: &Path, anchor: Option<Anchor>) -> anyhow::Result<Found> {
    let walk = if path == Path::new("-") {
        file::walk(std::io::stdin().lock(), anchor)?
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        file::walk(BufReader::new(file), anchor).with_context(|| path.display().to_string())?
    };
    let place = walk.place().map(|place| place.to_string());
    let flaws: Vec<_> =
        walk.flaws.iter().map(|flaw| Flaw { code: flaw.code().to_owned(), message: flaw.message() }).collect();
    Ok(Found { checked: walk.checked, flaws_total: flaws.len(), flaws, place })
}

/// The last line is the one to keep.
fn told(found: Found) -> anyhow::Result<()> {
    for Flaw { code, message } in &found.flaws {
        terminal::say(&format!("{message} ({code})"));
    }
    if found.flaws_total > found.flaws.len() {
        terminal::say(&format!("… and {} more", found.flaws_total - found.flaws.len()));
    }
    if found.flaws_total > 0 {
        bail!("the audit log does not hold in {} place(s), of {} events", found.flaws_total, found.checked);
    }
    terminal::say(&format!("The chain holds: {} event(s). Keep this for --anchor:", found.checked));
    terminal::say(found.place.as_deref().unwrap_or("(there is no event yet)"));
    Ok(())
}
