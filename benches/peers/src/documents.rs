//! The documents: the same ones in every run.

use std::fs;
use std::path::Path;

use vconf::format::{self, Format};

/// Writes each case as `NAME.old.EXTENSION` and `NAME.new.EXTENSION`.
pub(crate) fn make(folder: &Path) {
    let write = |name: &str, extension: &str, (old, new): (String, String)| {
        for (side, text) in [("old", old), ("new", new)] {
            fs::write(folder.join(format!("{name}.{side}.{extension}")), text)
                .expect("the folder can be written");
        }
    };
    for (name, services) in [("2k", 12), ("100k", 500), ("1m", 5_000), ("5m", 25_000)] {
        write(name, "json", nested(services));
    }
    for (name, count) in [("c1k", 1_000), ("c10k", 10_000), ("c100k", 100_000)] {
        write(name, "json", objects(count, long_object));
    }
    for (name, count) in [("s1k", 1_000), ("s10k", 10_000), ("s100k", 100_000)] {
        write(name, "json", objects(count, short_object));
    }
    for (name, edits) in [("", true), ("-moved", false)] {
        write(&format!("integers{name}"), "json", scalars(100_000, edits, |n| n.to_string()));
        write(&format!("strings{name}"), "json", scalars(100_000, edits, |n| format!("\"item-{n}\"")));
    }
    write("different", "json", different());
    for depth in [1_000, 10_000, 100_000] {
        write(&format!("deep{depth}"), "json", (deep(depth, 1), deep(depth, 2)));
        write(&format!("maps{depth}"), "json", (deep_maps(depth, 1), deep_maps(depth, 2)));
    }
    for (name, services) in [("100k", 500), ("1m", 5_000)] {
        let (old, new) = nested(services);
        for (format, extension) in [(Format::Yaml, "yaml"), (Format::Toml, "toml")] {
            let convert = |json: &str| {
                let value = format::json::parse(json).expect("made here").to_value().expect("not deep");
                format::print(format, &value).expect("all formats hold it")
            };
            write(name, extension, (convert(&old), convert(&new)));
        }
    }
}

/// A small generator of numbers.
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
pub(crate) fn nested(services: usize) -> (String, String) {
    let mut numbers = Numbers(7);
    let edited: Vec<bool> = (0..services).map(|n| numbers.next(100) == 0 || n == services / 2).collect();
    let document = |new: bool| {
        let service = |n: usize| {
            let port = if new && edited[n] { 9 } else { 8000 + n % 1000 };
            format!(
                r#""service-{n}": {{"image": "registry.example.com/team/app:1.{n}", "port": {port}, "enabled": true, "limits": {{"cpu": "{n}m", "memory": "512Mi"}}, "env": ["A={n}", "B=2"], "weight": {}.5}}"#,
                n * 7
            )
        };
        let group = |g: usize| {
            let services = (g * 25..services.min(g * 25 + 25)).map(service).collect::<Vec<_>>().join(",\n  ");
            format!("\"group-{g}\": {{\n  {services}}}")
        };
        let groups = (0..services.div_ceil(25)).map(group).collect::<Vec<_>>().join(",\n");
        format!("{{{groups}}}\n")
    };
    (document(false), document(true))
}

/// A list of objects, shuffled, of which one in a hundred has another value.
pub(crate) fn objects(count: usize, object: fn(usize, usize) -> String) -> (String, String) {
    let mut numbers = Numbers(11);
    let list = |items: Vec<String>| format!("[{}]\n", items.join(",\n"));
    let old: Vec<String> = (0..count).map(|n| object(n, n % 1000)).collect();
    let mut new: Vec<String> =
        (0..count).map(|n| object(n, if numbers.next(100) == 0 { 5000 } else { n % 1000 })).collect();
    numbers.shuffle(&mut new);
    (list(old), list(new))
}

/// About 360 bytes.
fn long_object(n: usize, replicas: usize) -> String {
    format!(
        r#"{{"id": {n}, "name": "service-{n:06}", "image": "registry.example.com/team-{}/service:{}.{}", "replicas": {replicas}, "enabled": {}, "ports": [{}, 443], "limits": {{"cpu": "{}m", "memory": "{}Mi"}}, "env": {{"LOG_LEVEL": "info", "REGION": "eu-{}", "SHARD": "{n}"}}, "labels": ["app", "tier-{}", "zone-{}"], "owner": "team-{}@example.com", "weight": {}.25}}"#,
        n % 50,
        n % 7,
        n % 91,
        !n.is_multiple_of(3),
        8000 + n % 1000,
        n % 40 * 50,
        n % 16 * 128,
        n % 5,
        n % 4,
        n % 9,
        n % 50,
        n % 13,
    )
}

/// About 115 bytes.
pub(crate) fn short_object(n: usize, size: usize) -> String {
    format!(
        r#"{{"id": {n}, "name": "item-{n}", "size": {size}, "tags": ["a", "b{}"], "meta": {{"owner": "team-{}", "active": true}}}}"#,
        n % 10,
        n % 50
    )
}

/// Distinct scalars, shuffled, of which one in a hundred has another value where there are edits.
pub(crate) fn scalars(count: usize, edits: bool, item: impl Fn(usize) -> String) -> (String, String) {
    let mut numbers = Numbers(13);
    let list = |items: Vec<String>| format!("[{}]\n", items.join(","));
    let old = (0..count).map(&item).collect();
    let mut new: Vec<String> =
        (0..count).map(|n| item(if edits && numbers.next(100) == 0 { n + 1_000_000 } else { n })).collect();
    numbers.shuffle(&mut new);
    (list(old), list(new))
}

/// Two documents of 1 MB that have nothing in common but their shape.
pub(crate) fn different() -> (String, String) {
    let document = |seed: u64| {
        let mut numbers = Numbers(seed);
        let mut object = || {
            let [a, b, c] = [0; 3].map(|_| numbers.next(1 << 30));
            format!(r#"{{"k{a}": {b}, "value": "text {c}", "list": [{a}, {c}]}}"#)
        };
        format!("[{}]\n", (0..14_000).map(|_| object()).collect::<Vec<_>>().join(",\n"))
    };
    (document(1), document(2))
}

pub(crate) fn deep(depth: usize, leaf: usize) -> String {
    format!("{}{leaf}{}\n", "[".repeat(depth), "]".repeat(depth))
}

fn deep_maps(depth: usize, leaf: usize) -> String {
    format!("{}{leaf}{}\n", "{\"a\": ".repeat(depth), "}".repeat(depth))
}
