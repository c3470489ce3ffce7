//! Which plane a path belongs to. Pure. The first segments named here are reserved slugs, so no tenant can own them.

/// The two kinds of process behind the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    Control,
    Gateway,
}

/// Paths of the control plane: the path itself and everything below it.
const CONTROL: [&str; 7] = [
    "/t",
    "/api",
    "/assets",
    "/console",
    "/new",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

/// The door `/`, and by whole segments of the raw path: `/tenant/…` is not below `/t`, and an escaped spelling is no other name.
pub(super) fn plane(path: &str) -> Plane {
    let control = path == "/"
        || CONTROL
            .iter()
            .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if control { Plane::Control } else { Plane::Gateway }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for path in [
            "/t/demo/oauth/token",
            "/t/demo/.well-known/openid-configuration",
            "/api/v1/platform/tenants",
            "/assets/app.css",
            "/console",
            "/console/demo/servers",
            "/new",
            "/new/pwu_token",
            "/.well-known/oauth-authorization-server/t/demo",
            "/.well-known/openid-configuration/t/demo",
            "/t",
            "/",
        ] {
            assert_eq!(plane(path), Plane::Control, "{path}");
        }
        for path in [
            "/demo/mcp/demo/server",
            "/.well-known/oauth-protected-resource/demo/mcp/demo/server",
            "/tenant/mcp/api/server",
            "/apis/mcp/x/server",
            "/consoles/mcp/x/server",
            "/newly/mcp/x/server",
            "/%74/demo/oauth/token",
            "/.well-known/oauth-authorization-server-x",
            "//",
        ] {
            assert_eq!(plane(path), Plane::Gateway, "{path}");
        }
    }
}
