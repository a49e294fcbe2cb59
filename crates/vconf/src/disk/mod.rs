//! The only user of the file system: durable creation, atomic replacement, bounded reading, caches.

mod cache;
mod create;
mod journal;
mod read;
mod replace;

pub use cache::{append, make_folders_lightly, read_range, replace_whole};
pub use create::{Creation, Failure, Owner, create, create_with, make_folder, remove, sync_folder};
pub use journal::{Found, Journal};
pub use read::{
    FileState, Stat, canonical, is_of_object, is_taken, list, read_at, read_file, read_link, read_prefix,
    read_tail, stat, write_note,
};
pub use replace::{Displaced, Outcome, Staged, Unfinished, leftovers, set_aside, stage};
