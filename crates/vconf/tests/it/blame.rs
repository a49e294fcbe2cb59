//! Which version last set what: against reading every version, and against git.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vconf::format::Format;
use vconf::history::{FindQuery, Found, FoundPlace, Pattern, RollbackOptions, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::store::Store;

use crate::scratch::{Scratch, at, config, put, tag};
use crate::support::{self, Random, say};

/// The values of a version by their paths, each with the version that last set it.
fn blame(store: &Store, config: &ConfigName, number: u64) -> BTreeMap<String, u64> {
    let state = store.known_state(config).unwrap();
    let blame = store.blame(&state, number).unwrap();
    assert!(blame.damage.is_empty());
    let values: BTreeMap<_, _> = blame.values().map(|value| (value.path.to_string(), value.number)).collect();
    assert!(values.values().all(|number| blame.versions[number].number == *number));
    values
}

/// The flat values of a version: `key: value` lines.
fn flat(store: &Store, config: &ConfigName, number: u64) -> BTreeMap<String, String> {
    let loaded = store.load_number(config, number).unwrap();
    let text = String::from_utf8(loaded.source).unwrap();
    let pairs = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (key, value) = line.split_once(": ").unwrap();
        (format!("/{key}"), value.split(" #").next().unwrap().to_owned())
    });
    pairs.collect()
}

fn brute(store: &Store, config: &ConfigName, number: u64) -> BTreeMap<String, u64> {
    let values = flat(store, config, number);
    let mut found = BTreeMap::new();
    let (mut at, mut open) = (number, values);
    loop {
        let parent = store.header(config, at).unwrap().parents.first().copied();
        let before = parent.map(|parent| flat(store, config, parent)).unwrap_or_default();
        open.retain(|key, value| {
            let stays = before.get(key) == Some(value);
            if !stays {
                found.insert(key.clone(), at);
            }
            stays
        });
        match parent {
            Some(parent) => at = parent,
            None => return found,
        }
    }
}

/// Saves maps of scalars: edits, comments, another order, rollbacks and branches.
fn random_history(store: &Store, config: &ConfigName, versions: u64, random: &mut Random) {
    let mut values: Vec<(usize, usize)> = (0..10).map(|key| (key, 0)).collect();
    for second in 1..=versions {
        match random.below(8) {
            0 if values.len() > 3 => drop(values.remove(random.below(values.len()))),
            1 => values.push((10 + second as usize, 1)),
            2 => values.reverse(),
            _ => {
                let at = random.below(values.len());
                values[at].1 = random.below(4);
            }
        }
        let source: String = std::iter::once(format!("# at {second}\n"))
            .chain(values.iter().map(|(key, value)| format!("k{key}: {value} # c{}\n", second % 2)))
            .collect();
        let saved = store.save(config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
        match random.below(12) {
            0 => {
                let number = 1 + random.below(saved.version.number as usize) as u64;
                store.rollback(config, number, &RollbackOptions::default(), &at(second)).unwrap();
            }
            1 => {
                let state = store.state(config).unwrap();
                let name = tag(["one", "two"][random.below(2)]);
                if state.has_branch(&name) {
                    store.switch(config, &name, None, &at(second)).unwrap();
                } else {
                    let number = 1 + random.below(saved.version.number as usize) as u64;
                    store.create_branch(config, &name, number, &at(second)).unwrap();
                }
            }
            _ => {}
        }
    }
}

#[test]
fn blame_is_what_reading_every_version_tells() {
    for seed in 1..=4 {
        let scratch = Scratch::new();
        let config = config("a.yaml");
        let on_disk = Store::create(scratch.join(".vconf")).unwrap();
        let in_memory = Store::in_memory();
        for store in [&on_disk, &in_memory] {
            random_history(store, &config, 40, &mut Random::new(seed));
        }
        let newest = on_disk.state(&config).unwrap().versions.number;
        for number in [newest, newest - 1, newest / 2, newest, newest - 3, 1] {
            let expected = brute(&on_disk, &config, number);
            assert_eq!(blame(&on_disk, &config, number), expected, "seed {seed}, @{number}");
            assert_eq!(blame(&in_memory, &config, number), expected, "seed {seed}, @{number}, in memory");
        }
        assert!(scratch.join(".vconf/cache/a.yaml/blame-1").exists());
        random_history(&on_disk, &config, 5, &mut Random::new(seed + 20));
        let newest = on_disk.state(&config).unwrap().versions.number;
        assert_eq!(blame(&on_disk, &config, newest), brute(&on_disk, &config, newest), "seed {seed}, later");
    }
}

#[test]
fn a_damaged_or_foreign_cache_of_blame_changes_nothing() {
    let scratch = Scratch::new();
    let config = config("a.yaml");
    let store = Store::create(scratch.join(".vconf")).unwrap();
    for second in 1..=30 {
        let source = format!("a: {second}\nb: {}\nc: 1\n", second / 7);
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    let newest = 30;
    let expected = blame(&store, &config, newest);
    let cache = scratch.join(".vconf/cache/a.yaml/blame-1");
    let whole = fs::read(&cache).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 40 + 1) {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        for bytes in [&flipped[..], &whole[..at]] {
            put(&cache, bytes);
            assert_eq!(blame(&store, &config, newest), expected, "at {at}");
        }
    }
}

#[test]
fn a_rollback_sets_what_it_brings_back_and_layout_sets_nothing() {
    let (store, config) = (Store::in_memory(), config("a.yaml"));
    for (second, source) in
        [(1, "a: 1\nb: 1\n"), (2, "a: 2\nb: 1\n"), (3, "b: 1 # same\na: 0x2\n")].into_iter()
    {
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    let of =
        |numbers: [u64; 2]| BTreeMap::from([("/a".to_owned(), numbers[0]), ("/b".to_owned(), numbers[1])]);
    assert_eq!(blame(&store, &config, 3), of([2, 1]));
    store.rollback(&config, 1, &RollbackOptions::default(), &at(4)).unwrap();
    assert_eq!(blame(&store, &config, 4), of([4, 1]));
}

#[test]
fn each_line_has_the_version_that_set_what_stands_in_it() {
    let (store, config) = (Store::in_memory(), config("a.yaml"));
    for (second, source) in [
        (1, "# top\ndb:\n  pool: 1\n  ports: [1, 2]\ntext: |\n  one\n  two\n"),
        (2, "# other\ndb:\n  pool: 1\n  ports: [1, 3]\nnew:\n  # in it\n  key: 1\ntext: |\n  one\n  two\n"),
    ] {
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    let state = store.state(&config).unwrap();
    let blame = store.blame(&state, 2).unwrap();
    let lines: Vec<_> = blame.lines().into_iter().map(|(line, number)| (line, number.unwrap_or(0))).collect();
    assert_eq!(
        lines,
        [
            ("# other", 0),
            ("db:", 1),
            ("  pool: 1", 1),
            ("  ports: [1, 3]", 2),
            ("new:", 2),
            ("  # in it", 0),
            ("  key: 1", 2),
            ("text: |", 1),
            ("  one", 1),
            ("  two", 1),
        ]
    );
}

#[test]
fn damage_on_the_way_is_told_and_passed_by() {
    let scratch = Scratch::new();
    let config = config("a.yaml");
    let store = Store::create(scratch.join(".vconf")).unwrap();
    for second in 1..=20 {
        let source = format!("a: {second}\nb: {}\n", second >= 10);
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    put(&scratch.join(".vconf/configs/a.yaml/v10.json"), b"{}");
    let state = store.state(&config).unwrap();
    let blame = store.blame(&state, 20).unwrap();
    assert_eq!(blame.damage.iter().map(|damage| damage.number).collect::<Vec<_>>(), [10]);
    let numbers: Vec<_> = blame.values().map(|value| value.number).collect();
    // What version 10 set is told of the one after it.
    assert_eq!(numbers, [20, 11]);
}

fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let run = Command::new("git").current_dir(folder).args(words).output().ok()?;
    assert!(run.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8_lossy(&run.stdout).into_owned())
}

/// A repository with the revisions of a history, and its commits, oldest first.
fn repository(folder: &Path, revisions: &[Vec<u8>]) -> Option<Vec<String>> {
    git(folder, &["init", "-q"])?;
    let mut stream = Vec::new();
    for (at, revision) in revisions.iter().enumerate() {
        let time = 1_700_000_000 + at;
        let head =
            format!("commit refs/heads/x\ncommitter a <a@b> {time} +0000\ndata 1\nx\nM 644 inline f\n");
        stream.extend(head.as_bytes());
        stream.extend(format!("data {}\n", revision.len()).as_bytes());
        stream.extend(revision);
        stream.push(b'\n');
    }
    let mut import = Command::new("git")
        .current_dir(folder)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    import.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(import.wait().unwrap().success());
    let commits = git(folder, &["rev-list", "--reverse", "x"])?;
    Some(commits.lines().map(str::to_owned).collect())
}

/// The revisions of the real histories that are texts, at most so many of each; what is the same as before is left out.
fn real_histories(most: usize) -> Vec<(String, Vec<Vec<u8>>)> {
    let Some(root) = support::data("histories") else { return Vec::new() };
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let history = |folder: PathBuf| {
        let is_revision = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(|c: char| c.is_ascii_digit())
        };
        let files = support::files(&folder).into_iter().filter(is_revision);
        let mut revisions: Vec<Vec<u8>> = files.map(|path| fs::read(path).unwrap()).take(most).collect();
        revisions.retain(|bytes| std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')));
        revisions.dedup();
        (folder.file_name().unwrap().to_str().unwrap().to_owned(), revisions)
    };
    folders.into_iter().map(history).filter(|(_, revisions)| !revisions.is_empty()).collect()
}

#[test]
fn lines_of_real_histories_are_blamed_as_git_does_and_found_where_git_finds_them() {
    let (mut same, mut all, mut searched) = (0, 0, 0);
    for (name, revisions) in real_histories(25) {
        let scratch = Scratch::new();
        let Some(commits) = repository(scratch.path(), &revisions) else {
            return say("skipped: git can't be run");
        };
        let (store, config) = (Store::in_memory(), config("f"));
        let options = SaveOptions { format: Some(Format::Text), ..SaveOptions::default() };
        for (second, revision) in revisions.iter().enumerate() {
            let saved = store.save(&config, revision, &options, &at(second as u64)).unwrap();
            assert_eq!(saved.version.number, second as u64 + 1, "{name}");
        }
        let newest = revisions.len() as u64;
        let told = git(scratch.path(), &["blame", "--porcelain", "x", "--", "f"]).unwrap();
        let is_commit = |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let theirs = told
            .lines()
            .filter(|line| !line.starts_with('\t'))
            .filter_map(|line| line.split(' ').next().filter(is_commit))
            .map(|commit| 1 + commits.iter().position(|known| known == commit).unwrap() as u64);
        let state = store.state(&config).unwrap();
        let blame = store.blame(&state, newest).unwrap();
        let ours: Vec<_> = blame.values().map(|value| value.number).collect();
        let theirs: Vec<_> = theirs.collect();
        assert_eq!(ours.len(), theirs.len(), "{name}: a number a line");
        let alike = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours == theirs).count();
        say(&format!("blame: {name}: {alike} of {} lines as git tells", ours.len()));
        all += ours.len();
        same += alike;

        // Some words of the last revision.
        let text = String::from_utf8(revisions[revisions.len() - 1].clone()).unwrap();
        let words: BTreeSet<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).collect();
        for word in words.into_iter().step_by(29).take(4) {
            let log = git(scratch.path(), &["log", &format!("-S{word}"), "--format=%H", "x"]).unwrap();
            let theirs: BTreeSet<u64> = log
                .lines()
                .map(|commit| 1 + commits.iter().position(|known| known == commit).unwrap() as u64)
                .collect();
            let pattern = Some(Pattern::text(word, false).unwrap());
            let query = FindQuery { pattern, ..FindQuery::default() };
            let mut ours = BTreeSet::new();
            for found in store.search(&state, &query).unwrap() {
                if let Found::Hit { version, last, place: FoundPlace::Line { .. }, .. } = found.unwrap() {
                    ours.extend([version.number, last + 1]);
                }
            }
            // git tells where the count of a text changes; the lines that have it may change more often. Copies of one
            // line are one hit.
            let copies = theirs.iter().filter(|number| !ours.contains(number)).count();
            let is_copied = |bytes: &Vec<u8>| has_copies(&String::from_utf8_lossy(bytes), word);
            assert!(copies == 0 || revisions.iter().any(is_copied), "{name}: {word}: {ours:?} {theirs:?}");
            searched += 1;
        }
    }
    if let Some(percent) = (100 * same).checked_div(all) {
        say(&format!("blame: {same} of {all} lines as git tells, {percent} %"));
        say(&format!("find: {searched} words where git log -S tells"));
        // Where lines come several times, several edits are the fewest.
        assert!(percent >= 90);
    }
}

/// Whether lines with a word come several times.
fn has_copies(text: &str, word: &str) -> bool {
    let mut lines: Vec<_> = text.lines().filter(|line| line.contains(word)).collect();
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    lines.len() < count
}

#[test]
fn what_an_alias_repeats_sets_nothing_where_its_anchor_stands() {
    let (store, config) = (Store::in_memory(), config("compose.yaml"));
    let first = "x: &log\n  driver: json\n  size: 5\nservices:\n  a: {logging: *log}\n";
    let second = format!("{first}  b:\n    logging: *log\n  c:\n    - *log\n    - {{k: *log, j: 1}}\n");
    for (second, source) in [(1, first), (2, second.as_str())] {
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    let state = store.known_state(&config).unwrap();
    let blame = store.blame(&state, 2).unwrap();
    let told: Vec<_> = blame.lines().into_iter().map(|(line, set)| (line.trim(), set.unwrap_or(0))).collect();
    assert_eq!(told[..4], [("x: &log", 1), ("driver: json", 1), ("size: 5", 1), ("services:", 1)]);
    assert_eq!(told[5..8], [("b:", 2), ("logging: *log", 2), ("c:", 2)]);
    assert_eq!(told[9], ("- {k: *log, j: 1}", 2));
}
