//! What a control plane may send, and must not: bad, late, repeated, out of order, hostile, and not at all.
//! `orders` feeds the follower by hand; `stream` runs the client against a scripted server.

mod orders;
mod script;
mod stream;
