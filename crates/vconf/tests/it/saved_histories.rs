//! The real histories, saved: every version restores to the bytes that it was made of.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use vconf::backend::Log;
use vconf::history::{Context, LogEntry, LogFilter, PackOptions, RollbackOptions, SaveOptions, Standing};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::model::time::Timestamp;
use vconf::store::Store;

use crate::scratch::{Scratch, config, time};
use crate::support;

/// One revision of a real file.
struct RealRevision {
    bytes: Vec<u8>,
    sha256: String,
    date: Timestamp,
    author: String,
    subject: String,
}

/// A real file's revisions, oldest first.
struct RealHistory {
    config: ConfigName,
    revisions: Vec<RealRevision>,
}

fn histories() -> Vec<RealHistory> {
    let Some(root) = support::data("histories") else { return Vec::new() };
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| read_history(folder)).collect()
}

fn read_history(folder: &Path) -> RealHistory {
    let lines = fs::read_to_string(folder.join("history.jsonl")).unwrap();
    let files: HashMap<u64, PathBuf> = support::files(folder)
        .into_iter()
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    let mut path = String::new();
    let revisions = lines.lines().map(|line| {
        let line: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{line}: {key}")).to_owned();
        path = text("path");
        RealRevision {
            bytes: fs::read(&files[&line["n"].as_u64().unwrap()]).unwrap(),
            sha256: text("sha256"),
            date: text("date").parse::<jiff::Timestamp>().unwrap().into(),
            author: text("author"),
            subject: text("subject"),
        }
    });
    let revisions = revisions.collect();
    let name = folder.file_name().unwrap().to_str().unwrap();
    RealHistory { config: config(&format!("{name}/{path}")), revisions }
}

/// Saves revisions; returns the number of the version that holds each.
fn save_all(store: &Store, config: &ConfigName, revisions: &[&RealRevision]) -> Vec<u64> {
    let mut numbers: Vec<u64> = Vec::new();
    for (at, revision) in revisions.iter().enumerate() {
        let context = Context::new(&*revision.author, revision.date, "save").unwrap();
        let options = SaveOptions { description: Some(revision.subject.clone()), ..SaveOptions::default() };
        let saved = store.save(config, &revision.bytes, &options, &context).unwrap();
        let is_same = at > 0 && revisions[at - 1].sha256 == revision.sha256;
        assert_eq!(saved.is_new, !is_same, "{config}: revision {at}");
        let expected = numbers.last().copied().unwrap_or(0) + u64::from(!is_same);
        assert_eq!(saved.version.number, expected, "{config}: revision {at}");
        numbers.push(saved.version.number);
        if at % 10 == 0 {
            let again = store.save(config, &revision.bytes, &SaveOptions::default(), &context).unwrap();
            assert_eq!((again.is_new, again.version), (false, saved.version), "{config}: revision {at}");
        }
    }
    numbers
}

fn sha256(bytes: &[u8]) -> String {
    vconf::canonical::checksum(bytes).to_string().trim_start_matches("sha256:").to_owned()
}

fn check_restores(store: &Store, config: &ConfigName, revisions: &[&RealRevision], numbers: &[u64]) {
    for (revision, &number) in revisions.iter().zip(numbers) {
        let loaded = store.load(config, &Revision::Number(number)).unwrap();
        assert_eq!(sha256(&loaded.source), revision.sha256, "{config}@{number}");
        assert_eq!(loaded.version.checksum.to_string(), format!("sha256:{}", revision.sha256));
    }
}

fn check_log(store: &Store, config: &ConfigName, revisions: &[&RealRevision], numbers: &[u64]) {
    let state = store.state(config).unwrap();
    let filter = LogFilter::default();
    let log = store.log(&state, &filter).unwrap().map(|entry| match entry.unwrap() {
        LogEntry::Version { version, standing, .. } => {
            assert_eq!(standing, Standing::OnBranch);
            *version
        }
        LogEntry::Damaged(corruption) => panic!("{corruption}"),
    });
    let log: Vec<_> = log.collect();
    let newest = numbers.last().copied().unwrap();
    assert!(log.iter().map(|version| version.number).eq((1..=newest).rev()), "{config}");
    let mut before = 0;
    for (revision, &number) in revisions.iter().zip(numbers) {
        // A revision that changed nothing is told by the one before it.
        if number > before {
            let version = &log[usize::try_from(newest - number).unwrap()];
            assert_eq!((version.timestamp, &version.author), (revision.date, &revision.author), "{config}");
            assert_eq!(version.description, revision.subject, "{config}@{number}");
        }
        before = number;
    }
}

fn check_clean(store: &Store, versions: u64) {
    let report = store.check(&store.configs().unwrap(), |_| {}).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.versions, versions);
}

#[test]
fn every_version_of_every_real_history_restores_bit_for_bit() {
    let (mut saved, mut versions) = (0, 0);
    for history in histories() {
        let store = Store::in_memory();
        let revisions: Vec<_> = history.revisions.iter().collect();
        let numbers = save_all(&store, &history.config, &revisions);
        check_restores(&store, &history.config, &revisions, &numbers);
        check_log(&store, &history.config, &revisions, &numbers);
        let newest = *numbers.last().unwrap();
        check_clean(&store, newest);
        saved += revisions.len() as u64;
        versions += newest;
    }
    println!("saved histories: {saved} revisions, {versions} versions");
    assert!(saved == 0 || saved > 2000 && versions > saved / 2);
}

#[test]
fn every_version_of_every_real_history_restores_from_a_pack() {
    let (mut versions, mut bytes, mut packed_bytes) = (0, 0, 0);
    for history in histories() {
        let store = Store::in_memory();
        let revisions: Vec<_> = history.revisions.iter().collect();
        let numbers = save_all(&store, &history.config, &revisions);
        let options = PackOptions { keep_loose: 0, ..PackOptions::default() };
        let packed = store.pack(&history.config, options, |_| {}).unwrap();
        assert_eq!(packed.stopped_at, []);
        assert!(store.backend().list(&history.config, Log::Versions).unwrap().is_empty());
        check_restores(&store, &history.config, &revisions, &numbers);
        check_log(&store, &history.config, &revisions, &numbers);
        check_clean(&store, *numbers.last().unwrap());
        versions += numbers.last().unwrap();
        // Some may have been packed before, by themselves.
        if packed.versions == *numbers.last().unwrap() {
            (bytes, packed_bytes) = (bytes + packed.bytes, packed_bytes + packed.pack_bytes);
        }
    }
    println!(
        "packed histories: {versions} versions; of those packed at once {packed_bytes} of {bytes} bytes"
    );
    assert!(versions == 0 || packed_bytes * 30 < bytes);
}

#[test]
fn every_rollback_to_a_sampled_version_restores_bit_for_bit() {
    let mut rolled_back = 0;
    for history in histories() {
        let store = Store::in_memory();
        let step = history.revisions.len().div_ceil(12).max(1);
        let revisions: Vec<_> = history.revisions.iter().step_by(step).collect();
        let numbers = save_all(&store, &history.config, &revisions);
        let newest = *numbers.last().unwrap();
        let context = Context::new("system", time(0), "rollback").unwrap();
        for (revision, &number) in revisions.iter().zip(&numbers) {
            let latest = store.load(&history.config, &Revision::Latest).unwrap().version;
            let outcome =
                store.rollback(&history.config, number, &RollbackOptions::default(), &context).unwrap();
            let is_same = latest.checksum == outcome.version.checksum;
            assert_eq!(outcome.is_new, !is_same);
            let now = store.load(&history.config, &Revision::Latest).unwrap();
            assert_eq!(sha256(&now.source), revision.sha256, "{}@{number}", history.config);
            if outcome.is_new {
                assert_eq!(now.version.number, latest.number + 1);
                assert_eq!(now.version.description, format!("Rollback to version {number}"));
                assert_eq!(now.version.format, store.header(&history.config, number).unwrap().format);
                rolled_back += 1;
            }
        }
        check_restores(&store, &history.config, &revisions, &numbers);
        check_clean(&store, newest.max(store.state(&history.config).unwrap().versions.number));
    }
    println!("saved histories: {rolled_back} rollbacks");
    assert!(rolled_back == 0 || rolled_back > 50);
}

#[test]
fn a_sample_of_every_real_history_restores_from_a_folder() {
    let scratch = Scratch::new();
    let mut samples = Vec::new();
    for history in histories() {
        let store = Store::create(scratch.join(".vconf")).unwrap();
        let step = history.revisions.len().div_ceil(8).max(1);
        let revisions: Vec<_> = history.revisions.into_iter().step_by(step).collect();
        let numbers = save_all(&store, &history.config, &revisions.iter().collect::<Vec<_>>());
        samples.push((history.config, revisions, numbers));
    }
    if samples.is_empty() {
        return;
    }
    let store = Store::open(scratch.join(".vconf")).unwrap().expect("the store is there");
    for (config, revisions, numbers) in &samples {
        let revisions: Vec<_> = revisions.iter().collect();
        check_restores(&store, config, &revisions, numbers);
        check_log(&store, config, &revisions, numbers);
    }
    check_clean(&store, samples.iter().map(|(_, _, numbers)| numbers.last().unwrap()).sum());
}
