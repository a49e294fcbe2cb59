//! One who packs, forgets and repairs besides saving, in a store of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Disk, Random, brief, write_durably};
use crate::support::{Ran, Sandbox, system};

const FILE: &str = "kept.yaml";

/// How many of the newest versions a forgetting keeps.
const KEPT: u64 = 40;

pub(super) struct Keeper {
    folder: PathBuf,
    sandbox: Sandbox,
    /// The versions that were acknowledged and not forgotten since.
    versions: BTreeMap<u64, String>,
    /// The newest number that was acknowledged.
    newest: u64,
    /// The content that a cut may have kept from being acknowledged.
    wanted: Option<String>,
    /// What is being done; a cut breaks it off.
    underway: &'static str,
    /// How often a cut broke off what.
    pub(super) cut_off: BTreeMap<&'static str, usize>,
    /// How often each was acknowledged.
    pub(super) acknowledged: BTreeMap<&'static str, usize>,
    contents: usize,
}

impl Keeper {
    pub(super) fn new(disk: &Disk) -> Self {
        let folder = disk.path("keeper");
        fs::create_dir(&folder).unwrap();
        system("sync", &["-f", folder.to_str().unwrap()]);
        Self {
            folder,
            sandbox: Sandbox::new(),
            versions: BTreeMap::new(),
            newest: 0,
            wanted: None,
            underway: "save",
            cut_off: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            contents: 0,
        }
    }

    fn vconf(&self, arguments: &[&str]) -> Ran {
        let mut command = self.sandbox.command();
        command.current_dir(&self.folder).args(arguments);
        Ran::of(command.output().unwrap(), &format!("{command:?}"))
    }

    /// Works until the power is cut.
    pub(super) fn work(&mut self, is_over: &AtomicBool, seed: u64) {
        let mut random = Random(seed ^ 0x5bd1_e995);
        while !is_over.load(Ordering::SeqCst) {
            let choice = if self.newest < 3 { 0 } else { random.below(10) };
            let keep_loose = random.below(8).to_string();
            let keep = KEPT.to_string();
            let (what, arguments) = match choice {
                ..5 => {
                    if !self.change_file() {
                        return;
                    }
                    ("save", vec!["save", FILE, "--json"])
                }
                5 | 6 => ("pack", vec!["pack", FILE, "--keep-loose", &keep_loose]),
                7 => ("forget", vec!["forget", FILE, "--keep-last", &keep, "--apply"]),
                _ => {
                    if !self.damage(&mut random) {
                        return;
                    }
                    ("repair", vec!["check", "--repair"])
                }
            };
            self.underway = what;
            let ran = self.vconf(&arguments);
            if is_over.load(Ordering::SeqCst) {
                *self.cut_off.entry(what).or_default() += 1;
                return;
            }
            let ran = ran.expect(0);
            *self.acknowledged.entry(what).or_default() += 1;
            if what == "save" {
                self.newest = ran.json()[0]["version"].as_u64().unwrap();
                self.versions.insert(self.newest, self.wanted.take().unwrap());
            } else if what == "forget" {
                self.versions = self.versions.split_off(&(self.newest + 1).saturating_sub(KEPT));
            }
            self.underway = "nothing";
        }
    }

    fn change_file(&mut self) -> bool {
        self.contents += 1;
        let lines = (0..60)
            .map(|at| format!("key-{at}: {}\n", if at == self.contents % 60 { self.contents } else { at }));
        let content = format!("n: {}\n{}", self.contents, lines.collect::<String>());
        self.wanted = Some(content.clone());
        write_durably(&self.folder, FILE, &content).is_ok()
    }

    /// Damages or takes away a record or a part of the journal, durably, as a fault of the disk does: after all that it
    /// could be restored from was flushed. Tells whether that could be done.
    fn damage(&self, random: &mut Random) -> bool {
        let config = self.folder.join(format!(".vconf/configs/{FILE}"));
        let sync =
            || File::open(&self.folder).and_then(|folder| rustix::fs::syncfs(folder).map_err(Into::into));
        let Ok(entries) = fs::read_dir(&config) else { return false };
        let is_victim = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension == "json" || extension == "journal")
        };
        let mut victims: Vec<_> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_victim).collect();
        victims.sort_unstable();
        if victims.is_empty() || sync().is_err() {
            return !victims.is_empty();
        }
        let victim = &victims[random.below(victims.len())];
        damage_file(victim, random).is_ok() && sync().is_ok()
    }

    /// Holds that all is well after a cut.
    pub(super) fn verify_last_turn(&mut self) {
        if self.newest == 0 {
            return;
        }
        // What was damaged is put right by the next repair, if the cut broke it off.
        self.vconf(&["check", "--repair"]).expect(0);
        let report = self.vconf(&["check", "--json"]).expect(0);
        let after = self.vconf(&["show", &format!("{FILE}@{}", self.newest + 1)]);
        if after.code == Some(0) {
            assert_eq!(Some(after.out()), self.wanted, "a version that nobody saved: {report}");
            self.newest += 1;
            self.versions.insert(self.newest, after.out());
        }
        self.wanted = None;
        // What a cut broke off is done by whoever comes next: a forgetting that was recorded, too.
        self.vconf(&["pack", FILE, "--keep-loose", "8"]).expect(0);
        let forgotten = self.newest.saturating_sub(KEPT);
        let may_be_forgotten = self.underway == "forget";
        let mut gone = Vec::new();
        for (number, bytes) in &self.versions {
            let shown = self.vconf(&["show", &format!("{FILE}@{number}")]);
            if may_be_forgotten && *number <= forgotten && shown.code != Some(0) {
                assert!(shown.err().contains("forgot"), "{shown}");
                gone.push(*number);
                continue;
            }
            let found = (shown.code == Some(0)).then(|| shown.out());
            assert!(found.as_ref() == Some(bytes), "version {number} is {}: {}", brief(&found), shown.err());
        }
        self.versions.retain(|number, _| !gone.contains(number));
        self.underway = "nothing";
    }
}

fn damage_file(victim: &Path, random: &mut Random) -> std::io::Result<()> {
    let mut bytes = fs::read(victim)?;
    fs::remove_file(victim)?;
    if random.below(3) == 0 || bytes.is_empty() {
        return Ok(());
    }
    let at = random.below(bytes.len());
    match random.below(2) {
        0 => bytes[at] ^= 1 << random.below(8),
        _ => bytes.truncate(at),
    }
    fs::write(victim, bytes)
}
