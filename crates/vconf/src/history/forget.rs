//! Forget: old versions go, and the history says so.
//!
//! First a change of refs records which versions are forgotten, with the seals around them, so that the chain still
//! holds. Only when that is durable their bytes go: the runs of numbers that they are of are packed anew without them.
//! Whatever a crash leaves to be done of that, the next forgetting or packing does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::context::Context;
use super::error::Error;
use super::pack::Packed;
use super::retain::{Keep, KeepRules, Keeping};
use super::state::State;
use crate::backend::{Log, Pack, PackName, Slot, random_id};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Forgotten, MAX_NUMBER, RefAction, RefChange, Version};
use crate::model::time::Timestamp;
use crate::store::{Appended, Gaps, PackLevel, RefDraft, Step, Store, StoreError, no_packs};

/// What a forgetting does to a config, or would do, from the newest version down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForgetPlan {
    /// What stays and what goes.
    pub entries: Vec<ForgetEntry>,
    /// How many versions go.
    pub versions: u64,
    /// How long their sources are together.
    pub size_bytes: u64,
    stretches: Vec<Forgotten>,
}

/// What stays, or goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForgetEntry {
    /// Consecutive versions that stay, all for the same reasons.
    Kept {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
        /// When the first was saved, and the last; `None` where they can't be read.
        timestamps: Option<(Timestamp, Timestamp)>,
        /// Why they stay.
        why: Vec<Keep>,
    },
    /// Consecutive versions that go.
    Gone {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
        /// When the first was saved, and the last.
        timestamps: (Timestamp, Timestamp),
    },
}

/// What was forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForgetOutcome {
    /// What was decided.
    pub plan: ForgetPlan,
    /// What was packed anew on the way, and what stood in the way of that.
    pub packed: Packed,
}

impl Store {
    /// Finds out what a forgetting would do. Linear in the versions.
    ///
    /// The newest version, heads, what tags name, where branches part and meet, and what the next undo or redo goes back
    /// to always stay.
    pub fn plan_forgetting(
        &self,
        state: &State,
        rules: &KeepRules,
        zone: &TimeZone,
    ) -> Result<ForgetPlan, Error> {
        state.check_current()?;
        let config = &state.config;
        let gaps = self.gaps(config)?;
        let mut kept = self.never_forgotten(state)?;
        let mut keeping = Keeping::new(rules, zone);
        let mut branching = Branching::default();
        let mut plan = ForgetPlan::default();
        let mut versions = self.descend(config, Log::Versions, state.versions.number, 0);
        while let Some(Step { number, record }) = versions.step(|number| self.header(config, number))? {
            if let Some(gap) = gaps.find(number) {
                if number == gap.versions.last {
                    branching.pass_forgotten(&gap.versions);
                }
                continue;
            }
            match record {
                Ok(version) => {
                    let mut why = kept.remove(&number).unwrap_or_default();
                    why.extend(branching.pass(&version));
                    why.extend(keeping.next(version.timestamp));
                    if why.is_empty() {
                        plan.forget(&version);
                    } else {
                        plan.keep(number, Some(version.timestamp), why);
                    }
                }
                Err(_) => plan.keep(number, None, vec![Keep::Damaged]),
            }
        }
        plan.stretches.reverse();
        Ok(plan)
    }

    /// Forgets the versions that no rule keeps. It can't be undone.
    pub fn forget(
        &self,
        config: &ConfigName,
        rules: &KeepRules,
        zone: &TimeZone,
        context: &Context,
    ) -> Result<ForgetOutcome, Error> {
        if self.backend().packs().is_none() {
            // Only a pack can stand for numbers whose records are gone.
            return Err(StoreError::from(no_packs(config)).into());
        }
        let mut told = ForgetPlan::default();
        for _ in 0..MOST_ATTEMPTS {
            self.known_state(config)?;
            let state = self.state_for_refs(config)?;
            state.check_current()?;
            let plan = self.plan_forgetting(&state, rules, zone)?;
            let stretches: Vec<_> = plan.stretches.iter().take(MOST_STRETCHES).cloned().collect();
            if told.entries.is_empty() {
                told = plan;
            }
            if stretches.is_empty() {
                return Ok(ForgetOutcome { plan: told, packed: self.finish_forgetting(config)? });
            }
            if !self.record_forgetting(&state, stretches, context)? {
                told = ForgetPlan::default();
            }
        }
        Err(Error::Busy { config: config.clone() })
    }

    /// Writes which versions are forgotten; tells whether no other change of refs came in between.
    fn record_forgetting(
        &self,
        state: &State,
        stretches: Vec<Forgotten>,
        context: &Context,
    ) -> Result<bool, Error> {
        let count: u64 = stretches.iter().map(|stretch| stretch.last - stretch.first + 1).sum();
        let noun = if count == 1 { "version" } else { "versions" };
        let draft = RefDraft {
            config: &state.config,
            id: random_id().map_err(Error::Random)?,
            timestamp: context.timestamp,
            author: &context.author,
            description: format!("Forget {count} {noun}"),
            action: RefAction::Forget,
            operation: &context.operation,
            target: None,
            tags: Vec::new(),
            heads: self.pinned_heads(state)?,
            current: state.current.clone(),
            forgotten: stretches,
        };
        Ok(matches!(self.append_ref(&draft, state.refs)?, Appended::Written(_)))
    }

    /// The versions that stay whatever the rules say, but for those where branches part and meet.
    fn never_forgotten(&self, state: &State) -> Result<BTreeMap<u64, Vec<Keep>>, Error> {
        let mut kept: BTreeMap<u64, Vec<Keep>> = BTreeMap::new();
        let mut keep = |number: u64, why: Keep| {
            let reasons = kept.entry(number).or_default();
            if !reasons.contains(&why) {
                reasons.push(why);
            }
        };
        keep(state.versions.number, Keep::Newest);
        for (branch, number) in self.heads(state)? {
            keep(number, Keep::Head(branch));
            // The undo of what made it goes back to what it was made from.
            for parent in self.header(&state.config, number)?.parents {
                keep(parent, Keep::Undo);
            }
        }
        for (tag, number) in self.tags(state)? {
            keep(number, Keep::Tag(tag));
        }
        // What the last changes of refs were about: an undo of one of them goes back to it.
        let undoable = |change: &Result<RefChange, Error>| !matches!(change, Ok(change) if change.action == RefAction::Forget);
        for change in self.ref_changes(state).filter(undoable).take(UNDO_CHANGES) {
            let change = change?;
            let tagged = change.tags.iter().flat_map(|tag| tag.from.into_iter().chain(tag.to));
            tagged.for_each(|number| keep(number, Keep::Undo));
            if change.action != RefAction::Tag {
                let heads = change.heads.values().filter_map(|head| head.version);
                heads.for_each(|number| keep(number, Keep::Undo));
            }
        }
        self.keep_operations(state, &mut keep)?;
        Ok(kept)
    }

    /// Keeps what the next undo and the next redo need.
    fn keep_operations(&self, state: &State, keep: &mut impl FnMut(u64, Keep)) -> Result<(), Error> {
        for operation in [self.next_undo(), self.next_redo()] {
            let operation = match operation {
                Ok(operation) => operation,
                Err(Error::NothingToUndo | Error::NothingToRedo { .. } | Error::LastUnknown { .. }) => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut versions = operation.versions_of(&state.config);
            let (first, last) = (versions.next(), versions.next_back());
            for version in first.into_iter().chain(last) {
                keep(version.number, Keep::Undo);
                version.parents.iter().for_each(|&parent| keep(parent, Keep::Undo));
            }
        }
        Ok(())
    }

    /// Takes the bytes away of versions that are recorded as forgotten, where any are left.
    pub(super) fn finish_forgetting(&self, config: &ConfigName) -> Result<Packed, Error> {
        let mut packed = Packed::default();
        let gaps = self.gaps(config)?;
        if gaps.iter().next().is_none() {
            return Ok(packed);
        }
        let there = self.version_numbers(config)?;
        let left: Vec<u64> = there.iter().copied().filter(|&number| gaps.find(number).is_some()).collect();
        if !left.is_empty() {
            self.empty_index(config)?;
            self.empty_blame(config)?;
        }
        let mut done = 0;
        for &number in &left {
            if number > done {
                let run = PackName::run_of(number);
                done = *run.end();
                let of_run = |numbers: &[u64]| -> Vec<u64> {
                    numbers.iter().copied().filter(|number| run.contains(number)).collect()
                };
                self.pack_without(config, &of_run(&there), &of_run(&left), &gaps, &mut packed)?;
            }
        }
        self.trim_journal(config)?;
        Ok(packed)
    }

    /// Packs a run of numbers anew without the forgotten ones, and takes their bytes away.
    fn pack_without(
        &self,
        config: &ConfigName,
        there: &[u64],
        forgotten: &[u64],
        gaps: &Arc<Gaps>,
        packed: &mut Packed,
    ) -> Result<(), Error> {
        let Some(&last_forgotten) = forgotten.last() else { return Ok(()) };
        let run = PackName::run_of(last_forgotten);
        let packs = self.packs_covering(config, &run).map_err(StoreError::from)?;
        let last = packs.iter().map(|name| name.last()).max().unwrap_or(0).max(last_forgotten);
        let generation = gaps.iter().map(|gap| gap.change).max().unwrap_or(0);
        let Some(name) = PackName::new(*run.start(), last.min(MAX_NUMBER), generation) else { return Ok(()) };
        let gone: BTreeSet<u64> = forgotten.iter().copied().collect();
        let kept: Vec<u64> = there.iter().copied().filter(|n| *n <= last && !gone.contains(n)).collect();
        let pack = Pack { config, name };
        if !packs.contains(&name) {
            match self.create_pack(&pack, &kept, PackLevel::Small) {
                Ok(made) => {
                    self.read_back(&pack, &made.digests)?;
                    packed.packs += 1;
                    packed.pack_bytes += made.size_bytes;
                }
                Err(StoreError::Corrupt(corruption)) => {
                    packed.stopped_at.push(*corruption);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.clear(&pack, &packs, packed)?;
        for &number in forgotten {
            let slot = Slot { config, log: Log::Versions, number };
            self.backend().remove(&slot).map_err(StoreError::from)?;
        }
        Ok(())
    }
}

/// Where branches part and meet, as far as the newer versions tell.
#[derive(Default)]
struct Branching {
    /// Of the versions that newer ones were made from: the branches of those, and whether one of them merged it.
    children: BTreeMap<u64, (BTreeSet<RefName>, bool)>,
}

impl Branching {
    /// Comes to the next version; tells why it stays, where branches part or meet with it.
    fn pass(&mut self, version: &Version) -> Option<Keep> {
        let (branches, is_merged) = self.children.remove(&version.number).unwrap_or_default();
        for (at, &parent) in version.parents.iter().enumerate() {
            self.note(parent, &version.branch, at > 0);
        }
        let parts = is_merged || branches.iter().any(|branch| *branch != version.branch);
        match version.parents.len() {
            0 | 1 => parts.then_some(Keep::BranchPoint),
            _ => Some(Keep::Merge),
        }
    }

    /// Comes to versions that were forgotten before.
    fn pass_forgotten(&mut self, gap: &Forgotten) {
        self.children.retain(|number, _| !gap.contains(*number));
        if let Some(parent) = gap.parent {
            self.note(parent, &gap.branch, false);
        }
    }

    fn note(&mut self, parent: u64, branch: &RefName, merges: bool) {
        let (branches, is_merged) = self.children.entry(parent).or_default();
        branches.insert(branch.clone());
        *is_merged |= merges;
    }
}

impl ForgetPlan {
    /// How many versions stay.
    pub fn kept(&self) -> u64 {
        let kept = self.entries.iter().filter_map(|entry| match entry {
            ForgetEntry::Kept { first, last, .. } => Some(last - first + 1),
            ForgetEntry::Gone { .. } => None,
        });
        kept.sum()
    }

    /// Adds a version that stays; they come from the newest down.
    fn keep(&mut self, number: u64, time: Option<Timestamp>, reasons: Vec<Keep>) {
        if let Some(ForgetEntry::Kept { first, timestamps, why, .. }) = self.entries.last_mut()
            && *first == number + 1
            && *why == reasons
            && timestamps.is_some() == time.is_some()
        {
            *first = number;
            if let (Some(timestamps), Some(time)) = (timestamps, time) {
                timestamps.0 = time;
            }
            return;
        }
        let timestamps = time.map(|time| (time, time));
        self.entries.push(ForgetEntry::Kept { first: number, last: number, timestamps, why: reasons });
    }

    /// Adds a version that goes; they come from the newest down.
    fn forget(&mut self, version: &Version) {
        let Version { number, timestamp, branch, parents, previous, seal, .. } = version;
        let parent = parents.first().copied();
        self.versions += 1;
        self.size_bytes += version.size_bytes;
        match self.entries.last_mut() {
            Some(ForgetEntry::Gone { first, timestamps, .. }) if *first == number + 1 => {
                *first = *number;
                timestamps.0 = *timestamp;
            }
            _ => self.entries.push(ForgetEntry::Gone {
                first: *number,
                last: *number,
                timestamps: (*timestamp, *timestamp),
            }),
        }
        match self.stretches.last_mut() {
            Some(next)
                if next.first == number + 1 && next.parent == Some(*number) && next.branch == *branch =>
            {
                (next.first, next.parent, next.previous) = (*number, parent, *previous);
            }
            _ => self.stretches.push(Forgotten {
                first: *number,
                last: *number,
                branch: branch.clone(),
                parent,
                previous: *previous,
                seal: *seal,
            }),
        }
    }
}

/// How many stretches one record holds: it is read whenever the heads are looked up, while it is the newest.
const MOST_STRETCHES: usize = 1000;

/// Of how many of the last changes of refs all versions stay.
const UNDO_CHANGES: usize = 2;

/// How often a record that loses its number to another writer tries the next, and how many records there may be.
const MOST_ATTEMPTS: usize = 10_000;
