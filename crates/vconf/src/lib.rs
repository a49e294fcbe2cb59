//! Version control for configuration files.

pub mod diff;
pub mod format;
pub mod model;
