//! What comparing costs, beside what serde_json takes to only parse both documents.
//!
//! `cargo bench -p vconf --bench compare`

#![expect(clippy::unwrap_used, reason = "the documents are made here")]

use divan::{Bencher, black_box};
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
    Case { name: "10,000 objects shuffled, 1 % edited", make: || objects(10_000) },
    Case { name: "100,000 objects shuffled, 1 % edited", make: || objects(100_000) },
    Case { name: "100,000 integers shuffled", make: || scalars(100_000, |n| n.to_string()) },
    Case { name: "100,000 strings shuffled", make: || scalars(100_000, |n| format!("\"item-{n}\"")) },
    Case { name: "two different documents of 1 MB", make: different },
    Case { name: "depth 100,000", make: || (deep("1"), deep("2")) },
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

/// A small generator of numbers: the same ones in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.next(at + 1));
        }
    }
}

/// Services in maps of maps, of which one in a hundred has another value.
fn nested(services: usize) -> (String, String) {
    let mut numbers = Numbers(7);
    let edited: Vec<bool> = (0..services).map(|_| numbers.next(100) == 0).collect();
    let document = |new: bool| {
        let service = |n: usize| {
            let port = if new && edited[n] { 9 } else { 8000 + n % 1000 };
            format!(
                r#""service-{n}": {{"image": "registry.example.com/team/app:1.{n}", "port": {port}, "enabled": true, "limits": {{"cpu": "{n}m", "memory": "512Mi"}}, "env": ["A={n}", "B=2"], "weight": {}.5}}"#,
                n * 7
            )
        };
        let groups = services.div_ceil(25);
        let group = |g: usize| {
            let services = (g * 25..services.min(g * 25 + 25)).map(service).collect::<Vec<_>>().join(", ");
            format!("\"group-{g}\": {{{services}}}")
        };
        format!("{{{}}}", (0..groups).map(group).collect::<Vec<_>>().join(",\n"))
    };
    (document(false), document(true))
}

/// A list of objects, shuffled, of which one in a hundred has another value.
fn objects(count: usize) -> (String, String) {
    let mut numbers = Numbers(11);
    let object = |n: usize, size: usize| {
        format!(
            r#"{{"id": {n}, "name": "item-{n}", "size": {size}, "tags": ["a", "b{}"], "meta": {{"owner": "team-{}", "active": true}}}}"#,
            n % 10,
            n % 50
        )
    };
    let list = |items: Vec<String>| format!("[{}]", items.join(",\n"));
    let old: Vec<String> = (0..count).map(|n| object(n, n % 1000)).collect();
    let mut new: Vec<String> =
        (0..count).map(|n| object(n, if numbers.next(100) == 0 { 5000 } else { n % 1000 })).collect();
    numbers.shuffle(&mut new);
    (list(old), list(new))
}

fn scalars(count: usize, item: impl Fn(usize) -> String) -> (String, String) {
    let mut numbers = Numbers(13);
    let mut items: Vec<String> = (0..count).map(item).collect();
    let list = |items: &[String]| format!("[{}]", items.join(","));
    let old = list(&items);
    numbers.shuffle(&mut items);
    (old, list(&items))
}

/// Two documents that have nothing in common but their shape.
fn different() -> (String, String) {
    let document = |seed: u64| {
        let mut numbers = Numbers(seed);
        let mut object = || {
            let [a, b, c] = [0; 3].map(|_| numbers.next(1 << 30));
            format!(r#"{{"k{a}": {b}, "value": "text {c}", "list": [{a}, {c}]}}"#)
        };
        format!("[{}]", (0..14_000).map(|_| object()).collect::<Vec<_>>().join(",\n"))
    };
    (document(1), document(2))
}

fn deep(leaf: &str) -> String {
    format!("{}{leaf}{}", "[".repeat(100_000), "]".repeat(100_000))
}
