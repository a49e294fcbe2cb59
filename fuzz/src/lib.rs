//! What must hold of any input. Each target is one of these functions.

use serde_json::Value as Json;
use vconf::diff::json_patch::JsonPatch;
use vconf::diff::{
    Diff, Options, Patch, apply, apply_fuzzy, apply_to_tree, compare, merge, merge_patch, summary,
};
use vconf::format::edit::edit as edit_in_place;
use vconf::format::{self, Document, Format};
use vconf::history::{Context, RcsFile, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::tree::Tree;
use vconf::model::value::{Kind, Value};
use vconf::store::{Store, decode_header, decode_ref, decode_version};

const FORMATS: [(u8, Format); 8] = [
    (b'j', Format::Json),
    (b'c', Format::Jsonc),
    (b'5', Format::Json5),
    (b'y', Format::Yaml),
    (b't', Format::Toml),
    (b'i', Format::Ini),
    (b'e', Format::Env),
    (b'p', Format::Properties),
];

/// A source in a format is read or refused, and all places are within it.
pub fn parse(format: Format, source: &str) {
    if let Ok(tree) = format::parse(format, source) {
        check_places(&tree);
        check_printed(format, &tree);
    }
}

/// JSON is read as serde_json reads it.
pub fn json(source: &str) {
    let ours = format::parse(Format::Json, source);
    let theirs = serde_json::from_str::<Json>(source);
    match (ours, theirs) {
        (Ok(tree), Ok(theirs)) => {
            check_places(&tree);
            check_printed(Format::Json, &tree);
            if let Ok(value) = tree.to_value() {
                assert!(is_same(&value, &theirs), "{value:?} {theirs:?}");
            }
        }
        // serde_json reads no deeper than 128 levels.
        (Ok(tree), Err(error)) => assert!(error.to_string().starts_with("recursion limit") || is_own(&tree)),
        (Err(error), Ok(_)) => panic!("{error}"),
        (Err(_), Err(_)) => {}
    }
}

/// Whether our reader takes more than JSON knows, on purpose: a byte order mark.
fn is_own(tree: &Tree) -> bool {
    tree.source().starts_with('\u{feff}')
}

fn is_same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(ours), Json::Bool(theirs)) => ours == theirs,
        (Value::Number(ours), Json::Number(theirs)) => {
            theirs.to_string().parse().is_ok_and(|theirs| *ours == theirs)
        }
        (Value::String(ours), Json::String(theirs)) => ours == theirs,
        (Value::List(ours), Json::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Map(ours), Json::Object(theirs)) => {
            let same = |(key, value): (&String, &Value)| {
                theirs.get(key).is_some_and(|theirs| is_same(value, theirs))
            };
            ours.len() == theirs.len() && ours.iter().all(same)
        }
        _ => false,
    }
}

/// Any bytes are read as something, and can be written back to the byte.
pub fn read(bytes: &[u8]) {
    let document = format::read("", bytes, None);
    if let Some(tree) = document.tree {
        check_places(&tree);
        assert_eq!(document.encoding.encode(tree.source()).as_deref(), Some(bytes));
    }
}

fn check_places(tree: &Tree) {
    for id in (0..tree.len()).filter_map(|at| tree.at(at)) {
        for span in [tree.span(id), tree.key_span(id)] {
            assert!(tree.source().get(span.range()).is_some(), "{span:?}");
        }
        assert!(tree.subtree_len(id) <= tree.len() - id.index());
    }
    for comment in tree.comments() {
        assert!(tree.source().get(comment.range()).is_some(), "{comment:?}");
    }
}

fn check_printed(format: Format, tree: &Tree) {
    if let Ok(value) = tree.to_value()
        && let Ok(printed) = format::print(format, &value)
    {
        let read = format::parse(format, printed.as_str()).map(|tree| tree.to_value());
        assert_eq!(read, Ok(Ok(value)), "{printed}");
    }
}

/// Any bytes are a record or not; a record with a byte changed is none; what was saved comes back.
pub fn record(bytes: &[u8]) {
    let _ = decode_ref(bytes);
    let _ = decode_header(bytes);
    let _ = decode_version(bytes);
    if let Some(sealed) = sealed(bytes) {
        let _ = decode_ref(&sealed);
        let _ = decode_version(&sealed);
    }
    let store = Store::in_memory();
    let config = ConfigName::new("a").expect("a name");
    let context = Context::new("a", std::time::UNIX_EPOCH, "save").expect("an id");
    if store.save(&config, bytes, &SaveOptions::default(), &context).is_err() {
        return;
    }
    let mut record = store.record_bytes(&config, 1).expect("it was saved");
    let (version, source) = decode_version(&record).expect("a record");
    assert_eq!(source, bytes);
    assert_eq!(version.size_bytes, bytes.len() as u64);
    let at = bytes.iter().fold(bytes.len(), |at, &byte| at.wrapping_mul(31).wrapping_add(byte.into()))
        % record.len();
    let with = bytes.last().copied().unwrap_or(b'x');
    if record[at] != with {
        record[at] = with;
        assert!(decode_version(&record).is_err(), "byte {at} to {with}");
    }
}

/// The bytes as a record whose seal fits, so that what is behind the seal is tried as well.
fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let line = b"  \"seal\": \"";
    let at = bytes.windows(line.len()).position(|window| window == line)?;
    let seal = vconf::canonical::checksum(&bytes[..at]).to_string();
    let rest = bytes.get(at + line.len() + seal.len()..).unwrap_or_default();
    Some([&bytes[..at + line.len()], seal.as_bytes(), rest].concat())
}

/// A format, and sources in it.
fn parts<const COUNT: usize>(input: &[u8]) -> Option<(Format, [&[u8]; COUNT])> {
    let (&letter, rest) = input.split_first()?;
    let format = FORMATS.iter().find(|(known, _)| *known == letter);
    let format = format.unwrap_or(&FORMATS[usize::from(letter) % FORMATS.len()]).1;
    let mut parts = rest.splitn(COUNT, |byte| *byte == 0xff);
    Some((format, std::array::from_fn(|_| parts.next().unwrap_or_default())))
}

fn content(format: Format, source: &[u8]) -> Option<(Tree, Value)> {
    let tree = format::read("", source, Some(format)).tree?;
    let value = tree.to_value().ok()?;
    Some((std::sync::Arc::unwrap_or_clone(tree), value))
}

/// What three sources are compared to leads from each to the others, and back.
pub fn diff(input: &[u8]) {
    let Some((format, sources)) = parts::<3>(input) else { return };
    let found = sources.map(|source| content(format, source));
    let [Some(a), Some(b), c] = &found else { return };
    for options in [Options::default(), Options::strict()] {
        let first = patch_between(a, b, &options);
        let Some(c) = c else { continue };
        let next = patch_between(b, c, &options);
        let both = first.compose(&next).expect("they follow each other");
        assert_eq!(apply(&a.1, &both).as_ref(), Ok(&c.1), "{both:?}");
        assert_eq!(apply(&c.1, &both.invert()).as_ref(), Ok(&a.1), "{both:?}");
        let fuzzy = apply_fuzzy(&a.1, &c.1, &first).expect("it fits what it was made of");
        if a.1 == c.1 {
            assert_eq!(fuzzy.content, b.1);
        }
    }
}

fn patch_between(old: &(Tree, Value), new: &(Tree, Value), options: &Options) -> Patch {
    let diff: Diff<'_> = compare(&old.0, &new.0, options);
    let patch = diff.to_patch().expect("not too deep");
    assert_eq!(apply(&old.1, &patch).as_ref(), Ok(&new.1), "{patch:?}");
    assert_eq!(apply(&new.1, &patch.invert()).as_ref(), Ok(&old.1), "{patch:?}");
    let made = apply_to_tree(&old.0, &patch).expect("it was made of it");
    assert!(compare(&made, &new.0, &Options::strict()).is_equal());
    assert_eq!(Patch::from_value(&patch.to_value()).map(|patch| patch.to_value()), Ok(patch.to_value()));
    if old.1 == new.1 {
        assert!(patch.is_empty());
    }
    let _ = (summary(&diff), diff.layout());
    if !has_tags(&old.1) && !has_tags(&new.1) {
        let json_patch = patch.to_json_patch(&old.0).expect("it was made of it");
        assert_eq!(json_patch.apply(&old.1).as_ref(), Ok(&new.1), "{json_patch:?}");
        assert_eq!(JsonPatch::from_value(&json_patch.to_value()).as_ref(), Ok(&json_patch));
        if let Ok(patch) = merge_patch::create(&old.1, &new.1) {
            assert_eq!(merge_patch::apply(&old.1, &patch), new.1, "{patch:?}");
        }
    }
    patch
}

fn has_tags(value: &Value) -> bool {
    match value {
        Value::Tagged(_) => true,
        Value::List(items) => items.iter().any(has_tags),
        Value::Map(map) => map.values().any(has_tags),
        _ => false,
    }
}

/// Any patches, ours or of the RFCs, are made or refused; two that compose do what they do one after the other.
pub fn patch(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0xff).map(|part| content(Format::Json, part));
    let (Some(Some((tree, value))), Some(Some((_, first)))) = (parts.next(), parts.next()) else { return };
    let _ = merge_patch::apply(&value, &first);
    if let Ok(patch) = JsonPatch::from_value(&first) {
        let _ = patch.apply(&value);
    }
    let Ok(patch) = Patch::from_value(&first) else { return };
    let _ = patch.to_json_patch(&tree);
    let made = apply(&value, &patch);
    if let Ok(made) = &made
        && let Ok(json_patch) = patch.to_json_patch(&tree)
    {
        assert_eq!(json_patch.apply(&value).as_ref(), Ok(made), "{json_patch:?}");
    }
    let Some(next) = parts.next().flatten().and_then(|(_, next)| Patch::from_value(&next).ok()) else {
        return;
    };
    let composed = patch.compose(&next);
    let Ok(made) = made else { return };
    if let Ok(after) = apply(&made, &next)
        && !has_keys_like_indices(&value)
    {
        let composed = composed.expect("they follow each other");
        assert_eq!(apply(&value, &composed).as_ref(), Ok(&after), "{composed:?}");
    }
}

fn has_keys_like_indices(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(has_keys_like_indices),
        Value::Map(map) => {
            map.iter().any(|(key, value)| key.parse::<usize>().is_ok() || has_keys_like_indices(value))
        }
        _ => false,
    }
}

/// Merging keeps what one side alone did, whoever is called ours.
fn merge_sides(base: &Tree, ours: &Tree, theirs: &Tree) {
    let options = Options::default();
    let (Ok(merged), Ok(other)) = (merge(base, ours, theirs, &options), merge(base, theirs, ours, &options))
    else {
        return;
    };
    assert_eq!(merged.is_clean(), other.is_clean());
}

/// Three sources are merged: what one side alone changed is taken, and what both did alike.
fn merge_three(trees: [&(Tree, Value); 3]) {
    let [base, ours, theirs] = trees;
    let options = Options::default();
    for (ours, theirs, expected) in
        [(ours, base, ours), (base, theirs, theirs), (ours, ours, ours), (base, base, base)]
    {
        let Ok(merged) = merge(&base.0, &ours.0, &theirs.0, &options) else { continue };
        assert!(merged.is_clean(), "{:?}", merged.conflicts);
        assert_eq!(merged.value, expected.1);
    }
    merge_sides(&base.0, &ours.0, &theirs.0);
}

/// An RCS file is read or refused, and each of its revisions comes once, after those that it was made from.
pub fn rcs(input: &[u8]) {
    let Ok(file) = RcsFile::parse(input) else { return };
    let Ok(revisions) = file.revisions() else { return };
    let mut seen = Vec::new();
    for revision in revisions.map_while(Result::ok) {
        let revision = revision.revision;
        assert!(!seen.contains(&revision.name));
        assert!(revision.parents.iter().all(|parent| seen.contains(parent)));
        seen.push(revision.name);
    }
    assert!(seen.len() <= file.count());
}

/// See [`merge_three`].
pub fn merge_input(input: &[u8]) {
    let Some((format, sources)) = parts::<3>(input) else { return };
    if let [Some(base), Some(ours), Some(theirs)] = &sources.map(|source| content(format, source)) {
        merge_three([base, ours, theirs]);
    }
}

/// A source is edited in place to mean what is asked for, or that is refused; where one scalar is another, all that is
/// not on its lines stays to the byte.
pub fn edit(input: &[u8]) {
    let Some((format, [source, target])) = parts::<2>(input) else { return };
    let Some((&[which, how], source)) = source.split_first_chunk::<2>() else { return };
    let document = format::read("", source, Some(format));
    if let Some((_, target)) = content(Format::Json, target) {
        edit_to(&document, &target);
    }
    let Some((tree, Ok(mut value))) = document.tree.as_ref().map(|tree| (tree, tree.to_value())) else {
        return;
    };
    if let Some(written) = edit_to(&document, &value) {
        assert_eq!(written, source, "no change changes nothing");
    }
    let scalars: Vec<_> = (0..tree.len())
        .filter_map(|at| tree.at(at))
        .filter(|id| !matches!(tree.kind(*id), Kind::List | Kind::Map) && tree.tag(*id).is_none())
        .collect();
    let Some(&id) = scalars.get(usize::from(which) % scalars.len().max(1)) else { return };
    let mut left = usize::from(which) % scalars.len();
    let new = [Value::from("x"), Value::from("two words"), Value::from(7), Value::from(true)]
        [usize::from(how) % 4]
        .clone();
    replace(&mut value, &mut left, &new);
    let Some(written) = edit_to(&document, &value) else { return };
    let span = tree.span(id);
    let (Some(text), true) = (std::str::from_utf8(source).ok(), tree.source().as_bytes() == source) else {
        return;
    };
    let start = text[..span.start as usize].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let end = text[span.end as usize..].find(['\n', '\r']).map_or(text.len(), |at| at + span.end as usize);
    if !text.contains(['&', '*']) {
        assert!(written.starts_with(&source[..start]), "{:?}", String::from_utf8_lossy(&written));
        assert!(written.ends_with(&source[end..]), "{:?}", String::from_utf8_lossy(&written));
    }
}

fn edit_to(document: &Document, target: &Value) -> Option<Vec<u8>> {
    let written = edit_in_place(document, target).ok()?;
    let read = format::read("", written.as_slice(), Some(document.format));
    let value = read.tree.as_ref().expect("it was read again").to_value();
    assert_eq!(value.as_ref(), Ok(target), "{:?}", String::from_utf8_lossy(&written));
    Some(written)
}

/// Replaces a scalar without a tag, counted in the order of the tree.
fn replace(value: &mut Value, left: &mut usize, new: &Value) -> bool {
    match value {
        Value::List(items) => items.iter_mut().any(|item| replace(item, left, new)),
        Value::Map(map) => map.values_mut().any(|value| replace(value, left, new)),
        Value::Tagged(tagged) => match &mut tagged.value {
            within @ (Value::List(_) | Value::Map(_)) => replace(within, left, new),
            _ => false,
        },
        _ if *left == 0 => {
            *value = new.clone();
            true
        }
        _ => {
            *left -= 1;
            false
        }
    }
}
