//! The library's facts as JSON for programs and as lines for people.

use vconf::format::Document;
use vconf::history::Saved;
use vconf::model::record::{Operation, TagMove, Version};
use vconf::model::value::{Map, Value};

use super::style::Look;
use crate::text::one_line;

/// All that a version's record says, as JSON.
pub(crate) fn version(version: &Version) -> Value {
    Value::Map(version_map(version))
}

pub(crate) fn version_map(version: &Version) -> Map {
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

pub(crate) fn operation(operation: &Operation) -> Value {
    Value::map([
        ("id", operation.id.to_string()),
        ("timestamp", operation.timestamp.to_string()),
        ("command", operation.command.clone()),
    ])
}

/// What became of a save, as JSON.
pub(crate) fn saved(saved: &Saved) -> Value {
    let mut map = version_map(&saved.version);
    map.insert("saved".to_owned(), saved.is_new.into());
    if let Some(tagged) = &saved.tagged {
        map.insert("tag".to_owned(), tag_move(&tagged.moved));
    }
    map.insert("warnings".to_owned(), Value::list(document_warnings(&saved.document)));
    Value::Map(map)
}

/// A tag that was moved, as JSON.
pub(crate) fn tag_move(moved: &TagMove) -> Value {
    Value::map([
        ("tag", Value::from(moved.tag.as_str())),
        ("from", Value::from(moved.from)),
        ("to", Value::from(moved.to)),
    ])
}

/// What is odd about a source.
pub(crate) fn document_warnings(document: &Document) -> Vec<String> {
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

/// `app.yaml  @2  Open the port   (server.port 8080 → 9090)`.
pub(crate) fn version_line(file: &str, version: &Version, most_chars: usize) -> Vec<(Look, String)> {
    let (description, summary) = description_and_summary(version, most_chars);
    let mut line = vec![
        (Look::Heading, file.to_owned()),
        (Look::Moved, format!("  @{}", version.number)),
        (Look::Plain, on_branch(version)),
        (Look::Plain, format!("  {description}")),
    ];
    line.extend(summary.map(|summary| (Look::Dim, format!("   ({summary})"))));
    line
}

/// Which branch a version is on, where it is not the first.
fn on_branch(version: &Version) -> String {
    if version.branch.as_str() == "main" { String::new() } else { format!(" on {}", version.branch) }
}

/// `app.yaml  tag stable  @2 → @4`.
pub(crate) fn tag_line(config: &str, moved: &TagMove) -> String {
    let TagMove { tag, from, to } = moved;
    match (from, to) {
        (Some(from), Some(to)) if from == to => format!("{config}  tag {tag}  is at @{to} already"),
        (Some(from), Some(to)) => format!("{config}  tag {tag}  @{from} → @{to}"),
        (None, Some(to)) => format!("{config}  tag {tag}  → @{to}"),
        (Some(from), None) => format!("{config}  tag {tag}  deleted, was @{from}"),
        (None, None) => format!("{config}  tag {tag}  is not there"),
    }
}

/// A description, and the summary where it says more.
pub(crate) fn description_and_summary(version: &Version, most_chars: usize) -> (String, Option<String>) {
    let description = one_line(&version.description, most_chars).into_owned();
    let summary = &version.changes.summary;
    let says_more = *summary != version.description && !summary.is_empty();
    (description, says_more.then(|| one_line(summary, most_chars).into_owned()))
}
