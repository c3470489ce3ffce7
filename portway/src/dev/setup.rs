//! What a first start needs, made through the same use-cases as anywhere: an operator, an enrolled node, the tenant with
//! a one-time link for its first owner, the demo server granted to everyone. Running it again changes nothing that is
//! there, except the link, which is issued anew until somebody has used it.

use anyhow::Context;
use control_plane::app::platform::{self, NewTenant};
use control_plane::app::provision;
use control_plane::app::{nodes, servers::NewServer};
use control_plane::domain::Error;
use control_plane::domain::audit::Actor;
use control_plane::domain::credential::OutboundInput;
use control_plane::domain::ids::{OperatorId, TenantId};
use control_plane::domain::transport::Transport;
use control_plane::state::App;
use secrecy::{ExposeSecret, SecretString};

use super::data::DataDir;

pub(super) const OPERATOR_TOKEN: &str = "operator.token";
const NODE_SECRET: &str = "node.secret";
const POOL: &str = "default";
const TENANT: &str = "demo";
/// What the first owner signs in with; nothing is ever sent there.
const OWNER_EMAIL: &str = "owner@localhost";
pub(super) const SERVER: &str = "demo";

/// What is in place now.
pub(super) struct Setup {
    pub(super) node_secret: SecretString,
    /// The first owner's one-time link; absent once somebody has used one.
    pub(super) setup_url: Option<String>,
    pub(super) home_url: String,
    /// The demo server behind the gateway, unless it is off or an admin retired it.
    pub(super) gateway_url: Option<String>,
}

/// Makes what is missing.
pub(super) async fn prepare(app: &App, data: &DataDir, demo_url: Option<&str>) -> anyhow::Result<Setup> {
    let operator = operator(app, data).await.context("cannot set up the operator")?;
    let node_secret = node_secret(app, data).await.context("cannot enrol the node")?;
    let (tenant_id, issuer, setup_url) = tenant(app, operator).await.context("cannot set up the demo tenant")?;
    let gateway_url = match demo_url {
        Some(url) => demo_server(app, operator, tenant_id, url).await.context("cannot register the demo server")?,
        None => None,
    };
    Ok(Setup { node_secret, setup_url, home_url: format!("{issuer}/"), gateway_url })
}

/// The operator whose token is kept in the folder.
async fn operator(app: &App, data: &DataDir) -> anyhow::Result<OperatorId> {
    if let Some(token) = data.find_secret(OPERATOR_TOKEN)? {
        match platform::authenticate_operator(app, &token).await {
            Err(Error::Unauthenticated) => {}
            known => return Ok(known?),
        }
    }
    let (id, token) = platform::create_operator(app, &fresh_name(app)).await?;
    data.keep_secret(OPERATOR_TOKEN, &token)?;
    Ok(id)
}

async fn node_secret(app: &App, data: &DataDir) -> anyhow::Result<SecretString> {
    if let Some(secret) = data.find_secret(NODE_SECRET)? {
        match nodes::authenticate(app, &secret).await {
            Err(Error::Unauthenticated) => {}
            known => {
                known?;
                return Ok(secret);
            }
        }
    }
    let (_, secret) = nodes::enrol(app, Actor::System, &fresh_name(app), POOL).await?;
    data.keep_secret(NODE_SECRET, &secret)?;
    Ok(secret)
}

/// Names are never reused, and the file that goes with an earlier one may have been lost.
fn fresh_name(app: &App) -> String {
    format!("dev-{}", app.clock.now().timestamp_micros())
}

/// The tenant's id and issuer, and the link, if its first owner has not come yet.
async fn tenant(app: &App, operator: OperatorId) -> anyhow::Result<(TenantId, String, Option<String>)> {
    let actor = Actor::Operator(operator);
    let (tenant, invited) = match platform::get_tenant(app, TENANT).await {
        Ok(tenant) => match platform::invite_owner(app, actor, TENANT, OWNER_EMAIL).await {
            Ok(invited) => (tenant, Some(invited)),
            Err(Error::Conflict { code: "invitation.user_exists", .. }) => (tenant, None),
            Err(error) => return Err(error.into()),
        },
        Err(Error::NotFound { .. }) => {
            let new = NewTenant {
                slug: TENANT.to_owned(),
                display_name: "Demo".to_owned(),
                owner_email: Some(OWNER_EMAIL.to_owned()),
                pool: Some(POOL.to_owned()),
                ..NewTenant::default()
            };
            platform::create_tenant(app, actor, new).await?
        }
        Err(error) => return Err(error.into()),
    };
    let link = invited.map(|invited| invited.link.expose_secret().to_owned());
    Ok((tenant.id, tenant.issuer, link))
}

async fn demo_server(
    app: &App,
    operator: OperatorId,
    tenant_id: TenantId,
    upstream_url: &str,
) -> anyhow::Result<Option<String>> {
    let new = NewServer {
        slug: SERVER.to_owned(),
        display_name: "Demo".to_owned(),
        description: "A small MCP server to try the gateway with.".to_owned(),
        tags: Vec::new(),
        upstream_url: Some(upstream_url.to_owned()),
        outbound_auth: OutboundInput::None,
        timeout_ms: 0,
        members: None,
        transport: Transport::default(),
    };
    Ok(provision::provide_server(app, operator, tenant_id, new).await?)
}
