//! The power cut while the command saves, packs, forgets and repairs: what it reported as done is there afterwards.
//!
//! A file system in a file is mounted and shut down under the writers (`FS_IOC_SHUTDOWN` without flushing its log, by
//! `xfs_io`), so that all is gone that was not flushed; mounting it again replays its log. This needs root and loop
//! devices; `VCONF_NO_MOUNT=1` says that a machine is known not to have them. `VCONF_POWER_CUTS` is how often.

mod keeper;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keeper::Keeper;

use crate::support::{Ran, Sandbox, may_not_mount, say, system};

#[test]
fn what_was_acknowledged_survives_power_cuts_on_ext4() {
    cut_power("ext4");
}

#[test]
fn what_was_acknowledged_survives_power_cuts_on_xfs() {
    cut_power("xfs");
}

const WRITERS: usize = 2;

fn cut_power(kind: &str) {
    if may_not_mount(&format!("power cuts on {kind}")) {
        return;
    }
    let cuts: usize = match std::env::var("VCONF_POWER_CUTS") {
        Ok(count) => count.parse().expect("VCONF_POWER_CUTS is a number"),
        Err(_) => 10,
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut tally = Tally::default();
    // Each disk is new after some cuts: what there is to look at after each grows with them.
    while tally.cuts < cuts {
        cut_power_of_disk(kind, CUTS_OF_DISK.min(cuts - tally.cuts), &mut random, &mut tally);
    }
    let Tally { commands, versions, unflushed_lost, .. } = tally;
    say(&format!(
        "{kind}: {cuts} power cuts, {commands} acknowledged commands, {versions} acknowledged versions: 0 lost, 0 torn \
         ({unflushed_lost} of {cuts} files that nobody flushed were lost)"
    ));
    say(&format!(
        "{kind}: of one who packs, forgets and repairs too, acknowledged {:?}, cut off {:?}",
        tally.acknowledged, tally.cut_off
    ));
    assert!(versions >= cuts, "the writers got to write");
    assert!(unflushed_lost > 0, "a power cut takes away what was not flushed");
}

/// How many cuts one disk takes.
const CUTS_OF_DISK: usize = 100;

/// What came of the cuts so far.
#[derive(Default)]
struct Tally {
    cuts: usize,
    commands: usize,
    versions: usize,
    /// How many files were lost that nobody flushed.
    unflushed_lost: usize,
    /// What the keepers did and how often, and what was cut off.
    acknowledged: BTreeMap<&'static str, usize>,
    cut_off: BTreeMap<&'static str, usize>,
}

/// Cuts the power so many times on a new disk, and holds each time that nothing is lost.
fn cut_power_of_disk(kind: &str, cuts: usize, random: &mut Random, tally: &mut Tally) {
    let disk = Disk::new(kind);
    disk.mount();
    let mut writers: Vec<_> = (0..WRITERS).map(|at| Writer::new(at, &disk)).collect();
    let mut keeper = Keeper::new(&disk);
    for _ in 0..cuts {
        let is_over = AtomicBool::new(false);
        let seed = random.next();
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let is_over = &is_over;
                scope.spawn(move || writer.write(is_over, seed));
            }
            scope.spawn(|| keeper.work(&is_over, seed));
            std::thread::sleep(Duration::from_millis(20 + random.below(300) as u64));
            // What nobody flushed shows whether a cut takes anything away at all.
            fs::write(disk.path("unflushed"), UNFLUSHED).unwrap();
            is_over.store(true, Ordering::SeqCst);
            disk.cut_power();
        });
        disk.unmount();
        disk.mount();
        let is_lost = fs::read(disk.path("unflushed")).map_or(true, |bytes| bytes != UNFLUSHED);
        tally.unflushed_lost += usize::from(is_lost);
        let _ = fs::remove_file(disk.path("unflushed"));
        for writer in &mut writers {
            writer.verify_last_turn();
        }
        keeper.verify_last_turn();
    }
    for writer in &writers {
        writer.verify_all();
    }
    tally.cuts += cuts;
    tally.versions += writers.iter().map(|writer| writer.versions.len()).sum::<usize>();
    tally.commands += writers.iter().map(|writer| writer.acknowledged).sum::<usize>();
    for (all, of_keeper) in
        [(&mut tally.acknowledged, keeper.acknowledged), (&mut tally.cut_off, keeper.cut_off)]
    {
        of_keeper.into_iter().for_each(|(what, count)| *all.entry(what).or_default() += count);
    }
}

const UNFLUSHED: &[u8] = &[b'x'; 5000];

const FILE: &str = "app.json";

/// One who saves, rolls back and undoes in a loop, in a store of its own.
struct Writer {
    at: usize,
    folder: PathBuf,
    sandbox: Sandbox,
    /// How many contents it made.
    contents: usize,
    acknowledged: usize,
    /// The versions that were acknowledged.
    versions: Vec<(u64, String)>,
    /// Where those of the last turn begin.
    last_turn: usize,
    /// What the file holds.
    file: Option<String>,
    /// What the latest version holds: not the same where a cut broke a command off between the two.
    latest: Option<String>,
    /// What the command that a cut broke off was to make of both.
    wanted: Option<String>,
}

impl Writer {
    fn new(at: usize, disk: &Disk) -> Self {
        let folder = disk.path(&format!("writer-{at}"));
        fs::create_dir(&folder).unwrap();
        system("sync", &["-f", folder.to_str().unwrap()]);
        let (sandbox, versions) = (Sandbox::new(), Vec::new());
        Self {
            at,
            folder,
            sandbox,
            contents: 0,
            acknowledged: 0,
            versions,
            last_turn: 0,
            file: None,
            latest: None,
            wanted: None,
        }
    }

    fn vconf(&self, arguments: &[&str]) -> Ran {
        let mut command = self.sandbox.command();
        command.current_dir(&self.folder).args(arguments);
        Ran::of(command.output().unwrap(), &format!("{command:?}"))
    }

    /// Writes until the power is cut.
    fn write(&mut self, is_over: &AtomicBool, seed: u64) {
        let mut random = Random(seed ^ (self.at as u64 + 1));
        self.last_turn = self.versions.len();
        let mut before_rollback = None;
        // A cut may have left the file ahead of the history; saving it makes both the same.
        let mut choice = 0;
        while !is_over.load(Ordering::SeqCst) {
            let earlier = self.versions.get(random.below(self.versions.len().max(1))).cloned();
            let target;
            let (arguments, wanted) = match (choice, before_rollback.take(), earlier) {
                (7.., Some(before), _) => (vec!["undo"], before),
                (5.., _, Some((number, bytes))) if Some(&bytes) != self.file.as_ref() => {
                    before_rollback.clone_from(&self.file);
                    target = format!("{FILE}@{number}");
                    (vec!["rollback", &target], bytes)
                }
                _ => {
                    let bytes = self.next_content();
                    self.wanted = Some(bytes.clone());
                    if write_durably(&self.folder, FILE, &bytes).is_err() {
                        return;
                    }
                    (vec!["save", FILE], bytes)
                }
            };
            self.wanted = Some(wanted.clone());
            let ran = self.vconf(&[&arguments[..], &["--json"]].concat());
            if is_over.load(Ordering::SeqCst) {
                // A file system that is being shut down may call a flush done that is not: no real power cut lets it
                // say anything any more.
                return;
            }
            let ran = ran.expect(0);
            self.acknowledged += 1;
            if let Some(number) = ran.json()[0]["version"].as_u64() {
                self.versions.push((number, wanted.clone()));
            }
            (self.file, self.latest, self.wanted) = (Some(wanted.clone()), Some(wanted), None);
            choice = random.below(10);
        }
    }

    fn next_content(&mut self) -> String {
        self.contents += 1;
        let padding = "y".repeat(self.contents * 997 % 9000);
        format!("{{\"writer\": {}, \"n\": {}, \"padding\": \"{padding}\"}}\n", self.at, self.contents)
    }

    /// Holds that all is well after a cut.
    fn verify_last_turn(&mut self) {
        let check = self.vconf(&["check"]);
        let is_empty = self.acknowledged == 0 && check.code == Some(2);
        assert!(check.code == Some(0) || is_empty, "{check}");
        self.verify(self.last_turn);

        let file = fs::read_to_string(self.folder.join(FILE)).ok();
        let shown = self.vconf(&["show", FILE]);
        let latest = (shown.code == Some(0)).then(|| shown.out());
        for (what, found, before) in
            [("the file", &file, &self.file), ("the latest version", &latest, &self.latest)]
        {
            let is_whole = found == before || *found == self.wanted;
            assert!(
                is_whole,
                "{what} holds {}, and not {} or {}",
                brief(found),
                brief(before),
                brief(&self.wanted)
            );
        }
        (self.file, self.latest, self.wanted) = (file, latest, None);
    }

    /// Holds that every version is there that ever was acknowledged.
    fn verify_all(&self) {
        self.verify(0);
    }

    fn verify(&self, start: usize) {
        for (number, bytes) in &self.versions[start..] {
            let shown = self.vconf(&["show", &format!("{FILE}@{number}")]);
            let found = (shown.code == Some(0)).then(|| shown.out());
            assert!(found.as_ref() == Some(bytes), "version {number} is {}: {}", brief(&found), shown.err());
        }
    }
}

/// The beginning of a content, for messages.
fn brief(content: &Option<String>) -> String {
    match content {
        Some(text) => format!("{:.30}… of {} bytes", text, text.len()),
        None => "nothing".to_owned(),
    }
}

/// Replaces a file as a careful editor does, so that no cut tears it.
fn write_durably(folder: &Path, name: &str, bytes: &str) -> io::Result<()> {
    let fresh = folder.join("fresh");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// A file system in a file.
struct Disk {
    sandbox: Sandbox,
}

impl Disk {
    fn new(kind: &str) -> Self {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("mount")).unwrap();
        let image = sandbox.path("image");
        File::create(&image).unwrap().set_len(800 << 20).unwrap();
        system(&format!("mkfs.{kind}"), &["-q", image.to_str().unwrap()]);
        Self { sandbox }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path("mount").join(name)
    }

    fn mount(&self) {
        let [image, mount] =
            ["image", "mount"].map(|name| self.sandbox.path(name).to_str().unwrap().to_owned());
        system("mount", &["-o", "loop", &image, &mount]);
    }

    fn cut_power(&self) {
        system("xfs_io", &["-x", "-c", "shutdown", self.path(".").to_str().unwrap()]);
    }

    /// Takes the file system away, once the last process has let go of it: one that is just being started holds what
    /// its parent has open.
    fn unmount(&self) {
        let mount = self.sandbox.path("mount");
        for _ in 0..500 {
            let output = Command::new("umount").arg(&mount).output().expect("umount can be run");
            if output.status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        system("umount", &[mount.to_str().unwrap()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.sandbox.path("mount")).output();
    }
}

/// Numbers that are the same in every run: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}
