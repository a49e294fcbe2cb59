//! The library's facts as JSON for programs: what `--json` writes, and what a server answers.

mod check;

use std::ops::Range;

use vconf::diff::{About, Conflict};
use vconf::format::Document;
use vconf::history::{
    Blame, BlamedValue, FoundPlace, KeyEntry, Loaded, LogEntry, OperationRecords, OperationState, Saved,
    Standing,
};
use vconf::model::record::{Operation, RefChange, TagMove, Version};
use vconf::model::value::{Map, Value};
use vconf::store::Corruption;

pub use check::{REPAIR, finding, remedy, report, weak_point, weakness};

/// All that a version's record says, as JSON.
pub fn version(version: &Version) -> Value {
    Value::Map(version_map(version))
}

/// The same, for whoever adds to it.
pub fn version_map(version: &Version) -> Map {
    let changes = &version.changes;
    let changes = Value::map([
        ("summary", Value::from(changes.summary.as_str())),
        ("added", Value::from(changes.added)),
        ("removed", Value::from(changes.removed)),
        ("changed", Value::from(changes.changed)),
        ("paths", Value::list(changes.paths.iter().map(String::as_str))),
    ]);
    let pairs = [
        ("config", Value::from(version.config.as_str())),
        ("version", Value::from(version.number)),
        ("id", Value::from(version.id.to_string())),
        ("branch", Value::from(version.branch.as_str())),
        ("parents", Value::list(version.parents.iter().copied())),
        ("timestamp", Value::from(version.timestamp.to_string())),
        ("author", Value::from(version.author.as_str())),
        ("description", Value::from(version.description.as_str())),
        ("action", Value::from(version.action.name())),
        ("operation", operation(&version.operation)),
        ("changes", changes),
        ("format", Value::from(version.format.name())),
        ("mode", Value::from(version.mode.map(|mode| format!("{mode:04o}")))),
        ("size_bytes", Value::from(version.size_bytes)),
        ("checksum", Value::from(version.checksum.to_string())),
        ("content_checksum", Value::from(version.content_checksum.map(|sum| sum.to_string()))),
        ("seal", Value::from(version.seal.to_string())),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// An operation, as JSON.
pub fn operation(operation: &Operation) -> Value {
    Value::map([
        ("id", operation.id.to_string()),
        ("timestamp", operation.timestamp.to_string()),
        ("command", operation.command.clone()),
    ])
}

/// What became of a save, as JSON.
pub fn saved(saved: &Saved) -> Value {
    let mut map = version_map(&saved.version);
    map.insert("saved".to_owned(), saved.is_new.into());
    if let Some(tagged) = &saved.tagged {
        map.insert("tag".to_owned(), tag_move(&tagged.moved));
    }
    map.insert("warnings".to_owned(), Value::list(document_warnings(&saved.document)));
    Value::Map(map)
}

/// A tag that was moved, as JSON.
pub fn tag_move(moved: &TagMove) -> Value {
    Value::map([
        ("tag", Value::from(moved.tag.as_str())),
        ("from", Value::from(moved.from)),
        ("to", Value::from(moved.to)),
    ])
}

/// What is odd about a source.
pub fn document_warnings(document: &Document) -> Vec<String> {
    let parse = document.warning.iter().map(|error| format!("{error}; kept as {}", document.format));
    let tree = document.tree.as_ref();
    let notices = tree.map(|tree| tree.notices()).unwrap_or_default().iter().take(MOST_NOTICES);
    let notices = notices.filter_map(|notice| {
        let before = tree?.source().get(..notice.span.start as usize)?;
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        Some(format!("line {line}: {}", notice.kind))
    });
    parse.chain(notices).collect()
}

/// How many notices of one source are told.
const MOST_NOTICES: usize = 10;

/// An entry of a log, as JSON.
pub fn log_entry(entry: &LogEntry) -> Value {
    let LogEntry::Version { version, tags, standing, is_latest, heads, .. } = entry else {
        let LogEntry::Damaged(corruption) = entry else { return Value::Null };
        return missing(corruption);
    };
    let mut map = version_map(version);
    map.insert("tags".to_owned(), Value::list(tags.iter().map(|tag| tag.as_str())));
    map.insert("undone".to_owned(), (*standing == Standing::Undone).into());
    map.insert("off_branch".to_owned(), (*standing == Standing::OffBranch).into());
    map.insert("latest".to_owned(), (*is_latest).into());
    map.insert("head".to_owned(), heads.contains(&version.branch).into());
    map.insert("heads".to_owned(), Value::list(heads.iter().map(|branch| branch.as_str())));
    Value::Map(map)
}

/// A version that can't be told of, as JSON: forgotten, or damaged.
pub fn missing(corruption: &Corruption) -> Value {
    let Some(gap) = corruption.forgotten() else { return damage(corruption) };
    let versions =
        Value::map([("first", Value::from(gap.versions.first)), ("last", Value::from(gap.versions.last))]);
    Value::map([
        ("config", Value::from(corruption.config.as_str())),
        ("forgotten", versions),
        ("timestamp", Value::from(gap.timestamp.to_string())),
        ("author", Value::from(gap.author.as_str())),
    ])
}

/// Damage of a record, as JSON.
pub fn damage(corruption: &Corruption) -> Value {
    let Corruption { config, number, is_ref, object, flaw } = corruption;
    let number_key = if *is_ref { "ref" } else { "version" };
    Value::map([
        ("config", Value::from(config.as_str())),
        (number_key, Value::from(*number)),
        ("damaged", Value::from(true)),
        ("object", Value::from(object.as_str())),
        ("line", Value::from(flaw.line)),
        ("problem", Value::from(flaw.problem.to_string())),
    ])
}

/// A value that a key had, as JSON.
pub fn key_entry(key: &str, entry: KeyEntry) -> Value {
    let (version, value, before) = match entry {
        KeyEntry::Value { version, value, before } => (version, value, before),
        KeyEntry::Damaged(corruption) => return missing(&corruption),
    };
    let mut map = version_map(&version);
    map.insert("key".to_owned(), key.into());
    map.insert("present".to_owned(), value.is_some().into());
    map.insert("value".to_owned(), value.unwrap_or_default());
    map.insert("was_present".to_owned(), before.is_some().into());
    map.insert("before".to_owned(), before.unwrap_or_default());
    Value::Map(map)
}

/// A hit of a search, as JSON.
pub fn found(version: &Version, last: u64, place: &FoundPlace, marks: &[Range<usize>]) -> Value {
    let mut map = version_map(version);
    let (number, more, key, text) = match place {
        FoundPlace::Line { number, more, text } => (Some(*number), *more, None, Some(text.as_str())),
        FoundPlace::Value { number, key, text } => {
            (Some(*number), 0, Some(key.as_str()), Some(text.as_str()))
        }
        FoundPlace::Description => (None, 0, None, Some(version.description.as_str())),
        FoundPlace::Author => (None, 0, None, Some(version.author.as_str())),
        FoundPlace::Tag(tag) => (None, 0, None, Some(tag.as_str())),
        FoundPlace::Version => (None, 0, None, None),
    };
    let marks = marks.iter().map(|mark| Value::list([mark.start as u64, mark.end as u64]));
    let facts = [
        ("last", Value::from(last)),
        ("found", place.name().into()),
        ("line", Value::from(number.map(|number| number as u64))),
        ("more_lines", Value::from(more as u64)),
        ("key", Value::from(key)),
        ("text", Value::from(text)),
        ("marks", Value::list(marks)),
    ];
    map.extend(facts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Map(map)
}

/// A value that is blamed, as JSON.
pub fn blamed(blame: &Blame, value: &BlamedValue) -> Value {
    let version = blame.versions.get(&value.number);
    let text = |of: fn(&Version) -> String| Value::from(version.map(of));
    Value::map([
        ("config", Value::from(blame.version.config.as_str())),
        ("path", Value::from(value.path.to_string())),
        ("line", Value::from(value.line as u64)),
        ("version", Value::from(value.number)),
        ("author", text(|version| version.author.clone())),
        ("timestamp", text(|version| version.timestamp.to_string())),
        ("description", text(|version| version.description.clone())),
    ])
}

/// The version with its content: the value where it was parsed, and the exact text where it is one.
pub fn loaded(loaded: &Loaded) -> Value {
    let mut map = version_map(&loaded.version);
    let content = if loaded.is_structured() { loaded.value().unwrap_or_default() } else { Value::Null };
    map.insert("content".to_owned(), content);
    map.insert("text".to_owned(), Value::from(std::str::from_utf8(&loaded.source).ok()));
    Value::Map(map)
}

/// An operation with what it did, as JSON.
pub fn operation_records(operation: &OperationRecords) -> Value {
    let (state, target) = match operation.state {
        OperationState::Done => ("done", None),
        OperationState::Undone => ("undone", None),
        OperationState::Partly => ("partly", None),
        OperationState::About(target) => ("about", Some(target.to_string())),
    };
    let versions = operation.versions.iter().map(|version| {
        Value::map([
            ("config", Value::from(version.config.as_str())),
            ("version", Value::from(version.number)),
        ])
    });
    let refs = operation.refs.iter().map(|change| {
        Value::map([
            ("config", Value::from(change.config.as_str())),
            ("action", Value::from(change.action.name())),
            ("description", Value::from(change.description.as_str())),
        ])
    });
    Value::map([
        ("id", Value::from(operation.operation.id.to_string())),
        ("timestamp", Value::from(operation.operation.timestamp.to_string())),
        ("author", Value::from(operation.author.as_str())),
        ("command", Value::from(operation.operation.command.as_str())),
        ("state", Value::from(state)),
        ("target", Value::from(target)),
        ("versions", Value::list(versions)),
        ("refs", Value::list(refs)),
    ])
}

/// All that a change of refs says, as JSON.
pub fn ref_change(change: &RefChange) -> Value {
    let mut told = Map::new();
    if let Value::Map(left) = refs_left(change) {
        told.extend(left);
    }
    let pairs = [
        ("ref", Value::from(change.number)),
        ("id", Value::from(change.id.to_string())),
        ("timestamp", Value::from(change.timestamp.to_string())),
        ("author", Value::from(change.author.as_str())),
        ("description", Value::from(change.description.as_str())),
        ("action", Value::from(change.action.name())),
        ("operation", operation(&change.operation)),
        ("target", Value::from(change.target.map(|id| id.to_string()))),
        ("seal", Value::from(change.seal.to_string())),
    ];
    told.extend(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Map(told)
}

/// What a change of refs left, as JSON: heads, current branch, tags.
pub fn refs_left(change: &RefChange) -> Value {
    let heads = change.heads.iter().map(|(branch, head)| (branch.as_str(), Value::from(head.version)));
    Value::map([
        ("config", Value::from(change.config.as_str())),
        ("heads", Value::map(heads)),
        ("current", Value::from(change.current.as_str())),
        ("tags", Value::list(change.tags.iter().map(tag_move))),
    ])
}

/// Conflicts for programs.
pub fn conflicts(conflicts: &[Conflict]) -> Value {
    Value::list(conflicts.iter().map(conflict_json))
}

fn conflict_json(conflict: &Conflict) -> Value {
    let about = match conflict.about {
        About::Value => "value",
        About::Order => "order",
    };
    let side =
        |value: &Option<Value>| value.clone().map_or(Value::list::<Value>([]), |value| Value::list([value]));
    Value::map([
        ("path", Value::from(conflict.path.to_string())),
        ("about", Value::from(about)),
        ("base", side(&conflict.base)),
        ("ours", side(&conflict.ours)),
        ("theirs", side(&conflict.theirs)),
    ])
}
