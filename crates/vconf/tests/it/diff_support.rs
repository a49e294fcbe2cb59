//! What the tests of comparing share.

use std::path::PathBuf;

use vconf::diff::{Diff, Options, Order, Rule, compare};
use vconf::format::json;
use vconf::model::tree::Tree;

use crate::support;

/// The tricky pairs that are not in every checkout.
pub(crate) fn shared_cases() -> Option<PathBuf> {
    support::shared("diff-cases")
}

/// How many pairs a test may try: what `VCONF_TEST_PAIRS` says, or so many.
pub(crate) fn pairs(count: u32) -> u32 {
    std::env::var("VCONF_TEST_PAIRS").ok().and_then(|count| count.parse().ok()).unwrap_or(count)
}

pub(crate) fn json(text: &str) -> Tree {
    json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The edits of a difference in a short form, one a line.
pub(crate) fn edits(diff: &Diff<'_>) -> Vec<String> {
    diff.changes()
        .iter()
        .map(|change| {
            let show = |tree: &Tree, id| json::to_string(&tree.value(id).unwrap());
            let old = change.old.map(|id| show(diff.old_tree(), id)).unwrap_or_default();
            let new = change.new.map(|id| show(diff.new_tree(), id)).unwrap_or_default();
            let path = diff.people_path(change);
            let before = diff.people_path_before(change);
            let mut line = match change.op.name() {
                "add" => format!("+ {path}: {new}"),
                "remove" => format!("- {path}: {old}"),
                "replace" => format!("{path}: {old} → {new}"),
                op => format!("{op} {before} → {path}"),
            };
            if let Some((old, new)) = diff.kind_change(change) {
                line += &format!(" ({old} → {new})");
            }
            if let Some(note) = diff.note(change) {
                line += &format!(" ({note})");
            }
            if let Some((old, new)) = change.copies {
                line += &format!(" ({old} → {new} copies)");
            }
            line
        })
        .collect()
}

/// The edits between two JSON texts.
pub(crate) fn json_edits(old: &str, new: &str, options: &Options) -> Vec<String> {
    edits(&compare(&json(old), &json(new), options))
}

pub(crate) fn keyed(rule: &str) -> Options {
    Options { order: Order::Ignore, rules: vec![Rule::parse_keyed(rule).unwrap()] }
}
