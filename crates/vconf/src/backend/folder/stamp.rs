//! What the system says of where a config's records are, without anything being read.

use std::path::Path;

use super::{Folder, NOTE, unread};
use crate::backend::{BackendError, Log, Slot, Stamp};
use crate::disk;
use crate::model::name::ConfigName;

impl Folder {
    /// The folders of both logs, whose times change with any record that comes or goes, the notes on their ends, and the
    /// given records, each of which must lie in its slot.
    pub(super) fn stamp_of(
        &self,
        config: &ConfigName,
        records: &[Slot<'_>],
    ) -> Result<Option<Stamp>, BackendError> {
        let stamp_at = |path: &Path| disk::stamp(path).map_err(|error| unread(path, error));
        let mut stamp = Stamp::default();
        for log in [Log::Versions, Log::Refs] {
            let folder = self.log_folder(config, log);
            match stamp_at(&folder)? {
                Some(found) => {
                    stamp.push(&found);
                    stamp.push(&stamp_at(&folder.join(NOTE))?.unwrap_or_default());
                }
                None if log == Log::Versions => return Ok(None),
                None => stamp.push(&Stamp::default()),
            }
        }
        for slot in records {
            match stamp_at(&self.path(slot))? {
                Some(found) => stamp.push(&found),
                None => return Ok(None),
            }
        }
        Ok(Some(stamp))
    }
}
