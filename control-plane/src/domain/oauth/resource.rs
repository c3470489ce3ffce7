//! Resource indicators (RFC 8707): which server of a tenant a client wants a token for. Syntax and origin only; whether
//! the server exists is nobody's business before sign-in.

use proto::names::{GatewayPath, ServerSlug};
use url::Url;

use super::OAuthError;
use crate::domain::tenancy::Tenant;

/// A well-formed resource of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub server: ServerSlug,
    /// The canonical spelling: what becomes `aud`.
    pub canonical: String,
}

/// Reads the `resource` parameter. Case of scheme and host and one trailing slash do not matter.
pub fn parse(text: &str, tenant: &Tenant) -> Result<Resource, OAuthError> {
    let invalid = || OAuthError::InvalidTarget("resource must be the URL of an MCP server of this tenant");
    let url = Url::parse(text).map_err(|_| invalid())?;
    let bare = url.query().is_none() && url.fragment().is_none() && !text.contains(['?', '#', '@', '\\', '%']);
    let origin = url.origin().ascii_serialization();
    let origin = tenant.gateway_origins.iter().find(|known| **known == origin).ok_or_else(invalid)?;
    // The path as written: the URL parser would fold dot segments away.
    let path = text.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    let path =
        path.and_then(GatewayPath::parse).filter(|path| bare && path.tenant == tenant.slug).ok_or_else(invalid)?;
    Ok(Resource { canonical: path.resource(origin), server: path.server })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::TenantId;
    use crate::domain::tenancy::{TenantSettings, TenantStatus};

    #[test]
    fn resources_of_a_tenant() {
        let tenant = Tenant {
            id: TenantId(Uuid::nil()),
            slug: "acme".parse().unwrap(),
            display_name: "Acme".into(),
            status: TenantStatus::Active,
            issuer: "https://auth.example/t/acme".into(),
            gateway_origins: vec!["https://gw.example".into(), "http://localhost:8080".into()],
            pool: String::new(),
            region: String::new(),
            settings: TenantSettings::default(),
            created_at: DateTime::UNIX_EPOCH,
        };
        let check = |text: &str, expected: Option<&str>| {
            let canonical = parse(text, &tenant).ok().map(|resource| resource.canonical);
            assert_eq!(canonical.as_deref(), expected, "{text}");
        };
        let canonical = Some("https://gw.example/acme/mcp/git/server");
        check("https://gw.example/acme/mcp/git/server", canonical);
        check("https://gw.example/acme/mcp/git/server/", canonical);
        check("HTTPS://GW.Example/acme/mcp/git/server", canonical);
        check("https://gw.example:443/acme/mcp/git/server", canonical);
        check("http://localhost:8080/acme/mcp/git/server", Some("http://localhost:8080/acme/mcp/git/server"));
        for bad in [
            "",
            "gw.example/acme/mcp/git/server",
            "https://gw.example",
            "https://gw.example/acme",
            "https://gw.example/other/mcp/git/server",
            "https://evil.example/acme/mcp/git/server",
            "http://gw.example/acme/mcp/git/server",
            "https://gw.example:8443/acme/mcp/git/server",
            "https://gw.example/acme/mcp/git/server//",
            "https://gw.example/acme/mcp/git/server?x=1",
            "https://gw.example/acme/mcp/git/server#x",
            "https://gw.example/acme/mcp/GIT/server",
            "https://gw.example/x/../acme/mcp/git/server",
            "https://user@gw.example/acme/mcp/git/server",
            "https://gw.example\\acme/mcp/git/server",
            "https://gw.example/acme/mcp/g%69t/server",
        ] {
            check(bad, None);
        }
    }
}
