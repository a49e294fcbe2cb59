//! The only user of the file system: durable creation, atomic replacement, bounded reading, caches.

mod cache;
mod create;
mod intent_log;
mod note;
mod read;
mod replace;
mod restore;

pub use cache::{append, make_folders_lightly, replace_whole};
pub use create::{Creation, Failure, Owner, create, create_with, make_folder, remove, sync_folder};
pub use intent_log::{Found, IntentLog};
pub use note::{append_note, rewrite_note, write_note};
pub use read::{
    FileState, Stamp, Stat, canonical, is_of_object, is_taken, list, read_at, read_file, read_link,
    read_prefix, read_tail, stamp, stat,
};
pub use replace::{Displaced, Outcome, Staged, Unfinished, leftovers, set_aside, stage};
pub use restore::{Keep, put_aside, restore};
