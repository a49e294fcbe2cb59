//! Check: every record, seal, checksum and link of the chain, and the second copies.

mod copies;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::Error;
use super::parallel::{self, Sharing};
use crate::backend::{BackendErrorKind, Log, Object, OwnFlaw, Pack, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::MAX_NUMBER;
use crate::store::{Checkpoint, Corruption, Flaw, Gaps, Problem, Store, StoreError};
use copies::Copies;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// How many configs were checked.
    pub configs: u64,
    /// How many versions.
    pub versions: u64,
    /// How many changes of refs.
    pub refs: u64,
    /// How many bytes of records.
    pub bytes: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is wrong with what records can be restored from: no record is touched by it.
    pub weaknesses: Vec<Weakness>,
    /// What interrupted writes left beside the records, as a person finds it. It does no harm, and may be deleted while
    /// nobody writes.
    pub leftovers: Vec<String>,
}

/// One thing that a check has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What is damaged, and how.
    pub corruption: Corruption,
    /// What kind of damage it is.
    pub kind: FindingKind,
    /// Another version of the config with the same source, which can stand in.
    pub same_source_in: Option<u64>,
}

/// The kinds of findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindingKind {
    /// A record can't be read: its content is lost here.
    Record,
    /// A record is gone.
    Missing,
    /// A record can be read, but the chain of seals does not hold at it.
    Chain,
}

/// Something that is there for safety, and is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weakness {
    /// The config and whether it is about its changes of refs; `None` for what is the store's own.
    pub log: Option<(ConfigName, bool)>,
    /// What a person finds it under.
    pub object: String,
    /// What is wrong.
    pub problem: WeakPoint,
}

/// The ways in which safety can be less than it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WeakPoint {
    /// Nothing remembers the end of a log: a power cut may leave it so.
    NoCheckpoint,
    /// Records have no second copy: a power cut may leave it so.
    NoCopies {
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
        /// How many.
        count: u64,
    },
    /// Copies were altered or are not those of the records: of the part of the journal that begins with this number.
    CopiesDamaged(u64),
    /// Something that the store says of itself.
    Own(OwnFlaw),
}

impl Weakness {
    /// Whether something was altered or taken away; else it is what a crash leaves.
    pub fn is_damage(&self) -> bool {
        match &self.problem {
            WeakPoint::NoCheckpoint | WeakPoint::NoCopies { .. } => false,
            WeakPoint::CopiesDamaged(_) => true,
            WeakPoint::Own(flaw) => flaw.is_damage,
        }
    }
}

impl Report {
    /// Whether nothing was altered or taken away.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && !self.weaknesses.iter().any(Weakness::is_damage)
    }

    /// Adds what another check found.
    pub fn extend(&mut self, other: Self) {
        let Self { configs, versions, refs, bytes, findings, weaknesses, leftovers } = other;
        self.configs += configs;
        self.versions += versions;
        self.refs += refs;
        self.bytes += bytes;
        self.findings.extend(findings);
        self.weaknesses.extend(weaknesses);
        self.leftovers.extend(leftovers);
    }
}

impl Store {
    /// Checks what the store says of itself.
    pub fn check_description(&self) -> Result<Vec<Weakness>, Error> {
        let Some(upkeep) = self.backend().upkeep() else { return Ok(Vec::new()) };
        let flaws = upkeep.own_flaws().map_err(StoreError::from)?.into_iter();
        let weakness = |flaw: OwnFlaw| Weakness {
            log: None,
            object: flaw.object.clone(),
            problem: WeakPoint::Own(flaw),
        };
        Ok(flaws.map(weakness).collect())
    }

    /// Checks configs: each record, that none is missing as far as the log, its checkpoint or its journal tell, and
    /// that each has its second copy.
    ///
    /// Reads every record once, on as many threads as there are processors; they end before this returns. `progress`
    /// is told the number of records so far.
    pub fn check(&self, configs: &[ConfigName], mut progress: impl FnMut(u64)) -> Result<Report, Error> {
        let mut report = Report::default();
        for config in configs {
            let mut branches = BTreeSet::new();
            self.check_log(config, Log::Versions, &mut branches, &mut report, &mut progress)?;
            self.check_log(config, Log::Refs, &mut branches, &mut report, &mut progress)?;
            self.check_packs(config, &mut report)?;
            for log in [Log::Versions, Log::Refs] {
                let Some(upkeep) = self.backend().upkeep() else { continue };
                match upkeep.leftovers(config, log) {
                    Ok(leftovers) => report.leftovers.extend(leftovers),
                    // That the log can't be read was found already.
                    Err(error) if error.kind == BackendErrorKind::Unreadable => {}
                    Err(error) => return Err(StoreError::from(error).into()),
                }
            }
            report.configs += 1;
        }
        Ok(report)
    }

    /// Checks a log. The versions add the branches that changes of refs must have told of; where none of these does,
    /// those that did are missing.
    fn check_log(
        &self,
        config: &ConfigName,
        which: Log,
        branches: &mut BTreeSet<RefName>,
        report: &mut Report,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Error> {
        let mut log = self.begin(config, which, report)?;
        let mut damaged: Vec<(usize, Checksum)> = Vec::new();
        let listed = std::mem::take(&mut log.listed);
        let look = |&number: &u64| self.links_and_branches(&Slot { config, log: which, number });
        parallel::in_order(&listed, Sharing::of_records(), look, |&number, links| {
            self.pass_gap(&mut log, number, report);
            progress(report.versions + report.refs);
            match which {
                Log::Versions => report.versions += 1,
                Log::Refs => report.refs += 1,
            }
            match links {
                Ok((links, named)) => {
                    match which {
                        Log::Versions => branches.extend(named),
                        Log::Refs => branches.retain(|branch| !named.contains(branch)),
                    }
                    report.bytes += links.source_bytes;
                    if !log.chain.follows(number, links.previous, links.seal) {
                        self.find(report, &log.slot(number), Problem::Chain);
                    }
                    self.check_copy(&mut log.copies, number, Some(links), report);
                }
                Err(StoreError::Corrupt(corruption)) => {
                    let header = match which {
                        Log::Versions => self.header(config, number).ok(),
                        Log::Refs => None,
                    };
                    log.chain.pass(number, header.as_ref().map(|version| version.seal));
                    damaged.extend(header.map(|version| (report.findings.len(), version.checksum)));
                    report.findings.push(Finding::new(*corruption));
                    self.check_copy(&mut log.copies, number, None, report);
                }
                Err(error) => return Err(error.into()),
            }
            Ok::<(), Error>(())
        })?;
        self.find_stand_ins(config, &listed, &damaged, report);
        self.check_end(&mut log, report);
        // Damage that was found may be what told of them.
        if which == Log::Refs && !branches.is_empty() && report.findings.len() == log.first_finding {
            self.find(report, &log.slot(log.end + 1), Problem::Missing);
        }
        self.end_copies(&mut log.copies, report);
        Ok(())
    }

    /// Checks the bytes of the packs that the records in them do not show, and finds what lies beside a pack that has it.
    fn check_packs(&self, config: &ConfigName, report: &mut Report) -> Result<(), Error> {
        let packs = match self.packs(config) {
            Ok(packs) => packs,
            // That they can't be listed was found with the versions.
            Err(error) if error.kind == BackendErrorKind::Unreadable => return Ok(()),
            Err(error) => return Err(StoreError::from(error).into()),
        };
        let mut sound = Vec::new();
        for &name in &packs {
            let pack = Pack { config, name };
            match self.check_frames(&pack) {
                Ok(()) => sound.push(name),
                Err(StoreError::Corrupt(corruption)) => {
                    let is_told = |finding: &Finding| finding.corruption.object == corruption.object;
                    if !report.findings.iter().any(is_told) {
                        report.findings.push(Finding::new(*corruption));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let subsumed = packs.into_iter().filter(|name| sound.iter().any(|other| other.subsumes(*name)));
        report.leftovers.extend(subsumed.map(|name| self.describe_pack(&Pack { config, name })));
        if !sound.is_empty() {
            let loose = self.backend().list(config, Log::Versions).map_err(StoreError::from)?;
            let is_packed = |number: &u64| sound.iter().any(|name| name.covers_any(&(*number..=*number)));
            let slots = loose.into_iter().filter(is_packed);
            let slots = slots.map(|number| Slot { config, log: Log::Versions, number });
            report.leftovers.extend(slots.map(|slot| self.backend().describe(&slot)));
        }
        Ok(())
    }

    /// Looks for versions whose source is the same as that of damaged ones.
    fn find_stand_ins(
        &self,
        config: &ConfigName,
        listed: &[u64],
        damaged: &[(usize, Checksum)],
        report: &mut Report,
    ) {
        if damaged.is_empty() {
            return;
        }
        for &number in listed {
            let Ok(version) = self.header(config, number) else { continue };
            for &(at, checksum) in damaged {
                let finding = &mut report.findings[at];
                let is_other = finding.corruption.number != number;
                if is_other && version.checksum == checksum && self.version(config, number).is_ok() {
                    finding.same_source_in.get_or_insert(number);
                }
            }
        }
    }

    /// Finds out how far a log goes or went: by its records, by the checkpoint, and by the heads that name versions.
    fn begin<'a>(
        &self,
        config: &'a ConfigName,
        log: Log,
        report: &mut Report,
    ) -> Result<LogCheck<'a>, Error> {
        // In this order: what the checkpoint names was there before it, so that a list made later has it.
        let seen = self.checkpoint(config, log)?;
        // What the heads count up to was there too, and the log may have lost it.
        let named =
            if log == Log::Versions { self.state(config).map_or(0, |state| state.newest_named()) } else { 0 };
        let notes = self.backend().notes();
        let is_note_damaged = match notes.map(|notes| notes.recall(config, log)) {
            Some(Ok(note)) => note.is_some_and(|note| Checkpoint::is_damaged(&note)),
            Some(Err(_)) => true,
            None => false,
        };
        // And what the journal has a copy of. Copies come after their records.
        let copied = self.newest_copy(config, log);
        let mut listed = match self.listed(config, log) {
            Ok(listed) => listed,
            Err(StoreError::Backend(error)) if error.kind == BackendErrorKind::Unreadable => {
                let corruption = self.unreadable(&Slot { config, log, number: 1 }, &error);
                report.findings.push(Finding::new(corruption));
                return Ok(LogCheck::of_nothing(config, log, report.findings.len()));
            }
            Err(error) => return Err(error.into()),
        };
        listed.retain(|number| (1..=MAX_NUMBER).contains(number));
        let end = listed.last().copied().unwrap_or(0).max(seen.map_or(0, |seen| seen.number)).max(named);
        let end = end.max(copied);
        // What the list has beyond these was packed, or will be found to be so.
        let loose = self.backend().list(config, log).map_err(StoreError::from)?;
        if notes.is_some() && seen.is_none() && !is_note_damaged && end > 0 {
            let object = self.backend().describe_object(&Object::Note(config, log));
            let log = Some((config.clone(), log == Log::Refs));
            report.weaknesses.push(Weakness { log, object, problem: WeakPoint::NoCheckpoint });
        }
        Ok(LogCheck {
            config,
            log,
            listed,
            end,
            next: 1,
            seen,
            gaps: if log == Log::Versions { self.gaps(config)? } else { Arc::default() },
            is_note_damaged,
            chain: Chain::new(seen),
            copies: Copies::new(config, log, loose),
            first_finding: report.findings.len(),
        })
    }

    /// Comes to a record that is there; those that are missing before it are one finding, however many they are.
    fn pass_gap(&self, log: &mut LogCheck<'_>, number: u64, report: &mut Report) {
        let (first, last) = (log.next, number - 1);
        log.next = number + 1;
        let mut next = first;
        while next <= last {
            next = match log.gaps.find(next).map(|gap| gap.versions.clone()) {
                Some(gap) => {
                    if next == gap.first && !log.chain.follows(gap.first, gap.previous, gap.seal) {
                        self.find(report, &log.slot(gap.first), Problem::Chain);
                    }
                    // One that is still there is read before the end of what was forgotten with it.
                    let end = gap.last.min(last);
                    log.chain.pass(end, (end == gap.last).then_some(gap.seal));
                    end + 1
                }
                None => {
                    // Up to the next that was forgotten, all are missing.
                    let end = log.gaps.first_after(next).map_or(last, |first| last.min(first - 1));
                    log.chain.pass(end, None);
                    let problem = match end {
                        end if end == next => Problem::Missing,
                        end => Problem::MissingRange { first: next, last: end },
                    };
                    self.find(report, &log.slot(next), problem);
                    end + 1
                }
            };
        }
    }

    /// A chain that was rewritten whole does not have the seal that the checkpoint remembers.
    fn check_end(&self, log: &mut LogCheck<'_>, report: &mut Report) {
        self.pass_gap(log, log.end + 1, report);
        if log.is_note_damaged {
            self.find(report, &log.slot(log.end.max(1)), Problem::Checkpoint);
        }
        let Some(seen) = log.seen else { return };
        let mut findings = report.findings[log.first_finding..].iter();
        let is_told = findings.any(|finding| finding.corruption.number == seen.number);
        if !is_told && log.chain.at_checkpoint.is_some_and(|seal| seal != seen.seal) {
            self.find(report, &log.slot(seen.number), Problem::Rewritten);
        }
    }

    fn find(&self, report: &mut Report, slot: &Slot<'_>, problem: Problem) {
        report.findings.push(Finding::new(self.corruption(slot, Flaw { line: None, problem })));
    }
}

impl Finding {
    fn new(corruption: Corruption) -> Self {
        let kind = match corruption.flaw.problem {
            Problem::Missing | Problem::MissingRange { .. } => FindingKind::Missing,
            Problem::Chain | Problem::Rewritten | Problem::Checkpoint => FindingKind::Chain,
            _ => FindingKind::Record,
        };
        Self { corruption, kind, same_source_in: None }
    }
}

/// The check of one log.
struct LogCheck<'a> {
    config: &'a ConfigName,
    log: Log,
    /// The records that are there.
    listed: Vec<u64>,
    /// The last record that there is or was.
    end: u64,
    /// The record that comes next, if it is there.
    next: u64,
    seen: Option<Checkpoint>,
    /// What was forgotten of the log.
    gaps: Arc<Gaps>,
    /// The checkpoint is there and says nothing.
    is_note_damaged: bool,
    chain: Chain,
    copies: Copies<'a>,
    /// Where the log's own findings begin.
    first_finding: usize,
}

impl<'a> LogCheck<'a> {
    fn of_nothing(config: &'a ConfigName, log: Log, first_finding: usize) -> Self {
        Self {
            config,
            log,
            listed: Vec::new(),
            end: 0,
            next: 1,
            seen: None,
            gaps: Arc::default(),
            is_note_damaged: false,
            chain: Chain::new(None),
            copies: Copies::new(config, log, Vec::new()),
            first_finding,
        }
    }

    fn slot(&self, number: u64) -> Slot<'a> {
        Slot { config: self.config, log: self.log, number }
    }
}

/// The chain of seals, as far as it was read.
struct Chain {
    /// The seal of the record before; `None` at the beginning and where it can't be known.
    last: Option<Checksum>,
    /// The record before is damaged and its seal can't be known.
    is_broken: bool,
    /// The number that the checkpoint remembers.
    checkpoint: u64,
    /// The seal of the record of that number.
    at_checkpoint: Option<Checksum>,
}

impl Chain {
    fn new(seen: Option<Checkpoint>) -> Self {
        let checkpoint = seen.map_or(0, |seen| seen.number);
        Self { last: None, is_broken: false, checkpoint, at_checkpoint: None }
    }

    /// Takes the next record's links; tells whether it names the seal of the one before.
    fn follows(&mut self, number: u64, previous: Option<Checksum>, seal: Checksum) -> bool {
        let follows = self.is_broken || previous == self.last;
        self.pass(number, Some(seal));
        follows
    }

    /// Takes a record's seal; that of a damaged one may be unknown.
    fn pass(&mut self, number: u64, seal: Option<Checksum>) {
        self.is_broken = seal.is_none();
        self.last = seal;
        if number == self.checkpoint {
            self.at_checkpoint = seal;
        }
    }
}
