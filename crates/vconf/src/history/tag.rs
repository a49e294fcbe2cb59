//! Tag: a name for a version.

use super::context::Context;
use super::error::Error;
use super::state::KnownTags;
use super::write::RefPlan;
use crate::backend::Log;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{RefAction, TagMove};
use crate::store::{Store, StoreError};

/// What became of a tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagOutcome {
    /// The tag, from where, to where. Where both are the same, nothing was written.
    pub moved: TagMove,
}

impl Store {
    /// Names a version. A tag that names another version is moved, which is recorded.
    pub fn set_tag(
        &self,
        config: &ConfigName,
        tag: &RefName,
        number: u64,
        context: &Context,
    ) -> Result<TagOutcome, Error> {
        self.known_state(config)?;
        self.header(config, number)?;
        // Another process may have written the version a moment ago.
        self.settle(config, Log::Versions)?;
        self.move_tag(config, tag, Some(number), context)
    }

    /// Takes a tag away. One that is not there is an error; so is damage that may hide it.
    pub fn delete_tag(
        &self,
        config: &ConfigName,
        tag: &RefName,
        context: &Context,
    ) -> Result<TagOutcome, Error> {
        let state = self.known_state(config)?;
        let KnownTags { tags, damage } = self.known_tags(&state)?;
        if !tags.contains_key(tag) {
            if let Some(damage) = damage {
                return Err(StoreError::Corrupt(damage).into());
            }
            let near =
                super::load::nearest(tag.as_str(), tags.into_keys().collect(), |tag: &RefName| tag.as_str());
            return Err(Error::UnknownName { config: config.clone(), name: tag.clone(), near });
        }
        self.move_tag(config, tag, None, context)
    }

    pub(super) fn move_tag(
        &self,
        config: &ConfigName,
        tag: &RefName,
        to: Option<u64>,
        context: &Context,
    ) -> Result<TagOutcome, Error> {
        let mut moved = TagMove { tag: tag.clone(), from: None, to };
        self.write_ref(config, context, |state| {
            state.check_tag_name(tag, to)?;
            moved.from = self.tags(state)?.get(tag).copied();
            if moved.from == to {
                return Ok(None);
            }
            let description = match to {
                Some(number) => format!("Tag {tag} at version {number}"),
                None => format!("Delete tag {tag}"),
            };
            let tags = vec![moved.clone()];
            Ok(Some(RefPlan {
                action: RefAction::Tag,
                description,
                target: None,
                tags,
                heads: self.pinned_heads(state)?,
                current: state.current.clone(),
            }))
        })?;
        Ok(TagOutcome { moved })
    }
}
