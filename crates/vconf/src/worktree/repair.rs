//! Repair, which may draw on the user's files.

use super::{Worktree, WorktreeError};
use crate::history::{RepairReport, RepairSources};
use crate::model::name::ConfigName;
use crate::store::Store;

impl Worktree {
    /// Repairs configs as [`Store::repair`] does, from their files as well. No file is changed.
    pub fn repair(
        &self,
        configs: &[ConfigName],
        other: Option<&Store>,
        progress: impl FnMut(u64),
    ) -> Result<RepairReport, WorktreeError> {
        // A file that can't be read gives nothing.
        let file = |config: &ConfigName| Some(self.read(config).ok()??.bytes);
        let sources = RepairSources { other, file: Some(&file) };
        Ok(self.store.repair(configs, &sources, progress)?)
    }
}
