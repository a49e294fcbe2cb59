//! What a comparison reads of the sources changes no answer: it is that of the values alone.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use vconf::diff::{Options, compare};
use vconf::format::{Format, parse};
use vconf::model::tree::{SourceScope, Tree};

use crate::diff_support::pairs;

/// Two short sources in YAML: the same lines, some of them at another indentation. Most hold together.
fn sources() -> impl Strategy<Value = [String; 2]> {
    let indents = prop_oneof![3 => (0..3_usize).prop_map(|indent| [indent; 2]), 1 => [0..3_usize, 0..3]];
    vec((indents, prop::sample::select(RESTS)), 1..7).prop_map(|lines| {
        [0, 1].map(|which| {
            lines.iter().map(|(indents, rest)| format!("{:1$}{rest}\n", "", 2 * indents[which])).collect()
        })
    })
}

/// What a line may hold after its indentation.
const RESTS: &[&str] =
    &["k:", "j:", "- ", "-", "k: 1", "j: 1", "- 1", "- k: 1", "- k:", "# c", "k: {a: 1}", "- [1, 1]"];

fn check(old: &Tree, new: &Tree) {
    let alone = [old, new].map(|tree| Tree::from_value(&tree.to_value().unwrap()).unwrap());
    let expected = compare(&alone[0], &alone[1], &Options::default());
    let found = compare(old, new, &Options::default());
    assert_eq!(found.is_equal(), expected.is_equal(), "{}\n{}", old.source(), new.source());
    let [found, expected] = [found, expected].map(|diff| diff.to_patch().unwrap());
    assert_eq!(found, expected, "{}\n{}", old.source(), new.source());
}

#[test]
fn equal_sources_in_other_columns_may_be_other_content() {
    let [old, new] = ["- k:\n    x: 1\n", "-\n    k:\n    x: 1\n"].map(|source| {
        let tree = parse(Format::Yaml, source).unwrap();
        assert_eq!(tree.source_scope(), SourceScope::Column);
        tree
    });
    assert!(!compare(&old, &new, &Options::default()).is_equal());
    check(&old, &new);
}

#[test]
fn sources_of_yaml_are_compared_as_their_values_are() {
    let (mut compared, mut unlike) = (0, 0);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let sources = sources();
    while compared < pairs(3000) {
        let texts = sources.new_tree(&mut runner).unwrap().current();
        let [Ok(old), Ok(new)] = texts.map(|text| parse(Format::Yaml, text)) else { continue };
        let is_usual = |tree: &Tree| tree.source_scope() == SourceScope::Column && tree.notices().is_empty();
        if is_usual(&old) && is_usual(&new) {
            check(&old, &new);
            check(&new, &old);
            compared += 1;
            unlike += u32::from(old.to_value() != new.to_value());
        }
    }
    assert!(unlike > compared / 50, "only {unlike} of {compared} pairs were of other content");
}
