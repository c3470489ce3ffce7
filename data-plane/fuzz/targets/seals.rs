//! Whatever a client presents as a session id, a correlation id, an event id or another seal: never a panic, and never
//! open unless it was sealed here, for this owner, unchanged.
#![no_main]

use chrono::DateTime;
use data_plane::mcp::correlation::{Correlation, ResumeAt};
use data_plane::mcp::seal::{self, Purpose};
use data_plane::mcp::session::{Owner, Session};
use data_plane::snapshot::SessionKey;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;
use zeroize::Zeroizing;

fuzz_target!(|data: &[u8]| {
    let keys: Vec<SessionKey> = [1, 2].into_iter().map(key).collect();
    let owner = |principal| Owner {
        tenant_id: Uuid::from_u128(1),
        principal_id: Uuid::from_u128(principal),
        server_id: Uuid::from_u128(3),
    };
    let (me, session) = (owner(2), Uuid::from_u128(9));
    let text = String::from_utf8_lossy(data);
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
    assert!(Session::open(&text, &keys, me, now).is_none());
    assert!(Correlation::open(data, &keys, me, session).is_none());
    assert!(ResumeAt::open(&text, &keys, me, session).is_none());
    assert!(seal::open(&keys, Purpose::Task, &me.to_bytes(), data).is_none());
    assert!(seal::open_text(&keys, Purpose::Task, &me.to_bytes(), &text).is_none());

    let sealed = seal::seal(&keys, Purpose::Task, &me.to_bytes(), data).expect("seals");
    assert_eq!(seal::open(&keys, Purpose::Task, &me.to_bytes(), &sealed).as_deref(), Some(data));
    assert!(seal::open(&keys, Purpose::Task, &owner(4).to_bytes(), &sealed).is_none());
    let mut changed = sealed;
    let place = data.iter().fold(0, |place, byte| (place * 31 + usize::from(*byte)) % changed.len());
    changed[place] ^= 1 << (data.len() % 8);
    assert!(seal::open(&keys, Purpose::Task, &me.to_bytes(), &changed).is_none());

    // Contents that were sealed by us and mean nothing.
    for purpose in [Purpose::Session, Purpose::Question, Purpose::Event] {
        let odd = seal::seal_text(&keys, purpose, &me.to_bytes(), data).expect("seals");
        let _ = Session::open(&odd, &keys, me, now);
        let _ = ResumeAt::open(&odd, &keys, me, session);
        let _ = Correlation::open(format!("\"{odd}\"").as_bytes(), &keys, me, session);
    }
});

fn key(key_id: u32) -> SessionKey {
    SessionKey::new(key_id, Zeroizing::new([key_id as u8; 32]), 0)
}
