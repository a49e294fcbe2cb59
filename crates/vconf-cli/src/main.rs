//! The `vconf` command.
#![cfg_attr(not(test), allow(dead_code, reason = "no command uses the rendering yet"))]

mod render;

fn main() {}
