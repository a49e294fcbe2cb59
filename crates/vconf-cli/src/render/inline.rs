//! Marks what differs inside long and multi-line strings.

use vconf::diff::text;

use super::style::{Look, Piece, cut, safe, width};

/// A long pair of strings on one line: what is equal and far from a difference is left out.
///
/// A replaced part is `[old→new]`, one that went `[-old-]`, one that came `{+new+}`.
pub(crate) fn mark(old: &str, new: &str, columns: usize) -> Vec<Piece> {
    let (old, new) = (trim_equal(old, new), trim_equal(new, old));
    let (head, tail) = (old.head, old.tail);
    let (a, b) = (words(old.middle), words(new.middle));
    let mut edits = text::edits(&a, &b);
    join_near(&mut edits, &a);
    let mut pieces: Vec<Piece> = Vec::new();
    let whole = head.len() + old.middle.len() + new.middle.len() + tail.len() <= columns;
    let around = if whole { columns } else { (columns / 6).clamp(8, 24) };
    pieces.push((Look::Plain, safe(&last(head, around))));
    let shown = edits.len().min(MAX_EDITS);
    let room = (columns / shown.max(1)).max(24);
    let mut at = 0;
    for (index, (removed, added)) in edits.iter().take(shown).enumerate() {
        let between = a[at..removed.start].concat();
        pieces.push((
            Look::Plain,
            safe(&if index == 0 { last(&between, around) } else { middle(&between, around) }),
        ));
        let (was, is) = (a[removed.clone()].concat(), b[added.clone()].concat());
        mark_edit(&mut pieces, &was, &is, room);
        at = removed.end;
    }
    let rest = format!("{}{tail}", a[at..].concat());
    if edits.len() > shown {
        pieces.push((Look::Dim, format!(" … ({} more differences)", edits.len() - shown)));
    } else {
        pieces.push((Look::Plain, safe(&first(&rest, around))));
    }
    pieces
}

/// How many differences of one string are shown.
const MAX_EDITS: usize = 8;

fn mark_edit(pieces: &mut Vec<Piece>, was: &str, is: &str, room: usize) {
    let mut put = |look, text: String| pieces.push((look, text));
    let shown = |text: &str, room: usize| {
        let text: String = text.chars().take(room.saturating_mul(2)).collect();
        // Blanks show themselves by what stands around them, unless they are all there is.
        let blank = !text.is_empty() && text.chars().all(char::is_whitespace);
        cut(&if blank { visible_blanks(&text) } else { safe(&text) }, room)
    };
    match (was.is_empty(), is.is_empty()) {
        (false, false) => {
            put(Look::Dim, "[".to_owned());
            put(Look::Removed, shown(was, room / 2));
            put(Look::Dim, "→".to_owned());
            put(Look::Added, shown(is, room / 2));
            put(Look::Dim, "]".to_owned());
        }
        (false, true) => put(Look::Removed, format!("[-{}-]", shown(was, room))),
        _ => put(Look::Added, format!("{{+{}+}}", shown(is, room))),
    }
}

fn visible_blanks(blanks: &str) -> String {
    safe(&blanks.replace(' ', "·").replace('\r', "␍").replace('\t', "⇥").replace('\n', "⏎"))
}

/// Lines of two texts that differ, each as a line number and its pieces; at most `limit`, and how many more.
pub(crate) fn mark_lines(old: &str, new: &str, columns: usize, limit: usize) -> (Vec<Vec<Piece>>, usize) {
    let (a, b) = (text::lines(old), text::lines(new));
    let mut out = Vec::new();
    let mut more = 0;
    let mut put = |number: usize, mut pieces: Vec<Piece>| {
        if out.len() < limit {
            pieces.insert(0, (Look::Dim, format!("line {number}: ")));
            out.push(pieces);
        } else {
            more += 1;
        }
    };
    let columns = columns.saturating_sub(10).max(24);
    for (removed, added) in text::edits(&a, &b) {
        let common = removed.len().min(added.len());
        for (o, n) in removed.clone().zip(added.clone()) {
            put(n + 1, mark(a[o], b[n], columns));
        }
        for o in removed.clone().skip(common) {
            put(o + 1, vec![(Look::Removed, format!("- {}", whole_line(a[o], columns)))]);
        }
        for n in added.clone().skip(common) {
            put(n + 1, vec![(Look::Added, format!("+ {}", whole_line(b[n], columns)))]);
        }
    }
    (out, more)
}

fn whole_line(line: &str, columns: usize) -> String {
    let text = line.strip_suffix('\n').unwrap_or(line);
    let text: String = text.chars().take(columns * 2).collect();
    let shown = text.trim_end_matches(' ');
    cut(&format!("{}{}", safe(shown), "·".repeat(text.len() - shown.len())), columns)
}

struct Trimmed<'a> {
    head: &'a str,
    middle: &'a str,
    tail: &'a str,
}

/// Splits off what both texts begin and end with, at word ends.
fn trim_equal<'a>(text: &'a str, other: &str) -> Trimmed<'a> {
    let is_end = |c: char| !c.is_alphanumeric();
    let equal = text.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let mut head = equal;
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    if head < text.len() || head < other.len() {
        head = text[..head]
            .rfind(is_end)
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    }
    let rest = text.len().min(other.len()) - head;
    let equal = text.bytes().rev().zip(other.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut tail = text.len() - equal;
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    tail += text[tail..].find(is_end).unwrap_or(text.len() - tail);
    Trimmed { head: &text[..head], middle: &text[head..tail], tail: &text[tail..] }
}

/// Words, and each other character by itself.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if !c.is_alphanumeric() {
            if start < at {
                words.push(&text[start..at]);
            }
            words.push(&text[at..at + c.len_utf8()]);
            start = at + c.len_utf8();
        }
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

type Edit = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Takes two edits for one where only a blank or a mark stands between them.
fn join_near(edits: &mut Vec<Edit>, words: &[&str]) {
    let mut joined: Vec<Edit> = Vec::new();
    for (removed, added) in edits.drain(..) {
        match joined.last_mut() {
            Some(last) if words[last.0.end..removed.start].concat().len() <= 1 => {
                last.0.end = removed.end;
                last.1.end = added.end;
            }
            _ => joined.push((removed, added)),
        }
    }
    *edits = joined;
}

fn first(text: &str, columns: usize) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.chars().nth(columns).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns).collect();
    let kept = kept.rsplit_once(' ').map_or(&*kept, |(words, _)| words);
    format!("{kept} …")
}

fn last(text: &str, columns: usize) -> String {
    if text.chars().nth(columns).is_none() {
        return text.to_owned();
    }
    let start = text.char_indices().rev().nth(columns.saturating_sub(1)).map_or(0, |(at, _)| at);
    let kept = &text[start..];
    let kept = kept.split_once(' ').map_or(kept, |(_, words)| words);
    format!("… {kept}")
}

fn middle(text: &str, columns: usize) -> String {
    if width(text) <= columns * 2 {
        return text.to_owned();
    }
    format!("{}{}", first(text, columns), last(text, columns).trim_start_matches('…'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pieces: &[Piece]) -> String {
        pieces.iter().map(|(_, text)| &**text).collect()
    }

    #[test]
    fn the_differing_words_are_marked() {
        let line = |old, new| plain(&mark(old, new, 80));
        assert_eq!(line("exec app --port 8080", "exec app --port 9090"), "exec app --port [8080→9090]");
        assert_eq!(line("a b c", "a c"), "a [-b -]c");
        assert_eq!(line("a c", "a b c"), "a {+b +}c");
        assert_eq!(line("é1", "é2"), "[é1→é2]");
        assert_eq!(line("", "x"), "{+x+}");
        assert_eq!(
            line("Hashicorp Terraform user", "HashiCorp Terraform user"),
            "[Hashicorp→HashiCorp] Terraform user"
        );
        assert_eq!(line("日本x", "日木x"), "[日本x→日木x]");
    }

    #[test]
    fn blanks_are_marked_where_they_are_the_difference() {
        let line = |old, new| plain(&mark(old, new, 80));
        assert_eq!(line("a b c", "a  b c"), "a {+·+}b c");
        assert_eq!(line("a b", "a\tb"), "a[·→⇥]b");
        assert_eq!(line("a b", "a b "), "a b{+·+}");
    }

    #[test]
    fn what_is_equal_and_far_away_is_left_out() {
        let text = |word: &str| format!("{}{word} {}", "word ".repeat(200), "more ".repeat(200));
        let marked = plain(&mark(&text("one"), &text("two"), 80));
        assert_eq!(marked, "… word word [one→two] more more …");
    }

    #[test]
    fn lines_are_told_by_number() {
        let (lines, more) = mark_lines("a\nb\nport 1\n", "a\nb\nport 2\nend\n", 80, 5);
        let lines: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        assert_eq!(lines, ["line 3: port [1→2]", "line 4: + end"]);
        assert_eq!(more, 0);
    }
}
