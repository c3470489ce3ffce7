//! The client against a scripted control plane, over a real socket.
