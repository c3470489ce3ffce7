//! Which era an upstream speaks, learned by asking it once and asked again from time to time. Only
//! `server/discover` decides: another method that an upstream does not know says nothing about its era.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use foldhash::fast::RandomState;
use http::{HeaderMap, HeaderValue};
use moka::future::Cache;
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Frame, Patience};
use super::credential::Destination;
use super::{Upstream, UpstreamFault, UpstreamUrl, headers};
use crate::limits::{ERA_PROBE_TIMEOUT, ERA_VERDICT_AGE_MAX, ERA_VERDICTS_MAX};
use crate::mcp::era::{self, Era};
use crate::mcp::version::MODERN;

/// Errors that only a modern server gives.
const UNSUPPORTED_VERSION: i64 = -32022;
const MODERN_ERRORS: [i64; 3] = [-32020, -32021, UNSUPPORTED_VERSION];

/// Verdicts by server: one host fronts many servers, and one tenant's server says nothing about another's.
pub struct Eras {
    verdicts: Cache<Uuid, Arc<Verdict>, RandomState>,
}

struct Verdict {
    /// Where the server was asked; at another URL it is another one.
    url: UpstreamUrl,
    era: Era,
}

impl Default for Eras {
    fn default() -> Self {
        let verdicts = Cache::builder()
            .max_capacity(ERA_VERDICTS_MAX)
            .time_to_live(ERA_VERDICT_AGE_MAX)
            .build_with_hasher(RandomState::default());
        Self { verdicts }
    }
}

impl Upstream {
    /// The era of a server's upstream; an upstream that cannot be asked has none, and the reason is the answer.
    pub async fn era_of(&self, server: Uuid, to: Destination<'_>) -> Result<Era, UpstreamFault> {
        if let Some(verdict) = self.eras.verdicts.get(&server).await {
            if verdict.url == *to.url {
                return Ok(verdict.era);
            }
            self.forget_era(server, &verdict.url).await;
        }
        Box::pin(self.learn_era(server, to)).await
    }

    async fn learn_era(&self, server: Uuid, to: Destination<'_>) -> Result<Era, UpstreamFault> {
        let ask = async { Ok(Arc::new(Verdict { url: to.url.clone(), era: self.probe(to).await? })) };
        match self.eras.verdicts.try_get_with(server, ask).await {
            Ok(verdict) if verdict.url == *to.url => Ok(verdict.era),
            // Somebody asked at another URL in the same moment.
            Ok(_) => self.probe(to).await,
            Err(fault) => Err(UpstreamFault::clone(&fault)),
        }
    }

    /// After a failure that could mean that the upstream changed.
    pub async fn forget_era(&self, server: Uuid, url: &UpstreamUrl) {
        if self.eras.verdicts.get(&server).await.is_some_and(|verdict| verdict.url == *url) {
            self.eras.verdicts.invalidate(&server).await;
        }
    }

    /// Carries the credential like every other request: an upstream that wants one would answer 401 to a bare probe.
    async fn probe(&self, to: Destination<'_>) -> Result<Era, UpstreamFault> {
        let [version] = MODERN;
        let body = serde_json::json!({
            "jsonrpc": "2.0", "id": self.next_id(), "method": "server/discover",
            "params": { "_meta": {
                (era::META_VERSION): version,
                (era::META_CAPABILITIES): {},
                (era::META_CLIENT_INFO): { "name": "portway", "version": env!("CARGO_PKG_VERSION") },
            }},
        });
        let mut headers: HeaderMap = headers::ours();
        headers.insert(era::PROTOCOL_VERSION, HeaderValue::from_static(version));
        headers.insert(era::METHOD, HeaderValue::from_static("server/discover"));
        let patience = Patience::new(Duration::min(ERA_PROBE_TIMEOUT, self.call_timeout));
        let (_, answer) = self.post(to, headers, Bytes::from(body.to_string()), patience).await?;
        match answer {
            Answer::Json(frame) | Answer::Refused { body: Some(frame), .. } => Ok(judge(&frame)),
            Answer::Events(mut events) => loop {
                match events.next().await? {
                    Some(frame) if is_response(&frame) => return Ok(judge(&frame)),
                    Some(_) => {}
                    None => return Ok(Era::Legacy),
                }
            },
            Answer::Accepted | Answer::Refused { body: None, .. } => Ok(Era::Legacy),
        }
    }
}

fn is_response(frame: &Frame) -> bool {
    let value: Value = serde_json::from_slice(&frame.bytes).unwrap_or_default();
    value.get("result").is_some() || value.get("error").is_some()
}

fn judge(frame: &Frame) -> Era {
    judge_answer(&serde_json::from_slice(&frame.bytes).unwrap_or_default())
}

fn judge_answer(answer: &Value) -> Era {
    if answer.get("result").is_some_and(Value::is_object) {
        return Era::Modern;
    }
    let Some(error) = answer.get("error") else { return Era::Legacy };
    let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
    let modern = match code {
        UNSUPPORTED_VERSION => error
            .pointer("/data/supported")
            .and_then(Value::as_array)
            .is_none_or(|list| list.iter().any(|known| known.as_str().is_some_and(|known| MODERN.contains(&known)))),
        code => MODERN_ERRORS.contains(&code),
    };
    if modern { Era::Modern } else { Era::Legacy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        fn check(answer: &str, expected: Era) {
            assert_eq!(judge_answer(&serde_json::from_str(answer).unwrap_or_default()), expected, "{answer}");
        }
        check(r#"{"result":{"supportedVersions":["2026-07-28"]}}"#, Era::Modern);
        check(r#"{"error":{"code":-32020}}"#, Era::Modern);
        check(r#"{"error":{"code":-32022,"data":{"supported":["2026-07-28"]}}}"#, Era::Modern);
        check(r#"{"error":{"code":-32022,"data":{"supported":["2025-11-25"]}}}"#, Era::Legacy);
        for legacy in [-32601, -32602, -32600, -32000] {
            check(&format!(r#"{{"error":{{"code":{legacy}}}}}"#), Era::Legacy);
        }
        check("not JSON", Era::Legacy);
    }
}
