//! What Okta and Entra send, replayed: their requests in their order, and what each of them needs to find in the answer.
//! The recordings are in `tests/golden`; `$name` in them stands for what an earlier answer had.

use std::collections::BTreeMap;
use std::time::Instant;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use serde::Deserialize;
use serde_json::Value;
use world::generated::root;
use world::on_both;

use super::{Idp, MEDIA_TYPE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    user_agent: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What it shows.
    shows: String,
    method: String,
    path: String,
    #[serde(default = "media_type")]
    content_type: String,
    body: Option<Value>,
    /// Instead of the token.
    authorization: Option<String>,
    status: u16,
    /// By JSON pointer, what the answer has…
    #[serde(default)]
    expect: BTreeMap<String, Value>,
    /// …and what it must not have.
    #[serde(default)]
    absent: Vec<String>,
    /// By name, what later steps use.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// The answer must not take longer.
    within_ms: Option<u128>,
}

fn media_type() -> String {
    MEDIA_TYPE.to_owned()
}

on_both! {
    async fn okta(setup: Setup) {
        replay("okta-scim", setup).await;
    }

    async fn entra(setup: Setup) {
        replay("entra-scim", setup).await;
    }

    async fn entra_with_its_flag(setup: Setup) {
        replay("entra-scim-flag", setup).await;
    }
}

async fn replay(name: &str, setup: world::world::Setup) {
    let world = setup.nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let idp = Idp::of(&owner, &world).await;
    let text = std::fs::read_to_string(root().join(format!("tests/golden/{name}.json"))).unwrap();
    let recording: Recording = serde_json::from_str(&text).unwrap();
    let mut known = BTreeMap::new();
    for step in &recording.steps {
        take(&idp, &recording.user_agent, step, &mut known).await;
    }
}

async fn take(idp: &Idp, user_agent: &str, step: &Step, known: &mut BTreeMap<String, String>) {
    let fill =
        |text: &str| known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value));
    let authorization = step.authorization.clone().unwrap_or(format!("Bearer {}", idp.token));
    let mut request = idp
        .client
        .request(step.method.parse::<Method>().unwrap(), format!("{}{}", idp.base, fill(&step.path)))
        .header(USER_AGENT, user_agent)
        .header(ACCEPT, "application/scim+json")
        .header("authorization", authorization);
    if let Some(body) = &step.body {
        request = request.header(CONTENT_TYPE, &step.content_type).body(fill(&body.to_string()));
    }
    let started = Instant::now();
    let answer = request.send().await.unwrap();
    let (status, content_type) = (answer.status().as_u16(), answer.headers().get(CONTENT_TYPE).cloned());
    let text = answer.text().await.unwrap();
    let (elapsed, shows) = (started.elapsed().as_millis(), &step.shows);
    assert_eq!(status, step.status, "{shows}: {text}");
    assert!(step.within_ms.is_none_or(|bound| elapsed < bound), "{shows}: {elapsed} ms");
    let body: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    if !text.is_empty() {
        assert_eq!(content_type.unwrap(), MEDIA_TYPE, "{shows}");
        assert!(!text.contains(":null"), "{shows}: {text}");
    }
    for (pointer, expected) in &step.expect {
        let expected: Value = serde_json::from_str(&fill(&expected.to_string())).unwrap();
        assert_eq!(body.pointer(pointer), Some(&expected), "{shows} {pointer}: {text}");
    }
    for pointer in &step.absent {
        assert_eq!(body.pointer(pointer), None, "{shows} {pointer}: {text}");
    }
    for (name, pointer) in &step.keep {
        known.insert(name.clone(), body.pointer(pointer).and_then(Value::as_str).unwrap().to_owned());
    }
}
