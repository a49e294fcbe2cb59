//! The engines, each with a real one that `scripts/engines` starts.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod engines;
mod fake;
mod load;
mod objects;
mod postgres;
mod proxy;
