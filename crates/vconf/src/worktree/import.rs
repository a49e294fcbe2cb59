//! Reading the folders of other systems.

use std::path::Path;

use super::Worktree;
use super::error::WorktreeError;
use crate::disk;
use crate::history::{Context, ImportReport};
use crate::model::name::ConfigName;
use crate::model::revision::Clock;
use crate::store::MAX_SOURCE_BYTES;

impl Worktree {
    /// Imports a folder of `v{VERSION}.json` files of the original Python manager as the history of a config.
    pub fn import_python(
        &self,
        folder: &Path,
        config: &ConfigName,
        clock: &Clock,
        context: &Context,
    ) -> Result<ImportReport, WorktreeError> {
        let unreadable = |path: &Path, source| WorktreeError::Read { path: path.to_owned(), source };
        let names = disk::list(folder).map_err(|source| unreadable(folder, source))?;
        let names = names.ok_or_else(|| unreadable(folder, std::io::ErrorKind::NotFound.into()))?;
        let mut files = Vec::new();
        for name in names {
            let Some(text) = name.to_str() else { continue };
            if !(text.starts_with('v') && text.ends_with(".json")) {
                continue;
            }
            let path = folder.join(&name);
            let file =
                disk::read_file(&path, MAX_SOURCE_BYTES).map_err(|source| unreadable(&path, source))?;
            files.extend(file.map(|file| (text.to_owned(), file.bytes)));
        }
        files.sort();
        Ok(self.store.import_python(config, files, clock, context)?)
    }
}
