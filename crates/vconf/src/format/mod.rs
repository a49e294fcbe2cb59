//! Formats: detect, parse, print.

pub mod json;
