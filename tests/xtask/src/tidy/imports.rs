//! Who may mention whom inside a crate. The layers of the control plane are folders, not crates: this keeps them apart.

use std::collections::BTreeSet;

use super::Finding;

/// A rule about the files that lie in `inside` and not in `except`: they mention none of `never`.
/// A place is a module: `a/b` stands for `a/b.rs` and everything in `a/b/`.
/// Test modules in files of their own look behind the scenes: they may, except where purity is the point.
struct Rule {
    binds_tests: bool,
    inside: &'static [&'static str],
    except: &'static [&'static str],
    never: &'static [&'static str],
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        binds_tests: true,
        inside: &["control-plane/src/domain"],
        except: &[],
        never: &[
            "axum",
            "sea_orm",
            "sqlx",
            "tonic",
            "prost",
            "redis",
            "reqwest",
            "hyper",
            "tokio",
            "std::env",
            "proto::wire",
        ],
        instead: "the domain is pure: take the value as an argument, or do the work in app/ or at the edge",
    },
    Rule {
        binds_tests: false,
        inside: &["control-plane/src", "data-plane/src", "portway/src", "proto/src"],
        except: STORE,
        never: &["sea_orm", "sea_orm_migration", "sqlx", "DbErr"],
        instead: "only store/ speaks SQL: add a method there, with domain types in and out",
    },
    Rule {
        binds_tests: false,
        inside: &["control-plane/src/http", "control-plane/src/grpc", "control-plane/src/jobs"],
        except: EXTRACTORS,
        never: &["store", "crate::store"],
        instead: "call a use-case in app/; only extractors open a store",
    },
    Rule {
        binds_tests: false,
        inside: &["control-plane/src", "portway/src"],
        except: ACROSS_TENANTS,
        never: &["SystemStore"],
        instead: "work inside one tenant with TenantStore; work across tenants needs a row in ACROSS_TENANTS and a reason",
    },
];

/// The only SQL.
const STORE: &[&str] = &["control-plane/src/store"];

/// Edge files that open a `TenantStore`: they prove who calls and for which tenant.
const EXTRACTORS: &[&str] = &["control-plane/src/http/extract"];

/// Files that may hold a `SystemStore`, which row-level security does not confine to one tenant.
const ACROSS_TENANTS: &[&str] = &[
    "control-plane/src/store",
    "control-plane/src/app/platform",
    "control-plane/src/app/publish",
    "control-plane/src/grpc",
    "control-plane/src/jobs",
    "control-plane/src/main",
    "control-plane/src/lib",
];

/// Findings in one Rust file; `code` has its comments and literals blanked.
pub(crate) fn check(path: &str, code: &str) -> Vec<Finding> {
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    let applies =
        |rule: &&Rule| within(path, rule.inside) && !within(path, rule.except) && (rule.binds_tests || !is_test);
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(applies) {
        let mut seen = BTreeSet::new();
        for never in rule.never {
            for line in mentions(code, never).filter(|line| seen.insert(*line)) {
                findings.push(Finding::new(path, line, format!("mentions `{never}`: {}", rule.instead)));
            }
        }
    }
    findings
}

fn within(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
}

/// Lines of `code` that name `item`: a type (`DbErr`) anywhere; a crate or module as part of a path; `a::b` at the head
/// of a path, also as `a::{c, b}`.
fn mentions<'a>(code: &'a str, item: &'a str) -> impl Iterator<Item = usize> + 'a {
    let (head, member) = item.split_once("::").map_or((item, None), |(head, member)| (head, Some(member)));
    let is_type = head.starts_with(|first: char| first.is_ascii_uppercase());
    code.match_indices(head).filter_map(move |(at, _)| {
        let before = code.get(..at)?.trim_end_matches(' ');
        let after = code.get(at + head.len()..)?;
        let whole = !code.get(..at)?.ends_with(word) && !after.starts_with(word);
        let named = whole
            && match member {
                _ if is_type => true,
                Some(member) => path_head(before) && names_member(after, member),
                None => is_segment(before, after),
            };
        named.then(|| code.get(..at).map_or(1, |text| text.matches('\n').count() + 1))
    })
}

/// `axum::x`, `super::store::x`, `use axum;`: a segment of a path, not a variable and not a field.
fn is_segment(before: &str, after: &str) -> bool {
    let imported = before.ends_with("use") || before.ends_with("::");
    !before.ends_with('.') && (after.trim_start().starts_with("::") || (imported && !after.starts_with('(')))
}

/// True when a path starts here: `axum::x` and `::axum::x`, not `other::axum` and not `self.store`.
fn path_head(before: &str) -> bool {
    match before.strip_suffix("::") {
        Some(left) => !left.ends_with(word) && !left.ends_with('>'),
        None => !before.ends_with('.'),
    }
}

/// `::member` or `::{…, member…}` follows.
fn names_member(after: &str, member: &str) -> bool {
    let Some(after) = after.trim_start().strip_prefix("::").map(str::trim_start) else { return false };
    let starts = |text: &str| text.strip_prefix(member).is_some_and(|rest| !rest.starts_with(word));
    let Some(group) = after.strip_prefix('{') else { return starts(after) };
    let mut depth = 1_usize;
    let mut item_starts = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return false;
        }
        if item_starts && depth == 1 && group.get(at..).is_some_and(starts) {
            return true;
        }
        item_starts = character == ',' || (item_starts && character.is_whitespace());
    }
    false
}

fn word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn layers_are_kept_apart() {
        let lines = |path: &str, code: &str, expected: &[usize]| {
            let found: Vec<usize> = check(path, code).iter().map(|finding| finding.line).collect();
            assert_eq!(found, expected, "{path}: {code}");
        };
        let domain = "control-plane/src/domain/server.rs";
        lines(domain, "use proto::names::TenantSlug;\nuse chrono::Utc;", &[]);
        lines(domain, "use axum::Json;", &[1]);
        lines(domain, "use std::fmt;\nuse ::tokio::sync;", &[2]);
        lines(domain, "use tokio;", &[1]);
        lines(domain, "let tokio = 1; retokio::f(); a.tokio();", &[]);
        lines(domain, "use std::{fmt, env};", &[1]);
        lines(domain, "use std::{fmt::{env}, io};", &[]);
        lines(domain, "use proto::{claims, wire::McpServer};", &[1]);
        lines(domain, "proto :: wire :: Hello", &[1]);
        lines("control-plane/src/domain.rs", "use hyper::Uri;", &[1]);
        lines("control-plane/src/domains.rs", "use hyper::Uri;", &[]);

        lines("control-plane/src/store/servers.rs", "use sea_orm::DbErr;", &[]);
        lines("control-plane/src/store.rs", "use sea_orm::DbErr;", &[]);
        lines("control-plane/src/app/servers.rs", "use sea_orm::Value;", &[1]);
        lines("control-plane/src/app.rs", "fn f(error: DbErr) {}", &[1]);
        lines("data-plane/src/lib.rs", "sqlx::query(x)", &[1]);
        lines("tests/it/isolation.rs", "use sea_orm::Value;", &[]);

        lines("control-plane/src/http/api/servers.rs", "use crate::store::Store;", &[1]);
        lines("control-plane/src/http/api/servers.rs", "use crate::{app, store::Store};", &[1]);
        lines("control-plane/src/http/api/servers.rs", "use crate::{app, store};", &[1]);
        lines("control-plane/src/http/api.rs", "use super::store;", &[1]);
        lines("control-plane/src/http/api.rs", "session::store(x)", &[]);
        lines("control-plane/src/grpc.rs", "app.store.tenant(id)", &[]);
        lines("control-plane/src/http/extract.rs", "use crate::store::TenantStore;", &[]);
        lines("control-plane/src/app/servers.rs", "use crate::store::TenantStore;", &[]);

        lines("control-plane/src/app/servers.rs", "use crate::store::SystemStore;", &[1]);
        lines("control-plane/src/app/publish.rs", "use crate::store::SystemStore;", &[]);
        lines("control-plane/src/grpc/tests/plane.rs", "use crate::store::Store; sqlx::query(x)", &[]);
        lines("control-plane/src/domain/tests.rs", "use tokio::sync;", &[1]);
        lines("control-plane/src/app/servers.rs", "NotASystemStoreAtAll", &[]);
    }
}
