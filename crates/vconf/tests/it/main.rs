//! The library through its public boundary.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod diff_cases;
mod diff_patch;
mod support;
