//! The verbs: what can be done with a history, one file each.

mod branch;
mod check;
mod compare;
mod context;
mod error;
mod import;
mod line;
mod load;
mod log;
mod merge;
mod operations;
mod rollback;
mod save;
mod state;
mod switch;
mod tag;
mod turn;
mod undo;
mod write;

pub use branch::BranchOutcome;
pub use check::{Finding, FindingKind, Report};
pub use compare::Comparison;
pub use context::Context;
pub use error::{Error, ErrorKind};
pub use import::{ImportError, ImportReport, ImportWarning, Imported};
pub use load::Loaded;
pub use log::{KeyEntry, LogEntries, LogEntry, LogFilter, Standing};
pub use merge::{MergeError, MergeSide, MergedSource, merge_sources};
pub use operations::{OperationRecords, OperationState};
pub use rollback::RollbackOptions;
pub use save::{SaveOptions, Saved, Source};
pub use state::{KnownTags, State};
pub use switch::SwitchOutcome;
pub use tag::TagOutcome;
pub use undo::Undone;
