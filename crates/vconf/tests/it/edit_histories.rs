//! Edits in place on the real histories: each revision is made of the one before it.

use std::collections::BTreeMap;
use std::fs;

use imara_diff::{Algorithm, Diff, InternedInput};
use vconf::format::edit::{EditReason, edit};
use vconf::format::{self, Document, Format};

use crate::edit_support::content;
use crate::support::{self, say};

/// The formats whose edits are made.
const EDITED: [Format; 8] = [
    Format::Json,
    Format::Jsonc,
    Format::Json5,
    Format::Ini,
    Format::Env,
    Format::Properties,
    Format::Yaml,
    Format::Toml,
];

/// Each history's revisions that have keys and values, by name.
fn histories() -> BTreeMap<String, Vec<Document>> {
    let mut histories: BTreeMap<String, Vec<Document>> = BTreeMap::new();
    for path in support::data("histories").iter().flat_map(|folder| support::files(folder)) {
        let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let file = path.file_name().unwrap().to_str().unwrap();
        if file == "SOURCE.json" || file == "history.jsonl" {
            continue;
        }
        let document = format::read(file, fs::read(&path).unwrap(), None);
        if EDITED.contains(&document.format) {
            histories.entry(name).or_default().push(document);
        }
    }
    histories
}

fn source(document: &Document) -> &str {
    document.tree.as_ref().map_or("", |tree| tree.source())
}

/// The lines that two texts have in common, in order.
fn common<'a>(old: &'a str, new: &str) -> Vec<&'a str> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let lines = old.split_inclusive('\n').enumerate();
    lines.filter(|(at, _)| !diff.is_removed(*at as u32)).map(|(_, line)| line).collect()
}

/// A line without what an edit of its neighbours may change: its end, and a comma.
fn bare(line: &str) -> &str {
    line.trim_end().trim_end_matches(',')
}

#[test]
fn each_revision_is_made_of_the_one_before_it() {
    let (mut edits, mut kept, mut lines) = (0_usize, 0_u64, 0_u64);
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for (name, revisions) in histories() {
        let (mut own_kept, mut own_lines, mut own_edits) = (0_u64, 0_u64, 0_usize);
        for pair in revisions.windows(2) {
            let [older, newer] = pair else { continue };
            let Some(target) = content(newer).filter(|_| older.format == newer.format) else { continue };
            own_edits += 1;
            match edit(older, &target) {
                Ok(bytes) => {
                    let result = older.encoding.decode(&bytes).unwrap();
                    let mut found = result.lines().map(bare);
                    for line in common(source(older), source(newer)) {
                        let is_comment = line.trim_start().starts_with(['#', '/', ';', '!']);
                        if is_comment || line.trim().is_empty() {
                            continue;
                        }
                        own_lines += 1;
                        let rest = found.clone();
                        if found.any(|there| there == bare(line)) {
                            own_kept += 1;
                        } else {
                            found = rest;
                        }
                    }
                }
                Err(error) => {
                    assert_ne!(error.reason, EditReason::NoStructure, "{name}");
                    *refusals.entry(format!("{name}: {error}")).or_default() += 1;
                }
            }
        }
        say(&format!("{name}: {own_edits} edits, {own_kept} of {own_lines} lines kept"));
        (edits, kept, lines) = (edits + own_edits, kept + own_kept, lines + own_lines);
    }
    for (reason, count) in &refusals {
        say(&format!("refused {count}×: {reason}"));
    }
    let refused: usize = refusals.values().sum();
    say(&format!("edits in place: {edits}, refused {refused}, {kept} of {lines} lines kept"));
    assert!(refused * 2000 <= edits, "{refused} of {edits} are refused");
    // Lines of keys that stand in another order in the newer revision are not found in order: maps keep theirs.
    assert!(kept * 10_000 >= lines * 9_930, "{kept} of {lines} lines are kept");
}

#[test]
fn an_edit_to_what_is_there_changes_nothing() {
    for (name, revisions) in histories() {
        for document in revisions {
            let Some(own) = content(&document) else { continue };
            let bytes = edit(&document, &own).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(document.encoding.encode(source(&document)), Some(bytes), "{name}");
        }
    }
}

#[test]
fn an_edit_of_a_conformance_file_to_what_it_holds_changes_nothing() {
    let yaml = support::data("suites/yaml-test-suite").map(|suite| {
        let files = support::files(&suite).into_iter();
        files.filter(|path| path.ends_with("in.yaml") && !path.with_file_name("error").exists())
    });
    let toml = support::data("suites/toml-test/tests").map(|suite| {
        let list = fs::read_to_string(suite.join("files-toml-1.1.0")).unwrap();
        let names = list.lines().filter(|name| name.starts_with("valid/") && name.ends_with(".toml"));
        names.map(|name| suite.join(name)).collect::<Vec<_>>().into_iter()
    });
    let yaml = yaml.into_iter().flatten().map(|path| (Format::Yaml, path));
    let toml = toml.into_iter().flatten().map(|path| (Format::Toml, path));
    let mut checked: BTreeMap<Format, usize> = BTreeMap::new();
    for (format, path) in yaml.chain(toml) {
        let bytes = fs::read(&path).unwrap();
        let document = format::read("", bytes.clone(), Some(format));
        let Some(own) = content(&document) else { continue };
        let edited = edit(&document, &own).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(edited, bytes, "{}", path.display());
        *checked.entry(format).or_default() += 1;
    }
    for (format, count) in &checked {
        say(&format!("unchanged conformance files of {format}: {count}"));
    }
    assert!(checked.values().all(|&count| count > 200), "{checked:?}");
}
