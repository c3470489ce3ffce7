//! Filters as conditions. What an index or a column answers becomes SQL; the rest is said to be left over, and the caller
//! looks at the rows that remain.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Condition, DatabaseBackend};
use uuid::Uuid;

use crate::domain::ids::{GroupId, UserId};
use crate::domain::scim::Kind;
use crate::domain::scim::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter, path_of};
use crate::store::entity::{group, group_member, scim_group, scim_user, scim_user_email, user};

/// Rows that may match.
pub(super) struct Narrowed {
    pub(super) condition: Condition,
    /// Each of them does match.
    pub(super) exact: bool,
}

pub(super) struct Translator {
    pub(super) kind: Kind,
    pub(super) backend: DatabaseBackend,
    pub(super) tenant_id: Uuid,
}

/// A text column and how it compares.
struct Text {
    column: Expr,
    /// The column is in lower case, the value is brought there.
    folded: bool,
    nullable: bool,
}

impl Translator {
    pub(super) fn narrow(&self, filter: &Filter) -> Narrowed {
        match filter {
            Filter::Attr(term) => exactly(self.term(term)),
            Filter::ValuePath(path) => self.elements(&path.attr, &path.filter),
            Filter::Not(inner) => match self.narrow(inner) {
                Narrowed { condition, exact: true } => Narrowed { condition: condition.not(), exact: true },
                _ => anything(),
            },
            Filter::And(all) => all.iter().map(|one| self.narrow(one)).fold(everything(), |sum, one| Narrowed {
                condition: sum.condition.add(one.condition),
                exact: sum.exact && one.exact,
            }),
            Filter::Or(all) => {
                let all: Vec<Narrowed> = all.iter().map(|one| self.narrow(one)).collect();
                // One alternative that may be any row makes any row possible; its condition is empty.
                if all.iter().any(|one| !one.exact && one.condition.is_empty()) {
                    return anything();
                }
                let exact = all.iter().all(|one| one.exact);
                let condition = all.into_iter().fold(Condition::any(), |sum, one| sum.add(one.condition));
                Narrowed { condition, exact }
            }
        }
    }

    fn term(&self, term: &AttrExp) -> Option<Condition> {
        let path = path_of(term);
        if path.uri.as_deref().is_some_and(|urn| !urn.eq_ignore_ascii_case(self.kind.urn())) {
            return None;
        }
        let sub = path.sub_attr.as_deref().map(str::to_ascii_lowercase);
        let name = path.name.to_ascii_lowercase();
        match (self.kind, name.as_str(), sub.as_deref()) {
            (Kind::User, "username", None) => {
                text(self, &folded(Expr::col(user::Column::UserName.as_column_ref())), term)
            }
            (Kind::User, "displayname", None) => {
                text(self, &Text { nullable: true, ..folded(col(scim_user::Column::DisplayKey)) }, term)
            }
            (Kind::User, "externalid", None) => text(self, &exact(col(user::Column::ExternalId)), term),
            (Kind::User, "id", None) => {
                id(col(user::Column::Id), |text| text.parse::<UserId>().ok().map(UserId::uuid), term)
            }
            (Kind::User, "active", None) => active(term),
            (Kind::User, "meta", Some("created")) => time(col(user::Column::CreatedAt), term),
            (Kind::User, "meta", Some("lastmodified")) => time(col(scim_user::Column::UpdatedAt), term),
            (Kind::User, "emails", None | Some("value")) => self.email(term),
            (Kind::User, "groups", None | Some("value")) => self.group_of_user(term),
            (Kind::Group, "displayname", None) => text(self, &folded(col(group::Column::NameKey)), term),
            (Kind::Group, "externalid", None) => text(self, &exact(col(group::Column::ExternalId)), term),
            (Kind::Group, "id", None) => {
                id(col(group::Column::Id), |text| text.parse::<GroupId>().ok().map(GroupId::uuid), term)
            }
            (Kind::Group, "meta", Some("created")) => time(col(group::Column::CreatedAt), term),
            (Kind::Group, "meta", Some("lastmodified")) => time(col(scim_group::Column::UpdatedAt), term),
            (Kind::Group, "members", None | Some("value")) => self.member_of_group(term),
            _ => None,
        }
    }

    /// A value path. The value among its conditions finds the candidates; only alone does it decide.
    fn elements(&self, attribute: &AttrPath, filter: &ValFilter) -> Narrowed {
        let of_value = |term: &AttrExp| {
            let path = AttrPath { sub_attr: Some(path_of(term).name.clone()), ..attribute.clone() };
            self.term(&match term {
                AttrExp::Present(_) => AttrExp::Present(path),
                AttrExp::Comparison(_, operator, value) => AttrExp::Comparison(path, operator.clone(), value.clone()),
            })
        };
        match filter {
            // `emails[value ne "x"]` asks for another element, `emails.value ne "x"` for none that is.
            ValFilter::Attr(AttrExp::Comparison(_, CompareOp::Ne, _)) => anything(),
            ValFilter::Attr(term) => exactly(of_value(term)),
            ValFilter::And(all) => {
                let found = all.iter().filter_map(|one| match self.elements(attribute, one) {
                    Narrowed { condition, .. } if !condition.is_empty() => Some(condition),
                    _ => None,
                });
                Narrowed { condition: found.fold(Condition::all(), Condition::add), exact: false }
            }
            ValFilter::Or(all) => {
                let all: Vec<Narrowed> = all.iter().map(|one| self.elements(attribute, one)).collect();
                if all.iter().any(|one| one.condition.is_empty()) {
                    return anything();
                }
                let exact = all.iter().all(|one| one.exact);
                Narrowed { condition: all.into_iter().fold(Condition::any(), |sum, one| sum.add(one.condition)), exact }
            }
            ValFilter::Not(_) => anything(),
        }
    }

    fn email(&self, term: &AttrExp) -> Option<Condition> {
        let of_user = |matching: Condition| {
            let select = Query::select()
                .expr(Expr::val(1))
                .from(scim_user_email::Entity)
                .and_where(col(scim_user_email::Column::TenantId).eq(self.tenant_id))
                .and_where(col(scim_user_email::Column::UserId).equals(scim_user::Column::UserId.as_column_ref()))
                .cond_where(matching)
                .to_owned();
            Condition::all().add(Expr::exists(select))
        };
        match term {
            AttrExp::Present(_) => Some(of_user(Condition::all())),
            AttrExp::Comparison(_, _, CompValue::Null) => None,
            // None of them is it.
            AttrExp::Comparison(path, CompareOp::Ne, value) => {
                let is = AttrExp::Comparison(path.clone(), CompareOp::Eq, value.clone());
                Some(self.email(&is)?.not())
            }
            comparison => Some(of_user(text(self, &folded(col(scim_user_email::Column::Email)), comparison)?)),
        }
    }

    fn group_of_user(&self, term: &AttrExp) -> Option<Condition> {
        self.membership(
            term,
            |text| text.parse::<GroupId>().ok().map(GroupId::uuid),
            group_member::Column::GroupId,
            col(group_member::Column::UserId).equals(scim_user::Column::UserId.as_column_ref()),
        )
    }

    fn member_of_group(&self, term: &AttrExp) -> Option<Condition> {
        self.membership(
            term,
            |text| text.parse::<UserId>().ok().map(UserId::uuid),
            group_member::Column::UserId,
            col(group_member::Column::GroupId).equals(scim_group::Column::GroupId.as_column_ref()),
        )
    }

    fn membership(
        &self,
        term: &AttrExp,
        parse: impl Fn(&str) -> Option<Uuid>,
        wanted: group_member::Column,
        of_this: Expr,
    ) -> Option<Condition> {
        let owned = Query::select()
            .column(scim_group::Column::GroupId.as_column_ref())
            .from(scim_group::Entity)
            .and_where(col(scim_group::Column::TenantId).eq(self.tenant_id))
            .to_owned();
        let mut select = Query::select()
            .expr(Expr::val(1))
            .from(group_member::Entity)
            .and_where(col(group_member::Column::TenantId).eq(self.tenant_id))
            .and_where(of_this)
            .to_owned();
        if self.kind == Kind::User {
            // Groups of our own are not shown.
            select.and_where(col(group_member::Column::GroupId).in_subquery(owned));
        }
        match term {
            AttrExp::Present(_) => Some(Condition::all().add(Expr::exists(select))),
            AttrExp::Comparison(_, operator @ (CompareOp::Eq | CompareOp::Ne), CompValue::Str(value)) => {
                let is = match parse(value) {
                    Some(id) => Condition::all().add(Expr::exists(select.and_where(col(wanted).eq(id)).to_owned())),
                    None => never(),
                };
                Some(if *operator == CompareOp::Ne { is.not() } else { is })
            }
            AttrExp::Comparison(..) => None,
        }
    }
}

fn col<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}

const fn folded(column: Expr) -> Text {
    Text { column, folded: true, nullable: false }
}

const fn exact(column: Expr) -> Text {
    Text { column, folded: false, nullable: true }
}

fn exactly(condition: Option<Condition>) -> Narrowed {
    condition.map_or_else(anything, |condition| Narrowed { condition, exact: true })
}

fn everything() -> Narrowed {
    Narrowed { condition: Condition::all(), exact: true }
}

/// Any row may match: only a look at it tells.
fn anything() -> Narrowed {
    Narrowed { condition: Condition::all(), exact: false }
}

fn always() -> Condition {
    Condition::all().add(Expr::val(1).eq(1))
}

fn never() -> Condition {
    Condition::all().add(Expr::val(1).eq(0))
}

/// Never NULL, so that `not` means what it says.
fn text(translator: &Translator, of: &Text, term: &AttrExp) -> Option<Condition> {
    let present = || if of.nullable { Condition::all().add(of.column.clone().is_not_null()) } else { always() };
    let AttrExp::Comparison(_, operator, value) = term else { return Some(present()) };
    let wanted = match value {
        CompValue::Str(text) if of.folded => text.to_lowercase(),
        CompValue::Str(text) => text.clone(),
        CompValue::Null if *operator == CompareOp::Eq => return Some(present().not()),
        CompValue::Null if *operator == CompareOp::Ne => return Some(present()),
        _ if *operator == CompareOp::Ne => return Some(always()),
        _ => return Some(never()),
    };
    // PostgreSQL has no such character and refuses it.
    if wanted.contains('\0') {
        return Some(if *operator == CompareOp::Ne { always() } else { never() });
    }
    let column = || of.column.clone();
    let length = i32::try_from(wanted.chars().count()).ok()?;
    let matching = match operator {
        CompareOp::Eq | CompareOp::Ne => column().eq(wanted),
        CompareOp::Co => {
            let place = if translator.backend == DatabaseBackend::Postgres { "strpos" } else { "instr" };
            Expr::expr(Func::cust(place).arg(column()).arg(Expr::val(wanted))).gt(0)
        }
        CompareOp::Sw => substring(column(), Expr::val(1), length).eq(wanted),
        CompareOp::Ew => {
            let from = Expr::expr(Func::cust("length").arg(column())).sub(length).add(1);
            let long = Expr::expr(Func::cust("length").arg(column())).gte(length);
            long.and(substring(column(), from, length).eq(wanted))
        }
        CompareOp::Gt => column().gt(wanted),
        CompareOp::Ge => column().gte(wanted),
        CompareOp::Lt => column().lt(wanted),
        CompareOp::Le => column().lte(wanted),
    };
    let condition = present().add(matching);
    Some(if *operator == CompareOp::Ne { condition.not() } else { condition })
}

fn substring(column: Expr, from: Expr, length: i32) -> Expr {
    Expr::expr(Func::cust("substr").arg(column).arg(from).arg(Expr::val(length)))
}

fn id(column: Expr, parse: impl Fn(&str) -> Option<Uuid>, term: &AttrExp) -> Option<Condition> {
    match term {
        AttrExp::Present(_) => Some(always()),
        AttrExp::Comparison(_, operator @ (CompareOp::Eq | CompareOp::Ne), CompValue::Str(text)) => {
            let is = parse(text).map_or_else(never, |id| Condition::all().add(column.eq(id)));
            Some(if *operator == CompareOp::Ne { is.not() } else { is })
        }
        AttrExp::Comparison(..) => None,
    }
}

fn active(term: &AttrExp) -> Option<Condition> {
    let AttrExp::Comparison(_, operator, value) = term else { return Some(always()) };
    let wanted = match value {
        CompValue::True => true,
        CompValue::False => false,
        CompValue::Str(text) => text.to_ascii_lowercase().parse().ok()?,
        _ => return None,
    };
    let status = if wanted == (*operator == CompareOp::Eq) { "active" } else { "deactivated" };
    Some(Condition::all().add(col(user::Column::Status).eq(status)))
}

fn time(column: Expr, term: &AttrExp) -> Option<Condition> {
    let AttrExp::Comparison(_, operator, CompValue::Str(text)) = term else {
        return matches!(term, AttrExp::Present(_)).then(always);
    };
    let wanted: DateTime<Utc> = DateTime::parse_from_rfc3339(text).ok()?.into();
    let matching = match operator {
        CompareOp::Eq => column.eq(wanted),
        CompareOp::Ne => column.ne(wanted),
        CompareOp::Gt => column.gt(wanted),
        CompareOp::Ge => column.gte(wanted),
        CompareOp::Lt => column.lt(wanted),
        CompareOp::Le => column.lte(wanted),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => return None,
    };
    Some(Condition::all().add(matching))
}
