//! What one version and one change of refs are: the facts that records hold.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::checksum::{Checksum, Id};
use super::format::Format;
use super::name::{ConfigName, RefName};
use super::time::Timestamp;

/// The largest number that a record may have: the largest integer that every reader of JSON keeps exactly.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// The bits of a file's mode that a record holds.
pub const PERMISSIONS: u32 = 0o777;

/// One version of a config: all that its record's header says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Whose version it is.
    pub config: ConfigName,
    /// Its number: from 1 up, never reused.
    pub number: u64,
    /// Tells this record from any other that wanted the same number.
    pub id: Id,
    /// The branch it was saved on.
    pub branch: RefName,
    /// The versions it was made from: none for the first, two for a merge.
    pub parents: Vec<u64>,
    /// When.
    pub timestamp: Timestamp,
    /// Who.
    pub author: String,
    /// Why.
    pub description: String,
    /// By what kind of command.
    pub action: Action,
    /// By which command, over however many configs.
    pub operation: Operation,
    /// What changed since the first parent.
    pub changes: Summary,
    /// How the source is written.
    pub format: Format,
    /// The permission bits of the file, where there was one.
    pub mode: Option<u32>,
    /// How the record's body holds the source.
    pub encoding: Encoding,
    /// The length of the source.
    pub size_bytes: u64,
    /// Of the exact source bytes.
    pub checksum: Checksum,
    /// Of the canonical content, where the source was parsed.
    pub content_checksum: Option<Checksum>,
    /// The seal of the version before, by number.
    pub previous: Option<Checksum>,
    /// Of the header's bytes.
    pub seal: Checksum,
}

impl Version {
    /// Whether it can only have come into being where a change of refs told of its branch. The lines of an import are no
    /// branches, and bear names all the same.
    pub(crate) fn shows_refs(&self) -> bool {
        self.branch != RefName::main() && self.action != Action::Import
    }
}

/// One change of a config's refs: tags set, moved and deleted, heads moved, branches created, deleted and switched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefChange {
    /// Whose refs they are.
    pub config: ConfigName,
    /// Its number in the log of refs: from 1 up.
    pub number: u64,
    /// Tells this record from any other that wanted the same number.
    pub id: Id,
    /// When.
    pub timestamp: Timestamp,
    /// Who.
    pub author: String,
    /// Why.
    pub description: String,
    /// By what kind of command.
    pub action: RefAction,
    /// By which command.
    pub operation: Operation,
    /// The operation that an undo or a redo is about.
    pub target: Option<Id>,
    /// The tags that changed.
    pub tags: Vec<TagMove>,
    /// Every branch's head after this record. A branch that is not among them is none, but for the first.
    pub heads: BTreeMap<RefName, Head>,
    /// The current branch after this record.
    pub current: RefName,
    /// The versions that it forgot, by their numbers.
    pub forgotten: Vec<Forgotten>,
    /// The seal of the record before.
    pub previous: Option<Checksum>,
    /// Of the record's bytes above it.
    pub seal: Checksum,
}

/// A tag that was set, moved or deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagMove {
    /// Its name.
    pub tag: RefName,
    /// The version it named before, if it was there.
    pub from: Option<u64>,
    /// The version it names now, if it is there.
    pub to: Option<u64>,
}

/// Versions that were forgotten: consecutive ones of a branch, each made from the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forgotten {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// Their branch.
    pub branch: RefName,
    /// What the first was made from.
    pub parent: Option<u64>,
    /// The seal of the version before the first, as the first names it.
    pub previous: Option<Checksum>,
    /// The seal of the last.
    pub seal: Checksum,
}

impl Forgotten {
    /// Whether a version is among them.
    pub fn contains(&self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

/// A branch's head at the time of a [`RefChange`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The version; `None` where the branch's first save was undone.
    pub version: Option<u64>,
    /// The newest version of the config at that time: later ones on the branch are newer than this head.
    pub as_of: u64,
}

/// What one command did, over however many configs: the unit of undo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Shared by all records of the operation.
    pub id: Id,
    /// When it was done: for an import later than the versions' own times.
    pub timestamp: Timestamp,
    /// The command line, or what the program says of itself.
    pub command: String,
}

/// What changed since the parent, in short.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// One line for people: `db.pool 10 → 20`.
    pub summary: String,
    /// How many values are new.
    pub added: u64,
    /// How many values are gone.
    pub removed: u64,
    /// How many values are others, moved or renamed.
    pub changed: u64,
    /// Where, as JSON Pointers; the first [`Summary::MAX_PATHS`] that have together [`Summary::MAX_PATHS_BYTES`].
    pub paths: Vec<String>,
}

impl Summary {
    /// How many paths a record holds.
    pub const MAX_PATHS: usize = 100;
    /// How long they may be together: keys can be as long as a source, and stand in many paths.
    pub const MAX_PATHS_BYTES: usize = 64 * 1024;
}

/// Makes an enumeration whose variants have names in records.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// The name in records.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(UnknownName) }
            }
        }
    };
}

named! {
    /// What kind of command made a version.
    #[derive(Default)]
    Action {
        /// A save.
        #[default]
        Save = "save",
        /// A rollback to an earlier version.
        Rollback = "rollback",
        /// A rollback that put a file where none was.
        Restore = "restore",
        /// An edit that the command made in the file: its undo writes the file back.
        Edit = "edit",
        /// An import from another system.
        Import = "import",
        /// A merge of another branch: its head is the second parent.
        Merge = "merge",
    }
}

named! {
    /// What kind of command changed refs.
    RefAction {
        /// Tags were set, moved or deleted.
        Tag = "tag",
        /// A branch was created or deleted.
        Branch = "branch",
        /// Another branch was made the current one; it may have been created by it.
        Switch = "switch",
        /// Versions were forgotten.
        Forget = "forget",
        /// An operation was undone.
        Undo = "undo",
        /// An undone operation was done again.
        Redo = "redo",
    }
}

named! {
    /// How a record's body holds the source.
    Encoding {
        /// The document verbatim.
        Json = "json",
        /// A list of lines.
        Text = "text",
        /// Base64 (RFC 4648, section 4).
        Base64 = "base64",
    }
}

/// The text is not one of the names that a record may have there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not one of the names that may stand here")
    }
}

impl std::error::Error for UnknownName {}
