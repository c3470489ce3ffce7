//! Files of calls: whole, in order, and harmless in a spreadsheet.

use chrono::TimeDelta;
use control_plane::domain::call::CallRecord;
use serde_json::Value;
use world::on_both;
use world::people::Person;

use super::Log;

async fn file(person: &Person, query: &str) -> (reqwest::header::HeaderMap, String) {
    let url = format!("{}/api/v1/tenants/acme/calls/export?{query}", person.auth_origin());
    let answer = person.browser.client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    (answer.headers().clone(), answer.text().await.unwrap())
}

on_both! {
    async fn calls_are_exported_whole_and_harmless(setup: Setup) {
        let log = Log::of(setup).await;
        let bad = CallRecord {
            client_name: "=HYPERLINK(\"http://evil.example\",\"click\")".to_owned(),
            target: "two\nlines, and a comma".to_owned(),
            ..log.call(TimeDelta::seconds(1))
        };
        let many: Vec<_> = (2..2_300).map(|ago| log.call(TimeDelta::seconds(ago))).collect();
        log.keep(std::slice::from_ref(&bad)).await;
        log.keep(&many).await;
        let (headers, text) = file(&log.owner, "format=ndjson").await;
        assert_eq!(headers["content-type"], "application/x-ndjson");
        assert_eq!(headers["cache-control"], "no-store");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2_299);
        let wanted = std::iter::once(&bad).chain(&many).map(|call| call.id.to_string());
        assert!(lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).eq(wanted), "newest first, each once");

        let (headers, text) = file(&log.owner, "format=csv&tool=two%0Alines,%20and%20a%20comma").await;
        assert_eq!(headers["content-type"], "text/csv; charset=utf-8; header=present");
        let name = headers["content-disposition"].to_str().unwrap();
        assert!(name.starts_with("attachment; filename=\"calls-2") && name.ends_with("Z.csv\""), "{name}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let (heading, row) = text.split_once("\r\n").unwrap();
        assert!(heading.starts_with("id,started_at,principal_kind,principal_id,client_name,"), "{heading}");
        assert!(row.starts_with(&bad.id.to_string()), "{row}");
        assert!(row.contains(",\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"click\"\")\","), "{row}");
        assert!(row.contains(",\"two\nlines, and a comma\","), "{row}");
        assert_eq!(heading.split(',').count(), 23);

        // Each sees in a file what they see in the list.
        let ana = log.owner.invite("ana", "member").await;
        assert_eq!(file(&ana, "format=ndjson").await.1, "");
        log.owner.get("calls/export").await.refused(400, "query.invalid");
        log.owner.get("calls/export?format=xlsx").await.refused(400, "query.invalid");
        log.owner.get("calls/export?format=csv&from=2020-01-01T00:00:00Z").await.refused(400, "calls.range_too_long");
    }
}
