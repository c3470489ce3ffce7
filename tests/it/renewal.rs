//! Tokens of people's accounts at their end, with many calls at once: whoever asks, the provider is asked once. And a
//! provider that is away for a while.

use chrono::TimeDelta;
use serde_json::json;
use world::ide::Ide;
use world::{World, on_both};

use crate::accounts::{Stage, ready, said, stage};

impl Stage {
    /// Calls at once, by the nodes in turns; what the server heard, or the caller was told.
    async fn storm(&self, ide: &Ide, count: usize) -> Vec<String> {
        let nodes = self.world.nodes.iter().cycle().take(count);
        let calls: Vec<_> = nodes
            .map(|node| {
                let mut there = ide.at(&node.origin());
                world::spawn(async move { said(&mut there).await })
            })
            .collect();
        let mut heard = Vec::new();
        for call in calls {
            heard.push(call.await.unwrap());
        }
        heard
    }

    fn renewals(&self) -> usize {
        self.provider.forms("/token").iter().filter(|form| form["grant_type"] == "refresh_token").count()
    }
}

#[tokio::test]
async fn fifty_calls_at_the_end_of_a_token_are_one_renewal_for_all_nodes_and_control_planes() {
    let stage = stage(World::setup().postgres().nodes(3).control_planes(2), json!({})).await;
    let ana = stage.owner.invite("ana", "member").await;
    stage.connect(&ana, "ana").await;
    let ide = ready(&ana).await;
    let before = stage.storm(&ide, 3).await;
    assert!(before.iter().all(|heard| *heard == before[0] && heard.starts_with("Bearer at-ana-")), "{before:?}");
    // Shortly before its end and after it: twice, and each time the provider hears of it once.
    for (round, seconds) in [(1, 570), (2, 601)] {
        stage.world.advance(TimeDelta::seconds(seconds));
        for heard in stage.storm(&ide, 50).await {
            assert!(heard.starts_with("Bearer at-ana-"), "round {round}: {heard}");
        }
        assert_eq!(stage.renewals(), round);
        let after = stage.storm(&ide, 6).await;
        assert!(after.iter().all(|heard| *heard == after[0] && *heard != before[0]), "round {round}: {after:?}");
    }
    assert_eq!(stage.renewals(), 2);
}

on_both! {
    async fn a_provider_that_is_away_is_not_stormed_when_it_is_back(setup: Setup) {
        let stage = stage(setup.nodes(2), json!({})).await;
        let ana = stage.owner.invite("ana", "member").await;
        stage.connect(&ana, "ana").await;
        let ide = ready(&ana).await;
        let first = stage.storm(&ide, 1).await.remove(0);
        // It answers with an error, then breaks off in mid-answer; the token lives, and calls go on with it.
        stage.provider.answer("/token", 503, "text/html", "<h1>Sorry</h1>");
        stage.world.advance(TimeDelta::seconds(570));
        assert!(stage.storm(&ide, 10).await.iter().all(|heard| *heard == first));
        stage.provider.break_off("/token");
        stage.world.advance(TimeDelta::seconds(20));
        assert!(stage.storm(&ide, 10).await.iter().all(|heard| *heard == first));
        let tried = stage.provider.asked("/token");
        assert!(tried <= 3, "one authorization, and one attempt each time: {tried}");

        // It has ended: everybody hears why, and the provider is left alone.
        stage.world.advance(TimeDelta::seconds(20));
        for heard in stage.storm(&ide, 10).await {
            assert!(heard.contains("credential.provider_away") && !heard.contains("at-ana"), "{heard}");
        }
        assert!(stage.provider.asked("/token") <= tried + 1);
        assert_eq!(stage.state(&ana).await, "ready", "nothing for the person to do");

        // It is back.
        stage.provider.as_ever();
        stage.world.advance(TimeDelta::seconds(30));
        let before = stage.provider.asked("/token");
        let back = stage.storm(&ide, 40).await;
        assert!(back.iter().all(|heard| heard.starts_with("Bearer at-ana-") && *heard != first), "{back:?}");
        assert_eq!(stage.provider.asked("/token"), before + 1);
    }
}
