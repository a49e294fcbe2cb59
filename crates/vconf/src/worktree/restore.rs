//! Writing bytes of the history into a user's file, after whatever else the file holds is in the history too.

use std::path::PathBuf;

use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::backend::random_id;
use crate::canonical;
use crate::disk::{self, Displaced, FileState, Staged};
use crate::history::{Context, Error, Loaded, SaveOptions, Saved, State};
use crate::model::checksum::Checksum;
use crate::model::name::{ConfigName, RefName};
use crate::store::{MAX_SOURCE_BYTES, StoreError};

/// A file that is about to be replaced by bytes that are written beside it, or to be taken away.
pub(super) struct Restoration {
    change: FileChange,
    /// The checksum of the bytes that it held when it was looked at; `None` where there was no file.
    before: Option<Checksum>,
    /// That of the bytes that it gets; `None` where it goes.
    after: Option<Checksum>,
}

enum FileChange {
    Replace(Staged),
    TakeAway(PathBuf),
}

impl Worktree {
    /// Saves what a file holds where that is not what the history has as its latest version.
    pub(super) fn save_unsaved(
        &self,
        config: &ConfigName,
        file: Option<&FileState>,
        why: String,
        expect: Option<u64>,
        branch: &RefName,
        context: &Context,
    ) -> Result<Option<Saved>, WorktreeError> {
        let Some(file) = file else { return Ok(None) };
        let options = SaveOptions {
            description: Some(why),
            mode: Some(kept_mode(file)),
            expect,
            branch: Some(branch.clone()),
            ..SaveOptions::default()
        };
        let saved = self.store.save(config, &file.bytes, &options, context)?;
        Ok(saved.is_new.then_some(saved))
    }

    /// Prepares a file to get a version's bytes and mode; `None` where it has them.
    pub(super) fn stage(
        &self,
        config: &ConfigName,
        file: Option<&FileState>,
        target: &Loaded,
    ) -> Result<Option<Restoration>, WorktreeError> {
        if file.is_some_and(|file| has(file, target)) {
            return Ok(None);
        }
        self.stage_always(config, file, target).map(Some)
    }

    /// Prepares a file to get a version's bytes and mode, also where it has them.
    pub(super) fn stage_always(
        &self,
        config: &ConfigName,
        file: Option<&FileState>,
        target: &Loaded,
    ) -> Result<Restoration, WorktreeError> {
        self.stage_bytes(config, file, &target.source, target.version.mode)
    }

    /// Prepares a file to get these bytes, and this mode or else the one that it has.
    pub(super) fn stage_bytes(
        &self,
        config: &ConfigName,
        file: Option<&FileState>,
        bytes: &[u8],
        mode: Option<u32>,
    ) -> Result<Restoration, WorktreeError> {
        self.check_apart(config)?;
        let path = self.path(config);
        let nonce = random_id().map_err(Error::Random)?.to_string();
        let staged = disk::stage(&path, bytes, mode, &nonce)
            .map_err(|source| WorktreeError::Write { path, source })?;
        let before = file.map(|file| canonical::checksum(&file.bytes));
        let after = Some(canonical::checksum(bytes));
        Ok(Restoration { change: FileChange::Replace(staged), before, after })
    }

    /// Whether a file has the bytes that it was prepared to get.
    pub(super) fn still_has(
        &self,
        config: &ConfigName,
        restoration: &Restoration,
    ) -> Result<bool, WorktreeError> {
        let file = self.read(config)?;
        Ok(restoration.after.is_some()
            && file.map(|file| canonical::checksum(&file.bytes)) == restoration.after)
    }

    /// Prepares a file to be taken away.
    pub(super) fn take_away(&self, config: &ConfigName, file: &FileState) -> Restoration {
        let change = FileChange::TakeAway(self.path(config));
        Restoration { change, before: Some(canonical::checksum(&file.bytes)), after: None }
    }

    /// Puts the prepared bytes in place, where `on` is the current branch still.
    ///
    /// Bytes that somebody wrote into the file since it was looked at, and that the history does not have, are saved
    /// as a version of `left`, the branch that was the current one then. Where another process switches at the same
    /// moment, its branch's bytes are the last word.
    pub(super) fn finish(
        &self,
        config: &ConfigName,
        restoration: Restoration,
        left: &RefName,
        on: &RefName,
        context: &Context,
    ) -> Result<Finished, WorktreeError> {
        let mut finished = Finished { rescued: None, is_switched: self.store.state(config)?.current != *on };
        if finished.is_switched {
            return Ok(finished);
        }
        let (mut restoration, mut left, mut on) = (restoration, left.clone(), on.clone());
        for _ in 0..MOST_SWITCHES {
            let (before, after) = (restoration.before, restoration.after);
            let displaced = self.put(config, restoration)?;
            let rescued = self.store.state(config).map_err(WorktreeError::from).and_then(|state| {
                let branch = if state.current == on { &left } else { &state.current };
                let rescued = self.rescue(&state, &displaced, before, branch, context)?;
                Ok((state, rescued))
            });
            let (state, rescued) = match rescued {
                Ok(rescued) => rescued,
                // The old file stays beside the new one, and whoever asked is told where.
                Err(error) => {
                    let kept_at = displaced.kept_at().map(std::path::Path::to_owned);
                    let source = std::io::Error::other(error.to_string());
                    return Err(WorktreeError::Replaced { path: self.path(config), kept_at, source });
                }
            };
            finished.rescued = rescued.or(finished.rescued);
            let next = if state.current == on { None } else { self.stage_instead_of(&state, after)? };
            // Not before the next bytes are beside the file: whoever looks at it meanwhile sees that something is
            // under way.
            displaced.discard();
            finished.is_switched |= state.current != on;
            let Some(next) = next else { break };
            (left, on) = (state.current.clone(), state.current);
            restoration = next;
        }
        Ok(finished)
    }

    fn put(&self, config: &ConfigName, restoration: Restoration) -> Result<Displaced, WorktreeError> {
        let path = self.path(config);
        self.check_apart(config)?;
        let displaced = match restoration.change {
            FileChange::Replace(staged) => staged.finish(MAX_SOURCE_BYTES),
            FileChange::TakeAway(path) => {
                let nonce = random_id().map_err(Error::Random)?.to_string();
                disk::set_aside(&path, &nonce, MAX_SOURCE_BYTES)
            }
        };
        displaced.map_err(|unfinished| WorktreeError::unfinished(path, unfinished))
    }

    /// Saves displaced bytes that are not those which were looked at, nor any that the history has.
    fn rescue(
        &self,
        state: &State,
        displaced: &Displaced,
        before: Option<Checksum>,
        branch: &RefName,
        context: &Context,
    ) -> Result<Option<Saved>, WorktreeError> {
        let Some(bytes) = &displaced.bytes else { return Ok(None) };
        let checksum = canonical::checksum(bytes);
        if Some(checksum) == before || self.holds(state, &checksum)? {
            return Ok(None);
        }
        let options = SaveOptions {
            description: Some("Written by another program while the file was being replaced".to_owned()),
            branch: Some(branch.clone()).filter(|branch| state.has_branch(branch)),
            ..SaveOptions::default()
        };
        Ok(Some(self.store.save(&state.config, bytes, &options, context)?))
    }

    /// Prepares the file to get the bytes of the current branch's head, where it still holds what was put there.
    fn stage_instead_of(
        &self,
        state: &State,
        put: Option<Checksum>,
    ) -> Result<Option<Restoration>, WorktreeError> {
        let file = self.read(&state.config)?;
        if file.as_ref().map(|file| canonical::checksum(&file.bytes)) != put {
            return Ok(None);
        }
        let Some(head) = self.store.head_number(state, &state.current)? else { return Ok(None) };
        let target = self.store.load_number(&state.config, head)?;
        self.stage(&state.config, file.as_ref(), &target)
    }

    /// Whether a branch's head or one of a config's newest versions has a source with this checksum.
    pub(super) fn holds(&self, state: &State, checksum: &Checksum) -> Result<bool, WorktreeError> {
        let newest = state.versions.number;
        let looked_at = newest.saturating_sub(NEWEST_LOOKED_AT) + 1..=newest;
        let mut heads = self.store.heads(state)?;
        heads.retain(|_, head| !looked_at.contains(head));
        for number in looked_at.rev().chain(heads.into_values()) {
            match self.store.version(&state.config, number) {
                Ok((version, _)) if version.checksum == *checksum => return Ok(true),
                Ok(_) | Err(StoreError::Corrupt(_)) => {}
                Err(error) => return Err(Error::from(error).into()),
            }
        }
        Ok(false)
    }
}

/// Whether a file has a version's bytes and mode.
pub(super) fn has(file: &FileState, target: &Loaded) -> bool {
    file.bytes == target.source && target.version.mode.is_none_or(|mode| mode == kept_mode(file))
}

/// A file that was put in place.
pub(super) struct Finished {
    /// The version that was made of what another program wrote into it meanwhile.
    pub(super) rescued: Option<Saved>,
    /// Whether another process switched to another branch: the file is not what was prepared.
    pub(super) is_switched: bool,
}

/// How many versions are looked through for what a file holds, before that is saved once more.
const NEWEST_LOOKED_AT: u64 = 16;

/// How many switches of other processes a replacement gives way to.
const MOST_SWITCHES: usize = 16;
