//! Repair: what is damaged is put aside, and what can be had from elsewhere is put in its place.

mod known;
mod packs;
mod source;

pub use known::Known;
pub use source::{FileReader, Origin, RepairSources};

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::check::{Finding, Report, WeakPoint, Weakness};
use super::error::Error;
use crate::backend::{BackendError, BackendErrorKind, JournalPart, Log, Object, Slot, Upkeep};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::store::{Checkpoint, Corruption, Flaw, Gaps, Links, Problem, Store, StoreError};

/// What a repair did, and what is still wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RepairReport {
    /// What was put right.
    pub mended: Vec<Mended>,
    /// The records that are lost: no whole one was found anywhere.
    pub lost: Vec<Lost>,
    /// What a check finds now.
    pub report: Report,
}

/// Something that was put right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mended {
    /// Which record it is, or whose; `None` for what is the store's own.
    pub record: Option<(ConfigName, bool, u64)>,
    /// What a person finds it under.
    pub object: String,
    /// What was wrong.
    pub problem: String,
    /// Where the sound bytes are from.
    pub origin: Origin,
    /// Where the damaged bytes are now; `None` where there were none.
    pub kept_at: Option<String>,
}

/// A record that is lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// Which one, and what is wrong with it.
    pub corruption: Corruption,
    /// What is known of it all the same.
    pub known: Known,
}

impl Store {
    /// Checks configs, and restores what can be restored: from the journal, from what has the same source, and from
    /// elsewhere. What is put in a record's place is whole and has the seal that the chain says it must have; what stood
    /// there is kept. Whatever can't be restored is told, and the rest stays usable.
    ///
    /// May be broken off at any time and may run twice at once: nothing is lost by it.
    pub fn repair(
        &self,
        configs: &[ConfigName],
        sources: &RepairSources<'_>,
        mut progress: impl FnMut(u64),
    ) -> Result<RepairReport, Error> {
        let mut done = RepairReport::default();
        for config in configs {
            let config = std::slice::from_ref(config);
            let mut now = self.check(config, &mut progress)?;
            if self.repair_records(&config[0], &now.findings, sources, &mut done)? {
                now = self.check(config, &mut progress)?;
            }
            if !now.findings.is_empty() && self.repair_packs(&config[0], &mut done)? {
                now = self.check(config, &mut progress)?;
            }
            // Only now: what a checkpoint or a copy is held against must be right first.
            let has_checkpoints = self.repair_checkpoints(&config[0], &now, &mut done)?;
            let has_copies = self.repair_copies(&now.weaknesses, &mut done)?;
            let after = if has_checkpoints || has_copies { self.check(config, &mut progress)? } else { now };
            for finding in &after.findings {
                let known = self.known(finding);
                done.lost.extend(known.map(|known| Lost { corruption: finding.corruption.clone(), known }));
            }
            done.report.extend(after);
        }
        Ok(done)
    }

    fn restore(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Option<String>, BackendError> {
        self.upkeep(|| self.backend().describe_object(object))?.restore(object, bytes)
    }

    /// What mends the backend's objects.
    fn upkeep(&self, object: impl FnOnce() -> String) -> Result<&dyn Upkeep, BackendError> {
        self.backend().upkeep().ok_or_else(|| BackendError {
            kind: BackendErrorKind::Failed,
            object: object(),
            source: io::ErrorKind::Unsupported.into(),
        })
    }

    /// Restores what the store says of itself.
    pub fn repair_description(&self) -> Result<Vec<Mended>, Error> {
        let mut mended = Vec::new();
        let Some(upkeep) = self.backend().upkeep() else { return Ok(mended) };
        for flaw in upkeep.own_flaws().map_err(StoreError::from)? {
            let kept_at = upkeep.restore(&Object::Own(flaw.name), &flaw.sound).map_err(StoreError::from)?;
            let (object, problem) = (flaw.object, flaw.problem.to_owned());
            mended.push(Mended { record: None, object, problem, origin: Origin::Copy, kept_at });
        }
        Ok(mended)
    }

    /// Puts records right; tells whether any was.
    fn repair_records(
        &self,
        config: &ConfigName,
        findings: &[Finding],
        sources: &RepairSources<'_>,
        done: &mut RepairReport,
    ) -> Result<bool, Error> {
        let before = done.mended.len();
        for log in [Log::Versions, Log::Refs] {
            let mut numbers = BTreeSet::new();
            for finding in findings.iter().filter(|finding| finding.corruption.is_ref == (log == Log::Refs)) {
                self.collect(finding, log, sources, &mut numbers)?;
            }
            // From the newest down: each tells the seal of the one before.
            for &number in numbers.iter().rev() {
                done.mended.extend(self.repair_record(&Slot { config, log, number }, sources)?);
            }
        }
        Ok(done.mended.len() > before)
    }

    /// Collects the numbers of the records that a finding may be about and that may be had from somewhere.
    fn collect(
        &self,
        finding: &Finding,
        log: Log,
        sources: &RepairSources<'_>,
        numbers: &mut BTreeSet<u64>,
    ) -> Result<(), Error> {
        let Corruption { config, number, flaw, .. } = &finding.corruption;
        match flaw.problem {
            // Either of the two may be the stranger.
            Problem::Chain => numbers.extend([number.saturating_sub(1).max(1), *number]),
            Problem::Checkpoint => {}
            Problem::MissingRange { first, last } if last - first < MOST_TRIED => {
                numbers.extend(first..=last)
            }
            Problem::MissingRange { first, last } => {
                // Most of so many never were: a stray file has a large number.
                for part in self.journal_parts(config, log).map_err(StoreError::from)? {
                    let journal = self.journal(&JournalPart { config, log, first: part }).ok().flatten();
                    let copied = journal.unwrap_or_default().entries.into_iter().map(|entry| entry.number);
                    numbers.extend(copied.filter(|number| (first..=last).contains(number)));
                }
                if let Some(other) = sources.other {
                    let listed = other.listed(config, log)?.into_iter();
                    numbers.extend(listed.filter(|number| (first..=last).contains(number)));
                }
            }
            _ => {
                numbers.insert(*number);
            }
        }
        Ok(())
    }

    /// Puts a record right; `None` where nothing is wrong with it, or nothing can be done.
    fn repair_record(&self, slot: &Slot<'_>, sources: &RepairSources<'_>) -> Result<Option<Mended>, Error> {
        let gaps = match slot.log {
            Log::Versions => self.gaps(slot.config)?,
            Log::Refs => Arc::default(),
        };
        if gaps.find(slot.number).is_some() {
            // What was forgotten stays so.
            return Ok(None);
        }
        let expected = self.expected_seal(slot, &gaps);
        let (problem, is_stranger) = match self.links(slot) {
            Ok(links) if expected.is_none_or(|seal| seal == links.seal) => return Ok(None),
            Ok(_) => (Problem::Rewritten, true),
            Err(StoreError::Corrupt(corruption)) => (corruption.flaw.problem, false),
            Err(error) => return Err(error.into()),
        };
        let fits = |links: Links| match expected {
            Some(seal) => links.seal == seal,
            None => !is_stranger && self.follows(slot, links.previous, &gaps),
        };
        let Some((bytes, origin)) = self.find_record(slot, sources, expected, fits) else { return Ok(None) };
        let kept_at = match self.restore(&Object::Record(*slot), &bytes) {
            Ok(kept_at) => kept_at,
            // Somebody else was faster.
            Err(_) if self.links(slot).is_ok_and(fits) => return Ok(None),
            Err(error) => return Err(StoreError::from(error).into()),
        };
        Ok(Some(Mended {
            record: Some((slot.config.clone(), slot.log == Log::Refs, slot.number)),
            object: self.backend().describe(slot),
            problem: Flaw { line: None, problem }.to_string(),
            origin,
            kept_at,
        }))
    }

    /// The seal that the record of a slot must have: as the next one says, or the checkpoint, or its own header where
    /// that is whole and only the body is not. `None` where nothing tells.
    fn expected_seal(&self, slot: &Slot<'_>, gaps: &Gaps) -> Option<Checksum> {
        let next = Slot { number: slot.number + 1, ..*slot };
        let forgotten = gaps.find(next.number).filter(|gap| gap.versions.first == next.number);
        let told = match forgotten {
            Some(gap) => gap.versions.previous,
            None => self.links(&next).ok().and_then(|links| links.previous),
        };
        let seen = || {
            let seen = self.checkpoint(slot.config, slot.log).ok()??;
            (seen.number == slot.number).then_some(seen.seal)
        };
        let own = || match slot.log {
            // A whole record is no witness for itself.
            Log::Versions if self.links(slot).is_err() => {
                Some(self.header(slot.config, slot.number).ok()?.seal)
            }
            _ => None,
        };
        told.or_else(seen).or_else(own)
    }

    /// Whether a record may come after the one before it. Where nothing tells its own seal, that is all there is.
    fn follows(&self, slot: &Slot<'_>, previous: Option<Checksum>, gaps: &Gaps) -> bool {
        if slot.number == 1 {
            return previous.is_none();
        }
        let before = Slot { number: slot.number - 1, ..*slot };
        if let Some(gap) = gaps.find(before.number) {
            return previous == Some(gap.versions.seal);
        }
        previous.is_some() && self.links(&before).is_ok_and(|links| previous == Some(links.seal))
    }

    /// Puts checkpoints right; tells whether any was.
    fn repair_checkpoints(
        &self,
        config: &ConfigName,
        found: &Report,
        done: &mut RepairReport,
    ) -> Result<bool, Error> {
        let before = done.mended.len();
        for log in [Log::Versions, Log::Refs] {
            done.mended.extend(self.repair_checkpoint(config, log, found)?);
        }
        Ok(done.mended.len() > before)
    }

    /// Remembers the end of a log again, where the checkpoint was damaged or is not there.
    fn repair_checkpoint(
        &self,
        config: &ConfigName,
        log: Log,
        found: &Report,
    ) -> Result<Option<Mended>, Error> {
        let is_ref = log == Log::Refs;
        let is_damaged = found.findings.iter().any(|Finding { corruption, .. }| {
            corruption.is_ref == is_ref && corruption.flaw.problem == Problem::Checkpoint
        });
        let is_missing = found.weaknesses.iter().any(|weakness| {
            weakness.log.as_ref().is_some_and(|(_, of_refs)| *of_refs == is_ref)
                && weakness.problem == WeakPoint::NoCheckpoint
        });
        if !is_damaged && !is_missing {
            return Ok(None);
        }
        let listed = self.listed(config, log)?;
        let newest = listed.into_iter().rev().find_map(|number| {
            let links = self.links(&Slot { config, log, number }).ok()?;
            Some(Checkpoint { number, seal: links.seal })
        });
        let Some(newest) = newest else { return Ok(None) };
        let object = Object::Note(config, log);
        let kept_at = self.restore(&object, &newest.to_note()).map_err(StoreError::from)?;
        let problem = if is_damaged { "the checkpoint was damaged" } else { "there was no checkpoint" };
        Ok(Some(Mended {
            record: Some((config.clone(), is_ref, newest.number)),
            object: self.backend().describe_object(&object),
            problem: problem.to_owned(),
            origin: Origin::Log,
            kept_at,
        }))
    }

    /// Makes the copies again that are missing or damaged; tells whether any was.
    fn repair_copies(&self, weaknesses: &[Weakness], done: &mut RepairReport) -> Result<bool, Error> {
        let before = done.mended.len();
        for weakness in weaknesses {
            let Some((config, is_ref)) = &weakness.log else { continue };
            let log = if *is_ref { Log::Refs } else { Log::Versions };
            let (numbers, problem) = match weakness.problem {
                WeakPoint::NoCopies { first, last, count } => {
                    self.copy_missing(config, log, first, last)?;
                    (first, format!("{count} records from {first} to {last} had no second copy"))
                }
                WeakPoint::CopiesDamaged(first) => (first, "second copies were damaged".to_owned()),
                WeakPoint::NoCheckpoint | WeakPoint::Own(_) => continue,
            };
            let kept_at = match weakness.problem {
                WeakPoint::CopiesDamaged(first) => {
                    let part = JournalPart { config, log, first };
                    let sound = self.sound_journal(&part);
                    self.restore(&Object::Journal(part), &sound).map_err(StoreError::from)?
                }
                _ => None,
            };
            done.mended.push(Mended {
                record: Some((config.clone(), *is_ref, numbers)),
                object: weakness.object.clone(),
                problem,
                origin: Origin::Log,
                kept_at,
            });
        }
        Ok(done.mended.len() > before)
    }

    fn copy_missing(&self, config: &ConfigName, log: Log, first: u64, last: u64) -> Result<(), Error> {
        let mut parts = BTreeSet::new();
        let listed = self.listed(config, log)?.into_iter();
        for number in listed.filter(|number| (first..=last).contains(number)) {
            parts.insert(JournalPart::of(&Slot { config, log, number }).first);
        }
        for first in parts {
            let part = JournalPart { config, log, first };
            // What can't be read is told of by itself.
            if self.journal(&part).is_ok() {
                self.mend_journal(&part, *part.numbers().end(), u64::MAX)?;
            }
        }
        Ok(())
    }
}

/// Of more missing records than these, only those are tried that somebody has.
const MOST_TRIED: u64 = 4096;
