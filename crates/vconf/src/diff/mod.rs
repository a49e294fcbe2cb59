//! Compares content: what changed, where, and what did not.

mod apply;
mod change;
mod compare;
mod fuzzy;
mod hash;
mod identity;
pub mod json_patch;
mod layout;
mod lists;
mod lookup;
mod maps;
pub mod merge_patch;
mod moves;
mod note;
mod number;
mod output;
mod pairing;
mod patch;
mod rules;
mod sequence;
mod similar;
mod summary;
pub mod text;
mod whitespace;

pub use apply::{PatchError, PatchErrorKind, apply, apply_to_tree};
pub use change::{Change, Crumb, Diff, Op, PeoplePath, Reordered, escape, is_unsafe};
pub use compare::compare;
pub use fuzzy::{Conflict, ConflictReason, Fuzzy, apply_fuzzy};
pub use layout::{Layout, LayoutItem, LayoutKind};
pub use note::Note;
pub use number::number_text;
pub use patch::{Edit, NotAPatch, Patch, Reorder};
pub use rules::{BadRule, ListKind, Options, Order, Pattern, Rule};
pub use summary::{counts, summary, tell_counts};
pub use whitespace::Whitespace;
