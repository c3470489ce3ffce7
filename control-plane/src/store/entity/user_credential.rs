//! Table `user_credentials`.

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_credentials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Option<Uuid>,
    pub service_account_id: Option<Uuid>,
    pub server_id: Uuid,
    pub kind: String,
    pub upstream_origin: String,
    pub values_sealed: Vec<u8>,
    pub version: i64,
    pub set_by: Option<Uuid>,
    pub created_at: ChronoDateTimeUtc,
    pub set_at: ChronoDateTimeUtc,
    pub expires_at: Option<ChronoDateTimeUtc>,
    pub refused_at: Option<ChronoDateTimeUtc>,
    pub refreshed_at: Option<ChronoDateTimeUtc>,
    pub refresh_claimed_until: Option<ChronoDateTimeUtc>,
    pub scope: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("user_credential").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
