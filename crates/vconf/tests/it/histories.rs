//! The real histories: each revision is read, and every place in it is right.

use std::fs;
use std::path::PathBuf;

use vconf::format::{self, Format};
use vconf::model::tree::{NodeId, Tree};
use vconf::model::value::Kind;

use crate::support;

/// Every revision of every history, with the sides of every merge.
fn revisions() -> Vec<PathBuf> {
    let folders = ["histories", "merges"].into_iter().filter_map(support::data);
    let files = folders.flat_map(|folder| support::files(&folder));
    files.filter(|path| !path.ends_with("SOURCE.json") && !path.ends_with("history.jsonl")).collect()
}

#[test]
fn every_revision_is_read_or_is_text_with_a_warning() {
    let (mut parsed, mut warned, mut text) = (0, 0, 0);
    for path in revisions() {
        let bytes = fs::read(&path).unwrap();
        let name = path.to_str().unwrap();
        let document = format::read(name, bytes.as_slice(), None);
        let Some(tree) = document.tree else {
            assert!(document.format == Format::Binary && document.warning.is_some(), "{name}");
            warned += 1;
            continue;
        };
        assert_eq!(document.encoding.encode(tree.source()).as_ref(), Some(&bytes), "{name}");
        match (document.format, document.warning) {
            (Format::Text, Some(warning)) => {
                assert!(warning.line > 0 && warning.offset <= bytes.len(), "{name}: {warning}");
                warned += 1;
            }
            (Format::Text, None) => {
                assert!(matches!(Format::of_file_name(name), None | Some(Format::Text)), "{name}");
                text += 1;
            }
            (_, None) => parsed += 1,
            (_, Some(warning)) => panic!("{name}: {warning}"),
        }
    }
    println!("histories: {parsed} parsed, {warned} text with a warning, {text} text");
    assert!(parsed == 0 || parsed > 20 * warned);
}

/// What is read at a glance must be what is read with care: `...` at the end says nothing, but is not usual.
#[test]
fn yaml_means_the_same_however_it_is_read() {
    let sources = revisions()
        .into_iter()
        .filter(|path| Format::of_file_name(path.to_str().unwrap()) == Some(Format::Yaml));
    for path in sources {
        let Ok(source) = fs::read_to_string(&path) else { continue };
        let Ok(tree) = format::parse(Format::Yaml, source.as_str()) else { continue };
        let line_end = if source.ends_with('\n') { "" } else { "\n" };
        let Ok(careful) = format::parse(Format::Yaml, format!("{source}{line_end}...\n")) else { continue };
        let facts = |tree: &Tree| {
            let nodes = (0..tree.len()).filter_map(|at| tree.at(at));
            let facts = nodes.map(|id| {
                let key = tree.key(id).map(|key| (key.to_owned(), tree.key_span(id)));
                (tree.kind(id), key, tree.text(id).to_owned(), tree.tag(id).map(str::to_owned), tree.span(id))
            });
            (facts.collect::<Vec<_>>(), tree.comments().to_vec(), tree.notices().to_vec())
        };
        assert!(facts(&tree) == facts(&careful), "{}", path.display());
    }
}

#[test]
fn every_place_holds_what_stands_there() {
    for (index, path) in revisions().into_iter().enumerate() {
        if index % 11 == 0 {
            let name = path.to_str().unwrap();
            let document = format::read(name, fs::read(&path).unwrap(), None);
            if let Some(tree) = document.tree {
                check_places(name, document.format, &tree);
            }
        }
    }
}

/// Holds every place of a tree against the source.
pub(crate) fn check_places(name: &str, format: Format, tree: &Tree) {
    let source = tree.source();
    for comment in tree.comments() {
        let text = &source[comment.range()];
        assert!(text.starts_with(['#', ';', '/', '!']) && !text.ends_with('\n'), "{name}: comment {text:?}");
    }
    for id in (0..tree.len()).filter_map(|at| tree.at(at)) {
        let slice = source.get(tree.span(id).range()).expect("a place is in the source");
        let is_scalar = !matches!(tree.kind(id), Kind::List | Kind::Map);
        // An alias is not what it stands for, and a tag stands before the place.
        // In INI and .env a key alone has no value, and no place for one.
        let is_scalar = is_scalar && !(slice.is_empty() && tree.kind(id) == Kind::Null);
        if is_scalar && !slice.starts_with('*') && (tree.tag(id).is_none() || format == Format::Toml) {
            let (kind, text) = value_of(format, slice).unwrap_or_else(|| panic!("{name}: {slice:?}"));
            assert_eq!((kind, text.as_str()), (tree.kind(id), tree.text(id)), "{name}: {slice:?}");
        }
        if let Some(key) = tree.key(id) {
            let slice = source.get(tree.key_span(id).range()).expect("a key's place is in the source");
            if !slice.starts_with(['*', '[', '{']) {
                assert_eq!(key_of(format, slice).as_deref(), Some(key), "{name}: key {slice:?}");
            }
        }
    }
}

/// What the text of a scalar means by itself.
fn value_of(format: Format, slice: &str) -> Option<(Kind, String)> {
    let (source, inside) = match format {
        Format::Text => return Some((Kind::String, slice.to_owned())),
        Format::Json | Format::Jsonc | Format::Json5 | Format::Yaml => (slice.to_owned(), false),
        _ => (format!("k={slice}"), true),
    };
    let tree = format::parse(format, source).ok()?;
    let id = if inside { tree.child(tree.root(), "k")? } else { tree.root() };
    Some((tree.kind(id), tree.text(id).to_owned()))
}

/// The key that a text is by itself.
fn key_of(format: Format, slice: &str) -> Option<String> {
    let source = match format {
        Format::Json | Format::Jsonc | Format::Json5 => format!("{{{slice}: 1}}"),
        Format::Yaml => format!("? {slice}\n: 1"),
        // A header's name may hold what ends a key.
        Format::Ini => return Some(slice.to_owned()),
        _ => format!("{slice}=1"),
    };
    let tree = format::parse(format, source).ok()?;
    let first: NodeId = tree.children(tree.root()).next()?;
    tree.key(first).map(str::to_owned)
}
