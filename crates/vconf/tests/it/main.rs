//! The library through its public boundary.

mod diff_cases;
mod support;
