//! Real merges of config files, held against what people made of them and what git makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use vconf::diff::{Options, compare, merge};
use vconf::format::{self, Format};
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use crate::support;

/// How the merges of one kind of file came out.
#[derive(Default)]
struct Tally {
    /// What git calls conflicts: merged to the people's own result, a conflict still, merged otherwise.
    conflicts: [usize; 3],
    /// What git merges: to the same content, a conflict, to other content.
    clean: [usize; 3],
}

#[test]
fn real_merges_come_out_as_people_made_them_and_never_against_git() {
    let Some(folder) = support::data("merges") else { return };
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for base in support::files(&folder) {
        if base.file_stem().is_none_or(|stem| stem != "base") {
            continue;
        }
        let side = |name: &str| base.with_file_name(name).with_extension(base.extension().unwrap());
        let git = Command::new("git")
            .args(["merge-file", "-p", "--diff3"])
            .args([side("ours"), side("base"), side("theirs")])
            .output()
            .expect("git can be run");
        let trees = ["base", "ours", "theirs", "result"].map(|name| tree(&side(name)));
        let [Some(base_tree), Some(ours), Some(theirs), Some(result)] = trees else { continue };
        let merged = merge(&base_tree, &ours, &theirs, &Options::default()).unwrap();
        let folder = base.parent().unwrap();
        let name = folder.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let tally = tallies.entry(name.to_owned()).or_default();
        let outcome = |expected: &Tree| match merged.is_clean() {
            true if is_same(&merged.value, expected) => 0,
            true => 2,
            false => 1,
        };
        if git.status.success() {
            let document = format::read(base.to_str().unwrap(), git.stdout.as_slice(), None);
            let at = document.tree.map_or(0, |tree| outcome(&tree));
            tally.clean[at] += 1;
        } else {
            let at = outcome(&result);
            tally.conflicts[at] += 1;
        };
    }
    report(&tallies);
}

fn is_same(value: &Value, expected: &Tree) -> bool {
    compare(&Tree::from_value(value).unwrap(), expected, &Options::default()).is_equal()
}

fn tree(path: &Path) -> Option<Tree> {
    let document = format::read(path.to_str().unwrap(), fs::read(path).unwrap(), None);
    let structured = !matches!(document.format, Format::Text | Format::Binary);
    document.tree.filter(|_| structured).map(Arc::unwrap_or_clone)
}

fn report(tallies: &BTreeMap<String, Tally>) {
    let sum = |of: fn(&Tally) -> [usize; 3]| {
        tallies.values().map(of).fold([0; 3], |sum, tally| [0, 1, 2].map(|at| sum[at] + tally[at]))
    };
    let line = |name: &str, [a, b, c]: [usize; 3], [d, e, f]: [usize; 3]| {
        support::say(&format!("{name:24} {a:9} {b:9} {c:9} | {d:9} {e:9} {f:9}"));
    };
    support::say("merges                   | git: conflict                | git: clean");
    support::say("                         as people  conflict otherwise |   as git  conflict otherwise");
    tallies.iter().for_each(|(name, tally)| line(name, tally.conflicts, tally.clean));
    let (conflicts, clean) = (sum(|tally| tally.conflicts), sum(|tally| tally.clean));
    line("all", conflicts, clean);
    assert!(conflicts[0] >= 65 && conflicts[2] <= 11, "{conflicts:?}");
    // Of the two others one moves entries to another key of the same file, which git takes for another name of the
    // key; the other changes what an alias stands for that the other side uses once more.
    assert!(clean[0] >= 569 && clean[2] <= 2, "{clean:?}");
}
