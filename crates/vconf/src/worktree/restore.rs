//! Writing bytes of the history into a user's file, after whatever else the file holds is in the history too.

use std::path::PathBuf;

use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::backend::random_id;
use crate::canonical;
use crate::disk::{self, FileState, Staged, Unfinished};
use crate::history::{Context, Error, Loaded, SaveOptions, Saved};
use crate::model::checksum::Checksum;
use crate::model::name::{ConfigName, RefName};
use crate::store::MAX_SOURCE_BYTES;

/// A file that is about to be replaced by bytes that are written beside it, or to be taken away.
pub(super) struct Restoration {
    change: FileChange,
    /// The checksum of the bytes that it held when it was looked at; `None` where there was no file.
    before: Option<Checksum>,
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
        branch: Option<&RefName>,
        context: &Context,
    ) -> Result<Option<Saved>, WorktreeError> {
        let Some(file) = file else { return Ok(None) };
        let options = SaveOptions {
            description: Some(why),
            mode: Some(kept_mode(file)),
            expect,
            branch: branch.cloned(),
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
        self.stage_bytes(config, file, &target.source, target.version.mode)
    }

    /// Prepares a file to get these bytes, and this mode or else the one that it has; `None` where it has them.
    pub(super) fn stage_bytes(
        &self,
        config: &ConfigName,
        file: Option<&FileState>,
        bytes: &[u8],
        mode: Option<u32>,
    ) -> Result<Option<Restoration>, WorktreeError> {
        let is_same =
            |file: &FileState| file.bytes == bytes && mode.is_none_or(|mode| mode == kept_mode(file));
        if file.is_some_and(is_same) {
            return Ok(None);
        }
        let path = self.path(config);
        let nonce = random_id().map_err(Error::Random)?.to_string();
        let staged = disk::stage(&path, bytes, mode, &nonce)
            .map_err(|source| WorktreeError::Write { path, source })?;
        let before = file.map(|file| canonical::checksum(&file.bytes));
        Ok(Some(Restoration { change: FileChange::Replace(staged), before }))
    }

    /// Prepares a file to be taken away.
    pub(super) fn take_away(&self, config: &ConfigName, file: &FileState) -> Restoration {
        let change = FileChange::TakeAway(self.path(config));
        Restoration { change, before: Some(canonical::checksum(&file.bytes)) }
    }

    /// Puts the prepared bytes in place. Bytes that somebody wrote into the file since it was looked at are saved as
    /// a version of their own, which is returned: they are in the history, and the file is as it was asked for. That
    /// version is one of the given branch, or of the current one.
    pub(super) fn finish(
        &self,
        config: &ConfigName,
        restoration: Restoration,
        branch: Option<&RefName>,
        context: &Context,
    ) -> Result<Option<Saved>, WorktreeError> {
        let path = self.path(config);
        let displaced = match restoration.change {
            FileChange::Replace(staged) => match staged.finish(MAX_SOURCE_BYTES) {
                Ok(displaced) => Ok(displaced),
                Err(Unfinished { source, replaced: None }) => Err(source),
                Err(Unfinished { source, replaced: Some(kept_at) }) => {
                    return Err(WorktreeError::Replaced { path, kept_at, source });
                }
            },
            FileChange::TakeAway(path) => {
                let nonce = random_id().map_err(Error::Random)?.to_string();
                disk::set_aside(&path, &nonce, MAX_SOURCE_BYTES)
            }
        };
        let displaced = displaced.map_err(|source| WorktreeError::Write { path, source })?;
        let rescued = match &displaced.bytes {
            Some(bytes) if Some(canonical::checksum(bytes)) != restoration.before => {
                let why = "Written by another program while the file was being replaced".to_owned();
                let options =
                    SaveOptions { description: Some(why), branch: branch.cloned(), ..SaveOptions::default() };
                match self.store.save(config, bytes, &options, context) {
                    Ok(saved) => Some(saved),
                    // The old file stays beside the new one, and whoever asked is told where.
                    Err(error) => {
                        let kept_at = displaced.kept_at().map(std::path::Path::to_owned);
                        let source = std::io::Error::other(error.to_string());
                        return Err(WorktreeError::Replaced { path: self.path(config), kept_at, source });
                    }
                }
            }
            _ => None,
        };
        displaced.discard();
        Ok(rescued)
    }
}
