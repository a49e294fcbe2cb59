//! Which values of a tree are still those of an older one, and which were set since.

use super::hash::Hashes;
use super::pairing::{Context, Pairing};
use super::rules::{ListMode, Options};
use super::text::edits;
use super::{lists, maps, sequence};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// Tells for each node of a tree which node of an older one it was, by index; `None` where it was set since.
///
/// A list or map was set only where it came or took the place of something else; what was set in it is told of its
/// items. What was renamed, or moved in a list with an order, was set, but not what is in it. Pairs are those that
/// [`compare`](super::compare()) finds, at the same cost.
pub fn origins(old: &Tree, new: &Tree, options: &Options) -> Vec<Option<u32>> {
    let is_text = |tree: &Tree| tree.tag(tree.root()) == Some(Tagged::LINES);
    if is_text(old) && is_text(new) {
        return origins_of_lines(old, new);
    }
    let (old_hashes, new_hashes) = (Hashes::new(old, options), Hashes::new(new, options));
    let ctx = Context::new(&old_hashes, &new_hashes);
    let mut origins = vec![None; new.len()];
    let mut open = vec![(old.root(), new.root(), false)];
    while let Some((old_node, new_node, is_moved)) = open.pop() {
        let (from, to) = (old_node.index(), new_node.index());
        let length = new.subtree_len(new_node);
        if old.subtree_len(old_node) == length && ctx.same_source(old_node, new_node) {
            // The same text means the same nodes in the same order.
            for at in 0..length {
                origins[to + at] = Some((from + at) as u32);
            }
        } else if ctx.same_kind(old_node, new_node) {
            let is_same = match new.kind(new_node) {
                Kind::List | Kind::Map => {
                    open_children(&ctx, old_node, new_node, &mut open);
                    true
                }
                _ => ctx.old.hashes.of_leaf(old_node) == ctx.new.hashes.of_leaf(new_node),
            };
            if is_same {
                origins[to] = Some(from as u32);
            }
        }
        if is_moved {
            origins[to] = None;
        }
    }
    origins
}

/// The same of two texts: the edits are those of [`edits`], which people see in a unified diff.
fn origins_of_lines(old: &Tree, new: &Tree) -> Vec<Option<u32>> {
    let lines = |tree: &'_ Tree| -> Vec<NodeId> { tree.children(tree.root()).collect() };
    let (old_nodes, new_nodes) = (lines(old), lines(new));
    let texts =
        |tree, nodes: &[NodeId]| -> Vec<&str> { nodes.iter().map(|&node| Tree::text(tree, node)).collect() };
    let mut origins = vec![None; new.len()];
    origins[new.root().index()] = Some(old.root().index() as u32);
    let (mut from, mut to) = (0, 0);
    let end = (old_nodes.len()..old_nodes.len(), new_nodes.len()..new_nodes.len());
    for (removed, added) in edits(&texts(old, &old_nodes), &texts(new, &new_nodes)).into_iter().chain([end]) {
        for (old, new) in old_nodes[from..removed.start].iter().zip(&new_nodes[to..added.start]) {
            origins[new.index()] = Some(old.index() as u32);
        }
        (from, to) = (removed.end, added.end);
    }
    origins
}

/// Adds the children of two nodes that belong together, each with whether it was renamed or moved.
fn open_children(ctx: &Context<'_>, old: NodeId, new: NodeId, open: &mut Vec<(NodeId, NodeId, bool)>) {
    let mut pairing = Pairing::default();
    if ctx.new.tree.kind(new) == Kind::Map {
        maps::pair(ctx, old, new, &mut pairing);
    } else {
        let is_lines = ctx.new.tree.tag(new) == Some(Tagged::LINES);
        match ctx.new.hashes.modes.of(ctx.new.tree, new) {
            ListMode::Sequence => sequence::pair(ctx, old, new, is_lines, &mut pairing),
            mode => lists::pair(ctx, old, new, mode, &mut pairing),
        };
    }
    let pairs = pairing.partners();
    open.extend(
        pairs.map(|(o, n)| (pairing.old[o as usize], pairing.new[n as usize], pairing.is_moved(n as usize))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, parse};

    /// The keys, items and lines of the new source that were set since.
    fn check(format: Format, old: &str, new: &str, expected: &[&str]) {
        let (old, new) = (parse(format, old).unwrap(), parse(format, new).unwrap());
        let origins = origins(&old, &new, &Options::default());
        let set = (0..new.len()).filter(|&at| origins[at].is_none()).map(|at| {
            let node = new.at(at).unwrap();
            new.key(node).unwrap_or_else(|| new.text(node).trim_end()).to_owned()
        });
        assert_eq!(set.collect::<Vec<_>>(), expected, "{}", new.source());
    }

    #[test]
    fn what_was_set_is_what_came_or_changed() {
        check(Format::Yaml, "a: 1\nb: {c: 2, d: 3}\n", "b: {d: 3, c: 4, e: 5}\na: 1.0\n", &["c", "e"]);
        check(Format::Yaml, "l: [1, 2]\n", "l: [3, 2, 1]\n", &["3"]);
        check(Format::Json, r#"{"a": 1}"#, r#"{"a": [1]}"#, &["a", "1"]);
        check(Format::Yaml, "a: 1\n", "[1]\n", &["", "1"]);
    }

    #[test]
    fn the_items_of_lists_stay_who_they_are() {
        let old = "e:\n  - {name: a, v: 1}\n  - {name: b, v: 2}\n";
        check(Format::Yaml, old, "e:\n  - {name: b, v: 2}\n  - {name: a, v: 3}\n", &["v"]);
        check(
            Format::Yaml,
            old,
            "e:\n  - {name: n, v: 9}\n  - {name: a, v: 1}\n  - {name: b, v: 2}\n",
            &["", "name", "v"],
        );
    }

    #[test]
    fn what_was_renamed_was_set_and_what_is_in_it_was_not() {
        let old = "server: {port: 8080, host: example, tls: true}\n";
        check(Format::Yaml, old, "srv: {port: 8080, host: example, tls: true}\n", &["srv"]);
    }

    #[test]
    fn lines_of_text_are_those_of_the_fewest_edits() {
        check(Format::Text, "a\nb\nc\n", "a\nx\nc\nd\n", &["x", "d"]);
    }
}
