//! What broken-off commands left beside the user's files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Worktree;
use super::error::WorktreeError;
use crate::canonical;
use crate::disk;
use crate::model::name::ConfigName;
use crate::store::MAX_SOURCE_BYTES;

/// New bytes that were not put in a file's place, or old ones that were not taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    /// A config of which a branch's head or one of the newest versions has the same bytes.
    pub same_as: Option<ConfigName>,
    /// A config of that folder.
    pub beside: ConfigName,
}

impl Worktree {
    /// Finds what lies in the folders of these configs' files that a rollback, a switch or an undo left there, or is
    /// about to take away.
    pub fn leftovers(&self, configs: &[ConfigName]) -> Result<Vec<Leftover>, WorktreeError> {
        let mut found: BTreeMap<PathBuf, Leftover> = BTreeMap::new();
        for config in configs {
            // A folder that can't be listed is told by whoever reads the file.
            for path in disk::leftovers(&self.path(config)).unwrap_or_default() {
                let leftover = found.entry(path.clone()).or_insert_with(|| Leftover {
                    path: path.clone(),
                    same_as: None,
                    beside: config.clone(),
                });
                if leftover.same_as.is_none()
                    && let Ok(Some(file)) = disk::read_file(&path, MAX_SOURCE_BYTES)
                    && self.holds(&self.store.state(config)?, &canonical::checksum(&file.bytes))?
                {
                    leftover.same_as = Some(config.clone());
                }
            }
        }
        Ok(found.into_values().collect())
    }
}
