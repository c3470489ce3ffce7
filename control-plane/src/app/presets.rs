//! What to fill in for well-known servers, for those who register servers.

use super::Ctx;
use crate::domain::Result;
use crate::domain::access::Action;
use crate::domain::preset::{self, Preset};

pub fn list(ctx: &Ctx) -> Result<&'static [Preset]> {
    ctx.require(Action::RegisterServers)?;
    Ok(preset::all())
}
