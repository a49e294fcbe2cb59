//! Files as they were seen last: one that is as it was then, and whose history is, need not be read again.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use super::Worktree;
use super::status::{FileStatus, Status};
use crate::backend::{Log, Slot, Stamp, random_id};
use crate::canonical;
use crate::disk;
use crate::model::format::Format;
use crate::model::name::{ConfigName, RefName};
use crate::model::time::Timestamp;

/// Files that were found to be the same as their latest versions, and how they and their histories were stamped then.
#[derive(Clone, Debug)]
pub struct SeenFiles {
    now: Timestamp,
    seen: HashMap<ConfigName, Seen>,
    is_changed: bool,
}

/// A file that is as its latest version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The number of that version.
    pub number: u64,
    /// The branch whose head it is, the current one.
    pub branch: RefName,
    /// Its format.
    pub format: Format,
    /// The newest change of refs; 0 where there is none.
    refs: u64,
    stamp: String,
}

impl SeenFiles {
    /// Whether a config's file and history are as they were when they were found to be the same. Nothing is read.
    pub fn unchanged(&self, worktree: &Worktree, config: &ConfigName) -> Option<&Seen> {
        let seen = self.seen.get(config)?;
        let stamp = worktree.stamp(config, Some((seen.number, seen.refs)))?;
        (stamp.text == seen.stamp).then_some(seen)
    }

    /// Notes that a file was found to be the same. `before` is its stamp from before that.
    ///
    /// What was touched a moment ago may be touched once more within what the system counts as one time: it is not noted.
    pub fn note(&mut self, worktree: &Worktree, status: &Status, before: Option<Stamp>) {
        let (Some(latest), FileStatus::Same, Some(before)) = (&status.latest, &status.file, before) else {
            return;
        };
        let Ok(refs) = worktree.store.tip(&status.config, Log::Refs) else { return };
        let Some(after) = worktree.stamp(&status.config, Some((latest.number, refs.number))) else { return };
        let is_old = after.newest.as_jiff().checked_add(SLACK).is_ok_and(|end| end < self.now.as_jiff());
        if !is_old
            || !after.text.starts_with(&before.text)
            || status.unfinished.is_some()
            || !status.damage.is_empty()
        {
            return;
        }
        let (number, branch, format) = (latest.number, status.branch.clone(), latest.format);
        let seen = Seen { number, branch, format, refs: refs.number, stamp: after.text };
        self.is_changed |= self.seen.insert(status.config.clone(), seen.clone()) != Some(seen);
    }
}

impl Worktree {
    /// Reads how files were seen last. `now` is the time at which the command began.
    pub fn seen_files(&self, now: Timestamp) -> SeenFiles {
        let bytes = self.seen_path().and_then(|path| disk::read_file(&path, MAX_BYTES).ok().flatten());
        let seen = bytes.and_then(|file| parse(&file.bytes)).unwrap_or_default();
        SeenFiles { now, seen, is_changed: false }
    }

    /// Keeps how files were seen, where that is not kept yet; of configs that are no more nothing is. It is a cache: what
    /// can't be written is found out again.
    pub fn keep_seen(&self, mut files: SeenFiles, configs: &[ConfigName]) {
        if !files.is_changed {
            return;
        }
        let configs: BTreeSet<_> = configs.iter().collect();
        files.seen.retain(|config, _| configs.contains(config));
        let (Some(path), Ok(nonce)) = (self.seen_path(), random_id()) else { return };
        let Some(folder) = path.parent() else { return };
        let owner = folder.parent().and_then(disk::Owner::of_new_in);
        if disk::make_folders_lightly(folder, owner).is_ok() {
            let _ =
                disk::replace_whole(folder, NAME, &to_bytes(&files.seen), &nonce.to_string()[..16], owner);
        }
    }

    /// What the system says of a config's file and of its history, without anything being read; `None` where one of
    /// them is not there, or it can't be told.
    pub fn stamp(&self, config: &ConfigName, records: Option<(u64, u64)>) -> Option<Stamp> {
        let file = disk::stamp(&self.path(config)).ok()??;
        let slot = |log, number| Slot { config, log, number };
        let slots = records.map(|(version, change)| [slot(Log::Versions, version), slot(Log::Refs, change)]);
        let slots: Vec<_> = slots.into_iter().flatten().filter(|slot| slot.number > 0).collect();
        let history = self.store.backend().stamp(config, &slots).ok()??;
        let text = format!("{},{}", file.text, history.text);
        Some(Stamp { text, newest: file.newest.max(history.newest) })
    }

    fn seen_path(&self) -> Option<PathBuf> {
        Some(self.store.backend().folder()?.join("cache").join(NAME))
    }
}

fn to_bytes(seen: &HashMap<ConfigName, Seen>) -> Vec<u8> {
    let mut lines = String::new();
    for (config, Seen { number, branch, format, refs, stamp }) in seen {
        // The name comes last: it may have spaces.
        let name = config.as_str();
        if !name.contains('\n') {
            lines.push_str(&format!("{number} {refs} {branch} {} {stamp} {name}\n", format.name()));
        }
    }
    format!("{HEAD}{}\n{lines}", canonical::checksum(lines.as_bytes())).into_bytes()
}

/// What was kept; `None` where that is damaged or of another version.
fn parse(bytes: &[u8]) -> Option<HashMap<ConfigName, Seen>> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix(HEAD)?;
    let (checksum, lines) = text.split_once('\n')?;
    if canonical::checksum(lines.as_bytes()).to_string() != checksum {
        return None;
    }
    lines.lines().map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(ConfigName, Seen)> {
    let mut words = line.splitn(6, ' ');
    let seen = Seen {
        number: words.next()?.parse().ok()?,
        refs: words.next()?.parse().ok()?,
        branch: RefName::new(words.next()?).ok()?,
        format: words.next()?.parse().ok()?,
        stamp: words.next()?.to_owned(),
    };
    Some((ConfigName::new(words.next()?).ok()?, seen))
}

/// How old what was touched last must be.
const SLACK: Duration = Duration::from_secs(2);

const HEAD: &str = "vconf seen 1 ";

const NAME: &str = "seen";

/// Enough for some 100,000 files with long names.
const MAX_BYTES: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_comes_back_and_damage_makes_it_nothing() {
        let seen = |number| Seen {
            number,
            branch: RefName::main(),
            format: Format::Yaml,
            refs: 0,
            stamp: format!("1.{number}.3,4"),
        };
        let name = |text: &str| ConfigName::new(text).expect("a plain name");
        let files: HashMap<_, _> = [(name("a b.yaml"), seen(1)), (name("etc/größe"), seen(2))].into();
        let bytes = to_bytes(&files);
        assert_eq!(parse(&bytes), Some(files));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(parse(&flipped), None, "byte {at}");
            assert_eq!(parse(&bytes[..at]), None, "cut at {at}");
        }
    }
}
