//! The only user of the file system: durable creation, atomic replacement, bounded reading.

mod create;
mod note;
mod read;
mod replace;
mod restore;

pub use create::{Creation, Failure, Owner, create, make_folder, sync_folder};
pub use note::{append_note, rewrite_note, write_note};
pub use read::{
    FileState, Stat, canonical, is_of_object, is_taken, list, read_file, read_link, read_prefix, read_suffix,
    stat,
};
pub use replace::{Displaced, Staged, Unfinished, leftovers, set_aside, stage};
pub use restore::{Keep, restore};
