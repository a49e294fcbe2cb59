//! The library through its public boundary, on real histories and conformance data where they are at hand.

mod conformance;
mod support;
