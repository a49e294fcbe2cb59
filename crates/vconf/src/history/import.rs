//! Import: the version files of the Python manager that came before.

mod version_file;

use std::fmt;

use super::context::{Context, bounded};
use super::error::Error;
use super::save::Source;
use super::write::Plan;
use crate::backend::{Log, random_id};
use crate::canonical;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Version};
use crate::model::revision::Clock;
use crate::store::Store;
use version_file::{VersionFile, read_file, sort};

/// What became of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// The versions, in order; those that were there from an earlier import as well.
    pub imported: Vec<Imported>,
    /// What there is to tell.
    pub warnings: Vec<ImportWarning>,
    /// Whether an earlier import of them had been undone, and was done again.
    pub is_redone: bool,
}

/// One version that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The file that it came from.
    pub file: String,
    /// What it is now.
    pub version: Version,
    /// The tag that its own version became.
    pub tag: Option<RefName>,
    /// Whether an earlier import had made it.
    pub was_there: bool,
}

/// Something to tell of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportWarning {
    /// The file.
    pub file: String,
    /// What is to be told.
    pub problem: ImportProblem,
}

/// What can be wrong with a version file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportProblem {
    /// It was left out, for it can't be read.
    Unreadable(String),
    /// It was imported, though its content is not the one that its checksum was made of.
    Checksum {
        /// The checksum in the file.
        stated: String,
        /// The checksum of its content.
        actual: String,
    },
    /// It was imported, though it has no checksum.
    NoChecksum,
    /// It was imported with the time of the import, for it has none that can be read.
    NoTime(String),
    /// It was imported without a tag, for its version can't be the name of one.
    NoTag(String),
}

impl ImportProblem {
    /// Whether it is a sign of damage.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Checksum { .. })
    }
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "left out: {why}"),
            Self::Checksum { stated, actual } => {
                write!(
                    f,
                    "its content does not match its checksum: it says {stated}, and the content has {actual}"
                )
            }
            Self::NoChecksum => f.write_str("it has no checksum to verify"),
            Self::NoTime(text) => write!(f, "it has no time that can be read: \"{}\"", text.escape_debug()),
            Self::NoTag(version) => write!(f, "its version can't be a tag: \"{}\"", version.escape_debug()),
        }
    }
}

/// Why an import could not be done or finished.
#[derive(Debug)]
pub enum ImportError {
    /// No file was a version file.
    NoVersions(Vec<ImportWarning>),
    /// The config has a history that this import did not make.
    Exists {
        /// The config.
        config: ConfigName,
    },
    /// The history could not be written.
    History(Error),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVersions(_) => f.write_str("there is no version file that can be read"),
            Self::Exists { config } => write!(f, "{config} has another history already"),
            Self::History(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl Store {
    /// Imports version files of the original Python manager, given by name and bytes, as the history of a config.
    ///
    /// They become versions in the order of their times, or of their own version numbers where a time is missing. What
    /// an earlier import of the same files made is not made again, so that one that was cut short can be finished.
    pub fn import_python(
        &self,
        config: &ConfigName,
        files: Vec<(String, Vec<u8>)>,
        clock: &Clock,
        context: &Context,
    ) -> Result<ImportReport, ImportError> {
        let mut report = ImportReport::default();
        let mut found = Vec::new();
        for (file, bytes) in files {
            match read_file(file, &bytes, clock, &mut report.warnings) {
                Ok(version_file) => found.push(version_file),
                Err(warning) => report.warnings.push(warning),
            }
        }
        if found.is_empty() {
            return Err(ImportError::NoVersions(report.warnings));
        }
        sort(&mut found);
        let there = self.already_imported(config, &found)?;
        if there > 0 {
            // Tags will speak of versions that another process may have written a moment ago.
            self.settle(config, Log::Versions).map_err(Error::from)?;
            report.is_redone = self.redo_imports(config, context)?;
        }
        for (at, file) in found.into_iter().enumerate() {
            let context = Context {
                author: file.author.clone().map_or_else(|| Context::SYSTEM.to_owned(), bounded),
                timestamp: file.time.unwrap_or(context.timestamp),
                operation: context.operation.clone(),
            };
            let was_there = at < there;
            let version = if was_there {
                self.header(config, at as u64 + 1).map_err(Error::from)?
            } else {
                let source = Source::read(config, file.source.as_bytes(), Some(file.format));
                let plan = Plan {
                    action: Action::Import,
                    description: file.description.clone().filter(|text| !text.trim().is_empty()),
                    mode: None,
                    expect: None,
                    skip_same: false,
                    branch: None,
                    merges: Vec::new(),
                };
                self.write_version(config, &source, &plan, &context)?.version
            };
            let tag = self.tag_imported(config, &file, version.number, &context, &mut report.warnings)?;
            report.imported.push(Imported { file: file.name, version, tag, was_there });
        }
        Ok(report)
    }

    /// How many of the files are versions already; an error where the config's versions are not these.
    fn already_imported(&self, config: &ConfigName, files: &[VersionFile]) -> Result<usize, ImportError> {
        let there = self.state(config)?.versions.number;
        for number in 1..=there {
            let version = self.header(config, number).map_err(Error::from)?;
            let file = usize::try_from(number - 1).ok().and_then(|at| files.get(at));
            let is_same =
                file.is_some_and(|file| version.checksum == canonical::checksum(file.source.as_bytes()));
            if version.action != Action::Import || !is_same {
                return Err(ImportError::Exists { config: config.clone() });
            }
        }
        Ok(usize::try_from(there).unwrap_or(usize::MAX))
    }

    /// Does imports again that were undone, so that what they made is the latest once more; tells whether there were any.
    fn redo_imports(&self, config: &ConfigName, context: &Context) -> Result<bool, Error> {
        let state = self.state(config)?;
        let mut undone = Vec::new();
        if self.head_number(&state, &RefName::main())?.is_none() {
            for operation in self.operations()? {
                let operation = operation?;
                if operation.undone_in.contains(config) && operation.versions_of(config).next().is_some() {
                    undone.push(operation);
                }
            }
        }
        let is_any = !undone.is_empty();
        for operation in undone.into_iter().rev() {
            // An operation of its own, so that what this import adds can be undone for itself.
            let mut context = context.clone();
            context.operation.id = random_id().map_err(Error::Random)?;
            self.redo(operation, &context)?;
        }
        Ok(is_any)
    }

    fn tag_imported(
        &self,
        config: &ConfigName,
        file: &VersionFile,
        number: u64,
        context: &Context,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<Option<RefName>, Error> {
        if file.version == number.to_string() {
            return Ok(None);
        }
        let tag = RefName::new(&file.version).ok().filter(|name| *name != RefName::main());
        let tag = tag.map_or_else(|| RefName::new(&format!("v{}", file.version)), Ok);
        let Ok(tag) = tag else {
            let problem = ImportProblem::NoTag(file.version.clone());
            warnings.push(ImportWarning { file: file.name.clone(), problem });
            return Ok(None);
        };
        self.move_tag(config, &tag, Some(number), context)?;
        Ok(Some(tag))
    }
}
