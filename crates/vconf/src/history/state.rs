//! Where a config stands: the ends of its two logs, and its branches' heads.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::line;
use crate::backend::{Log, PROBES, Slot};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Head, RefChange, Version};
use crate::store::{Corruption, Flaw, Problem, Step, Store, StoreError, Tip};

/// Where a config stands at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// The config.
    pub config: ConfigName,
    /// The end of the log of versions.
    pub versions: Tip,
    /// The newest version, where it was read on the way.
    pub(super) newest: Option<Box<Version>>,
    /// The end of the log of refs.
    pub refs: Tip,
    /// The heads that the newest change of refs left, and the numbers up to which they count.
    pub heads: BTreeMap<RefName, Head>,
    /// The current branch: the one that is meant where none is named.
    pub current: RefName,
    /// Damage of newer changes of refs than the one that could be read: they were passed around. Where there are none at
    /// all, that they are missing, if a version shows that there were some.
    pub damage: Vec<Corruption>,
    /// The damage for which the current branch can't be known: a change of refs that may have been a switch.
    pub doubt: Option<Corruption>,
}

/// The tags of a config, as far as its changes of refs can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownTags {
    /// The version that each names.
    pub tags: BTreeMap<RefName, u64>,
    /// The newest change of refs that can't be read, if there is one: it may have set, moved or deleted tags.
    pub damage: Option<Box<Corruption>>,
}

impl State {
    /// The newest version that is known of: a head may know of one that came after the versions were looked up.
    pub(super) fn as_of(&self) -> u64 {
        let known = self.heads.values().map(|head| head.as_of).max().unwrap_or(0);
        self.versions.number.max(known)
    }

    /// The newest version that a head names or counts up to.
    pub(super) fn newest_named(&self) -> u64 {
        let named = self.heads.values().flat_map(|head| head.version.into_iter().chain([head.as_of]));
        named.max().unwrap_or(0)
    }

    /// That changes of refs are missing, where there are none and there were some.
    pub(super) fn missing_refs(&self) -> Option<Box<Corruption>> {
        self.damage.first().filter(|_| self.refs.number == 0).cloned().map(Box::new)
    }

    /// The branches, in order.
    pub fn branches(&self) -> BTreeSet<RefName> {
        self.heads.keys().cloned().chain([RefName::main()]).collect()
    }

    /// Whether there is a branch of this name.
    pub fn has_branch(&self, name: &RefName) -> bool {
        *name == RefName::main() || self.heads.contains_key(name)
    }

    /// Fails where the current branch can't be known. What is written then could be on the wrong one.
    pub(super) fn check_current(&self) -> Result<(), Error> {
        match &self.doubt {
            Some(damage) => Err(Error::CurrentUnknown {
                damage: Box::new(damage.clone()),
                branches: self.branches().into_iter().collect(),
            }),
            None => Ok(()),
        }
    }
}

impl Store {
    /// Finds where a config stands. One that has no history yet has empty logs.
    pub fn state(&self, config: &ConfigName) -> Result<State, Error> {
        self.state_by(config, Evidence::Newest)
    }

    /// The same for whoever writes a change of refs. Where it is the first, all versions are asked whether it is:
    /// linear in them, once in the life of a config.
    pub(crate) fn state_for_refs(&self, config: &ConfigName) -> Result<State, Error> {
        self.state_by(config, Evidence::All)
    }

    fn state_by(&self, config: &ConfigName, evidence: Evidence) -> Result<State, Error> {
        loop {
            let mut state = self.recorded_state(config)?;
            if state.refs.number == 0
                && let Some(lost) = self.lost_refs(&mut state, evidence)?
            {
                // The first one, and a version on its branch, may have come after the look at the refs.
                if !self.has_refs_of(&state)? {
                    continue;
                }
                state.damage.push(lost);
            }
            if !state.damage.is_empty() {
                self.find_branches(&mut state)?;
                state.doubt = self.doubt(&state)?;
            }
            return Ok(state);
        }
    }

    /// Where a config stands by its newest records.
    fn recorded_state(&self, config: &ConfigName) -> Result<State, Error> {
        // Refs first: a version that comes in between is newer than any head that they name.
        let refs = self.tip(config, Log::Refs)?;
        let versions = self.tip(config, Log::Versions)?;
        let mut state = State {
            config: config.clone(),
            versions,
            newest: None,
            refs,
            heads: BTreeMap::new(),
            current: RefName::main(),
            damage: Vec::new(),
            doubt: None,
        };
        let mut changes = self.descend(config, Log::Refs, refs.number, 0);
        while let Some(Step { number, record }) = changes.step(|number| self.ref_change(config, number))? {
            match record {
                Ok(change) => {
                    if number == refs.number {
                        state.refs.seal = state.refs.seal.or(Some(change.seal));
                    }
                    state.heads = change.heads;
                    state.current = change.current;
                    break;
                }
                Err(corruption) => state.damage.push(*corruption),
            }
        }
        Ok(state)
    }

    /// That changes of refs are missing, where there are none and a version shows that there were some.
    fn lost_refs(&self, state: &mut State, evidence: Evidence) -> Result<Option<Corruption>, Error> {
        let config = &state.config;
        let mut versions = self.descend(config, Log::Versions, state.versions.number, 0);
        let mut looks = 0;
        while let Some(Step { number, record }) = versions.step(|number| self.header(config, number))? {
            looks += 1;
            if number == state.versions.number {
                state.newest = record.as_ref().ok().cloned().map(Box::new);
            }
            let is_asked_enough = match record {
                Ok(version) if version.shows_refs() => {
                    let flaw = Flaw { line: None, problem: Problem::Missing };
                    return Ok(Some(self.corruption(&Slot { config, log: Log::Refs, number: 1 }, flaw)));
                }
                // A line of an import says nothing, and nor does damage.
                Ok(version) => version.branch == RefName::main(),
                Err(_) => false,
            };
            if evidence == Evidence::Newest && (is_asked_enough || looks == MOST_LOOKS) {
                break;
            }
        }
        Ok(None)
    }

    /// Tells whether what can't be read may have made another branch the current one.
    fn doubt(&self, state: &State) -> Result<Option<Corruption>, Error> {
        if state.branches().len() < 2 {
            return Ok(None);
        }
        // What lies beyond a hole as long as that which is taken for the end of a log is no part of the log, unless the
        // checkpoint says that it reached so far.
        let seen = self.checkpoint(&state.config, Log::Refs)?.map_or(0, |seen| seen.number);
        let oldest = state.damage.last().filter(|damage| {
            let run = line::run_of(damage);
            seen >= *run.start() || run.end() - run.start() < PROBES
        });
        Ok(oldest.cloned())
    }

    /// Finds the branches by their versions whose changes of refs are damaged. Linear in the versions since the change
    /// of refs that could be read.
    fn find_branches(&self, state: &mut State) -> Result<(), Error> {
        let known_until = state.heads.values().map(|head| head.as_of).max().unwrap_or(0);
        let config = state.config.clone();
        let mut versions = self.descend(&config, Log::Versions, state.versions.number, known_until);
        while let Some(Step { number, record }) = versions.step(|number| self.header(&config, number))? {
            if let Ok(version) = record
                && !state.has_branch(&version.branch)
            {
                state.heads.insert(version.branch, Head { version: Some(number), as_of: number });
            }
        }
        Ok(())
    }

    /// Whether no change of refs came since a state was seen.
    pub(crate) fn has_refs_of(&self, state: &State) -> Result<bool, Error> {
        Ok(self.tip(&state.config, Log::Refs)?.number == state.refs.number)
    }

    /// Finds where a config stands that has a history.
    pub fn known_state(&self, config: &ConfigName) -> Result<State, Error> {
        let state = self.state(config)?;
        if state.versions.number == 0 {
            let near = super::load::nearest(config.as_str(), self.configs()?, |config| config.as_str());
            return Err(Error::UnknownConfig { config: config.clone(), near });
        }
        Ok(state)
    }

    /// The number of a branch's newest version; `None` where it has none, or its first save was undone.
    ///
    /// A version whose header can't be read counts as one of the current branch, for there it was most likely saved:
    /// whoever reads it is told of the damage. Linear in the versions since the last change of refs that are not the
    /// branch's.
    pub fn head_number(&self, state: &State, branch: &RefName) -> Result<Option<u64>, Error> {
        let pinned = state.heads.get(branch);
        let as_of = pinned.map_or(0, |head| head.as_of);
        let mut versions = self.descend(&state.config, Log::Versions, state.versions.number, as_of);
        while let Some(Step { number, record }) =
            versions.step(|number| self.header(&state.config, number))?
        {
            let is_of_branch = match &record {
                Ok(version) => version.branch == *branch,
                Err(corruption) => {
                    let forgotten = corruption.forgotten().map(|gap| &gap.versions.branch);
                    *forgotten.unwrap_or(&state.current) == *branch
                }
            };
            if is_of_branch {
                return Ok(Some(number));
            }
        }
        Ok(pinned.and_then(|head| head.version))
    }

    /// Every branch's head as it is now, as a change of refs records it.
    pub(super) fn pinned_heads(&self, state: &State) -> Result<BTreeMap<RefName, Head>, Error> {
        let pin = |branch| {
            let version = self.head_number(state, &branch)?;
            Ok((branch, Head { version, as_of: state.as_of() }))
        };
        state.branches().into_iter().map(pin).collect()
    }

    /// The head of a branch, as its version.
    pub(super) fn head(&self, state: &State, branch: &RefName) -> Result<Option<Version>, Error> {
        match self.head_number(state, branch)? {
            Some(number) => Ok(Some(self.header(&state.config, number)?)),
            None => Ok(None),
        }
    }

    /// The changes of refs of a config, newest first; damaged ones are left out.
    pub(crate) fn ref_changes<'a>(
        &'a self,
        state: &'a State,
    ) -> impl Iterator<Item = Result<RefChange, Error>> + 'a {
        let mut changes = self.descend(&state.config, Log::Refs, state.refs.number, 0);
        std::iter::from_fn(move || {
            loop {
                match changes.step(|number| self.ref_change(&state.config, number)) {
                    Ok(Some(Step { record: Ok(change), .. })) => return Some(Ok(change)),
                    Ok(Some(Step { record: Err(_), .. })) => {}
                    Ok(None) => return None,
                    Err(error) => return Some(Err(error.into())),
                }
            }
        })
    }

    /// The tags of a config, as far as its changes of refs can be read.
    pub fn tags(&self, state: &State) -> Result<BTreeMap<RefName, u64>, Error> {
        Ok(self.known_tags(state)?.tags)
    }

    /// The same, and what may hide others.
    pub fn known_tags(&self, state: &State) -> Result<KnownTags, Error> {
        let mut tags: BTreeMap<RefName, Option<u64>> = BTreeMap::new();
        let mut damage = state.missing_refs();
        let mut changes = self.descend(&state.config, Log::Refs, state.refs.number, 0);
        while let Some(Step { record, .. }) = changes.step(|number| self.ref_change(&state.config, number))? {
            match record {
                Ok(change) => {
                    for tag in change.tags {
                        tags.entry(tag.tag).or_insert(tag.to);
                    }
                }
                Err(corruption) => damage = damage.or(Some(corruption)),
            }
        }
        let tags = tags.into_iter().filter_map(|(tag, version)| Some((tag, version?))).collect();
        Ok(KnownTags { tags, damage })
    }

    /// The end of the log of versions with its seal, read from the record where the checkpoint does not have it.
    pub(super) fn sealed_tip(&self, state: &State) -> Result<Tip, Error> {
        let tip = state.versions;
        if tip.number == 0 || tip.seal.is_some() {
            return Ok(tip);
        }
        match self.header(&state.config, tip.number) {
            Ok(version) => Ok(Tip { seal: Some(version.seal), ..tip }),
            // The chain begins anew after a record whose seal can't be known; `check` tells of the damage.
            Err(StoreError::Corrupt(_)) => Ok(tip),
            Err(error) => Err(error.into()),
        }
    }
}

/// Which versions are asked whether there were changes of refs, where none are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// The newest one that can tell, among the last few: reading a state stays cheap.
    Newest,
    All,
}

/// How many of the newest versions are asked.
const MOST_LOOKS: usize = 8;
