//! The layers of the library, and what it never does, held against its own source.

use std::fs;
use std::path::Path;

use crate::support;

/// Each layer may use only those before it.
const LAYERS: [&str; 9] =
    ["model", "canonical", "format", "diff", "disk", "backend", "store", "history", "worktree"];

/// What no layer does, and which layer may do it all the same.
const FORBIDDEN: [(&str, Option<&str>); 24] = [
    ("std::fs", Some("disk")),
    ("rustix::", Some("disk")),
    ("File::", Some("disk")),
    (".canonicalize()", Some("disk")),
    (".symlink_metadata()", Some("disk")),
    (".is_dir()", Some("disk")),
    ("std::env", None),
    ("env::var", None),
    ("env::args", None),
    ("env::current_dir", None),
    ("std::process", None),
    ("std::net", None),
    ("SystemTime::now", None),
    ("Instant::now", None),
    ("Timestamp::now", None),
    ("Zoned::now", None),
    ("TimeZone::system", None),
    ("println!", None),
    ("print!", None),
    ("dbg!", None),
    ("panic!(", None),
    (".unwrap()", None),
    ("sha2::", Some("canonical")),
    ("async ", None),
];

/// The code of a source file: no comments, no tests.
fn code(source: &str) -> String {
    let before_tests = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = before_tests.lines().map(|line| line.trim_start());
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What a file of a layer does that it must not.
fn violations(layer: &str, source: &str) -> Vec<String> {
    let code = code(source);
    let rank = LAYERS.iter().position(|known| *known == layer);
    let mut found = Vec::new();
    for (rest, line) in code.match_indices("crate::").map(|(at, _)| (&code[at + "crate::".len()..], at)) {
        let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let allowed = LAYERS[..=rank.unwrap_or(0)].contains(&&*used) || rank.is_none();
        // `pub(crate)` has no path after it, and a group of layers could hide one.
        if !allowed {
            found.push(format!("{layer} uses crate::{used} (near {:?})", &code[line..].lines().next()));
        }
    }
    for (text, exception) in FORBIDDEN {
        let is_word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let starts_word = text.starts_with(|c: char| c.is_alphanumeric());
        let is_there = code.match_indices(text).any(|(at, _)| !starts_word || is_word(at));
        if is_there && exception != Some(layer) {
            found.push(format!("{layer} has {text}"));
        }
    }
    found
}

fn layer_of<'a>(file: &'a Path, sources: &Path) -> &'a str {
    let first = file.strip_prefix(sources).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap()
}

#[test]
fn each_layer_uses_only_those_below_it_and_only_the_lowest_touch_the_system() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for file in support::files(&sources) {
        let layer = layer_of(&file, &sources);
        assert!(LAYERS.contains(&layer) || layer == "lib.rs", "{layer} is no layer");
        seen.push(layer.to_owned());
        if file.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        found
            .extend(violations(layer, &source).into_iter().map(|what| format!("{}: {what}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(LAYERS.iter().all(|layer| seen.iter().any(|seen| seen == layer)));
}

#[test]
fn what_breaks_the_layers_is_noticed() {
    for (layer, source) in [
        ("diff", "use crate::history::Context;"),
        ("model", "fn f() { crate::format::read(); }"),
        ("store", "use crate::worktree;\n"),
        ("store", "use crate::{backend, worktree};"),
        ("history", "use std::fs;"),
        ("history", "let home = std::env::var(\"HOME\");"),
        ("history", "let now = SystemTime::now();"),
        ("worktree", "println!(\"saved\");"),
        ("store", "use sha2::Sha256;"),
        ("format", "text.parse().unwrap()"),
    ] {
        assert_ne!(violations(layer, source), [""; 0], "{layer}: {source}");
    }
    for (layer, source) in [
        ("disk", "use std::fs;"),
        ("canonical", "use sha2::Sha256;"),
        ("history", "use crate::store::Store;\n/// println!(\"x\") is not for here.\npub(crate) fn f() {}"),
        ("model", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::format; fn g() { f().unwrap() } }"),
    ] {
        assert_eq!(violations(layer, source), [""; 0], "{layer}: {source}");
    }
}
