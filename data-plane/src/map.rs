//! Maps and sets of what the control plane tells: every call looks into a dozen of them. Their hash is faster than the
//! standard library's and does not stand up to somebody who may choose keys; nobody but the control plane may.
//! What clients or upstreams fill is hashed as the standard library does it.

use foldhash::fast::RandomState;

pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub type HashSet<T> = std::collections::HashSet<T, RandomState>;
