//! Repair: any single fault in a store is found, and nearly all are put right; what can't be is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use vconf::backend::Log;
use vconf::history::{KeepRules, Origin, PackOptions, RepairReport, RepairSources, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::store::Store;

use crate::scratch::{Scratch, at, config, put, tag};
use crate::support::{files, say};

/// How many versions each config has.
const VERSIONS: u64 = 30;

fn source(config: &ConfigName, number: u64) -> Vec<u8> {
    let lines = (0..12).map(|at| (at, if at == number % 12 { number * 31 } else { at }));
    match config.as_str() {
        "app.json" => {
            let members: Vec<_> = lines.map(|(at, value)| format!("  \"key-{at}\": {value}")).collect();
            format!("{{\n{}\n}}\n", members.join(",\n")).into_bytes()
        }
        _ => lines.map(|(at, value)| format!("key-{at}: {value} # why\n")).collect::<String>().into_bytes(),
    }
}

fn save_all(store: &Store) -> [ConfigName; 2] {
    let configs = ["app.json", "app.yaml"].map(config);
    let mut now = 0;
    for config in &configs {
        for number in 1..=VERSIONS {
            now += 1;
            let options = SaveOptions { mode: Some(0o640), ..SaveOptions::default() };
            store.save(config, &source(config, number), &options, &at(now)).unwrap();
        }
        store.set_tag(config, &tag("stable"), 2, &at(now + 1)).unwrap();
        store.switch(config, &tag("staging"), Some(1), &at(now + 2)).unwrap();
        store.switch(config, &tag("main"), None, &at(now + 3)).unwrap();
        store.undo(store.next_undo().unwrap(), &at(now + 4)).unwrap();
        now += 4;
    }
    configs
}

/// A store with a copy of every byte of it.
struct World {
    scratch: Scratch,
    configs: [ConfigName; 2],
    sound: BTreeMap<PathBuf, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let scratch = Scratch::new();
        let configs = save_all(&Store::create(scratch.join(".vconf")).unwrap());
        let mut sound = BTreeMap::new();
        for path in files(&scratch.join(".vconf")) {
            // People may edit the one, and nobody reads the other.
            if !path.ends_with(".gitignore") {
                sound.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
        Self { scratch, configs, sound }
    }

    fn store(&self) -> Store {
        Store::open(self.scratch.join(".vconf")).unwrap().expect("the store is there")
    }

    /// Whether a check says anything.
    fn is_noticed(&self, configs: &[ConfigName]) -> bool {
        let store = self.store();
        let report = store.check(configs, |_| {}).unwrap();
        let own = store.check_description().unwrap();
        !(report.findings.is_empty() && report.weaknesses.is_empty() && own.is_empty())
    }

    fn repair(&self, configs: &[ConfigName]) -> RepairReport {
        let store = self.store();
        store.repair_description().unwrap();
        store.repair(configs, &RepairSources::default(), |_| {}).unwrap()
    }

    /// Damages one file, and tells whether that was noticed and put right: all records are as they were, to the byte,
    /// and nothing is left to say.
    fn fault(&self, path: &Path, damaged: Option<&[u8]>) -> (bool, bool) {
        match damaged {
            Some(bytes) => put(path, bytes),
            None => fs::remove_file(path).unwrap(),
        }
        let mut configs = self.configs.iter();
        let of = configs.find(|config| path.iter().any(|part| part == config.as_str()));
        let configs = of.map_or(&self.configs[..], std::slice::from_ref);
        let is_noticed = self.is_noticed(configs);
        self.repair(configs);
        let is_record =
            |path: &Path| !path.ends_with("checkpoint.json") && path.extension().unwrap() == "json";
        let (is_clean, is_same) = (
            !self.is_noticed(configs),
            !is_record(path) || fs::read(path).is_ok_and(|bytes| bytes == self.sound[path]),
        );
        fs::write(path, &self.sound[path]).unwrap();
        (is_noticed, is_clean && is_same)
    }
}

#[test]
fn any_single_fault_is_noticed_and_put_right() {
    let world = World::new();
    assert!(!world.is_noticed(&world.configs));
    let step = match std::env::var("VCONF_DAMAGE_STEP") {
        Ok(step) => step.parse().expect("VCONF_DAMAGE_STEP is a number"),
        Err(_) => 499,
    };
    let mut counts: BTreeMap<(&str, String), [u64; 3]> = BTreeMap::new();
    let mut offset = 0;
    for (path, sound) in &world.sound {
        let name = path.file_name().unwrap().to_str().unwrap();
        let kind = name.trim_start_matches(['v', 'r']).trim_start_matches(|c: char| c.is_ascii_digit());
        let kind = if kind == name || kind.is_empty() { name } else { kind };
        let mut fault = |what, damaged: Option<&[u8]>| {
            let (is_noticed, is_mended) = world.fault(path, damaged);
            let count = counts.entry((what, kind.to_owned())).or_default();
            count[0] += 1;
            count[1] += u64::from(is_noticed);
            count[2] += u64::from(is_mended);
            if !is_noticed || !is_mended {
                say(&format!("{what} {}: noticed {is_noticed}, mended {is_mended}", path.display()));
            }
        };
        // Every so many bytes over all files, so that each file is hit elsewhere.
        let mut at = offset;
        while at < sound.len() {
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << (at % 8);
            fault("flip", Some(&flipped));
            at += step;
        }
        offset = at - sound.len();
        for length in [0, 1, sound.len() / 3, sound.len() - 1] {
            fault("cut", Some(&sound[..length]));
        }
        fault("loss", None);
    }
    let mut sum = [0; 3];
    for ((what, kind), count) in &counts {
        say(&format!("{what} of {kind}: {} of {} noticed, {} mended", count[1], count[0], count[2]));
        sum = [0, 1, 2].map(|at| sum[at] + count[at]);
    }
    let rate = sum[2] as f64 * 100.0 / sum[0] as f64;
    say(&format!("{} single faults: {} noticed, {} put right ({rate:.2} %)", sum[0], sum[1], sum[2]));
    assert_eq!(sum[1], sum[0], "all are noticed");
    assert!(rate >= 99.0);
    let store = world.store();
    for config in &world.configs {
        for number in 1..=VERSIONS {
            let loaded = store.load(config, &Revision::Number(number)).unwrap();
            assert_eq!(loaded.source, source(config, number));
        }
    }
}

#[test]
fn many_damaged_records_are_put_right_from_the_journal_and_kept() {
    let world = World::new();
    let app = &world.configs[0];
    let records: Vec<_> = (1..=VERSIONS)
        .map(|number| world.scratch.join(&format!(".vconf/configs/app.json/v{number}.json")))
        .collect();
    for (path, number) in records.iter().zip(1..) {
        match number % 3 {
            0 => fs::remove_file(path).unwrap(),
            1 => put(path, b"garbage"),
            _ => put(path, &world.sound[path][..100]),
        }
    }
    let repaired = world.repair(std::slice::from_ref(app));
    assert_eq!((repaired.mended.len() as u64, repaired.lost.len()), (VERSIONS, 0));
    assert!(repaired.mended.iter().all(|mended| mended.origin == Origin::Journal));
    for path in &records {
        assert_eq!(fs::read(path).unwrap(), world.sound[path]);
    }
    let kept = files(&world.scratch.join(".vconf/quarantine"));
    assert_eq!(kept.len(), 20);
    assert!(kept.iter().any(|path| fs::read(path).unwrap() == b"garbage"));
    assert!(!world.is_noticed(&world.configs));
}

/// A store whose journals are gone.
fn without_journals() -> World {
    let world = World::new();
    for path in world.sound.keys().filter(|path| path.extension().unwrap() == "journal") {
        fs::remove_file(path).unwrap();
    }
    world
}

#[test]
fn a_body_is_restored_from_another_version_the_file_or_another_store() {
    let damage = |world: &World, number: u64, from: &str| {
        let path = world.scratch.join(&format!(".vconf/configs/app.yaml/v{number}.json"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        put(&path, text.replacen(from, "altered", 1).as_bytes());
        path
    };
    let world = without_journals();
    let app = &world.configs[1];
    let configs = std::slice::from_ref(app);
    let store = world.store();
    let path = damage(&world, 7, "key-3");
    let file = |_: &ConfigName| Some(source(app, 7));
    let sources = RepairSources { file: Some(&file), ..RepairSources::default() };
    let repaired = store.repair(configs, &sources, |_| {}).unwrap();
    assert_eq!((&repaired.mended[0].origin, repaired.lost.len()), (&Origin::File, 0));
    assert_eq!(fs::read(&path).unwrap(), world.sound[&path]);
    assert!(repaired.report.is_sound() && repaired.report.weaknesses.is_empty());

    let world = without_journals();
    let app = &world.configs[1];
    let configs = std::slice::from_ref(app);
    let store = world.store();
    let again = config("copy.yaml");
    store.save(&again, &source(app, 9), &SaveOptions::default(), &at(1000)).unwrap();
    let path = damage(&world, 9, "key-3");
    let repaired = store.repair(configs, &RepairSources::default(), |_| {}).unwrap();
    assert_eq!(repaired.mended[0].origin, Origin::Version(again, 1));
    assert_eq!(fs::read(&path).unwrap(), world.sound[&path]);

    let (world, other) = (without_journals(), World::new());
    let (app, store) = (&world.configs[1], world.store());
    let path = damage(&world, 9, "tester");
    let foreign = other.store();
    let sources = RepairSources { other: Some(&foreign), ..RepairSources::default() };
    let repaired = store.repair(std::slice::from_ref(app), &sources, |_| {}).unwrap();
    assert_eq!(repaired.lost.len(), 1, "another history has other seals");
    let copy = Scratch::new();
    for (path, bytes) in &world.sound {
        let target = copy.path().join(path.strip_prefix(world.scratch.path()).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
    let backup = Store::open(copy.join(".vconf")).unwrap().unwrap();
    let sources = RepairSources { other: Some(&backup), ..RepairSources::default() };
    let repaired = store.repair(std::slice::from_ref(app), &sources, |_| {}).unwrap();
    assert_eq!((&repaired.mended[0].origin, repaired.lost.len()), (&Origin::OtherStore, 0));
    assert_eq!(fs::read(&path).unwrap(), world.sound[&path]);
}

#[test]
fn what_is_lost_is_named_and_the_rest_stays_usable() {
    let world = without_journals();
    let app = &world.configs[0];
    let folder = world.scratch.join(".vconf/configs/app.json");
    put(&folder.join("v5.json"), b"{");
    let text = fs::read_to_string(folder.join("v8.json")).unwrap();
    put(&folder.join("v8.json"), text.replace("key-1", "key-2").as_bytes());
    fs::remove_file(folder.join("v11.json")).unwrap();
    fs::remove_file(folder.join("v12.json")).unwrap();
    let store = world.store();
    let repaired = store.repair(std::slice::from_ref(app), &RepairSources::default(), |_| {}).unwrap();
    let lost: Vec<_> = repaired.lost.iter().map(|lost| (lost.known.first, lost.known.last)).collect();
    assert_eq!(lost, [(5, 5), (8, 8), (11, 12)]);
    assert!(repaired.lost[0].known.version.is_none());
    assert_eq!(repaired.lost[1].known.version.as_ref().unwrap().number, 8);
    assert_eq!(repaired.lost[2].known.after.as_ref().unwrap().1, "tester");
    assert!(repaired.lost[2].known.before.is_some());
    assert_eq!(fs::read(folder.join("v5.json")).unwrap(), b"{", "what can't be replaced stays");
    assert!(!world.scratch.join(".vconf/quarantine").exists());
    for number in [4, 6, 7, 9, 10, 13] {
        assert_eq!(store.load(app, &Revision::Number(number)).unwrap().source, source(app, number));
    }
}

#[test]
fn a_stranger_in_the_chain_gives_way_to_what_the_next_record_names() {
    let (world, other) = (World::new(), World::new());
    for number in [7, VERSIONS] {
        let path = world.scratch.join(&format!(".vconf/configs/app.json/v{number}.json"));
        let stranger =
            fs::read(other.scratch.join(&format!(".vconf/configs/app.json/v{number}.json"))).unwrap();
        put(&path, &stranger);
        let repaired = world.repair(&world.configs[..1]);
        let [mended] = &repaired.mended[..] else { panic!("{:?}", repaired.mended) };
        assert_eq!(fs::read(mended.kept_at.as_ref().unwrap()).unwrap(), stranger);
        assert_eq!(fs::read(&path).unwrap(), world.sound[&path]);
        assert!(!world.is_noticed(&world.configs));
    }
}

#[test]
fn repairs_at_once_with_savers_lose_nothing() {
    let world = World::new();
    let app = &world.configs[0];
    let folder = world.scratch.join(".vconf/configs/app.json");
    for number in (2..VERSIONS).step_by(3) {
        put(&folder.join(format!("v{number}.json")), b"{}");
        fs::remove_file(folder.join(format!("v{}.json", number + 1))).unwrap();
    }
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (world, store) = (&world, world.store());
            scope.spawn(move || {
                if thread < 2 {
                    world.repair(std::slice::from_ref(app));
                }
                for step in 0..5 {
                    let bytes = format!("{{\"thread\": {thread}, \"step\": {step}}}\n");
                    let (options, now) = (SaveOptions::default(), at(1000 + thread * 10 + step));
                    store.save(app, bytes.as_bytes(), &options, &now).unwrap();
                }
            });
        }
    });
    let repaired = world.repair(std::slice::from_ref(app));
    assert_eq!((repaired.lost.len(), repaired.report.findings.len()), (0, 0), "{repaired:?}");
    assert_eq!(repaired.report.versions, VERSIONS + 20);
    for (path, bytes) in &world.sound {
        if path.starts_with(&folder)
            && path.extension().unwrap() == "json"
            && !path.ends_with("checkpoint.json")
        {
            assert_eq!(&fs::read(path).unwrap(), bytes);
        }
    }
}

#[test]
fn copies_that_a_crash_took_away_are_made_again_by_the_next_save() {
    let world = World::new();
    let (app, store) = (&world.configs[0], world.store());
    let path = world.scratch.join(".vconf/configs/app.json/v1.journal");
    let sound = &world.sound[&path];
    let mut now = 2000;
    for left in [
        sound[..sound.len() / 2].to_vec(),
        sound[..sound.len() - 1].to_vec(),
        Vec::new(),
        [&sound[..sound.len() / 2], &[0; 5000]].concat(),
        [&sound[..], &[0; 300]].concat(),
    ] {
        put(&path, &left);
        now += 1;
        store.save(app, format!("{{\"now\": {now}}}").as_bytes(), &SaveOptions::default(), &at(now)).unwrap();
        let report = store.check(std::slice::from_ref(app), |_| {}).unwrap();
        assert_eq!((report.findings, report.weaknesses), (vec![], vec![]));
    }
}

#[test]
fn a_journal_that_cannot_be_written_fails_no_save() {
    let world = World::new();
    let (app, store) = (&world.configs[0], world.store());
    let path = world.scratch.join(".vconf/configs/app.json/v1.journal");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    store.save(app, b"{}", &SaveOptions::default(), &at(3000)).unwrap();
    assert!(world.is_noticed(&world.configs));
    world.repair(&world.configs);
    assert!(!world.is_noticed(&world.configs));
}

#[test]
fn the_real_lz4_and_zstd_unpack_copies_as_the_document_says() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.yaml");
    let long = |step: u64| (0..4000 + step).map(|at| format!("key{at}: {}\n", at * at)).collect::<String>();
    let short_ones = (1..=VERSIONS).map(|number| source(&app, number));
    let sources: Vec<Vec<u8>> = short_ones.chain((0..4).map(|step| long(step).into_bytes())).collect();
    for (now, source) in (1..).zip(&sources) {
        store.save(&app, source, &SaveOptions::default(), &at(now)).unwrap();
    }
    let folder = scratch.join(".vconf/configs/app.yaml");
    let journal = fs::read(folder.join("v1.journal")).unwrap();
    let number = |at: usize| u32::from_le_bytes(journal[at..at + 4].try_into().unwrap()) as usize;
    let tag = b"\x56\x2a\x4d\x18\x5c\0\0\0vconf-j1";
    let trailers: Vec<_> =
        (0..journal.len() - tag.len()).filter(|&at| journal[at..].starts_with(tag)).collect();
    assert_eq!(trailers.len(), sources.len());
    let mut programs = BTreeSet::new();
    for (version, &at) in (1..).zip(&trailers) {
        assert_eq!(number(at + 16), version);
        let frame = &journal[at - number(at + 24)..at];
        let (program, base_option) = match &frame[..4] {
            b"\x04\x22\x4d\x18" => ("lz4", "-D"),
            b"\x28\xb5\x2f\xfd" => ("zstd", "--patch-from"),
            other => panic!("{other:?}"),
        };
        programs.insert(program);
        let path = scratch.join("frame");
        fs::write(&path, frame).unwrap();
        let mut unpack = std::process::Command::new(program);
        unpack.arg("-dcq");
        match number(at + 32) {
            0 => assert!(version % 16 == 1),
            _ => drop(unpack.arg(base_option).arg(folder.join(format!("v{}.json", version - 1)))),
        }
        let output = unpack.stdin(fs::File::open(&path).unwrap()).output();
        let output = output.unwrap_or_else(|error| panic!("{program} can't be run: {error}"));
        let record = fs::read(folder.join(format!("v{version}.json"))).unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.stdout.len(), record.len()), (number(at + 28), number(at + 28)), "{told}");
        assert!(output.stdout == record, "version {version}");
    }
    assert_eq!(programs.len(), 2);
}

#[test]
fn what_is_packed_or_forgotten_has_no_copy_in_the_journal() {
    let world = World::new();
    let (app, store) = (&world.configs[1], world.store());
    let folder = world.scratch.join(".vconf/configs/app.yaml");
    let options = PackOptions { keep_loose: 5, ..PackOptions::default() };
    let packed = store.pack(app, options, |_| {}).unwrap();
    assert_eq!(packed.versions, VERSIONS - 5);
    assert!(!world.is_noticed(&world.configs), "the packed ones need no copy, and the others have theirs");
    let journal = fs::metadata(folder.join("v1.journal")).unwrap().len();
    assert!(journal < world.sound[&folder.join("v1.journal")].len() as u64 / 2, "{journal}");

    let loose = folder.join(format!("v{}.json", VERSIONS - 2));
    let sound = fs::read(&loose).unwrap();
    fs::remove_file(&loose).unwrap();
    world.repair(&world.configs);
    assert_eq!(fs::read(&loose).unwrap(), sound);
    assert!(!world.is_noticed(&world.configs));

    let options = PackOptions { keep_loose: 0, ..PackOptions::default() };
    store.pack(app, options, |_| {}).unwrap();
    assert!(!folder.join("v1.journal").exists());
    assert!(!world.is_noticed(&world.configs));
    store.save(app, b"after: 1\n", &SaveOptions::default(), &at(5000)).unwrap();
    assert!(!world.is_noticed(&world.configs));
}

#[test]
fn any_single_fault_in_a_pack_is_noticed_and_put_right_from_another_store() {
    let world = World::new();
    let store = world.store();
    for config in &world.configs {
        store.pack(config, PackOptions { keep_loose: 4, ..PackOptions::default() }, |_| {}).unwrap();
    }
    drop(store);
    let (vconf, copy) = (world.scratch.join(".vconf"), world.scratch.join("copy"));
    let copy_all = |from: &Path, to: &Path| {
        for file in files(from) {
            let target = to.join(file.strip_prefix(from).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(&file, target).unwrap();
        }
    };
    copy_all(&vconf, &copy);
    let packs: Vec<_> =
        files(&vconf).into_iter().filter(|path| path.extension().is_some_and(|it| it == "zst")).collect();
    assert_eq!(packs.len(), 2);
    let (mut faults, mut put_right_alone) = (0, 0);
    let mut fault = |path: &Path, damaged: Option<Vec<u8>>, told: &str| {
        for from in [None, Some(&copy)] {
            match &damaged {
                Some(bytes) => put(path, bytes),
                None => fs::remove_file(path).unwrap(),
            }
            assert!(world.is_noticed(&world.configs), "{told}");
            let other = from.map(|copy| Store::open(copy).unwrap().expect("a copy of the store"));
            let sources = RepairSources { other: other.as_ref(), file: None };
            let repaired = world.store().repair(&world.configs, &sources, |_| {}).unwrap();
            if from.is_some() {
                assert_eq!((repaired.lost, world.is_noticed(&world.configs)), (Vec::new(), false), "{told}");
            } else if repaired.lost.is_empty() {
                put_right_alone += 1;
                assert!(!world.is_noticed(&world.configs), "{told}");
            }
            // What is not lost is as it was.
            for config in &world.configs {
                for number in 1..=VERSIONS {
                    if let Ok((_, bytes)) = world.store().version(config, number) {
                        assert_eq!(bytes, source(config, number), "{told}");
                    }
                }
            }
            fs::remove_dir_all(&vconf).unwrap();
            copy_all(&copy, &vconf);
        }
        faults += 1;
    };
    for path in &packs {
        let sound = fs::read(path).unwrap();
        for at in (0..sound.len()).step_by(61) {
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << (at % 8);
            fault(path, Some(flipped), &format!("bit {} of byte {at} of {}", at % 8, path.display()));
        }
        for length in [0, 1, sound.len() / 3, sound.len() - 1] {
            fault(path, Some(sound[..length].to_vec()), &format!("{} cut at {length}", path.display()));
        }
        fault(path, None, &format!("loss of {}", path.display()));
    }
    say(&format!(
        "{faults} single faults of packs: all noticed, {put_right_alone} put right from the store itself"
    ));
}

#[test]
fn what_was_forgotten_is_known_again_once_the_record_of_it_is_put_right() {
    let world = World::new();
    let app = &world.configs[0];
    let rules = KeepRules { last: 5, ..KeepRules::default() };
    world.store().forget(app, &rules, &jiff::tz::TimeZone::UTC, &at(900)).unwrap();
    let newest = world.store().tip(app, Log::Refs).unwrap().number;
    let record = world.scratch.join(&format!(".vconf/configs/app.json/refs/r{newest}.json"));
    let mut bytes = fs::read(&record).unwrap();
    bytes[100] ^= 1;
    put(&record, &bytes);
    let repaired = world.repair(&world.configs);
    assert_eq!((repaired.lost, repaired.report.findings), (Vec::new(), Vec::new()));
}
