//! Lines that come and go in block lists and maps.

use std::collections::HashSet;
use std::ops::Range;

use super::places::column;
use super::{Editor, Entry, Outcome, scalar};
use crate::format::edit::EditError;
use crate::format::edit::align::Step;
use crate::format::edit::layout::{
    first_on_line, is_comment_line, line_end, line_start, newline, next_line, with_own_comments,
};
use crate::format::yaml::print::{After, MAX_SIMPLE_KEY, print_part, write_key};
use crate::model::tree::NodeId;
use crate::model::value::Value;

impl<'a> Editor<'a> {
    /// Removes and inserts entries of a block list or map.
    pub(super) fn block(&mut self, entries: &[Entry], steps: &[Step<'a>]) -> Outcome {
        let at = |child: NodeId| entries.binary_search_by_key(&child, |entry| entry.node).unwrap_or_default();
        let end = self.next_line(entries.last().map_or(0, Entry::end));
        let lines: Vec<Range<usize>> = entries.iter().map(|entry| self.lines(entry, end)).collect();
        let spaced = entries.len() > 1
            && (1..entries.len()).all(|index| {
                let between = lines[index - 1].end..lines[index].start;
                self.source
                    .get(between)
                    .unwrap_or_default()
                    .split('\n')
                    .rev()
                    .skip(1)
                    .any(|line| line.trim().is_empty())
            });
        let first_stays = steps.iter().find_map(|step| match *step {
            Step::Stay { child, .. } => Some(at(child)),
            _ => None,
        });
        let compact = !first_on_line(self.source, entries[0].head);
        let first_goes = first_stays != Some(0);
        let column = column(self.source, entries[0].head);
        let indent = " ".repeat(column);
        let newline = newline(self.source);
        // Where what comes next is put.
        let mut place = if compact { entries[0].head } else { lines[0].start };
        let mut inline = compact;
        let (mut gone, mut kept) = (Vec::new(), HashSet::new());
        for (index, step) in steps.iter().enumerate() {
            match *step {
                Step::Stay { child, .. } => {
                    place = lines[at(child)].end;
                    inline = false;
                }
                Step::Remove { child } => {
                    gone.push(child);
                    if !(compact && first_stays.is_none_or(|first| at(child) < first)) {
                        let part = self.with_blank_line(lines[at(child)].clone());
                        self.edits.remove(part);
                    }
                }
                Step::Insert { key, value, moved } => {
                    let mut text = self.moved(moved, value, entries, &lines);
                    kept.extend(moved.filter(|_| text.is_some()));
                    if text.is_none() {
                        let text_of_new = self.entry(key, value, column, entries)?;
                        text = Some(format!("{indent}{}", self.with_newlines(&text_of_new)));
                    }
                    let text = text.unwrap_or_default();
                    if inline {
                        // Behind a dash, before the first that stays.
                        let text = text.strip_prefix(indent.as_str()).unwrap_or(&text);
                        let last = first_stays.is_none()
                            && !steps[index + 1..].iter().any(|step| matches!(step, Step::Insert { .. }));
                        let text = if last { text.trim_end().to_owned() } else { format!("{text}{indent}") };
                        self.edits.insert(place, text);
                    } else if spaced && first_stays.is_some_and(|first| place >= lines[first].end) {
                        self.edits.insert(place, format!("{newline}{text}"));
                    } else if spaced {
                        self.edits.insert(place, format!("{text}{newline}"));
                    } else {
                        self.edits.insert(place, text);
                    }
                }
            }
        }
        if compact && first_goes {
            let until = match first_stays {
                Some(first) => entries[first].head,
                None => entries.last().map_or(0, |last| self.before_newline(last.end())),
            };
            self.edits.remove(entries[0].head..until);
        }
        for child in gone.into_iter().filter(|child| !kept.contains(child)) {
            self.references.gone.push(entries[at(child)].head..lines[at(child)].end);
        }
        Ok(())
    }

    /// The lines of an entry: with comments that are its own, and with those below that are indented deeper than it.
    fn lines(&self, entry: &Entry, end: usize) -> Range<usize> {
        let mut past = self.next_line(entry.end());
        let own = column(self.source, entry.head);
        while past < self.tree.source().len() && is_comment_line(self.tree, past) {
            let line = &self.source[past..line_end(self.source, past)];
            if line.len() - line.trim_start_matches(' ').len() <= own {
                break;
            }
            past = next_line(self.source, past);
        }
        let line = line_start(self.source, entry.head);
        if !first_on_line(self.source, entry.head) {
            return entry.head..past;
        }
        let start = if past >= self.tree.source().len() {
            with_own_comments(self.tree, line, self.tree.source().len(), 0)
        } else {
            with_own_comments(self.tree, line, past, end.max(past))
        };
        // A comment that is indented otherwise is about something else.
        let mut kept = line;
        while kept > start {
            let above = line_start(self.source, kept - 1);
            let text = &self.source[above..line_end(self.source, above)];
            if text.len() - text.trim_start().len() != own {
                break;
            }
            kept = above;
        }
        kept..past
    }

    /// Where the line after that of an end begins.
    fn next_line(&self, end: usize) -> usize {
        if end > 0 && self.source[..end].ends_with('\n') { end } else { next_line(self.source, end) }
    }

    /// The lines with the blank line that would be one too many without them.
    fn with_blank_line(&self, lines: Range<usize>) -> Range<usize> {
        let is_blank = |at: usize| self.source[at..line_end(self.source, at)].trim().is_empty();
        let above = lines.start > 0 && is_blank(line_start(self.source, lines.start - 1));
        if above && lines.end >= self.source.len() {
            return line_start(self.source, lines.start - 1)..lines.end;
        }
        if (above || lines.start == 0) && lines.end < self.source.len() && is_blank(lines.end) {
            return lines.start..next_line(self.source, lines.end);
        }
        lines
    }

    /// The lines of an item that is moved, edited.
    fn moved(
        &mut self,
        moved: Option<NodeId>,
        value: &'a Value,
        entries: &[Entry],
        lines: &[Range<usize>],
    ) -> Option<String> {
        let at = entries.binary_search_by_key(&moved?, |entry| entry.node).ok()?;
        let entry = &entries[at];
        if !self.may_move(entry.node, value, &lines[at], lines[0].start.min(entries[0].head)) {
            return None;
        }
        let text =
            self.moved_part(lines[at].clone(), |editor| editor.value(entry.node, &entry.slot, value))?;
        let inline = !first_on_line(self.source, entry.head);
        let indent = if inline { " ".repeat(column(self.source, entry.head)) } else { String::new() };
        Some(format!("{indent}{text}"))
    }

    /// A new entry, without the indentation of its first line.
    fn entry(
        &self,
        key: Option<&str>,
        value: &Value,
        column: usize,
        entries: &[Entry],
    ) -> Result<String, EditError> {
        let like = self.like(entries, value);
        let (mut text, after) = match key {
            Some(key) => {
                let like = entries.last().map(|entry| &self.source[entry.key.clone()]);
                let like = like.unwrap_or_default();
                let mut text = scalar::key(key, like, false);
                if like.starts_with(['*', '[', '{']) || text.chars().count() > MAX_SIMPLE_KEY {
                    text.clear();
                    write_key(&mut text, key);
                }
                if text.chars().count() > MAX_SIMPLE_KEY {
                    text = format!("? {text}\n{}", " ".repeat(column));
                }
                text.push(':');
                (text, After::Key)
            }
            None => ("-".to_owned(), After::Dash),
        };
        let inline = scalar::inline(value, like, false).filter(|_| !like.is_empty());
        match inline {
            Some(inline) => text.push_str(&format!(" {inline}\n")),
            None => {
                let part = print_part(value, column, after, self.indents);
                text.push_str(&part.map_err(|fault| self.unprintable(fault))?);
            }
        }
        Ok(text)
    }
}
