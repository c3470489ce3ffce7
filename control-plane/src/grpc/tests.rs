//! Nodes against the real services, over loopback.
