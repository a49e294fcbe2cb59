//! The differences of layout, one a line.

use vconf::diff::{Diff, Layout, LayoutKind};
use vconf::model::tree::{Span, Tree};

use super::style::{Look, Piece, Style, UNLIMITED, cut, fit, safe};

/// How many are listed, unless all are asked for.
const MAX_LINES: usize = 50;

/// Writes what differs beside the content.
pub(crate) fn put(out: &mut String, style: Style, diff: &Diff<'_>, layout: &Layout, columns: usize) {
    for pieces in lines(diff, layout, columns) {
        put_line(out, style, pieces, columns);
    }
}

/// What differs beside the content, a line each.
pub(crate) fn lines(diff: &Diff<'_>, layout: &Layout, columns: usize) -> Vec<Vec<Piece>> {
    let mut told = Vec::new();
    let full = columns >= UNLIMITED;
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
        let mut pieces = vec![(Look::Plain, format!("{name}{place}"))];
        let room = if full { UNLIMITED } else { (columns - 2).saturating_sub(24).max(16) };
        let text = |tree: &Tree, span: Span| safe(tree.source().get(span.range()).unwrap_or(""));
        let (old, new) = (
            item.old.filter(|_| quoted).map(|span| text(diff.old_tree(), span)),
            item.new.filter(|_| quoted).map(|span| text(diff.new_tree(), span)),
        );
        match (old, new) {
            (Some(old), Some(new)) if old.len() + new.len() + 3 <= room => {
                pieces.push((Look::Removed, format!("   {old}")));
                pieces.push((Look::Plain, " → ".to_owned()));
                pieces.push((Look::Added, new));
            }
            (Some(old), Some(new)) => {
                pieces.push((Look::Plain, "   ".to_owned()));
                pieces.extend(super::inline::mark(&old, &new, room));
            }
            (Some(old), None) => {
                pieces.push((Look::Removed, format!("   {}", cut(&old, room))));
                pieces.push((Look::Plain, "   removed".to_owned()));
            }
            (None, Some(new)) => {
                pieces.push((Look::Added, format!("   {}", cut(&new, room))));
                pieces.push((Look::Plain, "   added".to_owned()));
            }
            (None, None) => {}
        }
        told.push(pieces);
    }
    if counted > shown {
        told.push(vec![(Look::Dim, format!("… and {} more", counted - shown))]);
    }
    for found in diff.whitespace() {
        told.push(vec![(Look::Plain, "whitespace".to_owned()), (Look::Plain, format!("   {found}"))]);
    }
    told
}

fn put_line(out: &mut String, style: Style, pieces: Vec<Piece>, columns: usize) {
    for (number, line) in fit(pieces, columns - 4, "   ").into_iter().enumerate() {
        out.push_str(if number == 0 { "  " } else { "    " });
        for (look, text) in line {
            style.put(out, look, &text);
        }
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
