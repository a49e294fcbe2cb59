//! The differences of layout, one a line.

use vconf::diff::{Diff, Layout, LayoutKind};
use vconf::model::tree::{Span, Tree};

use super::style::{Look, Style, cut, safe};

/// How many are listed, unless all are asked for.
const MAX_LINES: usize = 50;

/// Lists what differs beside the content.
pub(crate) fn put(out: &mut String, style: Style, diff: &Diff<'_>, layout: &Layout, full: bool) {
    let shown = if full { layout.items.len() } else { layout.items.len().min(MAX_LINES) };
    let counted = layout.comments() + layout.key_order + layout.list_order + layout.spelling;
    let (mut old_lines, mut new_lines) = (Lines::new(diff.old_tree()), Lines::new(diff.new_tree()));
    for item in &layout.items[..shown] {
        let (name, quoted) = match item.kind {
            LayoutKind::Comment => ("comment", true),
            LayoutKind::KeyOrder => ("key order", false),
            LayoutKind::ListOrder => ("list order", false),
            LayoutKind::Spelling => ("spelling", true),
        };
        let line = match (item.old, item.new) {
            (_, Some(span)) => new_lines.of(span),
            (Some(span), _) => old_lines.of(span),
            (None, None) => None,
        };
        let place = line.map_or_else(String::new, |line| format!("   line {line}"));
        out.push_str(&format!("  {name}{place}"));
        if quoted {
            let text =
                |tree: &Tree, span: Span| cut(&safe(tree.source().get(span.range()).unwrap_or("")), 60);
            out.push_str("   ");
            if let Some(old) = item.old {
                style.put(out, Look::Removed, &text(diff.old_tree(), old));
            }
            out.push_str(match (item.old, item.new) {
                (Some(_), Some(_)) => " → ",
                (Some(_), None) => "   removed",
                _ => "",
            });
            if let Some(new) = item.new {
                style.put(out, Look::Added, &text(diff.new_tree(), new));
                out.push_str(if item.old.is_none() { "   added" } else { "" });
            }
        }
        out.push('\n');
    }
    if counted > shown {
        style.put(out, Look::Dim, &format!("  … and {} more", counted - shown));
        out.push('\n');
    }
}

/// Line numbers by place, from 1.
struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    fn new(tree: &Tree) -> Self {
        let ends = tree.source().bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: ends.map(|(at, _)| at as u32 + 1).collect() }
    }

    fn of(&mut self, span: Span) -> Option<usize> {
        (!span.is_empty()).then(|| self.starts.partition_point(|&start| start <= span.start) + 1)
    }
}
