//! One list of what all members offer: in the order of the members, each asked at the same time and for a bounded time.
//! Who does not answer is left out, and the list says so (`_meta`), with what its reader can do about it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use axum::body::to_bytes;
use axum::response::Response;
use bytes::Bytes;
use futures::future::join_all;
use moka::Expiry;
use moka::sync::Cache;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::{Call, to_server};
use super::names::{self, Kind};
use super::{answer, member};
use crate::error::Failure;
use crate::limits::{BREAKER_PAUSE, BREAKERS_MAX, FRAME_BYTES_MAX, LIST_CURSOR_BYTES_MAX, MEMBER_TIMEOUT};
use crate::mcp::era::Era;
use crate::mcp::message::Message;
use crate::mcp::method::Method;
use crate::mcp::scan::{self, Kind as JsonKind, Outline, Strictness};
use crate::mcp::seal::{self, Purpose};
use crate::mcp::splice::Splice;
use crate::snapshot::Member;
use crate::upstream::UpstreamFault;

const CURSOR_UNKNOWN: Failure = Failure::InvalidParams("params.cursor was not given to you for this list; begin anew");
/// In `_meta`: members that are not in the list, and why.
const UNAVAILABLE: &str = "portway/unavailable";
const METHOD_NOT_FOUND: i64 = -32601;

/// Servers that did not answer lately: lists leave them out at once, for a moment.
pub(crate) struct Breakers(Cache<Uuid, Failure>);

struct Pause;

impl Expiry<Uuid, Failure> for Pause {
    fn expire_after_create(&self, _: &Uuid, _: &Failure, _: Instant) -> Option<Duration> {
        Some(BREAKER_PAUSE)
    }
}

impl Default for Breakers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(BREAKERS_MAX).expire_after(Pause).build())
    }
}

/// One page of one member, as it came.
pub(super) struct Page {
    pub(super) items: Vec<Bytes>,
    pub(super) next_cursor: Option<String>,
    ttl_ms: Option<u64>,
}

/// Where a client's next page begins: members that have more, and where in their lists.
type Position = Vec<(Uuid, String)>;

pub(super) async fn merged(call: Call, list: Method, members: &[Member]) -> Result<Response, Failure> {
    let cursor = call.message.params().and_then(|params| call.message.find(Some(params), "cursor"));
    let wanted: Vec<(&Member, Option<String>)> = match cursor {
        None => members.iter().filter(|member| member::offers(member, list)).map(|member| (member, None)).collect(),
        Some((_, cursor)) => {
            let position = open_position(&call, list, call.message.slice(&cursor.value)).ok_or(CURSOR_UNKNOWN)?;
            let known = |id: Uuid| members.iter().find(|member| member.server_id == id);
            position.into_iter().filter_map(|(id, cursor)| Some((known(id)?, Some(cursor)))).collect()
        }
    };
    let _turn = call.node.memory.list_turns.take(call.caller.principal_id).await?;
    let pages = join_all(wanted.iter().map(|(member, cursor)| page(&call, list, member, cursor.as_deref()))).await;
    let mut merged = Merged { list, ..Merged::default() };
    for ((member, _), page) in wanted.iter().zip(pages) {
        match page {
            Ok(page) => merged.add(member, page),
            Err(failure) => merged.failed.push((member.alias.to_string(), failure)),
        }
    }
    match merged.failed.first() {
        // Nobody answered: the first of them says why.
        Some((_, failure)) if merged.failed.len() == wanted.len() => Err(failure.clone()),
        _ => {
            let next = seal_position(&call, list, &merged.more)?;
            Ok(answer(&call, &merged.text(call.meaning.era, next)))
        }
    }
}

/// The question for one page of one member.
pub(super) async fn question(
    call: &Call,
    list: Method,
    member: &Member,
    cursor: Option<&str>,
) -> Result<Call, Failure> {
    let mut asked = member::Way::whole(member).aside(call).await?;
    let mut params = Map::new();
    if let Some(cursor) = cursor {
        params.insert("cursor".to_owned(), cursor.into());
    }
    asked.message = member::request(call, list.name(), &mut params)?;
    (asked.meaning.method, asked.meaning.target) = (Some(list), None);
    Ok(asked)
}

async fn page(call: &Call, list: Method, member: &Member, cursor: Option<&str>) -> Result<Page, Failure> {
    let breakers = &call.node.memory.breakers.0;
    if let Some(failure) = breakers.get(&member.server_id) {
        return Err(failure);
    }
    let asking = async { Page::read(to_server(question(call, list, member, cursor).await?).await?, list).await };
    let asked = timeout(MEMBER_TIMEOUT, asking).await.unwrap_or(Err(Failure::Upstream(UpstreamFault::Timeout)));
    if let Err(failure @ Failure::Upstream(UpstreamFault::Timeout | UpstreamFault::Unreachable)) = &asked {
        breakers.insert(member.server_id, failure.clone());
    }
    asked
}

impl Page {
    /// Reads a member's answer. A member without lists of this kind has an empty one.
    pub(super) async fn read(response: Response, list: Method) -> Result<Self, Failure> {
        const BAD: UpstreamFault = UpstreamFault::BadResponse("its list is none");
        let body = to_bytes(response.into_body(), FRAME_BYTES_MAX).await;
        let body = body.map_err(|_| UpstreamFault::Interrupted)?;
        let message = Message::from_upstream(body).map_err(|_| BAD)?;
        let Some(result) = message.result() else {
            return match super::super::answer::error_code(&message) {
                Some(METHOD_NOT_FOUND) => Ok(Self { items: Vec::new(), next_cursor: None, ttl_ms: None }),
                _ => Err(UpstreamFault::BadResponse("it refuses to list").into()),
            };
        };
        let (_, items) = message.find(Some(result), key(list)).ok_or(BAD)?;
        let items: Vec<&RawValue> = serde_json::from_slice(message.slice(&items.value)).map_err(|_| BAD)?;
        let ttl_ms = message.find(Some(result), "ttlMs");
        Ok(Self {
            items: items.into_iter().map(|item| Bytes::copy_from_slice(item.get().as_bytes())).collect(),
            next_cursor: message.text(Some(result), "nextCursor").map(|text| text.into_owned()),
            ttl_ms: ttl_ms.and_then(|(_, ttl)| serde_json::from_slice(message.slice(&ttl.value)).ok()),
        })
    }
}

struct Merged {
    list: Method,
    items: Vec<Bytes>,
    names: HashSet<String>,
    more: Position,
    failed: Vec<(String, Failure)>,
    ttl_ms: Option<u64>,
}

impl Default for Merged {
    fn default() -> Self {
        let (items, names, more, failed) = (Vec::new(), HashSet::new(), Vec::new(), Vec::new());
        Self { list: Method::ToolsList, items, names, more, failed, ttl_ms: None }
    }
}

impl Merged {
    fn add(&mut self, member: &Member, page: Page) {
        for item in &page.items {
            // What cannot be named cannot be called; what is there twice is there once.
            if let Some((name, item)) = renamed(self.list, member, item)
                && self.names.insert(name)
            {
                self.items.push(item);
            }
        }
        self.more.extend(page.next_cursor.map(|cursor| (member.server_id, cursor)));
        self.ttl_ms = match (self.ttl_ms, page.ttl_ms) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    fn text(&self, era: Era, next: Option<String>) -> String {
        let mut out = format!("{{\"{}\":[", key(self.list));
        for (position, item) in self.items.iter().enumerate() {
            out.push_str(if position == 0 { "" } else { "," });
            out.push_str(&String::from_utf8_lossy(item));
        }
        out.push(']');
        let mut member = |name: &str, value: Value| out.push_str(&format!(",\"{name}\":{value}"));
        if let Some(next) = next {
            member("nextCursor", next.into());
        }
        if !self.failed.is_empty() {
            let failed = self.failed.iter().map(|(alias, failure)| failure.about_member(alias));
            member("_meta", json!({ UNAVAILABLE: failed.collect::<Vec<_>>() }));
        }
        if era == Era::Modern {
            member("resultType", "complete".into());
            // A list without somebody is not to be kept.
            let ttl_ms = if self.failed.is_empty() { self.ttl_ms.unwrap_or_default() } else { 0 };
            member("ttlMs", ttl_ms.into());
            member("cacheScope", "private".into());
        }
        out.push('}');
        out
    }
}

const fn key(list: Method) -> &'static str {
    match list {
        Method::ToolsList => "tools",
        Method::PromptsList => "prompts",
        Method::ResourceTemplatesList => "resourceTemplates",
        _ => "resources",
    }
}

/// An item in the bundle's words, and what it is called there; every other byte as it came.
fn renamed(list: Method, member: &Member, item: &Bytes) -> Option<(String, Bytes)> {
    let naming = match list {
        Method::ResourcesList => "uri",
        Method::ResourceTemplatesList => "uriTemplate",
        _ => "name",
    };
    let outline = outline(item)?;
    let own = root_text(&outline, item, naming)?;
    let offer = &member.offer;
    let (name, description) = match list {
        Method::ToolsList => names::exposed(Kind::Tool, member, &own)?,
        Method::PromptsList => names::exposed(Kind::Prompt, member, &own)?,
        list => {
            let choice = if list == Method::ResourcesList { &offer.resources } else { &offer.templates };
            let chosen = choice.find(&own)?;
            (member.exposed_uri(&own), chosen.and_then(|item| item.description.as_deref()))
        }
    };
    let mut splice = Splice::default();
    let named = root(&outline, item, naming)?;
    splice.replace(named, Value::from(name.as_str()).to_string());
    if let Some(description) = description {
        let description = Value::from(description).to_string();
        match root(&outline, item, "description") {
            Some(span) => splice.replace(span, description),
            None => {
                let at = outline.root_span.start + 1;
                splice.replace(at..at, format!("\"description\":{description},"));
            }
        }
    }
    Some((name, splice.apply(item)))
}

/// The text of a member of an item.
pub(super) fn member_text(item: &Bytes, key: &str) -> Option<String> {
    root_text(&outline(item)?, item, key)
}

fn outline(item: &Bytes) -> Option<Outline> {
    scan::scan(item, Strictness::Recorded).ok().filter(|outline| outline.root == JsonKind::Object)
}

fn root(outline: &Outline, item: &Bytes, key: &str) -> Option<std::ops::Range<usize>> {
    let mut members = outline.members.iter().filter(|member| member.parent.is_none());
    members.find(|member| member.key(item) == key.as_bytes()).map(|member| member.value.clone())
}

fn root_text(outline: &Outline, item: &Bytes, key: &str) -> Option<String> {
    let span = root(outline, item, key)?;
    scan::string_text(item.get(span)?).map(|text| text.into_owned())
}

fn bound_to(call: &Call, list: Method) -> Vec<u8> {
    [&call.owner.to_bytes()[..], list.name().as_bytes()].concat()
}

fn seal_position(call: &Call, list: Method, more: &Position) -> Result<Option<String>, Failure> {
    if more.is_empty() {
        return Ok(None);
    }
    let contents = serde_json::to_vec(more).unwrap_or_default();
    if contents.len() > LIST_CURSOR_BYTES_MAX {
        return Err(UpstreamFault::BadResponse("its cursor is too long").into());
    }
    let sealed = seal::seal_text(&call.caller.snapshot.session_keys, Purpose::Cursor, &bound_to(call, list), &contents);
    sealed.map(Some).map_err(|_| UpstreamFault::NoSeal.into())
}

/// `None`: forged, foreign, or of another list (ATK-12).
fn open_position(call: &Call, list: Method, raw: &[u8]) -> Option<Position> {
    let text = scan::string_text(raw)?;
    if text.len() > 2 * LIST_CURSOR_BYTES_MAX {
        return None;
    }
    let contents = seal::open_text(&call.caller.snapshot.session_keys, Purpose::Cursor, &bound_to(call, list), &text)?;
    serde_json::from_slice(&contents).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proto::members::Alias;

    use super::*;
    use crate::snapshot::{Choice, Item, Offer};

    fn member() -> Member {
        let item = |name: &str, exposed_as: Option<&str>, description: Option<&str>| Item {
            name: name.to_owned(),
            exposed_as: exposed_as.map(str::to_owned),
            description: description.map(str::to_owned),
        };
        let tools = Choice::Only(vec![item("a", None, None), item("b", Some("bee"), Some("Buzz"))]);
        Member {
            server_id: Uuid::nil(),
            slug: "server".parse().expect("slug"),
            alias: Alias::parse("gh").expect("alias"),
            offer: Arc::new(Offer { tools, ..Offer::default() }),
        }
    }

    #[test]
    fn items_keep_every_byte_that_is_not_their_name() {
        fn check(list: Method, item: &'static str, expected: Option<&str>) {
            let renamed = renamed(list, &member(), &Bytes::from_static(item.as_bytes()));
            let renamed = renamed.map(|(_, item)| String::from_utf8(item.to_vec()).expect("UTF-8"));
            assert_eq!(renamed.as_deref(), expected, "{item}");
        }
        check(
            Method::ToolsList,
            r#"{ "name" : "a", "inputSchema":{"name":"x","n":1.50}, "x":[1, 2] }"#,
            Some(r#"{ "name" : "gh_a", "inputSchema":{"name":"x","n":1.50}, "x":[1, 2] }"#),
        );
        check(Method::ToolsList, r#"{"name":"b","description":"old"}"#, Some(r#"{"name":"bee","description":"Buzz"}"#));
        check(Method::ToolsList, r#"{"name":"b"}"#, Some(r#"{"description":"Buzz","name":"bee"}"#));
        check(Method::ToolsList, r#"{"name":"c"}"#, None);
        check(Method::ToolsList, r#"{"title":"a"}"#, None);
        check(Method::ToolsList, r#"["a"]"#, None);
        check(Method::PromptsList, r#"{"name":"c"}"#, Some(r#"{"name":"gh_c"}"#));
        check(Method::ResourcesList, r#"{"uri":"file:///a","name":"A"}"#, Some(r#"{"uri":"gh+file:///a","name":"A"}"#));
        check(
            Method::ResourceTemplatesList,
            r#"{"uriTemplate":"a://{x}","name":"A"}"#,
            Some(r#"{"uriTemplate":"gh+a://{x}","name":"A"}"#),
        );
    }
}
