//! Table `scim_groups`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scim_groups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    pub version: i64,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::group::Entity",
        from = "(Column::TenantId, Column::GroupId)",
        to = "(super::group::Column::TenantId, super::group::Column::Id)"
    )]
    Group,
    #[sea_orm(
        belongs_to = "super::group_member::Entity",
        from = "(Column::TenantId, Column::GroupId)",
        to = "(super::group_member::Column::TenantId, super::group_member::Column::GroupId)"
    )]
    Members,
}

impl Related<super::group::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Group.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
