//! The words of vconf as types: content, paths, names, numbers, times and records. Pure data.

mod at;
pub mod checksum;
pub mod format;
pub(crate) mod leb128;
pub mod lookup;
pub mod name;
pub mod number;
pub mod path;
pub mod place;
pub mod record;
pub mod revision;
pub(crate) mod sequence;
pub mod time;
pub mod tree;
pub mod value;
