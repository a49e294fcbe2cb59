//! Records that were altered, cut off, taken away or put elsewhere: each is told, and the rest stays usable.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use vconf::backend::Log;
use vconf::history::{Error, FindingKind, LogEntry, LogFilter, SaveOptions};
use vconf::model::name::{ConfigName, RefName};
use vconf::model::record::{Head, MAX_NUMBER, RefAction};
use vconf::model::revision::Revision;
use vconf::store::{
    Corruption, Draft, Problem, RefDraft, Store, StoreError, Tip, decode_version, encode_version,
};

use crate::scratch::{Scratch, at, config, put, tag};

/// A store in a folder with versions in each encoding, tags, an undo, and a record that names a current branch.
struct Damaged {
    scratch: Scratch,
    store: Store,
    configs: Vec<ConfigName>,
}

/// How many versions each config has.
const VERSIONS: u64 = 4;

/// How many changes of refs each config has.
const REFS: u64 = 5;

fn source(config: &ConfigName, number: u64) -> Vec<u8> {
    match config.as_str() {
        "app.json" => format!("{{\"a\": {number}.0,\r\n \"b\": [\"\\u00e9\", {number}]}}\n").into_bytes(),
        "app.yaml" => format!("# why\na: {number}\r\nb: ü").into_bytes(),
        _ => vec![0xff, 0, number as u8, 7],
    }
}

impl Damaged {
    fn new() -> Self {
        let scratch = Scratch::new();
        let store = Store::create(scratch.join(".vconf")).unwrap();
        let configs = ["app.bin", "app.json", "app.yaml"].map(config).to_vec();
        let mut now = 0;
        for config in &configs {
            for number in 1..=VERSIONS {
                now += 1;
                let options = SaveOptions { mode: Some(0o640), ..SaveOptions::default() };
                store.save(config, &source(config, number), &options, &at(now)).unwrap();
            }
            store.set_tag(config, &tag("stable"), 2, &at(now + 1)).unwrap();
            store.undo(store.next_undo().unwrap(), &at(now + 2)).unwrap();
            store.undo(store.next_undo().unwrap(), &at(now + 3)).unwrap();
            store.switch(config, &tag("staging"), Some(1), &at(now + 4)).unwrap();
            store.switch(config, &tag("main"), None, &at(now + 5)).unwrap();
            now += 5;
        }
        let damaged = Self { scratch, store, configs };
        for config in &damaged.configs {
            assert_eq!(damaged.findings(config), []);
            let state = damaged.store.state(config).unwrap();
            assert_eq!((state.versions.number, state.refs.number), (VERSIONS, REFS));
            assert_eq!(damaged.store.latest(&state).unwrap(), VERSIONS - 1);
        }
        let mut encodings: Vec<_> =
            damaged.configs.iter().map(|c| damaged.store.header(c, 1).unwrap().encoding.name()).collect();
        encodings.sort_unstable();
        assert_eq!(encodings, ["base64", "json", "text"]);
        damaged
    }

    fn folder(&self, config: &ConfigName) -> PathBuf {
        self.scratch.join(".vconf/configs").join(config.as_str())
    }

    /// Every record of a config: its log, its number, its file.
    fn records(&self, config: &ConfigName) -> Vec<Record> {
        let folder = self.folder(config);
        let versions = (1..=VERSIONS).map(|number| Record {
            log: Log::Versions,
            number,
            path: folder.join(format!("v{number}.json")),
        });
        let refs = (1..=REFS).map(|number| Record {
            log: Log::Refs,
            number,
            path: folder.join(format!("refs/r{number}.json")),
        });
        versions.chain(refs).collect()
    }

    fn findings(&self, config: &ConfigName) -> Vec<vconf::history::Finding> {
        self.store.check(std::slice::from_ref(config), |_| {}).unwrap().findings
    }

    /// Holds that the check tells of one record only, or of it and of a chain that does not hold at the next, and that
    /// reading it fails in the same way.
    fn check_told(&self, config: &ConfigName, record: &Record, what: &str) -> Corruption {
        let findings = self.findings(config);
        assert!(!findings.is_empty(), "{what} is not noticed");
        for finding in &findings {
            let Corruption { config: of, number, is_ref, .. } = &finding.corruption;
            assert!(of == config && *is_ref == (record.log == Log::Refs), "{what}: {finding:?}");
            assert!(
                *number == record.number
                    || (finding.kind == FindingKind::Chain && *number == record.number + 1),
                "{what}: {finding:?}"
            );
        }
        let corruption = findings[0].corruption.clone();
        assert_eq!(corruption.number, record.number, "{what}");
        assert_eq!(Path::new(&corruption.object), record.path, "{what}");
        let read = match record.log {
            Log::Versions => match self.store.load(config, &Revision::Number(record.number)) {
                Ok(_) => Ok(()),
                Err(Error::Store(error)) => Err(error),
                Err(error) => panic!("{what}: {error}"),
            },
            Log::Refs => self.store.ref_change(config, record.number).map(drop),
        };
        match read {
            Err(StoreError::Corrupt(read)) => assert_eq!(*read, corruption, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
        corruption
    }

    /// Holds that all other records are usable, and the log tells of the damage.
    fn check_rest(&self, config: &ConfigName, record: &Record, what: &str) {
        for other in &self.configs {
            if other != config {
                assert_eq!(self.findings(other), [], "{what}");
            }
        }
        for number in (1..=VERSIONS).filter(|number| record.log == Log::Refs || *number != record.number) {
            let loaded = self.store.load(config, &Revision::Number(number)).unwrap();
            assert_eq!(loaded.source, source(config, number), "{what}");
        }
        let state = self.store.state(config).unwrap();
        let filter = LogFilter::default();
        let lines: Vec<_> = self.store.log(&state, &filter).unwrap().map(Result::unwrap).collect();
        assert_eq!(lines.len() as u64, VERSIONS, "{what}");
        for (number, line) in (1..=VERSIONS).rev().zip(&lines) {
            match line {
                LogEntry::Version { version, .. } => assert_eq!(version.number, number, "{what}"),
                LogEntry::Damaged(corruption) => assert_eq!(corruption.number, record.number, "{what}"),
            }
        }
        if record.log == Log::Refs && record.number == REFS {
            assert_eq!(state.damage.len(), 1, "{what}: a head that may be another is told");
        }
    }
}

struct Record {
    log: Log,
    number: u64,
    path: PathBuf,
}

#[test]
fn every_flipped_byte_of_every_record_is_told_with_its_file_and_line() {
    let damaged = Damaged::new();
    let (mut flips, mut with_line) = (0, 0);
    for config in &damaged.configs {
        for record in damaged.records(config) {
            let sound = fs::read(&record.path).unwrap();
            for at in 0..sound.len() {
                let what = format!("byte {at} of {}", record.path.display());
                let mut flipped = sound.clone();
                flipped[at] ^= 1 << (at % 8);
                put(&record.path, &flipped);
                let corruption = damaged.check_told(config, &record, &what);
                match (&corruption.flaw.problem, corruption.flaw.line) {
                    (Problem::Seal | Problem::Truncated, _) => {}
                    (_, Some(line)) => {
                        assert!(line <= 1 + sound.iter().filter(|byte| **byte == b'\n').count(), "{what}");
                        with_line += 1;
                    }
                    (problem, None) => panic!("{what}: {problem:?} without a line"),
                }
                if at % 97 == 0 {
                    damaged.check_rest(config, &record, &what);
                }
                flips += 1;
            }
            fs::write(&record.path, &sound).unwrap();
        }
        assert_eq!(damaged.findings(config), []);
    }
    println!("damage: {flips} flips noticed, {with_line} with a line");
}

#[test]
fn every_cut_of_every_record_is_told() {
    let damaged = Damaged::new();
    let mut cuts = 0;
    for config in &damaged.configs {
        for record in damaged.records(config) {
            let sound = fs::read(&record.path).unwrap();
            for length in (0..sound.len()).filter(|length| length % 3 == 0 || length + 9 > sound.len()) {
                let what = format!("{} cut at {length}", record.path.display());
                put(&record.path, &sound[..length]);
                damaged.check_told(config, &record, &what);
                cuts += 1;
            }
            let what = format!("{} with more at its end", record.path.display());
            put(&record.path, &[&sound[..], b"\n"].concat());
            damaged.check_told(config, &record, &what);
            fs::write(&record.path, &sound).unwrap();
        }
    }
    println!("damage: {cuts} cuts noticed");
}

#[test]
fn every_record_that_is_gone_or_is_no_file_is_told() {
    let damaged = Damaged::new();
    for config in &damaged.configs {
        for record in damaged.records(config) {
            let sound = fs::read(&record.path).unwrap();
            let what = record.path.display().to_string();

            fs::remove_file(&record.path).unwrap();
            let corruption = damaged.check_told(config, &record, &what);
            assert_eq!(corruption.flaw.problem, Problem::Missing, "{what}");
            damaged.check_rest(config, &record, &what);

            fs::create_dir(&record.path).unwrap();
            let corruption = damaged.check_told(config, &record, &what);
            assert!(matches!(corruption.flaw.problem, Problem::Unreadable(_)), "{what}: {corruption}");
            damaged.check_rest(config, &record, &what);
            fs::remove_dir(&record.path).unwrap();

            symlink("nowhere", &record.path).unwrap();
            damaged.check_told(config, &record, &what);
            fs::remove_file(&record.path).unwrap();

            fs::write(&record.path, &sound).unwrap();
        }
        assert_eq!(damaged.findings(config), []);
    }
}

#[test]
fn every_record_that_stands_in_the_place_of_another_is_told() {
    let damaged = Damaged::new();
    let all: Vec<_> = damaged
        .configs
        .iter()
        .flat_map(|config| damaged.records(config).into_iter().map(move |r| (config, r)))
        .collect();
    for (config, record) in &all {
        let sound = fs::read(&record.path).unwrap();
        for (_, other) in &all {
            if other.path == record.path {
                continue;
            }
            let what = format!("{} in the place of {}", other.path.display(), record.path.display());
            put(&record.path, &fs::read(&other.path).unwrap());
            let corruption = damaged.check_told(config, record, &what);
            if other.log == record.log {
                assert!(matches!(corruption.flaw.problem, Problem::Misplaced(_)), "{what}: {corruption}");
            }
        }
        fs::write(&record.path, &sound).unwrap();
    }
}

#[test]
fn two_records_that_changed_places_are_both_told() {
    let damaged = Damaged::new();
    for config in &damaged.configs {
        for pair in damaged.records(config).windows(2).filter(|pair| pair[0].log == pair[1].log) {
            let sound = [fs::read(&pair[0].path).unwrap(), fs::read(&pair[1].path).unwrap()];
            fs::write(&pair[0].path, &sound[1]).unwrap();
            fs::write(&pair[1].path, &sound[0]).unwrap();
            let findings = damaged.findings(config);
            for record in pair {
                let is_told = findings.iter().any(|finding| {
                    finding.corruption.number == record.number && finding.kind == FindingKind::Record
                });
                assert!(is_told, "{}: {findings:?}", record.path.display());
            }
            fs::write(&pair[0].path, &sound[0]).unwrap();
            fs::write(&pair[1].path, &sound[1]).unwrap();
        }
    }
}

/// Writes a version anew with another content, sealed and all, after the seal given.
fn forge(
    path: &Path,
    source: &[u8],
    previous: Option<vconf::model::checksum::Checksum>,
) -> vconf::model::checksum::Checksum {
    let (version, _) = decode_version(&fs::read(path).unwrap()).unwrap();
    let draft = Draft {
        config: &version.config,
        id: version.id,
        branch: &version.branch,
        parents: version.parents.clone(),
        timestamp: version.timestamp,
        author: &version.author,
        description: version.description.clone(),
        action: version.action,
        operation: &version.operation,
        changes: version.changes.clone(),
        format: version.format,
        mode: version.mode,
        source,
        depth: 1,
        checksum: vconf::canonical::checksum(source),
        content_checksum: version.content_checksum,
    };
    let (forged, bytes) = encode_version(&draft, version.number, previous);
    fs::write(path, bytes).unwrap();
    forged.seal
}

#[test]
fn a_version_that_was_forged_breaks_the_chain_and_a_chain_forged_to_its_end_is_not_the_one_remembered() {
    let damaged = Damaged::new();
    let app = &damaged.configs[2];
    let path = |number: u64| damaged.folder(app).join(format!("v{number}.json"));
    let kinds = || -> Vec<_> {
        damaged.findings(app).into_iter().map(|f| (f.corruption.number, f.corruption.flaw.problem)).collect()
    };
    let first = damaged.store.header(app, 1).unwrap().seal;
    let mut seal = forge(&path(2), b"a: forged", Some(first));
    assert_eq!(kinds(), [(3, Problem::Chain)]);
    seal = forge(&path(3), &source(app, 3), Some(seal));
    assert_eq!(kinds(), [(4, Problem::Chain)]);
    forge(&path(4), &source(app, 4), Some(seal));
    assert_eq!(kinds(), [(4, Problem::Rewritten)]);
    // Without what the store remembers, nothing is left that could show it.
    fs::remove_file(damaged.folder(app).join("checkpoint.json")).unwrap();
    assert_eq!(kinds(), []);
}

#[test]
fn a_cut_off_end_shows_against_what_the_store_remembers_and_only_so() {
    let damaged = Damaged::new();
    let app = &damaged.configs[1];
    for number in [VERSIONS, VERSIONS - 1] {
        fs::remove_file(damaged.folder(app).join(format!("v{number}.json"))).unwrap();
    }
    let told: Vec<_> = damaged.findings(app).iter().map(|f| (f.corruption.number, f.kind)).collect();
    assert_eq!(told, [(VERSIONS - 1, FindingKind::Missing)]);
    let problem = &damaged.findings(app)[0].corruption.flaw.problem;
    assert_eq!(*problem, Problem::MissingRange { first: VERSIONS - 1, last: VERSIONS });
    fs::remove_file(damaged.folder(app).join("checkpoint.json")).unwrap();
    // The heads remember it as well.
    let told: Vec<_> = damaged.findings(app).iter().map(|f| (f.corruption.number, f.kind)).collect();
    assert_eq!(told, [(VERSIONS - 1, FindingKind::Missing)]);
    fs::remove_dir_all(damaged.folder(app).join("refs")).unwrap();
    // And so do the second copies.
    let told: Vec<_> = damaged.findings(app).iter().map(|f| (f.corruption.number, f.kind)).collect();
    assert_eq!(told, [(VERSIONS - 1, FindingKind::Missing)]);
    fs::remove_file(damaged.folder(app).join("v1.journal")).unwrap();
    assert_eq!(damaged.findings(app), []);
}

#[test]
fn saving_goes_on_after_any_damage_and_reuses_no_number() {
    for spoil in [
        (|path: &Path| fs::remove_file(path).unwrap()) as fn(&Path),
        |path| fs::write(path, "").unwrap(),
        |path| fs::write(path, "{\n  \"vconf\": 1,\n").unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
        |path| {
            fs::remove_file(path).unwrap();
            symlink("nowhere", path).unwrap();
        },
    ] {
        let damaged = Damaged::new();
        for config in &damaged.configs {
            for record in damaged.records(config) {
                spoil(&record.path);
            }
            let bytes = source(config, 9);
            let saved = damaged.store.save(config, &bytes, &SaveOptions::default(), &at(100)).unwrap();
            assert_eq!(saved.version.number, VERSIONS + 1);
            assert!(!saved.damage.is_empty(), "{config}");
            damaged.store.set_tag(config, &tag("new"), VERSIONS + 1, &at(101)).unwrap();
            assert_eq!(damaged.store.state(config).unwrap().refs.number, REFS + 1);
            assert_eq!(damaged.store.load(config, &Revision::Latest).unwrap().source, bytes);
            let named = damaged.store.load(config, &Revision::Name(tag("new"))).unwrap();
            assert_eq!(named.version.number, VERSIONS + 1);
            let next =
                damaged.store.save(config, &source(config, 10), &SaveOptions::default(), &at(102)).unwrap();
            assert_eq!((next.version.number, next.version.parents), (VERSIONS + 2, vec![VERSIONS + 1]));
            let told = damaged.findings(config);
            assert!(told.iter().all(|finding| finding.corruption.number <= VERSIONS + 1), "{told:?}");
            let count = |problem: &Problem| match problem {
                Problem::MissingRange { first, last } => last - first + 1,
                _ => 1,
            };
            let count: u64 = told.iter().map(|finding| count(&finding.corruption.flaw.problem)).sum();
            assert!(count >= VERSIONS + REFS, "{told:?}");
        }
    }
}

#[test]
fn a_version_with_the_same_source_stands_in_for_a_damaged_one() {
    let damaged = Damaged::new();
    let app = &damaged.configs[1];
    let rolled_back = damaged.store.rollback(app, 1, &Default::default(), &at(100)).unwrap();
    let path = damaged.folder(app).join("v1.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\\u00e9", "\\u00e8")).unwrap();
    let findings = damaged.findings(app);
    assert_eq!(findings[0].same_source_in, Some(rolled_back.version.number));
}

#[test]
fn a_description_of_the_store_that_is_damaged_keeps_nobody_from_the_records() {
    let damaged = Damaged::new();
    let path = damaged.scratch.join(".vconf/store.json");
    let sound = fs::read(&path).unwrap();
    let (mut opened, mut newer) = (0, 0);
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << bit;
            put(&path, &flipped);
            match Store::open(damaged.scratch.join(".vconf")) {
                Ok(Some(store)) => {
                    assert_eq!(store.configs().unwrap(), damaged.configs);
                    opened += 1;
                }
                // One that claims to be of a later format is believed: nothing is written that it may not understand.
                Err(vconf::backend::OpenError::Newer(version)) => {
                    assert!(version > 1);
                    newer += 1;
                }
                other => panic!("byte {at}, bit {bit}: {other:?}"),
            }
        }
    }
    assert!(newer <= 4, "{opened} opened, {newer} refused");
    fs::remove_file(&path).unwrap();
    let store = Store::open(damaged.scratch.join(".vconf")).unwrap().expect("the records are there");
    assert_eq!(store.configs().unwrap(), damaged.configs);
}

#[test]
fn heads_that_name_versions_which_are_not_there_are_told_and_no_number_is_used_twice() {
    let forged = |as_of: u64| {
        let store = Store::in_memory();
        let app = config("app.json");
        store.save(&app, b"[1]", &SaveOptions::default(), &at(1)).unwrap();
        let context = at(2);
        let draft = RefDraft {
            config: &app,
            id: context.operation.id,
            timestamp: context.timestamp,
            author: &context.author,
            description: "forged".to_owned(),
            action: RefAction::Undo,
            operation: &context.operation,
            target: None,
            tags: Vec::new(),
            heads: [(RefName::main(), Head { version: Some(1), as_of })].into(),
            current: RefName::main(),
            forgotten: Vec::new(),
        };
        store.append_ref(&draft, Tip::default()).unwrap();
        let findings = store.check(std::slice::from_ref(&app), |_| {}).unwrap().findings;
        let told: Vec<_> = findings.into_iter().map(|finding| finding.corruption.flaw.problem).collect();
        assert_eq!(told, [Problem::MissingRange { first: 2, last: as_of }]);
        (store, app)
    };
    let (store, app) = forged(7);
    let saved = store.save(&app, b"[2]", &SaveOptions::default(), &at(3)).unwrap();
    assert_eq!(saved.version.number, 8);
    assert_eq!(store.load(&app, &Revision::Latest).unwrap().version.number, 8);
    let (store, app) = forged(MAX_NUMBER);
    let saved = store.save(&app, b"[2]", &SaveOptions::default(), &at(3));
    assert!(matches!(saved, Err(Error::Store(StoreError::Corrupt(_)))), "{saved:?}");
    assert_eq!(store.load(&app, &Revision::Latest).unwrap().source, b"[1]");
}
