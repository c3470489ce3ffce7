//! A first sync of an identity provider, pushed over HTTP into a real control plane: people, groups, memberships, and what
//! it asks in between.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::people::Person;
use crate::report::{Bound, Figure};

#[derive(Debug, Clone, Copy)]
pub struct Scale {
    people: usize,
    groups: usize,
    members_per_group: usize,
}

pub const FULL: Scale = Scale { people: 10_000, groups: 500, members_per_group: 100 };
pub const QUICK: Scale = Scale { people: 300, groups: 10, members_per_group: 30 };

/// Requests at once, as identity providers send them.
const AT_ONCE: usize = 8;
/// How often each question is asked; the median counts.
const QUESTIONS: usize = 15;
/// The design's bound, at the full scale.
const GROUPS_MS_MAX: f64 = 600.0;

/// An identity provider with a token of a tenant.
#[derive(Clone)]
pub struct Idp {
    client: Client,
    base: String,
    token: String,
}

/// Pushes and asks. `on` names the database.
pub async fn measure(owner: &Person, on: &str, scale: Scale, is_full: bool) -> Result<Vec<Figure>> {
    let idp = Idp::of(owner).await?;
    let (people, people_s) = push_people(&idp, scale.people).await?;
    let memberships_s = push_groups(&idp, &people, scale).await?;
    let groups_ms = ask(&idp, "/Groups", |_| "/Groups".to_owned()).await?;
    let find = |number: usize| format!("/Users?filter=userName%20eq%20%22{}%22", name(number * 17 % scale.people));
    let find_ms = ask(&idp, "/Users", find).await?;
    let bound = if is_full { Bound::less(GROUPS_MS_MAX, None) } else { None };
    let figure = |what: &str, unit, value, bound| Figure::new(format!("SCIM on {on}: {what}"), unit, value, bound);
    Ok(vec![
        figure(&format!("people pushed, {}", scale.people), "/s", scale.people as f64 / people_s, None),
        figure(
            &format!("memberships pushed, {} groups of {}", scale.groups, scale.members_per_group),
            "/s",
            (scale.groups * scale.members_per_group) as f64 / memberships_s,
            None,
        ),
        figure("GET /Groups, a page of 100 with members", "ms", groups_ms, bound),
        figure("GET /Users by userName", "ms", find_ms, None),
    ])
}

fn name(number: usize) -> String {
    format!("person-{number}@bench.example")
}

async fn push_people(idp: &Idp, count: usize) -> Result<(Vec<String>, f64)> {
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for first in 0..AT_ONCE {
        let idp = idp.clone();
        senders.spawn(async move {
            let mut ids = Vec::new();
            for number in (first..count).step_by(AT_ONCE) {
                let name = name(number);
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true,
                    "externalId": format!("ext-{number}"), "displayName": format!("Person {number}"),
                    "name": { "givenName": "Person", "familyName": number.to_string() },
                    "emails": [{ "type": "work", "value": name, "primary": true }],
                });
                ids.push(idp.make("/Users", &body).await?);
            }
            Ok::<_, anyhow::Error>(ids)
        });
    }
    let mut people = Vec::new();
    while let Some(ids) = senders.join_next().await {
        people.append(&mut ids??);
    }
    Ok((people, started.elapsed().as_secs_f64()))
}

/// Groups are made empty and filled by PATCH, as Okta and Entra do.
async fn push_groups(idp: &Idp, people: &[String], scale: Scale) -> Result<f64> {
    let started = Instant::now();
    for number in 0..scale.groups {
        let made = idp.make("/Groups", &json!({ "displayName": format!("Group {number}") })).await?;
        let members = people.iter().cycle().skip(number * 37).take(scale.members_per_group);
        let members: Vec<Value> = members.map(|id| json!({ "value": id })).collect();
        let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": members }] });
        idp.send(Method::PATCH, &format!("/Groups/{made}"), Some(&body)).await?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// The median time of a question, milliseconds.
async fn ask(idp: &Idp, what: &str, question: impl Fn(usize) -> String) -> Result<f64> {
    let mut times = Vec::new();
    for number in 0..QUESTIONS {
        let started = Instant::now();
        let page = idp.send(Method::GET, &question(number), None).await?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        if page.pointer("/Resources/0/id").is_none() {
            bail!("{what} answers nothing: {page}");
        }
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("a time")
}

impl Idp {
    /// With a fresh token that this administrator made.
    pub async fn of(admin: &Person) -> Result<Self> {
        let made = admin.post("scim/tokens", json!({ "name": "bench" })).await.ok();
        let base = admin.get("scim").await.ok();
        let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            client: crate::http::builder().build()?,
            base: text(&base, "base_url").context("a base URL")?,
            token: text(&made, "secret").context("a token")?,
        })
    }

    async fn make(&self, path: &str, body: &Value) -> Result<String> {
        let made = self.send(Method::POST, path, Some(body)).await?;
        let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
        id.with_context(|| format!("{path} answers no id: {made}"))
    }

    /// Comes back when it is told to wait.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        loop {
            let mut request =
                self.client.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.header("content-type", "application/scim+json").body(body.to_string());
            }
            let answer = request.send().await?;
            let (status, text) = (answer.status(), answer.text().await?);
            match status {
                StatusCode::TOO_MANY_REQUESTS => tokio::time::sleep(Duration::from_secs(1)).await,
                status if status.is_success() && text.is_empty() => return Ok(Value::Null),
                status if status.is_success() => return Ok(serde_json::from_str(&text)?),
                status => bail!("{method} {path}: {status}: {text}"),
            }
        }
    }
}
