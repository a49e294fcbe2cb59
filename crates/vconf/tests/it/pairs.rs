//! How often a law of differences is broken by random documents: all are counted, where the other tests stop at the
//! first. `scripts/pairs` runs it with as many as one likes.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use vconf::diff::{Options, apply, compare};
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use crate::compose::{line, options};
use crate::diff_patch::canonical;
use crate::diff_support::pairs;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Broken {
    verdicts: usize,
    applies: usize,
    reverses: usize,
    compositions: usize,
}

#[test]
fn no_random_pair_breaks_a_law() {
    let count = pairs(1000);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let lines = line(3);
    let mut broken = Broken::default();
    for number in 1..=count {
        let values = lines.new_tree(&mut runner).expect("no value is rejected").current();
        for (options, strict) in options().iter().zip([false, true]) {
            broken.look_at(&values, options, strict);
        }
        if number % 100_000 == 0 || number == count {
            println!(
                "{number} pairs: {} wrong verdicts, {} failing applies, {} failing reverses, {} failing compositions",
                broken.verdicts, broken.applies, broken.reverses, broken.compositions
            );
        }
    }
    assert_eq!(broken, Broken::default());
}

impl Broken {
    fn look_at(&mut self, values: &[Value], options: &Options, strict: bool) {
        let [a, b, c] = values else { panic!("three values") };
        let [a_tree, b_tree, c_tree] = [a, b, c].map(|value| Tree::from_value(value).unwrap());
        let first = compare(&a_tree, &b_tree, options);
        let is_equal = canonical(a, strict) == canonical(b, strict);
        self.verdicts += usize::from(first.is_equal() != is_equal);
        let first = first.to_patch().unwrap();
        self.applies += usize::from(apply(a, &first).as_ref() != Ok(b));
        self.reverses += usize::from(apply(b, &first.invert()).as_ref() != Ok(a));
        let next = compare(&b_tree, &c_tree, options).to_patch().unwrap();
        let leads = first.compose(&next).is_ok_and(|both| {
            apply(a, &both).as_ref() == Ok(c) && apply(c, &both.invert()).as_ref() == Ok(a)
        });
        self.compositions += usize::from(!leads);
    }
}
