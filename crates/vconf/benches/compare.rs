//! What comparing costs, beside what serde_json takes to only parse both documents.
//!
//! `cargo bench -p vconf --bench compare`

#![expect(clippy::unwrap_used, reason = "the documents are made here")]

#[expect(dead_code, reason = "the bench beside the peers uses more of them")]
#[path = "../../../benches/peers/src/documents.rs"]
mod documents;

use divan::{Bencher, black_box};
use documents::{deep, different, nested, objects, scalars, short_object};
use vconf::diff::{Options, compare};
use vconf::format::json;

fn main() {
    divan::main();
}

/// The documents that are compared: the old one and the new one, as JSON.
const CASES: [Case; 9] = [
    Case { name: "config 2 KB", make: || nested(12) },
    Case { name: "nested 100 KB, 1 % edited", make: || nested(500) },
    Case { name: "nested 5 MB, 1 % edited", make: || nested(25_000) },
    Case { name: "10,000 objects shuffled, 1 % edited", make: || objects(10_000, short_object) },
    Case { name: "100,000 objects shuffled, 1 % edited", make: || objects(100_000, short_object) },
    Case { name: "100,000 integers shuffled", make: || scalars(100_000, false, |n| n.to_string()) },
    Case { name: "100,000 strings shuffled", make: || scalars(100_000, false, |n| format!("\"item-{n}\"")) },
    Case { name: "two different documents of 1 MB", make: different },
    Case { name: "depth 100,000", make: || (deep(100_000, 1), deep(100_000, 2)) },
];

struct Case {
    name: &'static str,
    make: fn() -> (String, String),
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[divan::bench(args = &CASES, sample_count = 20, sample_size = 1)]
fn only_compare(bencher: Bencher<'_, '_>, case: &Case) {
    let (old, new) = (case.make)();
    let (old, new) = (json::parse(old).unwrap(), json::parse(new).unwrap());
    bencher.bench_local(|| black_box(compare(&old, &new, &Options::default()).changes().len()));
}

#[divan::bench(args = &CASES, sample_count = 20, sample_size = 1)]
fn read_and_compare(bencher: Bencher<'_, '_>, case: &Case) {
    let (old, new) = (case.make)();
    bencher.with_inputs(|| (old.clone(), new.clone())).bench_local_values(|(old, new)| {
        let (old, new) = (json::parse(old).unwrap(), json::parse(new).unwrap());
        black_box(compare(&old, &new, &Options::default()).changes().len())
    });
}

#[divan::bench(args = &CASES[..8], sample_count = 20, sample_size = 1)]
fn serde_json_only_parses(bencher: Bencher<'_, '_>, case: &Case) {
    let (old, new) = (case.make)();
    bencher.bench_local(|| {
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        black_box((parse(&old), parse(&new)))
    });
}
