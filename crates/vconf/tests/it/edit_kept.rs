//! Which lines of a source an edit must leave alone: those that hold only keys that stay as they are.

use vconf::format::{Document, Format};
use vconf::model::tree::{NodeId, Tree};
use vconf::model::value::{Kind, Value};

/// Holds that each line of the source that holds only untouched keys is in the result; in order, unless items moved.
pub(crate) fn untouched_lines_are_kept(document: &Document, target: &Value, result: &str) {
    let tree = document.tree.as_ref().unwrap();
    let source = tree.source();
    let mut kept = Kept { tree, format: document.format, parts: Vec::new(), in_order: true };
    kept.node(tree.root(), Some(target));
    if !kept.in_order && source.contains(" *") {
        // An alias may have to become a value where it would come before its anchor.
        return;
    }
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        let mut here = kept.parts.iter().filter(|(at, _)| at.start < end && start < at.end).peekable();
        if here.peek().is_some() && here.all(|(_, untouched)| *untouched) {
            lines.push(bare(line));
        }
        start += line.len();
    }
    let found: Vec<String> = result.lines().map(bare).collect();
    let mut next = 0;
    for (index, line) in lines.iter().enumerate() {
        if kept.in_order {
            match found[next..].iter().position(|there| there == line) {
                Some(at) => next += at + 1,
                None => panic!("{line:?} is lost:\n{source}\n→ {target:?}\n{result}"),
            }
        } else {
            let before = lines[..index].iter().filter(|known| *known == line).count();
            let count = found.iter().filter(|there| *there == line).count();
            assert!(before < count, "{line:?} is lost:\n{source}\n→ {target:?}\n{result}");
        }
    }
}

/// A line without what its neighbours may change: commas, the blanks around it, and the dashes of lists around.
fn bare(line: &str) -> String {
    let line = line.replace(',', "");
    line.trim_start_matches([' ', '-', '\u{feff}']).trim().to_owned()
}

struct Kept<'a> {
    tree: &'a Tree,
    format: Format,
    /// What of the source belongs to which keys, and whether these are untouched.
    parts: Vec<(std::ops::Range<usize>, bool)>,
    in_order: bool,
}

impl Kept<'_> {
    fn node(&mut self, node: NodeId, target: Option<&Value>) {
        let tree = self.tree;
        let own = tree.value(node).unwrap();
        if Some(&own) == target {
            return self.leaves(node, true);
        }
        let children: Vec<_> = tree.children(node).collect();
        match target.map(Value::untagged) {
            Some(Value::Map(map)) if !children.is_empty() && matches!(own.untagged(), Value::Map(_)) => {
                for child in children {
                    self.node(child, map.get(tree.key(child).unwrap()));
                }
            }
            // What is no list of tables any more is written between brackets.
            Some(Value::List(items))
                if self.format == Format::Toml
                    && children.iter().all(|&child| tree.kind(child) == Kind::Map)
                    && !items.iter().all(|item| item.kind() == Kind::Map) =>
            {
                self.leaves(node, false);
            }
            Some(Value::List(items)) if !children.is_empty() && matches!(own.untagged(), Value::List(_)) => {
                let values: Vec<_> = children.iter().map(|&child| tree.value(child).unwrap()).collect();
                let count = |of: &[Value], value: &Value| of.iter().filter(|item| *item == value).count();
                let stays = |value: &Value| count(items, value) >= count(&values, value);
                let mut rest = items.iter();
                self.in_order &=
                    values.iter().filter(|value| stays(value)).all(|value| rest.any(|item| item == value));
                let differ = values.iter().zip(items).filter(|(old, new)| old != new).count();
                let one_differs = values.len() == items.len() && differ == 1;
                for ((index, child), value) in children.into_iter().enumerate().zip(&values) {
                    if one_differs {
                        self.node(child, items.get(index));
                    } else {
                        self.leaves(child, stays(value));
                    }
                }
            }
            _ => self.leaves(node, false),
        }
        self.around(node);
    }

    /// A changed list or map that begins on the line of its first item may change all its lines.
    fn around(&mut self, node: NodeId) {
        let span = self.tree.span(node).range();
        let Some(first) = self.tree.children(node).next() else { return };
        let inner = self.start(first);
        let open = &self.tree.source()[span.start..inner.max(span.start)];
        let source = self.tree.source();
        let is_compact = source[span.start..].starts_with(['[', '{']) && !open.contains('\n');
        if is_compact {
            self.parts.push((span, false));
        }
    }

    fn start(&self, node: NodeId) -> usize {
        let (key, span) = (self.tree.key_span(node), self.tree.span(node));
        if self.tree.key(node).is_some() { key.start as usize } else { span.start as usize }
    }

    fn leaves(&mut self, node: NodeId, untouched: bool) {
        if self.tree.children(node).next().is_none() {
            let start = self.start(node);
            let span = self.tree.span(node);
            let end = if self.tree.key(node).is_some() { self.tree.key_span(node).end } else { span.start };
            self.parts.push((start..end as usize, untouched));
            self.parts.push((span.range(), untouched));
        }
        for child in self.tree.children(node) {
            self.leaves(child, untouched);
        }
        if !untouched {
            self.around(node);
        }
    }
}
