//! What of a version is searched: the lines of its source, or its values, one a line.

use std::borrow::Cow;
use std::fmt::Write;

use crate::canonical;
use crate::diff::{Crumb, PeoplePath};
use crate::format;
use crate::model::record::{Encoding, Version};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// What of a version is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::history) enum View {
    /// The lines of the source; of bytes that are no text there are none.
    Source,
    /// The values of the content that hold no others or have a tag, each as its path, a tab, and itself as JSON.
    Values,
}

impl View {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Source, Self::Values];

    /// Under which name it is cached; another way to write it is another name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Source => "lines-1",
            Self::Values => "values-1",
        }
    }

    /// The text whose lines are searched.
    pub(super) fn text(self, version: &Version, source: Vec<u8>) -> String {
        if self == Self::Source && version.encoding != Encoding::Base64 {
            return String::from_utf8(source).unwrap_or_default();
        }
        let document = format::read(version.config.as_str(), source, Some(version.format));
        match (document.tree, self) {
            (Some(tree), Self::Source) => tree.source().to_owned(),
            (Some(tree), Self::Values) => values(&tree),
            (None, _) => String::new(),
        }
    }
}

/// The lines of a text, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// The path and the value of a line of [`View::Values`].
pub(super) fn path_and_value(line: &str) -> (&str, &str) {
    line.split_once('\t').unwrap_or((line, ""))
}

/// The text of a value of [`View::Values`]: of a string what it says, of all else how it is written.
pub(super) fn value_text(value: &str) -> Cow<'_, str> {
    let quoted = value.find('"').map(|at| &value[at..]);
    match quoted.filter(|_| value.ends_with('"')) {
        Some(quoted) if !quoted.contains('\\') => quoted.trim_matches('"').into(),
        Some(quoted) => serde_json::from_str::<String>(quoted).map_or_else(|_| value.into(), Cow::Owned),
        None => value.into(),
    }
}

/// The nodes that hold no others, and those with a tag, each with its path. Linear in the nodes and the length of their paths.
pub(in crate::history) fn leaves(tree: &Tree, mut tell: impl FnMut(NodeId, &str)) {
    let mut path = String::new();
    // The lists and maps around: where each ends, how long its path is, and its next index.
    let mut around: Vec<(usize, usize, usize)> = Vec::new();
    for at in 0..tree.len() {
        let Some(node) = tree.at(at) else { break };
        while around.last().is_some_and(|(end, ..)| at >= *end) {
            around.pop();
        }
        if let Some((_, length, index)) = around.last_mut() {
            path.truncate(*length);
            let is_first = path.is_empty();
            let crumb = match tree.key(node) {
                Some(key) => Crumb::Key(key.to_owned()),
                None => Crumb::Index(*index),
            };
            *index += 1;
            let dot = if is_first || matches!(crumb, Crumb::Index(_)) { "" } else { "." };
            write!(path, "{dot}{crumb}").expect("writing to a string does not fail");
        }
        if tree.subtree_len(node) > 1 {
            around.push((at + tree.subtree_len(node), path.len(), 0));
        }
        if tree.subtree_len(node) == 1 || tree.tag(node).is_some() {
            tell(node, &path);
        }
    }
}

fn values(tree: &Tree) -> String {
    let mut text = String::new();
    if tree.tag(tree.root()) == Some(Tagged::LINES) {
        return text;
    }
    let root = PeoplePath::default().to_string();
    leaves(tree, |node, path| {
        text.push_str(if path.is_empty() { &root } else { path });
        text.push('\t');
        write_leaf(tree, node, &mut text);
        text.push('\n');
    });
    text
}

fn write_leaf(tree: &Tree, node: NodeId, text: &mut String) {
    if let Some(tag) = tree.tag(node) {
        text.push_str(&crate::diff::escape(tag));
        text.push(' ');
    }
    match tree.kind(node) {
        Kind::Null => text.push_str("null"),
        Kind::Bool => text.push_str(if tree.is_true(node) { "true" } else { "false" }),
        Kind::Number => canonical::write_number(tree.text(node), text),
        Kind::String => canonical::write_string(tree.text(node), text),
        Kind::List => text.push_str("[]"),
        Kind::Map => text.push_str("{}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_one_a_line_with_their_paths() {
        let source = r#"{"db": {"pool": 10, "a.b": null}, "list": [1.0, {"x": "a\tb\n"}, []], "e": {}}"#;
        let tree = format::read("a.json", source, None).tree.unwrap();
        assert_eq!(
            values(&tree),
            "db.pool\t10\ndb.\"a.b\"\tnull\nlist[0]\t1\nlist[1].x\t\"a\\tb\\n\"\nlist[2]\t[]\ne\t{}\n"
        );
        let scalar = format::read("a.json", "5", None).tree.unwrap();
        assert_eq!(values(&scalar), "(root)\t5\n");
        assert_eq!(values(&format::read("a.txt", "a\nb\n", None).tree.unwrap()), "");
    }
}
