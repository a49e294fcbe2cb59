//! Importing version files that a real Python wrote.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use vconf::history::{Context, ImportError, ImportReport};
use vconf::model::name::RefName;
use vconf::model::revision::{Clock, Revision};
use vconf::store::Store;
use vconf::worktree::{Worktree, WorktreeError};

use crate::scratch::{Scratch, at, config, tag, time};

/// Writes one version file for each awkward config, as the original manager did.
const WRITE_VERSIONS: &str = r#"
import hashlib, json, os, random, struct, sys
random.seed(7)
folder = sys.argv[1]
configs = [
    {"floats": [1e16, 1e-5, -0.0, 0.1, 1e15, 123456789.123456789, 1e22, 1e23, 5e-324, 1.7976931348623157e308,
                0.0001, 0.00001234, 100.0, 1/3, 2**53 + 0.0, 9007199254740993.0, 1e100, 1424953923781206.25, -0.001, 12.5]},
    {"many floats": [random.choice([random.random(), random.random() * 10 ** random.randint(-30, 30),
                     struct.unpack('<d', struct.pack('<Q', random.getrandbits(62)))[0]]) for _ in range(20000)]},
    {"integers": [0, -1, 2**53, 2**53 + 1, 2**64, 2**64 + 1, -(2**70), 10**30]},
    {"text": ["é", "😀", "\u0000\u0001\u001f\u007f\u0080\u2028", "\"\\/\b\f\n\r\t", "", "ü" * 50]},
    {"not in JSON": [float("nan"), float("inf"), float("-inf")]},
    {"keys": {"b": 1, "a": 2, "B": 3, "é": 4, "😀": 5, "\ufb33": 6, "": 7, "10": 8, "9": 9, "\n": 10}},
    {"nested": {"a": [[], {}, [[[]]], {"b": {"c": [None, True, False]}}]}},
    {},
    [],
    [1, 2, {"x": "y"}],
    "text",
    12,
    None,
    json.loads("[" * 100 + "]" * 100),
]
for at, config in enumerate(configs):
    record = {
        "version": "1.%d.0" % at,
        "timestamp": "2025-01-%02dT12:00:00.%06d" % (at + 1, at),
        "description": "change %d: é" % at,
        "author": "ops%d" % at,
        "changes": config,
        "checksum": hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest(),
    }
    with open(os.path.join(folder, "v1.%d.0.json" % at), "w") as out:
        json.dump(record, out, indent=2 if at % 2 else None, ensure_ascii=at % 3 > 0)
print(len(configs))
"#;

fn python(script: &str, arguments: &[&str]) -> String {
    let mut child = Command::new("python3")
        .arg("-")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed: scripts/test sees to it");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The folder of version files, and how many they are.
fn written() -> (Scratch, usize) {
    let scratch = Scratch::new();
    let count = python(WRITE_VERSIONS, &[scratch.path().to_str().unwrap()]);
    (scratch, count.trim().parse().unwrap())
}

fn import(store: Store, folder: &Path) -> (Worktree, Result<ImportReport, WorktreeError>) {
    let worktree = Worktree::new(store, folder);
    let report = import_again(&worktree, &at(1));
    (worktree, report)
}

fn import_again(worktree: &Worktree, context: &Context) -> Result<ImportReport, WorktreeError> {
    worktree.import_python(worktree.root(), &config("app.json"), &Clock::utc(time(0)), context)
}

#[test]
fn what_python_wrote_comes_in_without_a_warning_in_the_order_of_its_versions() {
    let (scratch, count) = written();
    let (worktree, report) = import(Store::in_memory(), scratch.path());
    let report = report.unwrap();
    assert_eq!(report.warnings, []);
    assert_eq!(report.imported.len(), count);
    let app = config("app.json");
    for (at, imported) in report.imported.iter().enumerate() {
        let name = format!("1.{at}.0");
        assert_eq!(imported.file, format!("v{name}.json"));
        assert_eq!(imported.tag, Some(tag(&name)));
        let version = &imported.version;
        assert_eq!((version.number, &*version.author), (at as u64 + 1, &*format!("ops{at}")));
        assert_eq!(version.description, format!("change {at}: é"));
        assert_eq!(version.timestamp.to_string(), format!("2025-01-{:02}T12:00:00.{at:06}Z", at + 1));
        let named = worktree.store.load(&app, &Revision::Name(RefName::new(&name).unwrap())).unwrap();
        assert_eq!(named.version.number, version.number);
    }
    let report = worktree.store.check(&[app], |_| {}).unwrap();
    assert_eq!((report.findings.len(), report.versions), (0, count as u64));
}

#[test]
fn python_reads_from_the_versions_what_it_wrote() {
    let (scratch, count) = written();
    let (worktree, report) = import(Store::in_memory(), scratch.path());
    report.unwrap();
    for number in 1..=count {
        let loaded = worktree.store.load(&config("app.json"), &Revision::Number(number as u64)).unwrap();
        fs::write(scratch.join("restored"), &loaded.source).unwrap();
        let script = "import hashlib, json, sys\nconfig = json.load(open(sys.argv[1]))\n\
                      print(hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest())\n\
                      print(json.load(open(sys.argv[2]))['checksum'])";
        let original = scratch.join(&format!("v1.{}.0.json", number - 1));
        let sums = python(script, &[scratch.join("restored").to_str().unwrap(), original.to_str().unwrap()]);
        let (restored, stated) = sums.split_once('\n').unwrap();
        assert_eq!(restored, stated.trim(), "version {number}");
    }
}

#[test]
fn content_that_was_altered_is_imported_with_a_warning_of_damage() {
    let (scratch, count) = written();
    let path = scratch.join("v1.9.0.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"y\""));
    fs::write(&path, text.replace("\"y\"", "\"z\"")).unwrap();
    fs::write(scratch.join("v1.2.0.json"), "{").unwrap();
    let (_, report) = import(Store::in_memory(), scratch.path());
    let report = report.unwrap();
    let told: Vec<_> =
        report.warnings.iter().map(|warning| (&*warning.file, warning.problem.is_damage())).collect();
    assert_eq!(told, [("v1.2.0.json", true), ("v1.9.0.json", true)]);
    assert_eq!(report.imported.len(), count - 1);
}

#[test]
fn importing_twice_writes_nothing_more() {
    let (scratch, count) = written();
    let (worktree, report) = import(Store::in_memory(), scratch.path());
    report.unwrap();
    let state = |worktree: &Worktree| {
        let state = worktree.store.state(&config("app.json")).unwrap();
        (state.versions, state.refs)
    };
    let before = state(&worktree);
    let again = import_again(&worktree, &at(2)).unwrap();
    assert_eq!(again.imported.iter().filter(|imported| imported.was_there).count(), count);
    assert_eq!(state(&worktree), before);
}

#[test]
fn an_import_that_was_cut_short_is_finished_by_the_next() {
    let (scratch, count) = written();
    let (worktree, report) = import(Store::in_memory(), scratch.path());
    let whole = report.unwrap();
    let (partly, rest) = (Scratch::new(), Scratch::new());
    for (at, imported) in whole.imported.iter().enumerate() {
        let to = if at < 4 { &partly } else { &rest };
        fs::copy(scratch.join(&imported.file), to.join(&imported.file)).unwrap();
    }
    let (half, report) = import(Store::in_memory(), partly.path());
    assert_eq!(report.unwrap().imported.len(), 4);
    let finished =
        half.import_python(scratch.path(), &config("app.json"), &Clock::utc(time(0)), &at(3)).unwrap();
    assert_eq!(finished.imported.len(), count);
    assert_eq!(finished.imported.iter().filter(|imported| imported.was_there).count(), 4);
    for (a, b) in finished.imported.iter().zip(&whole.imported) {
        assert_eq!((a.version.checksum, a.version.timestamp), (b.version.checksum, b.version.timestamp));
    }
    // Files that the history was not made of are not mixed into it.
    let error =
        half.import_python(rest.path(), &config("app.json"), &Clock::utc(time(0)), &at(4)).unwrap_err();
    assert!(matches!(error, WorktreeError::Import(ImportError::Exists { .. })), "{error}");
    drop(worktree);
}

#[test]
fn an_import_that_was_undone_is_the_latest_once_more_when_it_is_done_again() {
    let (folder, count) = written();
    let (worktree, report) = import(Store::in_memory(), folder.path());
    assert!(!report.unwrap().is_redone);
    let latest = || {
        let state = worktree.store.state(&config("app.json")).unwrap();
        (worktree.store.latest(&state).ok(), worktree.store.tags(&state).unwrap())
    };
    let before = latest();
    assert_eq!(before.0, Some(count as u64));
    worktree.undo(&at(100)).unwrap();
    assert_eq!(latest(), (None, [].into()));
    let report = import_again(&worktree, &at(101)).unwrap();
    assert!(report.is_redone && report.imported.iter().all(|imported| imported.was_there));
    assert_eq!(latest(), before);
    // It is the import that was done first, so it can be undone and done again like that.
    worktree.undo(&at(102)).unwrap();
    assert_eq!(latest(), (None, [].into()));
    worktree.redo(&at(103)).unwrap();
    assert_eq!(latest(), before);
    assert!(!import_again(&worktree, &at(104)).unwrap().is_redone);
}

#[test]
fn versions_without_times_come_in_the_order_in_which_people_count() {
    let scratch = Scratch::new();
    for version in ["1.10.0", "1.9.0", "2.0", "1.2.0"] {
        let text = format!("{{\"version\": \"{version}\", \"changes\": {{\"v\": \"{version}\"}}}}");
        fs::write(scratch.join(&format!("v{version}.json")), text).unwrap();
    }
    let (_, report) = import(Store::in_memory(), scratch.path());
    let tags: Vec<_> = report.unwrap().imported.iter().map(|i| i.tag.clone().unwrap().to_string()).collect();
    assert_eq!(tags, ["1.2.0", "1.9.0", "1.10.0", "2.0"]);
}

#[test]
fn an_author_longer_than_a_record_holds_is_shortened() {
    let scratch = Scratch::new();
    let text = format!("{{\"author\": \"{}\", \"changes\": {{}}}}", "x".repeat(100_000));
    fs::write(scratch.join("v1.json"), text).unwrap();
    let (_, report) = import(Store::in_memory(), scratch.path());
    let author = &report.unwrap().imported[0].version.author;
    assert!(author.len() <= 64 * 1024 && author.ends_with("x…"), "{} bytes", author.len());
}

#[test]
fn no_version_file_is_an_error_and_makes_no_history() {
    let scratch = Scratch::new();
    fs::write(scratch.join("notes.txt"), "x").unwrap();
    let (worktree, report) = import(Store::in_memory(), scratch.path());
    assert!(matches!(report, Err(WorktreeError::Import(ImportError::NoVersions(_)))));
    assert_eq!(worktree.store.configs().unwrap(), []);
}
