//! Save: a new version of a config.

use super::context::Context;
use super::error::Error;
use super::load::is_structured;
use super::state::State;
use super::write::{Attempt, Plan, Written};
use crate::backend::random_id;
use crate::canonical;
use crate::format::{self, Document};
use crate::model::checksum::Checksum;
use crate::model::format::Format;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Version};
use crate::model::value::Value;
use crate::store::{Corruption, Store};

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
    /// The branch; without it, the current one.
    pub branch: Option<RefName>,
    /// By what kind of command.
    pub action: Action,
    /// The versions that it is made from besides the latest.
    pub merges: Vec<u64>,
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
pub struct Source {
    /// The exact bytes, and their content.
    pub document: Document,
    /// Their checksum.
    pub checksum: Checksum,
}

impl Source {
    /// Reads bytes under a config's name. Give an owned `Vec` to have them moved, not copied.
    pub fn read(config: &ConfigName, bytes: impl Into<Vec<u8>>, format: Option<Format>) -> Self {
        let bytes = bytes.into();
        let checksum = canonical::checksum(&bytes);
        Self { document: format::read(config.as_str(), bytes, format), checksum }
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        self.document.source()
    }

    /// The checksum of the content, where it has a structure.
    pub fn content_checksum(&self) -> Option<Checksum> {
        is_structured(&self.document)
            .then(|| self.document.tree.as_deref().map(canonical::content_checksum))
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
        source: Source,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        if let Some(tag) = &options.tag {
            self.state(config)?.check_tag_name(tag, Some(0))?;
        }
        let written = self.write_version(config, &source, &plan(options), context)?;
        self.saved(config, written, source.document, options, context)
    }

    /// Saves a source that was read after a state was seen as the version after it; `None` where another writer was
    /// faster, so that the source may be an older one than that writer's.
    pub(crate) fn save_after(
        &self,
        state: State,
        bytes: Vec<u8>,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Option<Saved>, Error> {
        if let Some(tag) = &options.tag {
            state.check_tag_name(tag, Some(0))?;
        }
        let config = state.config.clone();
        let source = Source::read(&config, bytes, options.format);
        let mut attempt = Attempt { id: random_id().map_err(Error::Random)?, content_checksum: None };
        match self.write_after(state, &source, &plan(options), &mut attempt, context)? {
            Some(written) => self.saved(&config, written, source.document, options, context).map(Some),
            None => Ok(None),
        }
    }

    fn saved(
        &self,
        config: &ConfigName,
        written: Written,
        document: Document,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let Written { version, is_new, damage } = written;
        let tagged = match &options.tag {
            Some(tag) => Some(self.move_tag(config, tag, Some(version.number), context)?),
            None => None,
        };
        Ok(Saved { version, is_new, document, tagged, damage })
    }

    /// Fails where the latest version of a config is not the expected one; 0 stands for none.
    pub fn expect_latest(&self, config: &ConfigName, expected: u64) -> Result<(), Error> {
        let state = self.state(config)?;
        let head = self.head_number(&state, &state.current)?;
        self.check_expected(&state, head, Some(expected))
    }

    pub(super) fn check_expected(
        &self,
        state: &State,
        head: Option<u64>,
        expect: Option<u64>,
    ) -> Result<(), Error> {
        let found = head.unwrap_or(0);
        match expect {
            Some(expected) if expected != found => {
                let since = self.some_since(&state.config, expected, found);
                Err(Error::Conflict { config: state.config.clone(), expected, found, since })
            }
            _ => Ok(()),
        }
    }

    /// The versions after one up to another: the newest of them, oldest first, as far as they can be read.
    pub(super) fn some_since(&self, config: &ConfigName, expected: u64, found: u64) -> Vec<Version> {
        let after = expected.saturating_add(1).max(found.saturating_sub(MOST_NAMED_IN_CONFLICT));
        (after..=found).filter_map(|number| self.header(config, number).ok()).collect()
    }
}

/// How many of the versions in between a conflict names.
const MOST_NAMED_IN_CONFLICT: u64 = 20;

fn plan(options: &SaveOptions) -> Plan {
    Plan {
        action: options.action,
        description: options.description.clone().filter(|text| !text.trim().is_empty()),
        mode: options.mode,
        expect: options.expect,
        skip_same: options.merges.is_empty(),
        branch: options.branch.clone(),
        parents: None,
        merges: options.merges.clone(),
    }
}
