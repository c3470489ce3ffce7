//! Times in the past, as people say them.

use chrono::{DateTime, Utc};

/// "5 minutes ago", and a date once that says more.
pub(super) fn ago(now: DateTime<Utc>, then: DateTime<Utc>) -> String {
    let minutes = (now - then).num_minutes();
    match minutes {
        ..=0 => "just now".to_owned(),
        1..60 => counted(minutes, "minute"),
        60..1_440 => counted(minutes / 60, "hour"),
        1_440..20_160 => counted(minutes / 1_440, "day"),
        _ => format!("on {}", day(then)),
    }
}

/// "3 Nov 2026".
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %b %Y").to_string()
}

fn counted(count: i64, unit: &str) -> String {
    if count == 1 { format!("1 {unit} ago") } else { format!("{count} {unit}s ago") }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn times_in_words() {
        fn check(seconds: i64, words: &str) {
            let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            assert_eq!(ago(now, now - TimeDelta::seconds(seconds)), words, "{seconds} s");
        }
        check(-5, "just now");
        check(59, "just now");
        check(60, "1 minute ago");
        check(3_599, "59 minutes ago");
        check(3_600, "1 hour ago");
        check(86_399, "23 hours ago");
        check(86_400, "1 day ago");
        check(13 * 86_400, "13 days ago");
        check(14 * 86_400, "on 1 Jan 2027");
    }
}
