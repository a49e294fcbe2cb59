//! The engines, each with a real one that `scripts/engines` starts.

mod engines;
mod postgres;
