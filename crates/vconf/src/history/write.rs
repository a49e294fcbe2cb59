//! Writing: the only two ways in which versions and changes of refs come into being.

use std::collections::BTreeMap;

use super::compare::Comparison;
use super::context::{Context, bounded};
use super::error::Error;
use super::load::Loaded;
use super::save::Source;
use super::state::State;
use crate::backend::{Log, random_id};
use crate::diff;
use crate::format::{self, Document};
use crate::model::checksum::{Checksum, Id};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Head, RefAction, RefChange, Summary, TagMove, Version};
use crate::store::{Appended, Corruption, Draft, RefDraft, Store, StoreError, Tip};

/// How a version is to be written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) description: Option<String>,
    pub(super) mode: Option<u32>,
    pub(super) expect: Option<u64>,
    /// Whether nothing is written where the head holds the same.
    pub(super) skip_same: bool,
    /// The branch; without it, the current one.
    pub(super) branch: Option<RefName>,
    /// What it is made from, on a branch that is none or none yet; without it, the branch's head.
    pub(super) parents: Option<Vec<u64>>,
    /// What it is made from besides that.
    pub(super) merges: Vec<u64>,
}

impl Plan {
    /// All that the version is made from, each once.
    fn parents_after(&self, head: Option<u64>) -> Vec<u64> {
        let others = self.parents.iter().flatten().chain(&self.merges).copied();
        let mut parents: Vec<u64> = Vec::new();
        for number in head.into_iter().chain(others) {
            if !parents.contains(&number) {
                parents.push(number);
            }
        }
        parents
    }
}

/// What stays the same however often a version is tried to be written.
pub(super) struct Attempt {
    pub(super) id: Id,
    pub(super) content_checksum: Option<Option<Checksum>>,
}

/// What was written, or was there already.
pub(super) struct Written {
    pub(super) version: Version,
    pub(super) is_new: bool,
    pub(super) damage: Vec<Corruption>,
}

/// A change of refs that is to be written.
pub(super) struct RefPlan {
    pub(super) action: RefAction,
    pub(super) description: String,
    pub(super) target: Option<Id>,
    pub(super) tags: Vec<TagMove>,
    pub(super) heads: BTreeMap<RefName, Head>,
    pub(super) current: RefName,
}

impl Store {
    /// Writes a version at the head of a branch.
    pub(super) fn write_version(
        &self,
        config: &ConfigName,
        source: &Source,
        plan: &Plan,
        context: &Context,
    ) -> Result<Written, Error> {
        let mut attempt = Attempt { id: random_id().map_err(Error::Random)?, content_checksum: None };
        for _ in 0..MOST_ATTEMPTS {
            let state = self.state(config)?;
            if let Some(written) = self.write_after(state, source, plan, &mut attempt, context)? {
                return Ok(written);
            }
        }
        Err(Error::Busy { config: config.clone() })
    }

    /// Writes a version as the one after a state that was seen; `None` where another writer was faster.
    pub(super) fn write_after(
        &self,
        state: State,
        source: &Source,
        plan: &Plan,
        attempt: &mut Attempt,
        context: &Context,
    ) -> Result<Option<Written>, Error> {
        state.check_current()?;
        let config = &state.config;
        let branch = plan.branch.as_ref().unwrap_or(&state.current);
        let (head, parent) = match &plan.parents {
            Some(parents) => {
                let first = parents.first().copied();
                (first, self.parent(&state, first)?)
            }
            None => {
                state.check_branch(branch)?;
                self.head_as_parent(&state, branch)?
            }
        };
        self.check_expected(&state, head, plan.expect)?;
        if plan.skip_same
            && let Parent::Readable(parent, _) = &parent
            && parent.checksum == source.checksum
            && (plan.mode.is_none() || parent.mode == plan.mode)
        {
            self.settle(config, Log::Versions)?;
            return Ok(Some(Written { version: (**parent).clone(), is_new: false, damage: state.damage }));
        }
        let mode = plan.mode.or(parent.mode());
        let damage = state.damage.iter().chain(parent.damage()).cloned().collect();
        let changes = self.summarize(parent, source, plan.mode);
        let content_checksum = *attempt.content_checksum.get_or_insert_with(|| source.content_checksum());
        let description = plan.description.clone().unwrap_or_else(|| changes.summary.clone());
        let draft = Draft {
            config,
            id: attempt.id,
            branch,
            parents: plan.parents_after(head),
            timestamp: context.timestamp,
            author: &context.author,
            description: bounded(description),
            action: plan.action,
            operation: &context.operation,
            changes,
            format: source.document.format,
            mode,
            source: source.bytes(),
            depth: source.document.tree.as_ref().map_or(0, |tree| tree.depth()),
            checksum: source.checksum,
            content_checksum,
        };
        let tip = match self.sealed_tip(&state)? {
            // The heads count up to a version that the log has lost: its number was used, and is not used again.
            tip if tip.number < state.as_of() => Tip { number: state.as_of(), seal: None },
            tip => tip,
        };
        let Appended::Written(version) = self.append_version(&draft, tip)? else { return Ok(None) };
        self.pack_by_itself(&version);
        self.recent.put(&version, &source.document);
        Ok(Some(Written { version, is_new: true, damage }))
    }

    /// Writes a change of refs, planned anew whenever another writer was faster. Where nothing is planned, nothing is written.
    pub(super) fn write_ref(
        &self,
        config: &ConfigName,
        context: &Context,
        mut plan: impl FnMut(&State) -> Result<Option<RefPlan>, Error>,
    ) -> Result<Option<RefChange>, Error> {
        let id = random_id().map_err(Error::Random)?;
        for _ in 0..MOST_ATTEMPTS {
            let state = self.state_for_refs(config)?;
            let Some(RefPlan { action, description, target, tags, heads, current }) = plan(&state)? else {
                return Ok(None);
            };
            // A change of refs holds which branch is the current one: only a switch may say it anew.
            if action != RefAction::Switch {
                state.check_current()?;
            }
            let draft = RefDraft {
                config,
                id,
                timestamp: context.timestamp,
                author: &context.author,
                description,
                action,
                operation: &context.operation,
                target,
                tags,
                heads,
                current,
                forgotten: Vec::new(),
            };
            if let Appended::Written(change) = self.append_ref(&draft, state.refs)? {
                return Ok(Some(change));
            }
        }
        Err(Error::Busy { config: config.clone() })
    }

    /// Tells what a new version changes. What it was made from was read just now, and its checksum holds.
    fn summarize(&self, parent: Parent, source: &Source, mode: Option<u32>) -> Summary {
        let plain = |summary: String| Summary { summary, ..Summary::default() };
        let (version, old) = match parent {
            Parent::None => return plain("First version".to_owned()),
            Parent::Damaged(corruption) => {
                return plain(format!("After version {}, which is damaged", corruption.number));
            }
            Parent::Readable(version, content) => {
                let document = content.into_document(&version);
                (version, document)
            }
        };
        let mode_change = match (version.mode, mode) {
            (Some(old), Some(new)) if old != new => Some(format!("mode {old:04o} → {new:04o}")),
            _ => None,
        };
        if version.checksum == source.checksum {
            return plain(mode_change.unwrap_or_else(|| "No change".to_owned()));
        }
        let comparison =
            Comparison::of_documents(old.clone(), old.source(), source.document.clone(), source.bytes());
        let Some((old, new)) = comparison.trees() else {
            let (old, new) = (old.source().len(), source.bytes().len());
            return plain(if old == new {
                format!("other bytes, {new} as before")
            } else {
                format!("{old} → {new} bytes")
            });
        };
        let mut summary = diff::summary(&diff::compare(old, new, &self.options(&version.config)));
        if let Some(mode_change) = mode_change {
            summary.summary = format!("{}, {mode_change}", summary.summary);
        }
        summary
    }

    /// A branch's head with its source. The newest version mostly is it, and is read just once then.
    fn head_as_parent(&self, state: &State, branch: &RefName) -> Result<(Option<u64>, Parent), Error> {
        let newest = state.versions.number;
        let as_of = state.heads.get(branch).map_or(0, |head| head.as_of);
        if newest > as_of
            && let parent @ Parent::Readable(..) = self.parent(state, Some(newest))?
            && parent.branch() == Some(branch)
        {
            return Ok((Some(newest), parent));
        }
        let head = self.head_number(state, branch)?;
        Ok((head, self.parent(state, head)?))
    }

    fn parent(&self, state: &State, head: Option<u64>) -> Result<Parent, Error> {
        let Some(number) = head else { return Ok(Parent::None) };
        match self.parent_of_number(state, number) {
            Ok((version, content)) => Ok(Parent::Readable(Box::new(version), content)),
            Err(Error::Store(StoreError::Corrupt(corruption))) => Ok(Parent::Damaged(corruption)),
            Err(error) => Err(error),
        }
    }

    /// A version and its content. Of one that this process saved only the header need be read: its seal covers the
    /// checksum of the source.
    fn parent_of_number(&self, state: &State, number: u64) -> Result<(Version, Content), Error> {
        let config = &state.config;
        if let Some((seal, document)) = self.recent.get(config, number) {
            let version = match &state.newest {
                Some(newest) if newest.number == number => (**newest).clone(),
                _ => self.header(config, number)?,
            };
            if version.seal == seal {
                return Ok((version, Content::Document(document)));
            }
        }
        let Loaded { version, source } = self.load_number(config, number)?;
        Ok((version, Content::Source(source)))
    }
}

/// The version that a new one is made from.
enum Parent {
    None,
    Readable(Box<Version>, Content),
    /// The history goes on after a damaged version; what changed can't be told.
    Damaged(Box<Corruption>),
}

/// The content of a version, parsed or not.
enum Content {
    Source(Vec<u8>),
    Document(Document),
}

impl Content {
    fn into_document(self, version: &Version) -> Document {
        match self {
            Self::Source(source) => format::read(version.config.as_str(), source, Some(version.format)),
            Self::Document(document) => document,
        }
    }
}

impl Parent {
    fn branch(&self) -> Option<&RefName> {
        match self {
            Self::Readable(version, _) => Some(&version.branch),
            _ => None,
        }
    }

    fn mode(&self) -> Option<u32> {
        match self {
            Self::Readable(version, _) => version.mode,
            _ => None,
        }
    }

    fn damage(&self) -> Option<&Corruption> {
        match self {
            Self::Damaged(corruption) => Some(corruption),
            _ => None,
        }
    }
}

/// How often a record that loses its number to another writer tries the next.
const MOST_ATTEMPTS: usize = 10_000;
