//! `portway apply` and `portway export`: a tenant's servers with their grants, limits, groups and service accounts as
//! files.
//!
//! A file is the whole truth about what it names: what it leaves out takes its default, and grants it does not
//! list are taken away. What no file names stays unless asked. Everything is checked before anything is changed;
//! secrets come from the environment, are written and never read back.

mod export;
mod manifest;
mod plan;
mod present;
mod run;
mod secrets;
mod text;
mod yaml;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use self::manifest::{Manifest, Mistake};
use self::plan::Plan;
use self::present::Present;
use crate::cli::{ApplyArgs, ExportArgs};
use crate::platform::Api;
use crate::terminal;

/// Exit code of a dry run that found changes.
const CHANGES_PENDING: u8 = 2;
/// Largest file read.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// `portway apply`.
pub async fn apply(args: &ApplyArgs) -> anyhow::Result<ExitCode> {
    let manifest = read(&args.file)?;
    let api = Api::tenant(&args.tenant)?;
    let present = Present::read(&api, &manifest.subjects()).await?;
    let plan = Plan::make(&manifest, &present, args.prune, args.set_secrets).map_err(|mistakes| refusal(&mistakes))?;
    let color = !args.no_color && std::io::stdout().is_terminal();
    plan.lines(color).iter().for_each(|line| terminal::say(line));
    if plan.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if args.dry_run {
        terminal::note("Nothing was changed: this is a dry run.");
        return Ok(if args.exit_code { ExitCode::from(CHANGES_PENDING) } else { ExitCode::SUCCESS });
    }
    if plan.deletes() > 0 && !args.yes {
        let tenant = &args.tenant.tenant;
        let question = format!("{} go for ever, with what they have. Type {tenant} to go on:", plan.deletions());
        if !terminal::confirm(&question, tenant) {
            bail!("nothing was changed");
        }
    }
    run::all(&api, &plan).await?;
    terminal::note("Applied.");
    Ok(ExitCode::SUCCESS)
}

/// `portway export`.
pub async fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let api = Api::tenant(&args.tenant)?;
    let present = Present::read(&api, &[]).await?;
    let missing = args.server.iter().find(|slug| present.server(slug).is_none());
    if let Some(slug) = missing {
        bail!("there is no server {slug}, or you may not see it");
    }
    let chosen = present.servers.iter().filter(|one| args.server.is_empty() || args.server.contains(&one.slug));
    let all = args.server.is_empty().then_some(&present);
    terminal::say(export::documents(all, chosen).trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Every document of every place, or every mistake in them.
fn read(places: &[PathBuf]) -> anyhow::Result<Manifest> {
    let mut files = Vec::new();
    for place in places {
        files.append(&mut files_at(place)?);
    }
    Manifest::parse(&files).map_err(|mistakes| refusal(&mistakes))
}

fn refusal(mistakes: &[Mistake]) -> anyhow::Error {
    let lines: Vec<String> = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
    anyhow::anyhow!("nothing was changed; {} mistake(s):{}", mistakes.len(), lines.concat())
}

/// Name and text of a file, of standard input, or of each `.yaml` and `.yml` file in a folder, by name.
fn files_at(place: &Path) -> anyhow::Result<Vec<(String, String)>> {
    if place == Path::new("-") {
        return Ok(vec![("(standard input)".to_owned(), text_of(std::io::stdin().lock(), place)?)]);
    }
    let named = |path: &Path| -> anyhow::Result<(String, String)> {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((path.display().to_string(), text_of(file, path)?))
    };
    if !place.is_dir() {
        return Ok(vec![named(place)?]);
    }
    let listed = std::fs::read_dir(place).with_context(|| format!("cannot list {}", place.display()))?;
    let mut paths = listed.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|end| end == "yaml" || end == "yml"));
    paths.sort();
    if paths.is_empty() {
        bail!("{} has no .yaml or .yml file", place.display());
    }
    paths.iter().map(|path| named(path)).collect()
}

fn text_of(from: impl Read, place: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = from.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    let bytes = read.with_context(|| format!("cannot read {} as UTF-8 text", place.display()))?;
    if bytes as u64 > FILE_BYTES_MAX {
        bail!("{} is larger than {FILE_BYTES_MAX} bytes", place.display());
    }
    Ok(text)
}
