//! Some of the changes of a difference, made without the others.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use vconf::diff::{Options, Parts, compare};
use vconf::format::json;
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use crate::compose::line;
use crate::diff_histories::{histories, tree};
use crate::diff_patch::canonical;
use crate::diff_support::{edits, json as read, pairs};
use crate::support::Random;

/// What the old text is with some of the changes, each named by how it is told.
#[track_caller]
fn with(old: &str, new: &str, wanted: &[&str]) -> Option<String> {
    let (old, new) = (read(old), read(new));
    let diff = compare(&old, &new, &Options::default().with_copies());
    let told = edits(&diff);
    let chosen: Vec<usize> = wanted
        .iter()
        .map(|wanted| {
            told.iter().position(|told| told == wanted).unwrap_or_else(|| panic!("{wanted}: {told:?}"))
        })
        .collect();
    Parts::of(&diff).make(&chosen).map(|value| json::to_string(&value))
}

#[test]
fn changes_are_made_where_they_belong_whatever_is_left_out() {
    let (old, new) = (
        r#"{"list":[{"name":"a"},{"name":"b","env":[1]},{"name":"c"}],"k":1,"gone":[1]}"#,
        r#"{"list":[{"name":"x"},{"name":"b","env":[1,2]},{"name":"c","on":true},{"name":"y"}],"k":2,"new":{}}"#,
    );
    for (wanted, expected) in [
        (
            &["+ list[name=b].env[1]: 2"][..],
            r#"{"list":[{"name":"a"},{"name":"b","env":[1,2]},{"name":"c"}],"k":1,"gone":[1]}"#,
        ),
        (
            &["+ list[name=c].on: true"],
            r#"{"list":[{"name":"a"},{"name":"b","env":[1]},{"name":"c","on":true}],"k":1,"gone":[1]}"#,
        ),
        (
            &[r#"+ list[name=y]: {"name":"y"}"#],
            r#"{"list":[{"name":"a"},{"name":"b","env":[1]},{"name":"c"},{"name":"y"}],"k":1,"gone":[1]}"#,
        ),
        (
            &["k: 1 → 2", "- gone: [1]"],
            r#"{"list":[{"name":"a"},{"name":"b","env":[1]},{"name":"c"}],"k":2}"#,
        ),
        (
            &["+ new: {}"],
            r#"{"list":[{"name":"a"},{"name":"b","env":[1]},{"name":"c"}],"k":1,"new":{},"gone":[1]}"#,
        ),
    ] {
        assert_eq!(with(old, new, wanted).as_deref(), Some(expected), "{wanted:?}");
    }
}

#[test]
fn all_of_them_lead_to_the_new_content_and_none_to_the_old() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let lines = line(2);
    let mut random = Random::new(7);
    for _ in 0..pairs(2000) {
        let values = lines.new_tree(&mut runner).unwrap().current();
        let [a, b] = &values[..] else { panic!("two values") };
        check(&Tree::from_value(a).unwrap(), &Tree::from_value(b).unwrap(), &mut random);
    }
}

#[test]
fn so_it_is_with_real_files_and_single_changes_of_them_can_be_made() {
    let histories = histories();
    let consecutive: Vec<_> = histories.iter().flat_map(|revisions| revisions.windows(2)).collect();
    let step = consecutive.len().div_ceil(pairs(300) as usize).max(1);
    let mut random = Random::new(9);
    let (mut made, mut count) = (0, 0);
    for pair in consecutive.iter().step_by(step) {
        let (Some(old), Some(new)) = (tree(&pair[0]), tree(&pair[1])) else { continue };
        let (one, of) = check(&old, &new, &mut random);
        (made, count) = (made + one, count + of);
    }
    println!("{made} of {count} changes of real files can be made alone");
    assert!(made * 100 >= count * 95);
}

/// Holds the laws; gives how many of the changes can be made alone, and how many there are.
fn check(old: &Tree, new: &Tree, random: &mut Random) -> (usize, usize) {
    let diff = compare(old, new, &Options::default().with_copies());
    let parts = Parts::of(&diff);
    let all: Vec<usize> = (0..parts.count()).collect();
    let (old_value, new_value) = (old.to_value().unwrap(), new.to_value().unwrap());
    let same = |a: &Value, b: &Value| canonical(a, false) == canonical(b, false);
    assert_eq!(parts.make(&[]).as_ref(), Some(&old_value));
    let made = parts.make(&all).expect("all changes can be made together");
    assert!(same(&made, &new_value), "{made:?}\n{new_value:?}");
    let mut alone = 0;
    for &part in all.iter().take(20) {
        let Some(made) = parts.make(&[part]) else { continue };
        alone += 1;
        // A change of order is none of content.
        assert!(
            part >= diff.changes().len() || made != old_value,
            "{part} of {:?} changes nothing",
            edits(&diff)
        );
    }
    // Whatever is chosen, what was not changed is kept.
    let some: Vec<usize> = all.iter().copied().filter(|_| random.below(2) == 0).collect();
    if let (Some(made), Value::Map(old_map), Value::Map(new_map)) =
        (parts.make(&some), &old_value, &new_value)
    {
        for (key, value) in old_map.iter().filter(|(key, value)| new_map.get(*key) == Some(value)) {
            assert_eq!(made.get(key), Some(value), "{some:?} of {:?}", edits(&diff));
        }
    }
    (alone, all.len().min(20))
}
