//! Lists and maps between brackets, as YAML's flow style and TOML have them.

use std::ops::Range;

use super::buffer::Edits;
use super::layout::{first_on_line, indent, line_end, line_start, newline, next_line};

/// What becomes of an item between brackets.
pub(super) enum Item {
    /// It stays where it is.
    Stay(usize),
    /// It goes.
    Remove(usize),
    /// A new one stands here.
    Insert(String),
    /// One that goes stands here, with this text and the comment behind it.
    Move(usize, String),
}

/// A list or map between brackets. Comments begin with `#`.
pub(super) struct Brackets<'a> {
    pub(super) source: &'a str,
    /// Past the opening bracket.
    pub(super) open: usize,
    /// Before the closing one.
    pub(super) close: usize,
    /// The items, with their keys and without commas.
    pub(super) items: Vec<Range<usize>>,
    /// What stands inside of the brackets of a map on one line that was empty.
    pub(super) pad: &'static str,
}

impl Brackets<'_> {
    /// Removes and inserts items. Items on lines of their own keep to that, and so do commas before the bracket.
    pub(super) fn edit(&self, steps: Vec<Item>, edits: &mut Edits) {
        let mut last = None;
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Item::Remove(item) => gone.push(item),
                Item::Insert(text) => new.push((text, "")),
                Item::Move(item, text) => new.push((text, self.behind(item))),
                Item::Stay(item) => {
                    self.edit_between(last, &gone, &new, Some(item), edits);
                    last = Some(item);
                    gone.clear();
                    new.clear();
                }
            }
        }
        self.edit_between(last, &gone, &new, None, edits);
    }

    /// Edits what is between two items that stay, or a bracket.
    fn edit_between(
        &self,
        before: Option<usize>,
        gone: &[usize],
        new: &[(String, &str)],
        after: Option<usize>,
        edits: &mut Edits,
    ) {
        if gone.is_empty() && new.is_empty() {
            return;
        }
        let trailing = self.items.len().checked_sub(1).is_some_and(|last| self.comma(last).is_some());
        let on_lines = self.items.iter().all(|item| self.is_alone(item))
            && self.source[self.open..self.close].contains('\n');
        if on_lines {
            for &item in gone {
                let item = &self.items[item];
                edits.remove(line_start(self.source, item.start)..next_line(self.source, item.end));
            }
            let model = before.or(after).or(gone.first().copied());
            let place = match before {
                Some(item) => line_end(self.source, self.comma(item).unwrap_or(self.items[item].end)),
                None => line_end(self.source, self.open),
            };
            let indent = match model {
                Some(item) => indent(self.source, self.items[item].start).to_owned(),
                None => format!("{}  ", indent(self.source, self.close)),
            };
            if let Some(before) = before {
                let needed = !new.is_empty() || after.is_some() || trailing;
                match self.comma(before) {
                    None if needed => edits.insert(self.items[before].end, ","),
                    Some(comma) if !needed => edits.remove(comma..comma + 1),
                    _ => {}
                }
            }
            for (index, (text, behind)) in new.iter().enumerate() {
                let comma = index + 1 < new.len() || after.is_some() || trailing;
                let comma = if comma { "," } else { "" };
                edits.insert(place, format!("{}{indent}{text}{comma}{behind}", newline(self.source)));
            }
            return;
        }
        let paired = gone.len().min(new.len());
        for (&item, (text, _)) in gone.iter().zip(new) {
            edits.replace(self.items[item].clone(), text.as_str());
        }
        let before = if paired > 0 { Some(gone[paired - 1]) } else { before };
        if let (Some(&first), Some(&last)) = (gone.get(paired), gone.last()) {
            edits.remove(match (before, after) {
                (_, Some(after)) => self.items[first].start..self.items[after].start,
                (Some(before), None) => self.items[before].end..self.items[last].end,
                (None, None) => self.open..self.close,
            });
        }
        let rest: Vec<_> = new[paired..].iter().map(|(text, _)| text.as_str()).collect();
        let rest = rest.join(", ");
        if rest.is_empty() {
            return;
        }
        match (before, after) {
            (Some(before), _) => edits.insert(self.items[before].end, format!(", {rest}")),
            (None, Some(after)) => edits.insert(self.items[after].start, format!("{rest}, ")),
            (None, None) => edits.replace(self.open..self.close, format!("{0}{rest}{0}", self.pad)),
        }
    }

    /// Where the comma behind an item is.
    fn comma(&self, item: usize) -> Option<usize> {
        let at = skip_blank(self.source, self.items[item].end);
        self.source[at..].starts_with(',').then_some(at)
    }

    /// The comment that stands behind an item on its line, with the blanks before it.
    fn behind(&self, item: usize) -> &str {
        let start = self.comma(item).map_or(self.items[item].end, |comma| comma + 1);
        let line = &self.source[start..line_end(self.source, start)];
        if line.trim_start().starts_with('#') { line } else { "" }
    }

    /// Whether an item has its lines for itself.
    fn is_alone(&self, item: &Range<usize>) -> bool {
        let rest = &self.source[item.end..line_end(self.source, item.end)];
        let rest = rest.trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        first_on_line(self.source, item.start) && (rest.is_empty() || rest.starts_with('#'))
    }
}

/// Past white space, line ends and comments.
pub(super) fn skip_blank(source: &str, mut at: usize) -> usize {
    loop {
        let rest = &source[at..];
        at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
        if !source[at..].starts_with('#') {
            return at;
        }
        at = line_end(source, at);
    }
}
