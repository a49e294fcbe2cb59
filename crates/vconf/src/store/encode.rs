//! Writing records: fixed bytes in a fixed order. `docs/FORMAT.md` describes them.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use super::body;
use crate::backend::FORMAT;
use crate::canonical::{checksum, write_string};
use crate::model::checksum::{Checksum, Id};
use crate::model::format::Format;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{
    Action, Forgotten, Head, Operation, PERMISSIONS, RefAction, RefChange, Summary, TagMove, Version,
};
use crate::model::time::Timestamp;

/// A version before it has a number.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Whose version it is.
    pub config: &'a ConfigName,
    /// The record's random id.
    pub id: Id,
    /// The branch.
    pub branch: &'a RefName,
    /// The versions it is made from.
    pub parents: Vec<u64>,
    /// When.
    pub timestamp: Timestamp,
    /// Who.
    pub author: &'a str,
    /// Why.
    pub description: String,
    /// By what kind of command.
    pub action: Action,
    /// By which command.
    pub operation: &'a Operation,
    /// What changed since the first parent.
    pub changes: Summary,
    /// How the source is written.
    pub format: Format,
    /// The permission bits of the file; others are left out.
    pub mode: Option<u32>,
    /// The exact bytes.
    pub source: &'a [u8],
    /// How deep the content nests; what has no structure does not.
    pub depth: usize,
    /// Of the exact bytes.
    pub checksum: Checksum,
    /// Of the canonical content, where the source was parsed.
    pub content_checksum: Option<Checksum>,
}

/// Makes the record of a version, given its number, which is above those of its parents, and the seal before it.
pub fn encode_version(draft: &Draft<'_>, number: u64, previous: Option<Checksum>) -> (Version, Vec<u8>) {
    let encoding = body::choose(draft.format, draft.source, draft.depth);
    let Draft { operation, changes, .. } = draft;
    let mode = draft.mode.map(|mode| mode & PERMISSIONS);
    let mut header = Header::begin();
    header.string("config", draft.config);
    header.raw("version", number);
    header.string("id", draft.id);
    header.string("branch", draft.branch);
    header.raw("parents", numbers(&draft.parents));
    header.string("timestamp", draft.timestamp);
    header.string("author", draft.author);
    header.string("description", &draft.description);
    header.string("action", draft.action);
    header.raw("operation", operation_json(operation));
    header.raw("changes", summary_json(changes));
    header.string("format", draft.format);
    match mode {
        Some(mode) => header.string("mode", format_args!("{mode:04o}")),
        None => header.raw("mode", "null"),
    }
    header.string("encoding", encoding);
    header.raw("size_bytes", draft.source.len());
    header.string("checksum", draft.checksum);
    header.optional("content_checksum", draft.content_checksum);
    header.optional("previous", previous);
    let (seal, mut text) = header.seal();
    text.reserve(draft.source.len() + draft.source.len() / 2);
    text.push_str(",\n  \"content\": ");
    body::write(encoding, draft.source, &mut text);
    text.push_str(body::END);
    let version = Version {
        config: draft.config.clone(),
        number,
        id: draft.id,
        branch: draft.branch.clone(),
        parents: draft.parents.clone(),
        timestamp: draft.timestamp,
        author: draft.author.to_owned(),
        description: draft.description.clone(),
        action: draft.action,
        operation: (*operation).clone(),
        changes: changes.clone(),
        format: draft.format,
        mode,
        encoding,
        size_bytes: draft.source.len() as u64,
        checksum: draft.checksum,
        content_checksum: draft.content_checksum,
        previous,
        seal,
    };
    (version, text.into_bytes())
}

/// A change of refs before it has a number.
#[derive(Clone, Debug)]
pub struct RefDraft<'a> {
    /// Whose refs they are.
    pub config: &'a ConfigName,
    /// The record's random id.
    pub id: Id,
    /// When.
    pub timestamp: Timestamp,
    /// Who.
    pub author: &'a str,
    /// Why.
    pub description: String,
    /// By what kind of command.
    pub action: RefAction,
    /// By which command.
    pub operation: &'a Operation,
    /// The operation that an undo or a redo is about.
    pub target: Option<Id>,
    /// The tags that change.
    pub tags: Vec<TagMove>,
    /// Every branch's head after it.
    pub heads: BTreeMap<RefName, Head>,
    /// The current branch after it, one of these.
    pub current: RefName,
    /// The versions that it forgets, by their numbers.
    pub forgotten: Vec<Forgotten>,
}

/// Makes the record of a change of refs, given its number and the seal before it.
pub fn encode_ref(draft: &RefDraft<'_>, number: u64, previous: Option<Checksum>) -> (RefChange, Vec<u8>) {
    let mut header = Header::begin();
    header.string("config", draft.config);
    header.raw("ref", number);
    header.string("id", draft.id);
    header.string("timestamp", draft.timestamp);
    header.string("author", draft.author);
    header.string("description", &draft.description);
    header.string("action", draft.action);
    header.raw("operation", operation_json(draft.operation));
    header.optional("target", draft.target);
    header.raw("tags", tags_json(&draft.tags));
    header.raw("heads", heads_json(&draft.heads));
    if draft.current != RefName::main() {
        header.string("current", &draft.current);
    }
    if !draft.forgotten.is_empty() {
        header.raw("forgotten", forgotten_json(&draft.forgotten));
    }
    header.optional("previous", previous);
    let (seal, mut text) = header.seal();
    text.push_str(body::END);
    let change = RefChange {
        config: draft.config.clone(),
        number,
        id: draft.id,
        timestamp: draft.timestamp,
        author: draft.author.to_owned(),
        description: draft.description.clone(),
        action: draft.action,
        operation: draft.operation.clone(),
        target: draft.target,
        tags: draft.tags.clone(),
        heads: draft.heads.clone(),
        current: draft.current.clone(),
        forgotten: draft.forgotten.clone(),
        previous,
        seal,
    };
    (change, text.into_bytes())
}

/// The header of a record: a field a line.
struct Header(String);

impl Header {
    fn begin() -> Self {
        let mut header = Self(String::with_capacity(1024));
        header.0.push_str("{\n");
        header.raw("vconf", FORMAT);
        header
    }

    fn raw(&mut self, name: &str, json: impl Display) {
        writeln!(self.0, "  \"{name}\": {json},").expect("writing to a string does not fail");
    }

    fn string(&mut self, name: &str, text: impl Display) {
        self.raw(name, quoted(text));
    }

    fn optional(&mut self, name: &str, text: Option<impl Display>) {
        match text {
            Some(text) => self.string(name, text),
            None => self.raw(name, "null"),
        }
    }

    /// Ends the header with its seal, without the comma that follows where there is a body.
    fn seal(self) -> (Checksum, String) {
        let seal = checksum(self.0.as_bytes());
        let mut text = self.0;
        write!(text, "  \"seal\": \"{seal}\"").expect("writing to a string does not fail");
        (seal, text)
    }
}

fn quoted(text: impl Display) -> String {
    let mut out = String::new();
    write_string(&text.to_string(), &mut out);
    out
}

fn numbers(numbers: &[u64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u64::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

fn number_or_null(number: Option<u64>) -> String {
    number.map_or_else(|| "null".to_owned(), |number| number.to_string())
}

fn operation_json(operation: &Operation) -> String {
    let Operation { id, timestamp, command } = operation;
    format!("{{\"id\": \"{id}\", \"timestamp\": \"{timestamp}\", \"command\": {}}}", quoted(command))
}

fn summary_json(changes: &Summary) -> String {
    let Summary { summary, added, removed, changed, paths } = changes;
    let paths: Vec<_> = paths.iter().map(quoted).collect();
    format!(
        "{{\"summary\": {}, \"added\": {added}, \"removed\": {removed}, \"changed\": {changed}, \"paths\": [{}]}}",
        quoted(summary),
        paths.join(", ")
    )
}

fn tags_json(tags: &[TagMove]) -> String {
    let tags: Vec<_> = tags
        .iter()
        .map(|TagMove { tag, from, to }| {
            let (from, to) = (number_or_null(*from), number_or_null(*to));
            format!("{{\"tag\": {}, \"from\": {from}, \"to\": {to}}}", quoted(tag))
        })
        .collect();
    format!("[{}]", tags.join(", "))
}

fn forgotten_json(forgotten: &[Forgotten]) -> String {
    let forgotten: Vec<_> = forgotten
        .iter()
        .map(|Forgotten { first, last, branch, parent, previous, seal }| {
            let branch = quoted(branch);
            let parent = number_or_null(*parent);
            let previous = previous.map_or_else(|| "null".to_owned(), |previous| format!("\"{previous}\""));
            format!(
                "{{\"first\": {first}, \"last\": {last}, \"branch\": {branch}, \"parent\": {parent}, \"previous\": {previous}, \"seal\": \"{seal}\"}}"
            )
        })
        .collect();
    format!("[{}]", forgotten.join(", "))
}

fn heads_json(heads: &BTreeMap<RefName, Head>) -> String {
    let heads: Vec<_> = heads
        .iter()
        .map(|(branch, Head { version, as_of })| {
            format!("{}: {{\"version\": {}, \"as_of\": {as_of}}}", quoted(branch), number_or_null(*version))
        })
        .collect();
    format!("{{{}}}", heads.join(", "))
}
