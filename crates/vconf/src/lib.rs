//! Version control for configuration files.

pub mod format;
pub mod model;
