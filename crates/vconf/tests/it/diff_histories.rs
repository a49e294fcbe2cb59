//! The real histories: what was compared leads from each revision to the next and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vconf::diff::{Options, Patch, apply_to_tree, compare, summary};
use vconf::format;
use vconf::model::tree::Tree;

use crate::diff_support::pairs;
use crate::support;

/// The revisions of each history, in order.
pub(crate) fn histories() -> Vec<Vec<PathBuf>> {
    let Some(folder) = support::data("histories") else { return Vec::new() };
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let revisions = |folder: &PathBuf| {
        let files = support::files(folder).into_iter();
        files.filter(|path| !path.ends_with("SOURCE.json") && !path.ends_with("history.jsonl")).collect()
    };
    folders.iter().map(revisions).collect()
}

pub(crate) fn tree(path: &Path) -> Option<Tree> {
    format::read(path.to_str().unwrap(), fs::read(path).unwrap(), None).tree.map(Arc::unwrap_or_clone)
}

#[test]
fn every_difference_leads_to_the_next_revision_and_back() {
    let histories = histories();
    let all: usize = histories.iter().map(|revisions| revisions.len().saturating_sub(1)).sum();
    let step = all.div_ceil(pairs(600) as usize).max(1);
    let mut tried = 0;
    let consecutive = histories.iter().flat_map(|revisions| revisions.windows(2));
    for (number, pair) in consecutive.enumerate() {
        if number % step != 0 {
            continue;
        }
        let (Some(old), Some(new)) = (tree(&pair[0]), tree(&pair[1])) else { continue };
        for options in [Options::default(), Options::strict()] {
            check(&old, &new, &options, &pair[1]);
        }
        tried += 1;
    }
    println!("histories: {tried} of {all} pairs compared, applied and undone");
}

fn check(old: &Tree, new: &Tree, options: &Options, path: &Path) {
    let diff = compare(old, new, options);
    let patch = diff.to_patch().unwrap();
    let same = |a: &Tree, b: &Tree| a.to_value().unwrap() == b.to_value().unwrap();
    assert!(same(&apply_to_tree(old, &patch).unwrap(), new), "{}", path.display());
    assert!(same(&apply_to_tree(new, &patch.invert()).unwrap(), old), "{}", path.display());
    assert_eq!(diff.is_equal() && diff.reordered().is_empty(), same(old, new), "{}", path.display());
    assert_eq!(Patch::from_value(&diff.to_value().unwrap()).unwrap(), patch, "{}", path.display());
    let summary = summary(&diff);
    assert_eq!(summary.added + summary.removed + summary.changed, diff.changes().len() as u64);
    assert!(summary.summary.chars().count() <= 100 && !summary.summary.contains('\n'), "{summary:?}");
    if old.source() != new.source() {
        assert!(!diff.is_equal() || !diff.layout().is_empty(), "a difference is told: {}", path.display());
    }
}
