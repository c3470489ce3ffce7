//! The token endpoint: refreshing.

use axum::http::StatusCode;
use chrono::TimeDelta;

use super::fixture::{LOOPBACK, Reply, World};
use crate::domain::tenancy::{RefreshRotation, UserStatus};

fn successor(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()["refresh_token"].as_str().unwrap().to_owned()
}

fn refused(reply: &Reply) {
    assert_eq!((reply.status, reply.json()["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")));
}

#[tokio::test]
async fn atk_20_stale_copies_work_for_a_day_and_older_ones_do_not() {
    let world = World::start().await;
    let (client_id, first) = world.connected().await;
    assert_eq!(successor(&world.refresh(&client_id, &first).await), first, "young tokens stay");
    world.clock.advance(TimeDelta::hours(24));
    let second = successor(&world.refresh(&client_id, &first).await);
    assert_ne!(second, first);
    // Another process of the IDE, with the copy of three hours ago.
    world.clock.advance(TimeDelta::hours(3));
    assert_eq!(successor(&world.refresh(&client_id, &first).await), second);
    assert_eq!(successor(&world.refresh(&client_id, &second).await), second);
    world.clock.advance(TimeDelta::hours(21));
    refused(&world.refresh(&client_id, &first).await);
    // The family lives on.
    let third = successor(&world.refresh(&client_id, &second).await);
    assert_ne!(third, second);
    successor(&world.refresh(&client_id, &third).await);
}

#[tokio::test]
async fn atk_20_parallel_refreshes_get_one_successor() {
    let world = World::start().await;
    world.set("acme", |settings| settings.refresh_rotation = RefreshRotation::Strict).await;
    let (client_id, first) = world.connected().await;
    let (one, two, three) = tokio::join!(
        world.refresh(&client_id, &first),
        world.refresh(&client_id, &first),
        world.refresh(&client_id, &first)
    );
    let next = successor(&one);
    assert_ne!(next, first);
    assert_eq!((successor(&two), successor(&three)), (next.clone(), next));
}

#[tokio::test]
async fn atk_20_strict_rotation_ends_the_family_of_a_replayed_token() {
    let world = World::start().await;
    world.set("acme", |settings| settings.refresh_rotation = RefreshRotation::Strict).await;
    let (client_id, first) = world.connected().await;
    let second = successor(&world.refresh(&client_id, &first).await);
    world.clock.advance(TimeDelta::seconds(59));
    assert_eq!(successor(&world.refresh(&client_id, &first).await), second);
    world.clock.advance(TimeDelta::seconds(1));
    refused(&world.refresh(&client_id, &first).await);
    refused(&world.refresh(&client_id, &second).await);
}

#[tokio::test]
async fn a_token_that_nobody_uses_dies_after_thirty_days_and_a_used_one_does_not() {
    let world = World::start().await;
    let (client_id, idle) = world.connected().await;
    let (other_client, mut used) = world.connected().await;
    for _ in 0..3 {
        world.clock.advance(TimeDelta::days(10));
        used = successor(&world.refresh(&other_client, &used).await);
    }
    refused(&world.refresh(&client_id, &idle).await);
}

#[tokio::test]
async fn each_refresh_checks_the_person_the_access_the_client_and_the_resource() {
    let world = World::start().await;
    let (client_id, token) = world.connected().await;
    let stranger = world.register("acme", LOOPBACK).await;
    refused(&world.refresh(&stranger, &token).await);
    refused(&world.refresh(&client_id, "pwr_guessed").await);
    let unknown = world.refresh("cli_gone", &token).await;
    assert_eq!((unknown.status, unknown.json()["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_client")));
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id.as_str()),
        ("refresh_token", token.as_str()),
        ("resource", "https://gw.example/acme/mcp/other/server"),
    ];
    assert_eq!(world.token("acme", &fields).await.json()["error"], "invalid_target");
    successor(&world.refresh(&client_id, &token).await);

    let store = world.app.store.tenant(world.tenant("acme").await.id).await.unwrap();
    let mut ana = store.find_user_by_name("ana").await.unwrap().unwrap();
    ana.status = UserStatus::Deactivated { at: store.now() };
    store.update_user(&ana).await.unwrap();
    store.commit().await.unwrap();
    refused(&world.refresh(&client_id, &token).await);
    let store = world.app.store.tenant(world.tenant("acme").await.id).await.unwrap();
    ana.status = UserStatus::Active;
    store.update_user(&ana).await.unwrap();
    store.commit().await.unwrap();
    successor(&world.refresh(&client_id, &token).await);

    let store = world.app.store.tenant(world.tenant("acme").await.id).await.unwrap();
    let slug = "git".parse().unwrap();
    let git = store.find_usable_server(&slug, ana.id).await.unwrap().unwrap().id;
    let everyone = store.find_access_grant_of(git, crate::domain::server::Subject::Everyone).await.unwrap().unwrap();
    store.delete_access_grant(everyone.id).await.unwrap();
    store.commit().await.unwrap();
    refused(&world.refresh(&client_id, &token).await);
}

#[tokio::test]
async fn our_own_failure_is_never_invalid_grant() {
    let world = World::start().await;
    let (client_id, token) = world.connected().await;
    let broken = world.with_another_kek().await;
    let reply = broken.refresh(&client_id, &token).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(!reply.body.contains("KEK"), "{}", reply.body);
    successor(&world.refresh(&client_id, &token).await);
}
