//! Keys that are not plain strings, as text.

use crate::format::json::write_string;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// How long such a key may be.
pub(super) const MAX_BYTES: usize = 1 << 16;

/// The text of a node that is a key: a scalar's own text; a list or map in JSON, without tags. None past [`MAX_BYTES`].
///
/// The JSON of a key within a key is quoted again, so that its length could double with each level.
pub(super) fn text(tree: &Tree, node: NodeId) -> Option<String> {
    let text = match tree.kind(node) {
        Kind::String => tree.text(node).to_owned(),
        Kind::List | Kind::Map => json(tree, node)?,
        _ => tree.source()[tree.span(node).range()].to_owned(),
    };
    (text.len() <= MAX_BYTES).then_some(text)
}

fn json(tree: &Tree, top: NodeId) -> Option<String> {
    let mut text = String::new();
    // Past which node each open list or map ends, and with what.
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut at = top.index();
    let end = at + tree.subtree_len(top);
    while at < end {
        let node = tree.at(at)?;
        let size = tree.subtree_len(node);
        if at != top.index() && tree.will_go(node) {
            at += size;
        } else {
            if !text.is_empty() && !text.ends_with(['[', '{']) {
                text.push(',');
            }
            if at != top.index()
                && let Some(key) = tree.key(node)
            {
                write_string(&mut text, key);
                text.push(':');
            }
            match tree.kind(node) {
                Kind::List => text.push('['),
                Kind::Map => text.push('{'),
                Kind::String => write_string(&mut text, tree.text(node)),
                Kind::Number => text.push_str(tree.text(node)),
                Kind::Bool => text.push_str(if tree.is_true(node) { "true" } else { "false" }),
                Kind::Null => text.push_str("null"),
            }
            match tree.kind(node) {
                Kind::List => open.push((at + size, ']')),
                Kind::Map => open.push((at + size, '}')),
                _ => {}
            }
            at += 1;
        }
        while let Some((_, close)) = open.pop_if(|(end, _)| *end == at) {
            text.push(close);
        }
        if text.len() > MAX_BYTES {
            return None;
        }
    }
    Some(text)
}
