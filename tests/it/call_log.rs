//! The call log: every call arrives once, also when the control plane was away; who reads what of it.

mod away;
