//! The library through its public boundary, on real histories and conformance data where they are at hand.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail by panic and say what they skip"
)]

mod conformance;
mod diff_cases;
mod differential;
mod histories;
mod printing;
mod robustness;
mod support;
