//! The pace of one upstream stream (ATK-24): an upstream that floods is read no faster than a client can use, and
//! notices that say the same thing again are said once per window. Nothing is lost by it: the last of a series is said
//! at the end of its window.

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use crate::limits::{
    NOTICE_BYTES_MAX, NOTICE_WINDOW, NOTICES_REMEMBERED_MAX, STREAM_FRAMES_BURST, STREAM_FRAMES_PER_S,
};
use crate::mcp::message::Message;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Events, Frame};

pub(super) struct Flow {
    /// Frames that may be read now, as of `counted`.
    allowance: f64,
    counted: Instant,
    /// Notices passed on in their window, oldest first.
    notices: Vec<Notice>,
}

struct Notice {
    text: Bytes,
    window_ends: Instant,
    /// It came again.
    again: Option<Frame>,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self { allowance: STREAM_FRAMES_BURST, counted: Instant::now(), notices: Vec::new() }
    }

    /// [`Events::next_event`], slower. Cancel-safe.
    pub(super) async fn next(&mut self, events: &mut Events) -> Result<Option<Frame>, UpstreamFault> {
        loop {
            if let Some(frame) = self.due(Instant::now()) {
                return Ok(Some(frame));
            }
            self.pause().await;
            let window_ends = self.notices.iter().filter(|notice| notice.again.is_some()).map(|held| held.window_ends);
            let window_ends = window_ends.min();
            let frame = tokio::select! {
                frame = events.next_event() => frame?,
                () = sleep_until(window_ends.unwrap_or_else(Instant::now)), if window_ends.is_some() => continue,
            };
            let Some(frame) = frame else { return Ok(self.held()) };
            self.allowance -= 1.0;
            if let Some(frame) = self.heard(frame, Instant::now()) {
                return Ok(Some(frame));
            }
        }
    }

    /// Waits until one more frame may be read.
    async fn pause(&mut self) {
        let now = Instant::now();
        let earned = now.duration_since(self.counted).as_secs_f64() * STREAM_FRAMES_PER_S;
        (self.allowance, self.counted) = ((self.allowance + earned).min(STREAM_FRAMES_BURST), now);
        if self.allowance < 1.0 {
            let missing = (1.0 - self.allowance) / STREAM_FRAMES_PER_S;
            sleep_until(now + std::time::Duration::from_secs_f64(missing)).await;
            self.allowance = 1.0;
            self.counted = Instant::now();
        }
    }

    /// The frame, unless it repeats what was said in this window.
    fn heard(&mut self, frame: Frame, now: Instant) -> Option<Frame> {
        self.notices.retain(|notice| notice.again.is_some() || notice.window_ends > now);
        if !is_notice(&frame.bytes) {
            return Some(frame);
        }
        if let Some(notice) = self.notices.iter_mut().find(|notice| notice.text == frame.bytes) {
            // Said later than what follows it, so nothing can be resumed at it.
            notice.again = Some(Frame { event_id: None, ..frame });
            return None;
        }
        if self.notices.len() < NOTICES_REMEMBERED_MAX {
            // A copy: the frame may be a slice of something large.
            let text = Bytes::copy_from_slice(&frame.bytes);
            self.notices.push(Notice { text, window_ends: now + NOTICE_WINDOW, again: None });
        }
        Some(frame)
    }

    /// A repetition whose window has ended. Saying it opens the next window.
    fn due(&mut self, now: Instant) -> Option<Frame> {
        let notice = self.notices.iter_mut().find(|notice| notice.again.is_some() && notice.window_ends <= now)?;
        notice.window_ends = now + NOTICE_WINDOW;
        notice.again.take()
    }

    /// At the end of the stream nobody waits for windows.
    fn held(&mut self) -> Option<Frame> {
        self.notices.iter_mut().find_map(|notice| notice.again.take())
    }
}

/// Whether a message only says that something changed, so that saying it twice says no more.
fn is_notice(text: &Bytes) -> bool {
    if text.len() > NOTICE_BYTES_MAX {
        return false;
    }
    let message = Message::from_upstream(text.clone());
    let method = message.as_ref().ok().and_then(Message::method);
    method.is_some_and(|method| method.ends_with("/list_changed") || method == "notifications/resources/updated")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::budget::Budget;

    fn frame(text: &str) -> Frame {
        let reservation = Budget::new(1 << 20).empty();
        Frame {
            bytes: Bytes::copy_from_slice(text.as_bytes()),
            reservation,
            event_id: Some("e".into()),
            retry_ms: None,
        }
    }

    fn changed(what: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/{what}"}}"#)
    }

    #[tokio::test(start_paused = true)]
    async fn atk_24_a_repeated_notice_is_said_once_per_window_and_the_last_one_at_its_end() {
        let (mut flow, start) = (Flow::new(), Instant::now());
        let (tools, prompts) = (changed("tools/list_changed"), changed("prompts/list_changed"));
        assert!(flow.heard(frame(&tools), start).is_some());
        for _ in 0..1000 {
            assert!(flow.heard(frame(&tools), start).is_none());
        }
        assert!(flow.heard(frame(&prompts), start).is_some(), "another notice");
        assert!(flow.due(start).is_none());
        let end = start + NOTICE_WINDOW;
        let said = flow.due(end).expect("the last one");
        assert_eq!((said.bytes, said.event_id), (Bytes::from(tools.clone()), None));
        assert!(flow.due(end).is_none(), "once");
        assert!(flow.heard(frame(&tools), end).is_none(), "the next window is open");
        assert!(flow.held().is_some());
        let calm = end + NOTICE_WINDOW * 2;
        assert!(flow.heard(frame(&tools), calm).is_some());
        assert_eq!(flow.notices.len(), 1, "windows that ended are forgotten");
    }

    #[test]
    fn only_what_says_no_more_the_second_time_is_a_notice() {
        fn check(text: &str, expected: bool) {
            assert_eq!(is_notice(&Bytes::copy_from_slice(text.as_bytes())), expected, "{text}");
        }
        check(&changed("tools/list_changed"), true);
        check(&changed("resources/updated"), true);
        check(&changed("progress"), false);
        check(&changed("message"), false);
        check(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, false);
        check("not JSON", false);
    }

    #[tokio::test(start_paused = true)]
    async fn atk_24_a_flood_is_read_at_a_bounded_pace() {
        let (mut flow, start) = (Flow::new(), Instant::now());
        let frames = STREAM_FRAMES_BURST + 2.0 * STREAM_FRAMES_PER_S;
        for _ in 0..frames as usize {
            flow.pause().await;
            flow.allowance -= 1.0;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((1.5..3.5).contains(&took), "{took}");
    }
}
