//! The only user of the file system: durable creation, atomic replacement, bounded reading.

mod create;
mod journal;
mod read;
mod replace;

pub use create::{Creation, Failure, Owner, create, make_folder, sync_folder};
pub use journal::{Found, Journal};
pub use read::{
    FileState, Stat, canonical, is_of_object, is_taken, list, read_file, read_link, read_prefix, stat,
    write_note,
};
pub use replace::{Displaced, Staged, Unfinished, leftovers, set_aside, stage};
