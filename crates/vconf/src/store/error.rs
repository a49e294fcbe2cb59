//! What can go wrong with records.

use std::fmt;

use super::forgotten::Gap;
use crate::backend::BackendError;
use crate::model::name::ConfigName;

/// A record that is not what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corruption {
    /// The config.
    pub config: ConfigName,
    /// The number of the version or, where `is_ref` says so, of the change of refs.
    pub number: u64,
    /// Whether it is a change of refs.
    pub is_ref: bool,
    /// What a person finds the record under: a file's path, a key.
    pub object: String,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a record, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// The line, from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// The ways in which a record can be wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// There is no record, though a later one or the checkpoint says that there was.
    Missing,
    /// There are no records from the first number to the last, though there were.
    MissingRange {
        /// The first that is missing.
        first: u64,
        /// The last.
        last: u64,
    },
    /// It was forgotten, on purpose: no damage, but nothing that could be read either.
    Forgotten(Box<Gap>),
    /// The record is there, but the system does not give it out: with its words.
    Unreadable(String),
    /// The pack that the record is in is damaged.
    Pack(String),
    /// The record ends too early.
    Truncated,
    /// A line is not the one that stands there in every record.
    Expected(String),
    /// A field's value is not of its type.
    Field(&'static str, String),
    /// The header is not what was sealed.
    Seal,
    /// The body is not JSON.
    Json(String),
    /// The source in the body is not the one that the header's checksum was made of.
    Checksum,
    /// The source in the body is spelled in another way than vconf spells it.
    Spelling,
    /// The record belongs to another place.
    Misplaced(String),
    /// The seal of the record before is another than this record says.
    Chain,
    /// The record is whole, but not the one that the store saw here last.
    Rewritten,
    /// The checkpoint of the log is damaged, so that it can't show whether records after this one were cut off.
    Checkpoint,
    /// No record can come after it, for there is no larger number.
    Last,
    /// A newer vconf wrote it, in this version of the format.
    Newer(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the record is missing"),
            Self::MissingRange { first, last } => {
                write!(f, "all {} records from {first} to {last} are missing", last - first + 1)
            }
            Self::Forgotten(gap) => write!(f, "{} forgot it at {}", gap.author, gap.timestamp),
            Self::Unreadable(why) => write!(f, "the record can't be read: {why}"),
            Self::Pack(why) => write!(f, "the pack is damaged: {why}"),
            Self::Truncated => f.write_str("the record is cut off"),
            Self::Expected(text) => write!(f, "expected {text}"),
            Self::Field(name, why) => write!(f, "the field \"{name}\" is wrong: {why}"),
            Self::Seal => f.write_str("the header was altered: its SHA-256 is not the one in \"seal\""),
            Self::Json(why) => write!(f, "the content is not JSON: {why}"),
            Self::Checksum => {
                f.write_str("the content was altered: its SHA-256 is not the one in \"checksum\"")
            }
            Self::Spelling => f.write_str("the content is spelled in another way than it was written"),
            Self::Misplaced(what) => write!(f, "the record says that it is {what}"),
            Self::Chain => f.write_str("\"previous\" is not the seal of the record before"),
            Self::Rewritten => f.write_str("the record is another than the store saw here last"),
            Self::Checkpoint => f.write_str(
                "the log's checkpoint is damaged: whether later records are missing can't be told (the next one that is written mends it)",
            ),
            Self::Last => f.write_str("no record can come after it: its number is the largest that there is"),
            Self::Newer(version) => write!(f, "it has format {version}, which this vconf does not know"),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => self.problem.fmt(f),
        }
    }
}

impl Corruption {
    /// What a version was forgotten with, where that is why there is no record.
    pub fn forgotten(&self) -> Option<&Gap> {
        match &self.flaw.problem {
            Problem::Forgotten(gap) => Some(gap),
            _ => None,
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, number, object, flaw, .. } = self;
        if let Some(gap) = self.forgotten() {
            return write!(
                f,
                "version {number} of {config} was forgotten at {} by {}",
                gap.timestamp, gap.author
            );
        }
        let what = if self.is_ref { "change of refs" } else { "version" };
        write!(f, "{config}: {what} {number} is damaged: {object}: {flaw}")
    }
}

impl std::error::Error for Corruption {}

/// Why the store could not do something.
#[derive(Debug)]
pub enum StoreError {
    /// A record is damaged or missing. The rest stays usable.
    Corrupt(Box<Corruption>),
    /// The backend failed.
    Backend(BackendError),
    /// The source is too large to be kept.
    TooLarge {
        /// Its length.
        size_bytes: u64,
        /// How long one may be.
        limit_bytes: u64,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(corruption) => corruption.fmt(f),
            Self::Backend(error) => error.fmt(f),
            Self::TooLarge { size_bytes, limit_bytes } => {
                write!(f, "it has {size_bytes} bytes, and at most {limit_bytes} can be kept")
            }
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Backend(error) => error.source(),
            Self::Corrupt(_) | Self::TooLarge { .. } => None,
        }
    }
}

impl From<BackendError> for StoreError {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}

impl From<Corruption> for StoreError {
    fn from(corruption: Corruption) -> Self {
        Self::Corrupt(Box::new(corruption))
    }
}
