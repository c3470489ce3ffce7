//! How often callers may call. Owners and admins decide; what contradicts itself is refused, what is probably not meant
//! is warned about, on request before anything is saved.

use std::collections::HashMap;

use serde_json::json;

use super::Ctx;
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::bundle::Member;
use crate::domain::fields::Mistakes;
use crate::domain::ids::{LimitRuleId, ServerId};
use crate::domain::limit_rule::{LimitRule, LimitRuleSpec, LimitSubject, LimitWarning};
use crate::domain::limits::LIMIT_RULES_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::server::{ServerKind, ServerStatus, Subject};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// What nodes that can count calls announce.
const CAPABILITY: &str = "limit_rules";

/// A rule as it is stored, or as it would be.
pub struct Saved {
    pub rule: LimitRule,
    pub warnings: Vec<LimitWarning>,
}

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<LimitRule>> {
    ctx.require(Action::ReadLimits)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_limit_rules(page).await
}

pub async fn get(ctx: &Ctx, id: LimitRuleId) -> Result<LimitRule> {
    ctx.require(Action::ReadLimits)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_limit_rule(id).await
}

/// Makes a rule; with `dry_run` it is only looked at.
pub async fn create(ctx: &Ctx, spec: LimitRuleSpec, dry_run: bool) -> Result<Saved> {
    ctx.require(Action::ManageLimits)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (spec, warnings) = checked(ctx, &store, spec, None).await?;
    if store.count_limit_rules().await? >= LIMIT_RULES_MAX {
        let public = format!("there are {LIMIT_RULES_MAX} limits already: delete one first");
        return Err(Error::conflict("limit_rule.too_many", public));
    }
    let (id, created_at) = (LimitRuleId(store.new_id()), store.now());
    let rule = LimitRule { id, spec, created_at, updated_at: created_at };
    store.insert_limit_rule(&rule, ctx.caller.principal.user()).await?;
    if !dry_run {
        note(ctx, &store, "limit_rule.created", &rule);
        store.commit().await?;
    }
    Ok(Saved { rule, warnings })
}

/// Puts another rule in the place of one. What is used up of a window stays used up, in proportion.
pub async fn replace(ctx: &Ctx, id: LimitRuleId, spec: LimitRuleSpec, dry_run: bool) -> Result<Saved> {
    ctx.require(Action::ManageLimits)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let before = store.get_limit_rule(id).await?;
    let (spec, warnings) = checked(ctx, &store, spec, Some(&before.spec)).await?;
    if spec == before.spec {
        return Ok(Saved { rule: before, warnings });
    }
    store.update_limit_rule(id, &spec).await?;
    let rule = LimitRule { spec, updated_at: store.now(), ..before };
    if !dry_run {
        note(ctx, &store, "limit_rule.changed", &rule);
        store.commit().await?;
    }
    Ok(Saved { rule, warnings })
}

pub async fn delete(ctx: &Ctx, id: LimitRuleId) -> Result<()> {
    ctx.require(Action::ManageLimits)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let rule = store.get_limit_rule(id).await?;
    store.delete_limit_rule(id).await?;
    note(ctx, &store, "limit_rule.deleted", &rule);
    store.commit().await?;
    Ok(())
}

/// The rule, if it can be: of itself, by what it names, and by the nodes that have to hold to it.
async fn checked(
    ctx: &Ctx,
    store: &TenantStore,
    spec: LimitRuleSpec,
    before: Option<&LimitRuleSpec>,
) -> Result<(LimitRuleSpec, Vec<LimitWarning>)> {
    let mut mistakes = Mistakes::default();
    let spec = spec.checked(&mut mistakes);
    let kinds = check_servers(store, &spec, before, &mut mistakes).await?;
    let inactive = check_subjects(store, &spec, before, &mut mistakes).await?;
    mistakes.finish(Some(()))?;
    let tenant = store.get_tenant().await?;
    if !ctx.app.nodes.pool_has(&tenant.pool, CAPABILITY) {
        let public = "a connected node is of a version that cannot count calls: update it first";
        return Err(Error::conflict("limit_rule.node_too_old", public));
    }
    let virtuals: Vec<ServerId> = kinds.iter().filter(|(_, is_virtual)| *is_virtual).map(|(id, _)| *id).collect();
    let members = store.list_server_members(&virtuals).await?;
    let none: &[Member] = &[];
    let offered = kinds.iter().map(|(id, is_virtual)| is_virtual.then(|| members.get(id).map_or(none, Vec::as_slice)));
    let mut warnings = spec.warnings(&offered.collect::<Vec<_>>());
    warnings.extend(inactive);
    Ok((spec, warnings))
}

/// Whether each named server is virtual. What is gone since the rule was made may stay in it.
async fn check_servers(
    store: &TenantStore,
    spec: &LimitRuleSpec,
    before: Option<&LimitRuleSpec>,
    mistakes: &mut Mistakes,
) -> Result<Vec<(ServerId, bool)>> {
    let mut kinds = Vec::with_capacity(spec.servers.len());
    for (at, id) in spec.servers.iter().enumerate() {
        match store.find_server(*id).await?.filter(|server| server.status != ServerStatus::Retired) {
            Some(server) => kinds.push((*id, server.kind == ServerKind::Virtual)),
            None if before.is_some_and(|before| before.servers.contains(id)) => {}
            None => {
                let mistake = ("limit_rule.unknown_server", "is no server of this tenant".to_owned());
                mistakes.add(&format!("servers[{at}]"), mistake);
            }
        }
    }
    Ok(kinds)
}

/// A warning for each subject that cannot call now.
async fn check_subjects(
    store: &TenantStore,
    spec: &LimitRuleSpec,
    before: Option<&LimitRuleSpec>,
    mistakes: &mut Mistakes,
) -> Result<Vec<LimitWarning>> {
    let subjects: Vec<Subject> = spec.subjects.iter().copied().map(Subject::from).collect();
    let names: HashMap<_, _> = store.name_subjects(&subjects).await?;
    let mut warnings = Vec::new();
    for (at, subject) in spec.subjects.iter().enumerate() {
        let field = format!("subjects[{at}].id");
        match names.get(&Subject::from(*subject)) {
            Some(name) if name.active => {}
            Some(_) => {
                let message = "is deactivated, and calls nothing".to_owned();
                warnings.push(LimitWarning { code: "subject.inactive", field, message });
            }
            None if before.is_some_and(|before| before.subjects.contains(subject)) => {}
            None => {
                let words = match subject {
                    LimitSubject::User(_) => "is nobody of this tenant",
                    LimitSubject::Group(_) => "is no group of this tenant",
                    LimitSubject::ServiceAccount(_) => "is no service account of this tenant",
                };
                mistakes.add(&field, ("limit_rule.unknown_subject", words.to_owned()));
            }
        }
    }
    Ok(warnings)
}

fn note(ctx: &Ctx, store: &TenantStore, action: &'static str, rule: &LimitRule) {
    store.changed(ResourceKind::LimitRule, rule.id.0);
    let (target_kind, target_id) = ("limit_rule", Some(rule.id.0));
    store.audit(AuditEntry { actor: ctx.actor(), action, target_kind, target_id, detail: json!(rule.spec) });
}
