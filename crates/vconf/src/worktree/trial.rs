//! Trials: other bytes in a file's place for a while, and what it held put back, whatever happens.
//!
//! What the file held is a version before the first other bytes are put in its place. An intent log in the store says which, and
//! what was put in its place last, so that the next command finds out when the process was killed.

use std::path::Path;

use super::Worktree;
use super::current::Looked;
use super::error::WorktreeError;
use crate::backend::random_id;
use crate::canonical;
use crate::disk::{self, Displaced, FileState, Found, IntentLog, Owner};
use crate::format::{Format, json, parse};
use crate::history::{Context, Error, Saved};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::value::Value;
use crate::store::MAX_SOURCE_BYTES;

/// A file in whose place other bytes are tried.
///
/// [`end`](Self::end) puts back what it held. Where the process dies before that, [`Worktree::mend_trial`] does.
#[derive(Debug)]
pub struct Trial<'a> {
    worktree: &'a Worktree,
    config: ConfigName,
    log: IntentLog,
    original: FileState,
    /// What the file holds, as far as this trial knows.
    expected: Checksum,
}

/// A trial that was begun.
#[derive(Debug)]
pub struct BegunTrial<'a> {
    /// The trial.
    pub trial: Trial<'a>,
    /// The version that was made of unsaved edits.
    pub saved_before: Option<Saved>,
}

/// A trial that a process did not bring to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokenTrial {
    /// The config.
    pub config: ConfigName,
    /// The version that its file held before.
    pub number: u64,
    /// What became of the file.
    pub outcome: Mended,
}

/// Which files may be touched to mend a trial: a store may come from anywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Those in the store's folder, by way of no symbolic link that leads out of it, and for the user's own trial.
    Inside,
    /// Those with a name in the store's folder, wherever it leads: somebody asked for it.
    Linked,
    /// All: somebody asked for it, and named the store.
    Anywhere,
}

/// What became of the file of a broken trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mended {
    /// What it held was put back.
    PutBack,
    /// It holds that already.
    Same,
    /// Somebody has written other bytes into it since, and they stay.
    Kept,
    /// Nothing was done, for it lies outside of the store's folder, or another user made the intent log.
    Refused,
}

impl Worktree {
    /// Begins to try other bytes in the place of a config's file, after unsaved edits became a version.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::TrialUnderway`] where there is a trial in this store already.
    pub fn begin_trial(
        &self,
        config: &ConfigName,
        why: &str,
        context: &Context,
    ) -> Result<BegunTrial<'_>, WorktreeError> {
        // Before unsaved edits are saved: what a trial has put in the file's place is none.
        if let Some(config) = self.trial_underway() {
            return Err(WorktreeError::TrialUnderway { config });
        }
        let Looked { state, file, .. } = self.look_settled(config)?;
        let Some(original) = file else {
            let path = self.path(config);
            return Err(WorktreeError::NoFile { config: config.clone(), path, is_tracked: true });
        };
        let branch = state.current.clone();
        let saved_before =
            self.save_unsaved(config, Some(&original), why.to_owned(), None, &branch, context)?;
        let number = match &saved_before {
            Some(saved) => saved.version.number,
            None => self.store.latest(&self.store.state(config)?)?,
        };
        let expected = canonical::checksum(&original.bytes);
        let version = self.store.load_number(config, number)?;
        if version.version.checksum != expected {
            return Err(Error::Busy { config: config.clone() }.into());
        }
        let line = Value::map([
            ("vconf", Value::from(1)),
            ("config", Value::from(config.as_str())),
            ("version", Value::from(number)),
            ("mode", Value::from(format!("{:04o}", original.stat.mode & 0o7777))),
            ("checksum", Value::from(expected.to_string())),
            ("operation", Value::from(context.operation.command.as_str())),
        ]);
        let log = self.create_log(config, &(json::to_string(&line) + "\n"))?;
        let config = config.clone();
        Ok(BegunTrial { trial: Trial { worktree: self, config, log, original, expected }, saved_before })
    }

    /// Puts back what a file held before a trial that was broken off, where the file still holds what that put there.
    ///
    /// `None` where there is no such trial.
    pub fn mend_trial(&self, reach: Reach) -> Result<Option<BrokenTrial>, WorktreeError> {
        let Some(folder) = self.store.backend().folder() else { return Ok(None) };
        let path = folder.join(INTENT_LOG);
        let found = IntentLog::find(folder, INTENT_LOG, MAX_LOG_BYTES);
        let (log, lines) = match found.map_err(|source| WorktreeError::Read { path: path.clone(), source })? {
            Found::None | Found::Held(_) => return Ok(None),
            Found::Left(log, lines) => (log, lines),
        };
        let Some(noted) = Noted::read(&lines) else {
            let source =
                std::io::Error::new(std::io::ErrorKind::InvalidData, "it says nothing that can be read");
            return Err(WorktreeError::Read { path, source });
        };
        let Noted { config, number, mode, original, put } = noted;
        let broken = |outcome| Ok(Some(BrokenTrial { config: config.clone(), number, outcome }));
        let may_touch = match reach {
            Reach::Inside => log.is_own() && self.is_inside(&config),
            Reach::Linked => !config.is_absolute(),
            Reach::Anywhere => true,
        };
        if !may_touch {
            return broken(Mended::Refused);
        }
        let now = self.read(&config)?.map(|file| canonical::checksum(&file.bytes));
        let outcome = match now {
            Some(now) if now == original => Mended::Same,
            Some(now) if put.contains(&now) => {
                let version = self.store.load_number(&config, number)?;
                if version.version.checksum != original {
                    return broken(Mended::Refused);
                }
                self.exchange(&config, &version.source, Some(mode), now)?;
                Mended::PutBack
            }
            _ => Mended::Kept,
        };
        log.remove().map_err(|source| WorktreeError::Write { path, source })?;
        broken(outcome)
    }

    /// The config in the place of whose file a process tries other bytes right now.
    pub fn trial_underway(&self) -> Option<ConfigName> {
        let found = IntentLog::find(self.store.backend().folder()?, INTENT_LOG, MAX_LOG_BYTES);
        match found {
            Ok(Found::Held(lines)) => Noted::read(&lines).map(|noted| noted.config),
            _ => None,
        }
    }

    /// Fails where a config's file holds what a trial put there: that is nobody's edit.
    pub(super) fn refuse_during_trial(&self, config: &ConfigName) -> Result<(), WorktreeError> {
        match self.trial_underway() {
            Some(tried) if tried == *config => Err(WorktreeError::TrialUnderway { config: tried }),
            _ => Ok(()),
        }
    }

    fn create_log(&self, config: &ConfigName, line: &str) -> Result<IntentLog, WorktreeError> {
        let Some(folder) = self.store.backend().folder() else {
            let source = std::io::Error::new(std::io::ErrorKind::Unsupported, "the store is in no folder");
            return Err(WorktreeError::Write { path: INTENT_LOG.into(), source });
        };
        let path = folder.join(INTENT_LOG);
        let nonce = random_id().map_err(Error::Random)?.to_string();
        let owner = Owner::of_new_in(folder);
        let log = IntentLog::create(folder, INTENT_LOG, line.as_bytes(), &nonce[..16], owner);
        let log = log.map_err(|source| WorktreeError::Write { path, source })?;
        let underway = || self.trial_underway().unwrap_or_else(|| config.clone());
        log.ok_or_else(|| WorktreeError::TrialUnderway { config: underway() })
    }

    /// Whether a config's file lies in the store's folder, symbolic links and all.
    fn is_inside(&self, config: &ConfigName) -> bool {
        let real = |path: &Path| disk::canonical(path).ok();
        let (Some(root), Some(path)) = (real(self.root()), real(&self.path(config))) else { return false };
        !config.is_absolute() && path.starts_with(root)
    }

    /// Puts bytes in the place of others. Where the file turns out to hold something else, that stays.
    fn exchange(
        &self,
        config: &ConfigName,
        bytes: &[u8],
        mode: Option<u32>,
        expected: Checksum,
    ) -> Result<(), WorktreeError> {
        self.check_apart(config)?;
        let path = self.path(config);
        let unwritable = |source| WorktreeError::Write { path: path.clone(), source };
        let touched = || WorktreeError::Touched { path: path.clone() };
        let (mut bytes, mut mode, mut expected) = (bytes.to_vec(), mode, expected);
        // What stood there and was not expected stays beside the file until it is back in its place.
        let mut kept: Vec<Displaced> = Vec::new();
        for _ in 0..MOST_ATTEMPTS {
            let nonce = random_id().map_err(Error::Random)?.to_string();
            let staged = disk::stage(&path, &bytes, mode, &nonce).map_err(unwritable)?;
            let unfinished = |unfinished| WorktreeError::unfinished(path.clone(), unfinished);
            let displaced = staged.finish(MAX_SOURCE_BYTES).map_err(unfinished)?;
            let put = canonical::checksum(&bytes);
            match &displaced.bytes {
                Some(found) if canonical::checksum(found) == expected => {
                    let is_touched = !kept.is_empty();
                    kept.into_iter().chain([displaced]).for_each(Displaced::discard);
                    return if is_touched { Err(touched()) } else { Ok(()) };
                }
                // Whoever writes at the same moment has the last word: what he wrote is put back in turn.
                Some(found) => (bytes, mode, expected) = (found.clone(), None, put),
                None => {
                    // Somebody took the file away.
                    let nonce = random_id().map_err(Error::Random)?.to_string();
                    disk::set_aside(&path, &nonce, MAX_SOURCE_BYTES).map_err(unfinished)?.discard();
                    return Err(touched());
                }
            }
            kept.push(displaced);
        }
        Err(Error::Busy { config: config.clone() }.into())
    }
}

impl Trial<'_> {
    /// Puts other bytes in the file's place, with its mode.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::Touched`] where the file does not hold what this trial put there. It stays as it is.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), WorktreeError> {
        self.check()?;
        let next = canonical::checksum(bytes);
        if next == self.expected {
            return Ok(());
        }
        self.write(bytes, None, next)
    }

    /// Puts back what the file held, bytes and mode, and ends the trial. The file stays as it is where somebody else has
    /// written it meanwhile, and then this is an error.
    pub fn end(mut self) -> Result<(), WorktreeError> {
        let original = canonical::checksum(&self.original.bytes);
        let mut put_back = self.check();
        if put_back.is_ok() && self.expected != original {
            let bytes = std::mem::take(&mut self.original.bytes);
            put_back = self.write(&bytes, Some(self.original.stat.mode & 0o7777), original);
        }
        match put_back {
            // There is nothing left to put back.
            Ok(()) | Err(WorktreeError::Touched { .. }) => {
                let path = Path::new(INTENT_LOG).to_owned();
                self.log.remove().map_err(|source| WorktreeError::Write { path, source })?;
                put_back
            }
            // The intent log stays for whoever comes next.
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, bytes: &[u8], mode: Option<u32>, next: Checksum) -> Result<(), WorktreeError> {
        let line = format!("{{\"put\": \"{next}\"}}\n");
        let unwritable = |source| WorktreeError::Write { path: INTENT_LOG.into(), source };
        self.log.append(line.as_bytes()).map_err(unwritable)?;
        self.worktree.exchange(&self.config, bytes, mode, self.expected)?;
        self.expected = next;
        Ok(())
    }

    /// Fails where the file is not as this trial left it.
    fn check(&self) -> Result<(), WorktreeError> {
        let now = self.worktree.read(&self.config)?.map(|file| canonical::checksum(&file.bytes));
        match now == Some(self.expected) {
            true => Ok(()),
            false => Err(WorktreeError::Touched { path: self.worktree.path(&self.config) }),
        }
    }
}

/// What an intent log says.
struct Noted {
    config: ConfigName,
    number: u64,
    mode: u32,
    original: Checksum,
    /// What was put in the file's place last, and before that.
    put: Vec<Checksum>,
}

impl Noted {
    fn read(lines: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(lines).ok()?;
        let value = |line: &str| parse(Format::Json, line).ok()?.to_value().ok();
        let mut lines = text.lines();
        let first = value(lines.next()?)?;
        let text = |key: &str| first.get(key)?.as_str();
        let checksum = |text: &str| text.parse::<Checksum>().ok();
        let put = lines.rev().take(2).filter_map(|line| checksum(value(line)?.get("put")?.as_str()?));
        Some(Self {
            config: ConfigName::new(text("config")?).ok()?,
            number: u64::try_from(first.get("version")?.as_i64()?).ok()?,
            mode: u32::from_str_radix(text("mode")?, 8).ok()? & 0o7777,
            original: checksum(text("checksum")?)?,
            put: put.collect(),
        })
    }
}

/// The intent log's name in the store's folder.
const INTENT_LOG: &str = "bisect.json";

/// How much of an intent log is read: some 90 bytes for each trial.
const MAX_LOG_BYTES: u64 = 16 << 20;

/// How often a file that others write at the same time is tried.
const MOST_ATTEMPTS: usize = 16;
