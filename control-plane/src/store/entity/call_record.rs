//! Table `call_records`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub started_at: ChronoDateTimeUtc,
    pub principal_kind: String,
    pub principal_id: Uuid,
    pub client_name: String,
    pub client_version: String,
    pub client_id: String,
    pub server_id: Uuid,
    pub member_id: Option<Uuid>,
    pub method: String,
    pub target: String,
    pub client_protocol: String,
    pub upstream_protocol: String,
    pub outcome: String,
    pub error_reason: String,
    pub fault: String,
    pub bytes_in: i64,
    pub bytes_out: i64,
    pub duration_us: i64,
    pub upstream_us: i64,
    pub trace_id: String,
    pub rule_ids: Json,
    pub node_id: String,
    pub api_key_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
