//! Keys of a tenant are replaced while people work.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use control_plane::app::keys::{self, KeyKind, Rotation};
use control_plane::app::upkeep;
use control_plane::domain::audit::Actor;
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::Ide;
use world::{World, on_both};

/// The clear part of a session id: a version, then the id of the key.
fn key_id(session: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(&session[..8]).unwrap()[1..5].to_vec()
}

fn kid(ide: &Ide) -> String {
    jsonwebtoken::decode_header(ide.access_token()).unwrap().kid.unwrap()
}

async fn keys_on_nodes(world: &World, slug: &str) -> Vec<(usize, usize)> {
    world.synced(slug).await;
    let tenant = world.tenant_id(slug).await.0;
    let snapshots = world.nodes.iter().map(|node| node.node.configuration.snapshot(tenant).unwrap());
    snapshots.map(|snapshot| (snapshot.signing_keys.len(), snapshot.session_keys.len())).collect()
}

on_both! {
    async fn old_tokens_and_sessions_work_through_the_overlap_and_lapse_by_a_delta(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        // Tokens of the longest life there is.
        owner.patch("", json!({"settings": {"access_token_s": 43_200}})).await.ok();
        let mut ide = owner.ide("github").await;
        ide.initialize().await;
        for node in &world.nodes {
            assert_eq!(ide.at(&node.origin()).call_tool("echo", json!({})).await.status, 200);
        }
        assert_eq!(keys_on_nodes(&world, "acme").await, [(1, 1), (1, 1)]);

        upkeep::rotate_keys(world.app()).await.unwrap();
        assert_eq!(keys_on_nodes(&world, "acme").await, [(1, 1), (1, 1)], "not due");
        let tenant = world.tenant_id("acme").await;
        let later = control_plane::domain::Clock::now(&world.clock) + TimeDelta::days(1);
        for kind in [KeyKind::Signing, KeyKind::Session] {
            // Two replicas at once: one makes the key, both are content.
            let rotate = || keys::rotate(world.app(), tenant, kind, later, Actor::System);
            let (one, other) = futures::join!(rotate(), rotate());
            assert!(one.unwrap() == Rotation::Rotated && other.is_ok());
        }
        let after = keys_on_nodes(&world, "acme").await;
        assert!(after.iter().all(|(signing, session)| (2..=3).contains(signing) && (2..=3).contains(session)), "{after:?}");
        let mut new = owner.ide("github").await;
        assert_ne!(kid(&new), kid(&ide), "the new key signs");
        let before = ide.session.clone().unwrap();
        new.initialize().await;
        assert_ne!(key_id(&before), key_id(new.session.as_ref().unwrap()), "the new key seals");
        for node in &world.nodes {
            assert_eq!(ide.at(&node.origin()).call_tool("echo", json!({})).await.status, 200, "the old ones are good");
            assert_eq!(new.at(&node.origin()).call_tool("echo", json!({})).await.status, 200);
        }
        world.advance(TimeDelta::hours(11));
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 200, "to the end of their life");

        // Lapsed: taken from nodes that stay connected, by a delta.
        world.advance(TimeDelta::hours(3));
        upkeep::forget_expired(world.app()).await.unwrap();
        assert!(keys_on_nodes(&world, "acme").await.iter().all(|(signing, session)| *signing == 1 && *session >= 2));
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 401);
        world.advance(TimeDelta::days(32));
        upkeep::forget_expired(world.app()).await.unwrap();
        assert_eq!(keys_on_nodes(&world, "acme").await, [(1, 1), (1, 1)]);
        upkeep::rotate_keys(world.app()).await.unwrap();
        assert_eq!(keys_on_nodes(&world, "acme").await, [(2, 2), (2, 2)], "a month old: due");
    }
}
