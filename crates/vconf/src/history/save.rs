//! Save: a new version of a config.

use super::compare::Comparison;
use super::context::{Context, bounded};
use super::error::Error;
use super::load::is_structured;
use super::state::State;
use crate::backend::{Log, random_id};
use crate::canonical;
use crate::diff;
use crate::format::{self, Document};
use crate::model::checksum::Checksum;
use crate::model::format::Format;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Summary, Version};
use crate::model::value::Value;
use crate::store::{Appended, Corruption, Draft, Store, StoreError};

/// How to save.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SaveOptions {
    /// Why; without it, the summary of the change.
    pub description: Option<String>,
    /// The permission bits of the file.
    pub mode: Option<u32>,
    /// The format, where it is not to be found out.
    pub format: Option<Format>,
    /// Save only if the latest version has this number; 0 for no version yet.
    pub expect: Option<u64>,
    /// A tag for the version.
    pub tag: Option<RefName>,
    /// By what kind of command.
    pub action: Action,
}

/// What became of a save.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The version that holds the bytes now.
    pub version: Version,
    /// Whether it is a new one: the latest may have held the same already.
    pub is_new: bool,
    /// What there is to tell about the source: why it was kept as text, which keys stand in it twice.
    pub document: Document,
    /// The tag that was set, and the version that it named before.
    pub tagged: Option<super::TagOutcome>,
    /// Damage that stood in the way and was passed around.
    pub damage: Vec<Corruption>,
}

/// A source that is about to be saved or was just read: bytes, what they are, and their checksum.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The exact bytes.
    pub bytes: &'a [u8],
    /// Their content.
    pub document: Document,
    /// Their checksum.
    pub checksum: Checksum,
}

impl<'a> Source<'a> {
    /// Reads bytes under a config's name.
    pub fn read(config: &ConfigName, bytes: &'a [u8], format: Option<Format>) -> Self {
        let document = format::read(config.as_str(), bytes, format);
        Self { bytes, document, checksum: canonical::checksum(bytes) }
    }

    /// The checksum of the content, where it has a structure.
    pub fn content_checksum(&self) -> Option<Checksum> {
        is_structured(&self.document)
            .then(|| self.document.tree.as_ref().map(canonical::content_checksum))
            .flatten()
    }
}

impl Store {
    /// Saves the exact bytes of a source as a new version, unless the latest holds the same.
    ///
    /// When this returns, the version survives any crash. Two racing saves both succeed, with different numbers.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where the latest version is not the expected one.
    pub fn save(
        &self,
        config: &ConfigName,
        bytes: &[u8],
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let source = Source::read(config, bytes, options.format);
        self.save_source(config, source, options, context)
    }

    /// Saves a value, written in the format that the config's name speaks of; JSON where it speaks of none.
    pub fn save_value(
        &self,
        config: &ConfigName,
        value: &Value,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let format = options.format.or_else(|| Format::of_file_name(config.as_str())).unwrap_or(Format::Json);
        let text = format::print(format, value)
            .map_err(|error| Error::NotExpressible { config: config.clone(), reason: error.to_string() })?;
        self.save(config, text.as_bytes(), &SaveOptions { format: Some(format), ..options.clone() }, context)
    }

    /// Saves anything that can be serialized, as [`save_value`](Self::save_value) does.
    pub fn save_typed<T: serde::Serialize + ?Sized>(
        &self,
        config: &ConfigName,
        data: &T,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let value = Value::from_serialize(data)
            .map_err(|error| Error::NotExpressible { config: config.clone(), reason: error.to_string() })?;
        self.save_value(config, &value, options, context)
    }

    /// Saves a source that was read already.
    pub fn save_source(
        &self,
        config: &ConfigName,
        source: Source<'_>,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let plan = Plan {
            action: options.action,
            description: options.description.clone().filter(|text| !text.trim().is_empty()),
            mode: options.mode,
            expect: options.expect,
            skip_same: true,
        };
        let Written { version, is_new, damage } = self.write_version(config, &source, &plan, context)?;
        let tagged = match &options.tag {
            Some(tag) => Some(self.move_tag(config, tag, Some(version.number), context)?),
            None => None,
        };
        Ok(Saved { version, is_new, document: source.document, tagged, damage })
    }

    /// Writes a version at the head of the main branch: the one way in which versions come into being.
    pub(super) fn write_version(
        &self,
        config: &ConfigName,
        source: &Source<'_>,
        plan: &Plan,
        context: &Context,
    ) -> Result<Written, Error> {
        let main = RefName::main();
        let mut content_checksum = None;
        let id = random_id().map_err(Error::Random)?;
        for _ in 0..MOST_ATTEMPTS {
            let state = self.state(config)?;
            let head = self.head_number(&state, &main)?;
            self.check_expected(&state, head, plan.expect)?;
            let parent = self.parent(&state, head)?;
            if plan.skip_same
                && let Parent::Readable(parent, _) = &parent
                && parent.checksum == source.checksum
                && (plan.mode.is_none() || parent.mode == plan.mode)
            {
                self.settle(config, Log::Versions)?;
                return Ok(Written { version: (**parent).clone(), is_new: false, damage: state.damage });
            }
            let changes = self.summarize(&parent, source, plan.mode);
            let content_checksum = *content_checksum.get_or_insert_with(|| source.content_checksum());
            let description = plan.description.clone().unwrap_or_else(|| changes.summary.clone());
            let draft = Draft {
                config,
                id,
                branch: &main,
                parents: head.into_iter().collect(),
                timestamp: context.timestamp,
                author: &context.author,
                description: bounded(description),
                action: plan.action,
                operation: &context.operation,
                changes,
                format: source.document.format,
                mode: plan.mode.or(parent.mode()),
                source: source.bytes,
                checksum: source.checksum,
                content_checksum,
            };
            let tip = self.sealed_tip(&state)?;
            if let Appended::Written(version) = self.append_version(&draft, tip)? {
                self.recent.put(source.checksum, &source.document, source.bytes.len());
                let damage = state.damage.into_iter().chain(parent.into_damage()).collect();
                return Ok(Written { version, is_new: true, damage });
            }
        }
        Err(Error::Busy { config: config.clone() })
    }

    /// Tells what a new version changes. What it was made from was read just now, and its checksum holds.
    fn summarize(&self, parent: &Parent, source: &Source<'_>, mode: Option<u32>) -> Summary {
        let plain = |summary: String| Summary { summary, ..Summary::default() };
        let (version, old_source) = match parent {
            Parent::None => return plain("First version".to_owned()),
            Parent::Damaged(corruption) => {
                return plain(format!("After version {}, which is damaged", corruption.number));
            }
            Parent::Readable(version, source) => (version, source),
        };
        let mode_change = match (version.mode, mode) {
            (Some(old), Some(new)) if old != new => Some(format!("mode {old:04o} → {new:04o}")),
            _ => None,
        };
        if version.checksum == source.checksum {
            return plain(mode_change.unwrap_or_else(|| "No change".to_owned()));
        }
        let old = self.recent.take(version.checksum, version.format).unwrap_or_else(|| {
            format::read(version.config.as_str(), old_source.as_slice(), Some(version.format))
        });
        let comparison = Comparison::of_documents(old, old_source, source.document.clone(), source.bytes);
        let Some((old, new)) = comparison.trees() else {
            let (old, new) = (old_source.len(), source.bytes.len());
            return plain(if old == new {
                format!("other bytes, {new} as before")
            } else {
                format!("{old} → {new} bytes")
            });
        };
        let mut summary = diff::summary(&diff::compare(old, new, &diff::Options::default()));
        if let Some(mode_change) = mode_change {
            summary.summary = format!("{}, {mode_change}", summary.summary);
        }
        summary
    }

    /// Fails where the latest version of a config is not the expected one; 0 stands for none.
    pub fn expect_latest(&self, config: &ConfigName, expected: u64) -> Result<(), Error> {
        let state = self.state(config)?;
        let head = self.head_number(&state, &RefName::main())?;
        self.check_expected(&state, head, Some(expected))
    }

    fn check_expected(&self, state: &State, head: Option<u64>, expect: Option<u64>) -> Result<(), Error> {
        let found = head.unwrap_or(0);
        match expect {
            Some(expected) if expected != found => {
                let after = expected.saturating_add(1).max(found.saturating_sub(MOST_NAMED_IN_CONFLICT));
                let since =
                    (after..=found).filter_map(|number| self.header(&state.config, number).ok()).collect();
                Err(Error::Conflict { config: state.config.clone(), expected, found, since })
            }
            _ => Ok(()),
        }
    }

    fn parent(&self, state: &State, head: Option<u64>) -> Result<Parent, Error> {
        let Some(number) = head else { return Ok(Parent::None) };
        match self.load_number(&state.config, number) {
            Ok(loaded) => Ok(Parent::Readable(Box::new(loaded.version), loaded.source)),
            Err(Error::Store(StoreError::Corrupt(corruption))) => Ok(Parent::Damaged(corruption)),
            Err(error) => Err(error),
        }
    }
}

/// How a version is to be written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) description: Option<String>,
    pub(super) mode: Option<u32>,
    pub(super) expect: Option<u64>,
    /// Whether nothing is written where the head holds the same.
    pub(super) skip_same: bool,
}

/// What was written, or was there already.
pub(super) struct Written {
    pub(super) version: Version,
    pub(super) is_new: bool,
    pub(super) damage: Vec<Corruption>,
}

/// The version that a new one is made from.
enum Parent {
    None,
    Readable(Box<Version>, Vec<u8>),
    /// The history goes on after a damaged version; what changed can't be told.
    Damaged(Box<Corruption>),
}

impl Parent {
    fn mode(&self) -> Option<u32> {
        match self {
            Self::Readable(version, _) => version.mode,
            _ => None,
        }
    }

    fn into_damage(self) -> Option<Corruption> {
        match self {
            Self::Damaged(corruption) => Some(*corruption),
            _ => None,
        }
    }
}

/// How often a save that loses its number to another writer tries the next.
const MOST_ATTEMPTS: usize = 10_000;

/// How many of the versions in between a conflict names.
const MOST_NAMED_IN_CONFLICT: u64 = 20;
