//! Version control for configuration files.

pub mod backend;
pub mod canonical;
pub mod diff;
pub mod disk;
pub mod format;
pub mod history;
pub mod model;
pub mod store;
pub mod worktree;
