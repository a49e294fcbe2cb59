//! The verbs: what can be done with a history, one file each.

mod bisect;
mod blame;
mod branch;
mod check;
mod compare;
mod context;
mod copy;
mod error;
mod export;
mod forget;
mod import;
mod line;
mod load;
mod log;
mod merge;
mod operations;
mod pack;
pub(crate) mod parallel;
mod repair;
mod retain;
mod rollback;
mod save;
mod search;
mod state;
mod switch;
mod tag;
mod turn;
mod undo;
mod write;

pub use bisect::{BisectError, Bisection, Changes, Minimized, Verdict, minimize};
pub use blame::{Blame, BlamedValue};
pub use branch::BranchOutcome;
pub use check::{Finding, FindingKind, Report, WeakPoint, Weakness};
pub use compare::Comparison;
pub use context::Context;
pub use copy::{Copied, CopyConflict, SettingsCopy};
pub use error::{Error, ErrorKind};
pub use export::{ExportError, Exported, exported_path};
pub use forget::{ForgetEntry, ForgetOutcome, ForgetPlan};
pub use import::{
    ForeignRevision, ImportError, ImportReport, ImportWarning, Imported, ImportedRevision, RcsError, RcsFile,
    RcsProblem, RcsRevision, RevisionImport, Revisions,
};
pub use load::Loaded;
pub use log::{KeyEntry, LogEntries, LogEntry, LogFilter, Standing};
pub use merge::{MergeError, MergeSide, MergedSource, merge_sources};
pub use operations::{OperationRecords, OperationState};
pub use pack::{PackOptions, Packed};
pub use repair::{FileReader, Known, Lost, Mended, Origin, RepairReport, RepairSources};
pub use retain::{Keep, KeepRules};
pub use rollback::RollbackOptions;
pub use save::{SaveOptions, Saved, Source};
pub use search::{BadPattern, FindQuery, Found, FoundPlace, Pattern};
pub use state::{KnownTags, State};
pub use switch::SwitchOutcome;
pub use tag::TagOutcome;
pub use undo::Undone;
