//! The binary and its verbs
fn main() {}
