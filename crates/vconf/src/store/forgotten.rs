//! The versions that were forgotten: what the changes of refs say of them.

use std::sync::{Arc, Mutex, MutexGuard};

use super::Store;
use super::descend::Step;
use super::error::{Corruption, Flaw, Problem, StoreError};
use crate::backend::{Log, Slot};
use crate::model::name::ConfigName;
use crate::model::record::Forgotten;
use crate::model::time::Timestamp;

/// Versions that were forgotten, by whom and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Which.
    pub versions: Forgotten,
    /// Who forgot them.
    pub author: String,
    /// When.
    pub timestamp: Timestamp,
    /// The number of the change of refs that says so.
    pub change: u64,
}

/// All versions of a config that were forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gaps(Vec<Gap>);

impl Gaps {
    /// What a version was forgotten with.
    pub(crate) fn find(&self, number: u64) -> Option<&Gap> {
        let at = self.0.partition_point(|gap| gap.versions.last < number);
        self.0.get(at).filter(|gap| gap.versions.contains(number))
    }

    /// The first version after a number that was forgotten.
    pub(crate) fn first_after(&self, number: u64) -> Option<u64> {
        let at = self.0.partition_point(|gap| gap.versions.first <= number);
        self.0.get(at).map(|gap| gap.versions.first)
    }

    /// By their numbers.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Gap> {
        self.0.iter()
    }

    /// The last version up to a number that was forgotten; 0 where none was.
    pub(crate) fn last_up_to(&self, number: u64) -> u64 {
        let at = self.0.partition_point(|gap| gap.versions.first <= number);
        at.checked_sub(1).map_or(0, |at| self.0[at].versions.last)
    }
}

impl Store {
    /// The versions of a config that were forgotten. Linear in the changes of refs, the first time.
    pub(crate) fn gaps(&self, config: &ConfigName) -> Result<Arc<Gaps>, StoreError> {
        let newest = self.tip(config, Log::Refs)?.number;
        if newest == 0 {
            return Ok(Arc::default());
        }
        if let Some(gaps) = self.known_gaps.of(config, newest) {
            return Ok(gaps);
        }
        let (mut gaps, mut is_whole) = (Vec::new(), true);
        let mut changes = self.descend(config, Log::Refs, newest, 0);
        while let Some(Step { number, record }) = changes.step(|number| self.ref_change(config, number))? {
            // Of what a damaged record says nothing is known: what it forgot is missing.
            let Ok(change) = record else {
                is_whole = false;
                continue;
            };
            gaps.extend(change.forgotten.into_iter().map(|versions| Gap {
                versions,
                author: change.author.clone(),
                timestamp: change.timestamp,
                change: number,
            }));
        }
        gaps.sort_by_key(|gap| gap.versions.first);
        // No version can be forgotten twice; where records say so all the same, the first of them counts.
        gaps.dedup_by(|later, earlier| later.versions.first <= earlier.versions.last);
        let gaps = Arc::new(Gaps(gaps));
        // A repair may bring back what is damaged.
        if is_whole {
            self.known_gaps.put(config, newest, &gaps);
        }
        Ok(gaps)
    }

    /// What there is to say of a record that is nowhere: it was forgotten, or it is missing.
    pub(crate) fn gone(&self, slot: &Slot<'_>) -> Result<Corruption, StoreError> {
        if slot.log == Log::Versions
            && let Some(gap) = self.gaps(slot.config)?.find(slot.number)
        {
            let problem = Problem::Forgotten(Box::new(gap.clone()));
            return Ok(self.corruption(slot, Flaw { line: None, problem }));
        }
        Ok(self.corruption(slot, Flaw { line: None, problem: Problem::Missing }))
    }
}

/// What the changes of refs of one config said last, up to one of them.
#[derive(Debug, Default)]
pub(super) struct KnownGaps(Mutex<Option<(ConfigName, u64, Arc<Gaps>)>>);

impl KnownGaps {
    fn of(&self, config: &ConfigName, newest: u64) -> Option<Arc<Gaps>> {
        let known = self.known();
        let (of, up_to, gaps) = known.as_ref()?;
        (of == config && *up_to == newest).then(|| Arc::clone(gaps))
    }

    fn put(&self, config: &ConfigName, newest: u64, gaps: &Arc<Gaps>) {
        *self.known() = Some((config.clone(), newest, Arc::clone(gaps)));
    }

    fn known(&self) -> MutexGuard<'_, Option<(ConfigName, u64, Arc<Gaps>)>> {
        // What a panicking thread left is none or whole.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
