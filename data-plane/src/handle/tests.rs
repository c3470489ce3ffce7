//! The gateway's service as clients and upstreams see it: a scripted upstream on loopback, a hand-made snapshot, real
//! tokens. Tests of attacks carry the attack's number.

mod api_keys;
mod bundle;
mod credentials;
mod doors;
mod faithful;
mod faults;
mod legacy;
mod listen;
mod listening;
mod lockout;
mod modern;
mod questions;
mod records;
mod returned;
pub(super) mod texts;
mod upstream;
mod world;
