//! No input makes a parser panic, hang or use memory without bound.

use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use vconf::format::{self, Format};

use crate::support::{self, Random};

/// A source that looks real, for each format that has a structure.
const SOURCES: [(Format, &str); 8] = [
    (
        Format::Json,
        "{\n  \"name\": \"app\", \"ports\": [80, 443.0, -1e3],\n  \"nested\": {\"a\\u00e9\": null, \"b\": [true, {}]}\n}\n",
    ),
    (Format::Jsonc, "// head\n{\n  \"a\": 1, /* b */\n  \"list\": [\"x\\n\", 2,],\n}\n"),
    (Format::Json5, "{a: 'it\\'s', $b: +.5, 'c': 0xFF, d: [Infinity, NaN,], \"e\": 'x\\\ny' /* z */}\n"),
    (
        Format::Yaml,
        "# head\n%TAG !e! tag:example.com,2000:\n---\na: &x\n  - 1\n  - \"q\\u00e9\"\n  - 'it''s'\nb: *x\n? [k, {l: m}]\n: |+\n  text\n   more\n\nc: !e!t {d: e, f: [g, ]} # c\n<<: *x\n...\n---\n- !!int \"3\"\n- >-\n  folded\n  text\n- ~\n",
    ),
    (
        Format::Toml,
        "# head\ntitle = \"x\\n\" # c\nn = [1_000, 0xff, +1.5e3, inf]\n[a.\"b c\".d]\nt = 1979-05-27T07:32:00Z\ns = '''\nraw'''\ni = { x.y = 1, z = [] }\n[[list]]\n[[list]]\nm = \"\"\"a\\\n  b\"\"\"\n",
    ),
    (
        Format::Ini,
        "top = 1\n; c\n[Section one]\nkey = value\n  more\n\nflag\na: b\nkey = again\n[\"two\"]\n# c\n",
    ),
    (Format::Env, "# c\nA=1\nexport B=\"two\\n\\\"x\" # c\nC='raw $X\nline'\nD= plain text # c\nE\n"),
    (Format::Properties, "# c\n! c\na.b = one\\\n   two\nc\\ d:\\u00e9\\ud83d\\ude00\ne f\n\\\n g\n"),
];

/// Reads a source in every way, and holds what comes of it against the source.
fn try_all(source: &[u8]) {
    for (format, _) in SOURCES {
        let document = format::read("", source, Some(format));
        let Some(tree) = document.tree else { continue };
        assert_eq!(document.encoding.encode(tree.source()).as_deref(), Some(source));
        for id in (0..tree.len()).filter_map(|at| tree.at(at)) {
            for span in [tree.span(id), tree.key_span(id)] {
                assert!(tree.source().get(span.range()).is_some(), "{format}: {span:?}");
            }
            assert!(tree.subtree_len(id) <= tree.len() - id.index(), "{format}");
        }
        for comment in tree.comments() {
            assert!(tree.source().get(comment.range()).is_some(), "{format}: {comment:?}");
        }
        if let (Ok(value), false) = (tree.to_value(), document.format == Format::Text)
            && let Ok(printed) = format::print(document.format, &value)
        {
            assert!(format::parse(document.format, printed).is_ok(), "{format}: {:?}", tree.source());
        }
    }
    format::read("", source, None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        try_all(&bytes);
    }

    #[test]
    fn any_text_is_read(text in "[-a-c0-2 \\n\\t\\r:#=\\[\\]{}\"'\\\\&*!|>%@`,.?<~+_;/$é]{0,40}") {
        try_all(text.as_bytes());
    }
}

#[test]
fn damaged_sources_are_read() {
    let mut random = Random::new(11);
    for _ in 0..400 {
        for (_, source) in SOURCES {
            let mut bytes = source.as_bytes().to_vec();
            for _ in 0..1 + random.below(4) {
                let (at, other) = (random.below(bytes.len()), random.below(bytes.len()));
                match random.below(5) {
                    0 => bytes[at] = random.below(128) as u8,
                    1 => bytes.swap(at, other),
                    2 => bytes.truncate(at.max(1)),
                    3 => bytes.insert(at, b"\"'\\\n :#[]{}&*!|>-=,"[random.below(19)]),
                    _ => {
                        let piece = bytes[at.min(other)..at.max(other)].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            try_all(&bytes);
        }
    }
}

#[test]
fn damaged_conformance_cases_are_read() {
    let Some(suite) = support::data("suites/yaml-test-suite") else { return };
    let mut random = Random::new(5);
    for path in support::files(&suite).into_iter().filter(|path| path.ends_with("in.yaml")) {
        let source = fs::read(&path).unwrap();
        for _ in 0..10 {
            let mut bytes = source.clone();
            if !bytes.is_empty() {
                let at = random.below(bytes.len());
                bytes[at] = b"\"'\\\n :#[]{}&*!|>-=,a"[random.below(20)];
                bytes.truncate(bytes.len() - random.below(2));
            }
            format::read("a.yaml", bytes, None);
        }
    }
}

/// Reads a source in time that does not grow with its square.
fn quickly(name: &str, source: String) {
    let start = Instant::now();
    let length = source.len();
    let document = format::read(name, source, None);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{name}: {length} bytes took {took:?}: {:?}", document.warning);
}

#[test]
fn a_hundred_thousand_levels_are_read_or_refused() {
    let n = 100_000;
    for (name, source) in [
        ("a.json", "[".repeat(n) + &"]".repeat(n)),
        ("b.json", "{\"a\":".repeat(n) + "1" + &"}".repeat(n)),
        ("c.json", "[".repeat(n)),
        ("a.jsonc", "[//\n".repeat(n)),
        ("a.json5", "{a:".repeat(n)),
        ("a.yaml", "[".repeat(n) + &"]".repeat(n)),
        ("b.yaml", "{a: ".repeat(n) + &"}".repeat(n)),
        ("c.yaml", "- ".repeat(n)),
        ("d.yaml", "[".repeat(n)),
        ("e.yaml", "? ".repeat(n)),
        ("f.yaml", "&a ".repeat(n)),
        ("g.yaml", "!a ".repeat(n)),
        ("h.yaml", "{? ".repeat(n)),
        ("i.yaml", (0..1000).map(|depth| " ".repeat(depth) + "a:\n").collect()),
        ("a.toml", "a = ".to_owned() + &"[".repeat(n)),
        ("b.toml", "a = ".to_owned() + &"{a=".repeat(n)),
        ("c.toml", "a.".repeat(n) + "a = 1"),
        ("d.toml", format!("[{}a]", "a.".repeat(n))),
        ("a.ini", (0..2000).map(|depth| "[a]\n".to_owned() + &" ".repeat(depth) + "a\n").collect()),
        ("a.env", "A=\"".repeat(n)),
        ("a.properties", "\\\n".repeat(n)),
        ("a.conf", "[".repeat(n)),
    ] {
        quickly(name, source);
    }
}

#[test]
fn deep_json_and_its_dialects_are_read() {
    let n = 100_000;
    for format in [Format::Json, Format::Jsonc, Format::Json5] {
        let tree = format::parse(format, "[{\"a\":".repeat(n) + "1" + &"}]".repeat(n)).unwrap();
        assert_eq!(tree.len(), 2 * n + 1);
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut nodes = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        nodes += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    let bytes = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), "*a, ".repeat(1000));
    let keys = format!("a: &a {}\nb: {{{}}}\n", "x".repeat(60_000), "*a : 1, ".repeat(10_000));
    let quotes = "? {".repeat(40) + "a: b" + &"}\n".repeat(40);
    for source in [nodes, bytes, keys, quotes] {
        let start = Instant::now();
        let error = format::parse(Format::Yaml, source.as_str()).map(|tree| tree.len()).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10), "{error}");
    }
    let error = format::parse(Format::Yaml, "a: &a [*a]\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "not valid yaml at line 1, column 8: an alias inside of what it stands for"
    );
}

#[test]
fn many_of_anything_are_read_in_linear_time() {
    let n = 20_000;
    let lines = |line: &str| line.repeat(n);
    let numbered = |line: fn(usize) -> String| (0..n).map(line).collect::<String>();
    for (name, source) in [
        ("a.json", format!("{{{}}}", vec!["\"a\":1"; n].join(","))),
        ("b.json", format!("[{}1]", "{\"a\":1,\"a\":2},".repeat(n))),
        ("c.json", "{\"a\":1,\"a\":".repeat(n) + "1" + &"}".repeat(n)),
        ("a.yaml", lines("# comment\n")),
        ("b.yaml", lines("a: 1\n")),
        ("c.yaml", numbered(|n| format!("a{n}: &a{n} x\nb{n}: *a{n}\n"))),
        ("d.yaml", lines("--- a\n")),
        ("e.yaml", lines("a: |\n  b\n\n\n")),
        ("f.yaml", format!("a: |\n{}", lines("  x\n"))),
        ("g.yaml", format!("a: |\n  x\n{}b: 1\n", lines("   \n"))),
        ("h.yaml", format!("[{}]", lines("a, "))),
        ("i.yaml", lines("? a\n: b\n")),
        ("j.yaml", format!("a: \"{}\"", lines("x \\\n "))),
        ("a.toml", lines("[[a]]\nb = 1\n")),
        ("b.toml", numbered(|n| format!("[a.b{n}]\nc = 1\n"))),
        ("c.toml", numbered(|n| format!("a.b{n}.c = 1\n"))),
        ("a.ini", lines("[a]\nb = 1\n  c\n")),
        ("b.ini", format!("[a]\nb = 1\n{}  c\n", lines("\n"))),
        ("a.env", lines("A=\"b\n")),
        ("b.env", lines("A='\\'\n")),
        ("a.properties", lines("a = b\\\n")),
    ] {
        quickly(name, source);
    }
}
