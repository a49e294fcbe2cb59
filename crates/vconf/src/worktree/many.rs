//! Doing the same with many files.

use std::collections::HashSet;

use super::Worktree;
use crate::disk;
use crate::history::parallel::{self, Sharing};
use crate::model::name::ConfigName;

impl Worktree {
    /// Does something with each of many configs, with many at once, and takes what came of it in the order in which they
    /// are given. Stops at the first error that taking ends in.
    ///
    /// It pays where much is written, for a file system makes all that is flushed at once durable in one go:
    ///
    /// ```
    /// # use vconf::{history::{Context, SaveOptions}, model::name::ConfigName, worktree::{Worktree, WorktreeError}};
    /// # fn f(worktree: &Worktree, configs: &[ConfigName], context: &Context) -> Result<(), WorktreeError> {
    /// let options = SaveOptions::default();
    /// worktree.for_each(configs, |config| worktree.save(config, &options, context), |_, saved| saved.map(drop))
    /// # }
    /// ```
    ///
    /// A config that is given twice has its turns one after the other. What came of it is kept for at most 64 configs, and
    /// fewer where their files are large.
    pub fn for_each<T: Send, E>(
        &self,
        configs: &[ConfigName],
        act: impl Fn(&ConfigName) -> T + Sync,
        mut take: impl FnMut(&ConfigName, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = configs;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(self.batch(rest));
            parallel::in_order(batch, Sharing::of_commits(), &act, &mut take)?;
            rest = later;
        }
        Ok(())
    }

    /// How many of the first configs may have their turns at once.
    fn batch(&self, configs: &[ConfigName]) -> usize {
        let mut names = HashSet::new();
        let mut size_bytes: u64 = 0;
        for config in configs.iter().take(MOST_IN_BATCH) {
            let stat = disk::stat(&self.path(config)).ok().flatten();
            size_bytes = size_bytes.saturating_add(stat.map_or(0, |stat| stat.size_bytes));
            if size_bytes > MOST_BATCH_BYTES || !names.insert(config) {
                break;
            }
        }
        names.len().max(1)
    }
}

/// How many files have their turns at once, and how long they are together unless one alone is longer: each is in memory
/// as bytes, as a tree and as a record.
const MOST_IN_BATCH: usize = 64;
const MOST_BATCH_BYTES: u64 = 64 << 20;
