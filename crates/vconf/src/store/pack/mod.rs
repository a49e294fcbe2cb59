//! Packs: many records in one blob, compressed together.
//!
//! A pack is a run of zstd frames, each of which holds the exact bytes of some records one after the other, so that any
//! zstd gives them all back; then a skippable frame with the [index] that says where each record is. Nothing that is
//! read from a pack is trusted: its sizes are bounded, and a record from it passes the same checks as any other.

mod frame;
mod index;
mod read;
mod write;

pub use frame::PackLevel;
pub(super) use read::Unpacked;
pub(crate) use write::{Digests, no_packs};

/// How many bytes of records go into one frame, but for a single longer record: to read one, those before it in its
/// frame are decompressed as well.
const FRAME_BYTES: usize = 6 << 20;

/// How many records go into one frame.
const FRAME_RECORDS: usize = 512;
