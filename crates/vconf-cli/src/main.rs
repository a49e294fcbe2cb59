//! The `vconf` command.
fn main() {}
