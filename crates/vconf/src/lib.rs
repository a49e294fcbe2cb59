//! Version control for configuration files.

pub mod backend;
pub mod canonical;
pub mod disk;
pub mod format;
pub mod model;
pub mod store;
