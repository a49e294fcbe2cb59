//! Random operations with crashes at random writes and random damage, against the model, on a real folder.
//!
//! All is told by a seed, which a failure names: `scripts/soak 1 SEED` does it again. A short run with fixed seeds is a
//! part of the tests; `VCONF_SOAK_SECONDS` makes it a long one, from `VCONF_SOAK_SEED` on.

use std::collections::BTreeSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use vconf::backend::Folder;
use vconf::history::{
    Context, Error, ForgetEntry, KeepRules, PackOptions, RepairSources, RollbackOptions, SaveOptions,
};
use vconf::model::record::Action;
use vconf::store::Store;

use crate::model::{BRANCHES, CONFIGS, Effect, Model};
use crate::scratch::{Scratch, at, config, put, tag};
use crate::state::{View, view};
use crate::stopping::Stopping;
use crate::support::{files, say};

#[test]
fn random_operations_with_crashes_and_damage_leave_what_the_model_says() {
    let seed = match std::env::var("VCONF_SOAK_SEED") {
        Ok(seed) => seed.parse().expect("VCONF_SOAK_SEED is a number"),
        Err(_) => 1,
    };
    let time: Option<u64> = std::env::var("VCONF_SOAK_SECONDS")
        .ok()
        .map(|seconds| seconds.parse().expect("VCONF_SOAK_SECONDS is a number"));
    let start = Instant::now();
    let mut counts = Counts::default();
    for seed in seed.. {
        let is_over = match time {
            Some(seconds) => counts.seeds > 0 && start.elapsed() >= Duration::from_secs(seconds),
            None => counts.seeds >= SEEDS,
        };
        if is_over {
            break;
        }
        let run = std::panic::catch_unwind(AssertUnwindSafe(|| soak(seed, &mut counts)));
        if let Err(panic) = run {
            say(&format!("seed {seed} failed; once more with: scripts/soak 1 {seed}"));
            std::panic::resume_unwind(panic);
        }
        counts.seeds += 1;
    }
    say(&format!("{counts:?}"));
    assert!(counts.crashes > 0 && counts.faults > 0);
}

/// How many seeds the short form takes, and how many operations each has.
const SEEDS: u64 = 4;
const OPERATIONS: u64 = 150;

#[derive(Default, Debug)]
struct Counts {
    seeds: u64,
    operations: u64,
    crashes: u64,
    /// Crashes that left an operation undone, done in part, or done.
    left_undone: u64,
    left_in_part: u64,
    left_done: u64,
    faults: u64,
    /// Faults of packs of which a record was nowhere else: they were put right from another store.
    from_another_store: u64,
    forgotten: u64,
}

fn soak(seed: u64, counts: &mut Counts) {
    let mut soak = Soak {
        folder: Place::new(),
        random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        model: Model::default(),
        gone: [BTreeSet::new(), BTreeSet::new()],
        now: 0,
        contents: 0,
    };
    drop(Store::create(soak.folder.store()).unwrap());
    for _ in 0..OPERATIONS {
        soak.now += 1;
        counts.operations += 1;
        let operation = soak.choose();
        if matches!(operation, Operation::Damage) {
            soak.damage(counts);
        } else if soak.random.below(4) == 0 {
            soak.crash(&operation, counts);
        } else {
            soak.run(&operation, counts);
        }
    }
}

/// One thing that somebody does. `config`, tags and branches are numbers.
#[derive(Clone, Debug)]
enum Operation {
    Save { config: usize, text: String, tag: Option<usize> },
    SaveBoth { text: String },
    Merge { config: usize, text: String },
    Rollback { config: usize, number: u64 },
    Tag { config: usize, tag: usize, number: Option<u64> },
    Branch { config: usize, branch: usize, number: u64 },
    Unbranch { config: usize, branch: usize },
    Switch { config: usize, branch: usize, from: Option<u64> },
    Undo,
    Redo,
    Pack { config: usize, keep_loose: u64 },
    Forget { config: usize, last: u64 },
    Repair,
    Damage,
}

struct Soak {
    folder: Place,
    random: Random,
    model: Model,
    /// The versions that were forgotten.
    gone: [BTreeSet<u64>; 2],
    now: u64,
    contents: u64,
}

impl Soak {
    fn choose(&mut self) -> Operation {
        let config = self.random.below(2) as usize;
        let newest = self.model.configs[config].versions.len() as u64;
        let number = self.random.below(newest.max(1)) + 1;
        let (tag, branch) = (self.random.below(3) as usize, self.random.below(3) as usize);
        match self.random.below(32) {
            0..9 => Operation::Save { config, text: self.text(), tag: (tag == 0).then_some(branch) },
            9..11 => Operation::SaveBoth { text: self.text() },
            11 => Operation::Merge { config, text: self.text() },
            12..14 => Operation::Rollback { config, number },
            14 => Operation::Tag { config, tag, number: Some(number) },
            15 => Operation::Tag { config, tag, number: None },
            16 => Operation::Branch { config, branch, number },
            17 => Operation::Unbranch { config, branch },
            18..20 => Operation::Switch { config, branch, from: None },
            20 => Operation::Switch { config, branch, from: Some(number) },
            21..24 => Operation::Undo,
            24 => Operation::Redo,
            25..28 => Operation::Pack { config, keep_loose: self.random.below(6) },
            28 => Operation::Forget { config, last: 2 + self.random.below(12) },
            29 => Operation::Repair,
            _ => Operation::Damage,
        }
    }

    /// A new content, or one that was there before.
    fn text(&mut self) -> String {
        self.contents += self.random.below(4).min(1);
        let lines = (0..20).map(|at| if at == self.contents % 20 { self.contents } else { at });
        let members: Vec<_> =
            lines.enumerate().map(|(at, value)| format!("  \"key-{at}\": {value}")).collect();
        format!("{{\n{}\n}}\n", members.join(",\n"))
    }

    fn store(&self) -> Store {
        Store::open(self.folder.store()).unwrap().expect("the store is there")
    }

    fn view(&self) -> View {
        self.view_of(&self.model, &self.gone)
    }

    fn view_of(&self, model: &Model, gone: &[BTreeSet<u64>; 2]) -> View {
        let mut view = model.view();
        for (name, gone) in CONFIGS.iter().zip(gone) {
            if let Some(config) = view.get_mut(*name) {
                let mut number = 0;
                config.versions.retain(|_| {
                    number += 1;
                    !gone.contains(&number)
                });
            }
        }
        view
    }

    /// Does an operation on both, and holds that they answer alike.
    fn run(&mut self, operation: &Operation, counts: &mut Counts) {
        let store = self.store();
        let plan = self.plan(operation, &store);
        let done = act(operation, &store, &at(self.now));
        let may = self.take(operation);
        match (&done, may) {
            (Ok(()), May::Do) | (Err(_), May::Refuse) => {}
            _ => panic!("{operation:?} should be {may:?}: {done:?}"),
        }
        self.forget(&plan, counts);
        assert_eq!(view(&store), self.view(), "after {operation:?}");
    }

    /// Stops the process at a random write of an operation. What is left is as before, as after, or in between where it
    /// makes several records; then it is taken up again.
    fn crash(&mut self, operation: &Operation, counts: &mut Counts) {
        let plan = self.plan(operation, &self.store());
        let (writes, is_last_made) = (self.random.below(12), self.random.below(2) == 0);
        let below = Folder::open(self.folder.store()).unwrap().expect("the store is there");
        let stopped = Store::with_backend(Stopping::after(below, writes, is_last_made));
        let _ = act(operation, &stopped, &at(self.now));
        drop(stopped);
        self.lose_unflushed();
        counts.crashes += 1;
        let store = self.store();
        if let Operation::Forget { config: at, .. } = operation {
            // What is recorded as forgotten, and whose bytes are there still, goes with the next pack.
            let options = PackOptions { keep_loose: u64::MAX, ..PackOptions::default() };
            store.pack(&config(CONFIGS[*at]), options, |_| {}).unwrap();
        }
        let found = view(&store);
        if found == self.view() {
            counts.left_undone += 1;
            return;
        }
        if !plan.1.is_empty() {
            let mut gone = self.gone.clone();
            gone[plan.0].extend(&plan.1);
            // Records that are forgotten are no more, wherever their bytes are still.
            let after = self.view_of(&self.model, &gone);
            assert_eq!(found, after, "after a crash of {operation:?}");
            self.forget(&plan, counts);
            counts.left_done += 1;
            return;
        }
        for effects in 1..=MOST_EFFECTS {
            let mut model = self.model.clone();
            std::mem::swap(&mut self.model, &mut model);
            let may = self.take_some(operation, effects);
            if may == May::Do && found == self.view() {
                let is_whole = effects == MOST_EFFECTS || {
                    let mut whole = model.clone();
                    std::mem::swap(&mut self.model, &mut whole);
                    self.take(operation);
                    std::mem::swap(&mut self.model, &mut whole);
                    whole.view() == self.model.view()
                };
                if is_whole {
                    self.model = model;
                    self.take(operation);
                    counts.left_done += 1;
                } else {
                    counts.left_in_part += 1;
                    if matches!(operation, Operation::Undo | Operation::Redo) {
                        self.model = model;
                        self.take(operation);
                        act(operation, &store, &at(self.now)).unwrap();
                        assert_eq!(view(&store), self.view(), "{operation:?} was taken up again");
                    }
                }
                return;
            }
            self.model = model;
        }
        panic!(
            "after a crash of {operation:?} at write {writes} ({is_last_made}): {found:#?}\nand not {:#?}",
            self.view()
        );
    }

    /// Takes away what a crash may take of what was not flushed: notes, and the ends of journals.
    fn lose_unflushed(&mut self) {
        for name in CONFIGS {
            let folder = self.folder.store().join("configs").join(name);
            for folder in [folder.clone(), folder.join("refs")] {
                let note = folder.join("checkpoint.json");
                match self.random.below(6) {
                    0 if note.exists() => fs::remove_file(&note).unwrap(),
                    1 if note.exists() => put(&note, &[0; 150]),
                    _ => {}
                }
                let journals =
                    fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
                let newest = journals
                    .filter(|path| path.extension().is_some_and(|it| it == "journal"))
                    .max_by_key(|path| {
                        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
                        name[1..].parse::<u64>().unwrap_or(0)
                    });
                if let Some(newest) = newest.filter(|_| self.random.below(3) == 0) {
                    let bytes = fs::read(&newest).unwrap();
                    let lost = (self.random.below(400) as usize).min(bytes.len());
                    put(&newest, &bytes[..bytes.len() - lost]);
                }
            }
        }
    }

    /// Damages one file, and holds that it is noticed and put right.
    fn damage(&mut self, counts: &mut Counts) {
        let store = self.store();
        let configs = store.configs().unwrap();
        if configs.is_empty() {
            return;
        }
        // What crashes took of the second copies is there again, so that this is the only fault.
        let repaired = store.repair(&configs, &RepairSources::default(), |_| {}).unwrap();
        let leftovers = repaired.report.leftovers;
        let is_left = |path: &PathBuf| leftovers.contains(&path.display().to_string());
        let victims: Vec<_> = files(&self.folder.store().join("configs"))
            .into_iter()
            .filter(|path| is_kept(path) && !is_left(path))
            .collect();
        if victims.is_empty() {
            return;
        }
        counts.faults += 1;
        let victim = victims[self.random.below(victims.len() as u64) as usize].clone();
        let is_pack = victim.extension().is_some_and(|extension| extension == "zst");
        let other = is_pack.then(|| self.folder.copy());
        let sound = fs::read(&victim).unwrap();
        let what = self.spoil(&victim, &sound);
        let told = format!("{what} of {}", victim.display());
        drop(store);

        let store = self.store();
        let report = store.check(&configs, |_| {}).unwrap();
        assert!(!report.findings.is_empty() || !report.weaknesses.is_empty(), "{told} is not noticed");
        let other = other.map(|folder| Store::open(folder).unwrap().expect("a copy of the store"));
        let sources = RepairSources { other: other.as_ref(), file: None };
        if self.random.below(2) == 0 {
            let below = Folder::open(self.folder.store()).unwrap().expect("the store is there");
            let stopping = Stopping::after(below, self.random.below(4), self.random.below(2) == 0);
            let _ = Store::with_backend(stopping).repair(&configs, &sources, |_| {});
            counts.crashes += 1;
        }
        let repaired = self.store().repair(&configs, &sources, |_| {}).unwrap();
        counts.from_another_store += u64::from(is_pack);
        assert_eq!(repaired.lost, [], "{told}");
        assert_eq!(repaired.report.findings, [], "{told}");
        assert_eq!(view(&self.store()), self.view(), "{told}");
    }

    fn spoil(&mut self, victim: &Path, sound: &[u8]) -> String {
        let at = self.random.below(sound.len().max(1) as u64) as usize;
        match self.random.below(3) {
            0 => {
                fs::remove_file(victim).unwrap();
                "loss".to_owned()
            }
            1 => {
                put(victim, &sound[..at]);
                format!("cut at {at}")
            }
            _ => {
                let mut bytes = sound.to_vec();
                let bit = self.random.below(8);
                bytes[at] ^= 1 << bit;
                put(victim, &bytes);
                format!("bit {bit} at {at}")
            }
        }
    }

    /// What a forgetting is about to forget; it never is what it must not be.
    fn plan(&self, operation: &Operation, store: &Store) -> (usize, BTreeSet<u64>) {
        let Operation::Forget { config: at, last } = operation else { return Default::default() };
        let name = config(CONFIGS[*at]);
        let state = store.state(&name).unwrap();
        if state.versions.number == 0 {
            return Default::default();
        }
        let plan = store.plan_forgetting(&state, &rules(*last), &TimeZone::UTC).unwrap();
        let model = &self.model.configs[*at];
        let mut gone = BTreeSet::new();
        for entry in plan.entries {
            if let ForgetEntry::Gone { first, last, .. } = entry {
                gone.extend(first..=last);
            }
        }
        let newest = model.versions.len() as u64;
        let never: BTreeSet<_> = model
            .heads
            .values()
            .copied()
            .flatten()
            .chain(model.tags.values().copied())
            .chain([newest])
            .collect();
        assert!(gone.is_disjoint(&never), "{gone:?} has some of {never:?}");
        assert!(gone.iter().all(|number| number + last <= newest), "{gone:?} has some of the last {last}");
        (*at, gone)
    }

    fn forget(&mut self, (at, gone): &(usize, BTreeSet<u64>), counts: &mut Counts) {
        counts.forgotten += gone.len() as u64;
        self.gone[*at].extend(gone);
    }

    fn take(&mut self, operation: &Operation) -> May {
        self.take_some(operation, MOST_EFFECTS)
    }

    /// Does an operation on the model, or its first effects: what each record does.
    fn take_some(&mut self, operation: &Operation, effects: usize) -> May {
        let mut whole = self.model.clone();
        std::mem::swap(&mut whole, &mut self.model);
        let may = self.whole(operation);
        std::mem::swap(&mut whole, &mut self.model);
        if may == May::Refuse {
            return may;
        }
        if effects == MOST_EFFECTS {
            self.model = whole;
            return may;
        }
        match operation {
            Operation::Undo | Operation::Redo => self.turn_some(operation, effects),
            _ => {
                let Some(done) = whole.done.last() else { return May::Refuse };
                let records = records(done);
                // Versions without a head that names them are what a crash leaves of nothing.
                for effect in records.into_iter().take(effects).flatten() {
                    if let Effect::Head { config, after: Some(Some(after)), .. } = &effect {
                        let known = self.model.configs[*config].versions.len();
                        let made = &whole.configs[*config].versions;
                        if *after as usize > known {
                            self.model.configs[*config]
                                .versions
                                .extend_from_slice(&made[known..*after as usize]);
                        }
                    }
                    self.model.set(&effect, true);
                    self.model.current.push(effect);
                }
                self.model.finish();
            }
        }
        may
    }

    /// Undoes or redoes the last operation in its first configs only.
    fn turn_some(&mut self, operation: &Operation, configs: usize) {
        let is_undo = matches!(operation, Operation::Undo);
        let list = if is_undo { &self.model.done } else { &self.model.undone };
        let Some(effects) = list.last().cloned() else { return };
        let names: BTreeSet<_> = effects.iter().map(config_of).collect();
        let turned: BTreeSet<_> = names.into_iter().take(configs).collect();
        let of_turned = effects.iter().filter(|effect| turned.contains(&config_of(effect)));
        let ordered: Vec<_> =
            if is_undo { of_turned.rev().cloned().collect() } else { of_turned.cloned().collect() };
        ordered.iter().for_each(|effect| self.model.set(effect, !is_undo));
    }

    fn whole(&mut self, operation: &Operation) -> May {
        let is_gone = |soak: &Self, config: usize, number: u64| soak.gone[config].contains(&number);
        let is_empty = |soak: &Self, config: usize| soak.model.configs[config].versions.is_empty();
        let may = match operation {
            Operation::Save { config, text, tag } => {
                let number = self.model.write(*config, text, "save");
                if let Some(tag) = tag {
                    self.model.set_tag(*config, &tag_name(*tag), Some(number));
                }
                true
            }
            Operation::SaveBoth { text } => {
                (0..2).for_each(|config| {
                    self.model.write(config, text, "save");
                });
                true
            }
            Operation::Merge { config, text } => match self.model.configs[*config].latest() {
                Some(_) => {
                    self.model.write_always(*config, text, "merge");
                    true
                }
                None => {
                    self.model.write(*config, text, "save");
                    true
                }
            },
            Operation::Rollback { config, number } => {
                let may = !is_empty(self, *config) && !is_gone(self, *config, *number);
                if may {
                    let source = self.model.configs[*config].versions[*number as usize - 1].source.clone();
                    self.model.write(*config, &source, "rollback");
                }
                may
            }
            Operation::Tag { config, tag, number: Some(number) } => {
                let may = !is_empty(self, *config) && !is_gone(self, *config, *number);
                if may {
                    self.model.set_tag(*config, &tag_name(*tag), Some(*number));
                }
                may
            }
            Operation::Tag { config, tag, number: None } => {
                let is_there = self.model.configs[*config].tags.contains_key(&tag_name(*tag));
                self.model.set_tag(*config, &tag_name(*tag), None);
                is_there
            }
            Operation::Branch { config, branch, number } => {
                !is_empty(self, *config)
                    && !is_gone(self, *config, *number)
                    && self.model.set_branch(*config, BRANCHES[*branch], Some(*number))
            }
            Operation::Unbranch { config, branch } => {
                !is_empty(self, *config) && self.model.set_branch(*config, BRANCHES[*branch], None)
            }
            Operation::Switch { config, branch, from: None } => {
                !is_empty(self, *config) && self.model.switch(*config, BRANCHES[*branch])
            }
            Operation::Switch { config, branch, from: Some(number) } => {
                !is_empty(self, *config)
                    && !is_gone(self, *config, *number)
                    && self.model.set_branch(*config, BRANCHES[*branch], Some(*number))
                    && self.model.switch(*config, BRANCHES[*branch])
            }
            Operation::Undo => self.goes_to_what_is_there(true) && self.model.undo().is_ok(),
            Operation::Redo => self.goes_to_what_is_there(false) && self.model.redo().is_ok(),
            Operation::Pack { .. } | Operation::Repair | Operation::Damage => true,
            Operation::Forget { config, .. } => !is_empty(self, *config),
        };
        self.model.finish();
        if may { May::Do } else { May::Refuse }
    }

    /// Whether the last operation can be turned: nothing that it goes back to was forgotten.
    fn goes_to_what_is_there(&self, is_undo: bool) -> bool {
        let list = if is_undo { &self.model.done } else { &self.model.undone };
        list.last().into_iter().flatten().all(|effect| {
            let (config, to) = match effect {
                Effect::Head { config, before, after, .. } => {
                    (*config, if is_undo { before.flatten() } else { after.flatten() })
                }
                Effect::Tag { config, before, after, .. } => {
                    (*config, if is_undo { *before } else { *after })
                }
                Effect::Current { .. } => return true,
            };
            to.is_none_or(|to| !self.gone[config].contains(&to))
        })
    }
}

/// Whether the store is to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum May {
    Do,
    Refuse,
}

/// More records than any operation makes.
const MOST_EFFECTS: usize = 6;

fn config_of(effect: &Effect) -> usize {
    match effect {
        Effect::Head { config, .. } | Effect::Current { config, .. } | Effect::Tag { config, .. } => *config,
    }
}

/// The effects of an operation, by the records that have them: a switch to a new branch is one.
fn records(operation: &[Effect]) -> Vec<Vec<Effect>> {
    let mut records: Vec<Vec<Effect>> = Vec::new();
    for effect in operation {
        match records.last_mut() {
            Some(last) if matches!(effect, Effect::Current { .. }) => last.push(effect.clone()),
            _ => records.push(vec![effect.clone()]),
        }
    }
    records
}

fn rules(last: u64) -> KeepRules {
    KeepRules { last, ..KeepRules::default() }
}

fn tag_name(number: usize) -> String {
    format!("t{number}")
}

/// What a fault may hit: all but what another command wrote half, which nobody reads.
fn is_kept(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension != "tmp")
        && fs::metadata(path).is_ok_and(|it| it.len() > 0)
}

/// Does an operation on a store.
fn act(operation: &Operation, store: &Store, context: &Context) -> Result<(), Error> {
    let name = |at: usize| config(CONFIGS[at]);
    let save = |at: usize, text: &str, options: SaveOptions| {
        store.save(&name(at), text.as_bytes(), &options, context).map(drop)
    };
    match operation {
        Operation::Save { config, text, tag: with } => {
            let tag = with.map(|with| tag(&tag_name(with)));
            save(*config, text, SaveOptions { tag, ..SaveOptions::default() })
        }
        Operation::SaveBoth { text } => {
            (0..2).try_for_each(|config| save(config, text, SaveOptions::default()))
        }
        Operation::Merge { config, text } => {
            let state = store.state(&name(*config))?;
            match store.head_number(&state, &state.current)? {
                Some(head) => {
                    let options =
                        SaveOptions { action: Action::Merge, merges: vec![head], ..SaveOptions::default() };
                    save(*config, text, options)
                }
                None => save(*config, text, SaveOptions::default()),
            }
        }
        Operation::Rollback { config, number } => {
            store.rollback(&name(*config), *number, &RollbackOptions::default(), context).map(drop)
        }
        Operation::Tag { config, tag: with, number: Some(number) } => {
            store.set_tag(&name(*config), &tag(&tag_name(*with)), *number, context).map(drop)
        }
        Operation::Tag { config, tag: with, number: None } => {
            store.delete_tag(&name(*config), &tag(&tag_name(*with)), context).map(drop)
        }
        Operation::Branch { config, branch, number } => {
            store.create_branch(&name(*config), &tag(BRANCHES[*branch]), *number, context).map(drop)
        }
        Operation::Unbranch { config, branch } => {
            store.delete_branch(&name(*config), &tag(BRANCHES[*branch]), context).map(drop)
        }
        Operation::Switch { config, branch, from } => {
            store.switch(&name(*config), &tag(BRANCHES[*branch]), *from, context).map(drop)
        }
        Operation::Undo => store.undo(store.next_undo()?, context).map(drop),
        Operation::Redo => store.redo(store.next_redo()?, context).map(drop),
        Operation::Pack { config, keep_loose } => {
            let options = PackOptions { keep_loose: *keep_loose, ..PackOptions::default() };
            store.pack(&name(*config), options, |_| {}).map(drop)
        }
        Operation::Forget { config, last } => {
            store.forget(&name(*config), &rules(*last), &TimeZone::UTC, context).map(drop)
        }
        Operation::Repair => {
            let configs = store.configs()?;
            store.repair(&configs, &RepairSources::default(), |_| {}).map(drop)
        }
        Operation::Damage => Ok(()),
    }
}

/// A folder for a store: in memory where the system has that, for nothing here is about what a disk does.
struct Place {
    folder: PathBuf,
    _scratch: Option<Scratch>,
}

impl Place {
    fn new() -> Self {
        let name = format!("vconf-soak-{}", std::process::id());
        let in_memory = Path::new("/dev/shm").join(name);
        if fs::create_dir(&in_memory).is_ok() {
            return Self { folder: in_memory, _scratch: None };
        }
        let scratch = Scratch::new();
        Self { folder: scratch.path().to_owned(), _scratch: Some(scratch) }
    }

    fn store(&self) -> PathBuf {
        self.folder.join(".vconf")
    }

    /// Copies the store as it is now.
    fn copy(&self) -> PathBuf {
        let to = self.folder.join("copy");
        let _ = fs::remove_dir_all(&to);
        for file in files(&self.store()) {
            let target = to.join(file.strip_prefix(self.store()).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(&file, &target).unwrap();
        }
        to
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Numbers that are the same for a seed: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
