//! The words of vconf as types: content, paths, names, numbers, times and records. Pure data.

pub mod number;
pub mod path;
pub mod tree;
pub mod value;
