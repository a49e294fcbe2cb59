//! Marks what differs inside long and multi-line strings.

use vconf::diff::text;

use super::style::{Look, Piece, UNLIMITED, cut, safe, share, width};

/// A pair of strings on one line of so many columns: what is equal and far from a difference is left out.
///
/// A replaced part is `[old→new]`, one that went `[-old-]`, one that came `{+new+}`.
pub(crate) fn mark(old: &str, new: &str, columns: usize) -> Vec<Piece> {
    let (old, new) = (trim_equal(old, new), trim_equal(new, old));
    let (a, b) = (words(old.middle), words(new.middle));
    let edits = edits(&a, &b);
    let marked = Marked { head: old.head, words: &a, new: &b, tail: old.tail, edits: &edits };
    if columns >= UNLIMITED {
        return marked.pieces(edits.len(), columns, columns);
    }
    let marks = 4 * edits.len();
    if old.head.len() + old.middle.len() + new.middle.len() + old.tail.len() + marks <= columns {
        return marked.pieces(edits.len(), columns, columns);
    }
    let most = edits.len().min(MAX_EDITS);
    // What differs is more to the point than what is around it.
    let is_short = old.middle.len() + new.middle.len() <= 16 * columns;
    for shown in [most, 4, 2, 1].into_iter().filter(|&shown| shown <= most) {
        let whole = [24, 16, 8, 4, 1, 0].map(|around| (around, UNLIMITED)).into_iter().filter(|_| is_short);
        let between = shown - 1 + usize::from(!old.head.is_empty()) + usize::from(!old.tail.is_empty());
        let part = [24, 16, 8, 4].map(|around| {
            let rest = columns.saturating_sub(between * (around + 2)) / shown;
            (around, rest.saturating_sub(4))
        });
        for (around, room) in whole.chain(part.into_iter().filter(|(_, room)| *room >= 12)) {
            let pieces = marked.pieces(shown, around, room);
            let line = pieces.iter().filter(|(look, text)| *look != Look::Dim || !text.starts_with(' '));
            if line.map(|(_, text)| width(text)).sum::<usize>() <= columns {
                return pieces;
            }
        }
    }
    marked.pieces(most.min(1), 2, columns.saturating_sub(12).max(4))
}

/// A part of a line beside another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) text: &'a str,
    /// Whether the other line has something else there, or nothing.
    pub(crate) is_changed: bool,
}

/// Splits two lines into parts that they share and parts that they do not, in the words that [`mark`] marks.
pub(crate) fn parts<'a>(old: &'a str, new: &'a str) -> (Vec<Part<'a>>, Vec<Part<'a>>) {
    let (before, after) = (trim_equal(old, new), trim_equal(new, old));
    let (a, b) = (words(before.middle), words(after.middle));
    let edits = edits(&a, &b);
    let (removed, added): (Vec<_>, Vec<_>) = edits.into_iter().unzip();
    (split(&before, &a, &removed), split(&after, &b, &added))
}

/// The parts of one line, of which these ranges of its middle's words changed.
fn split<'a>(line: &Trimmed<'a>, words: &[&str], changed: &[std::ops::Range<usize>]) -> Vec<Part<'a>> {
    let mut ends = vec![0];
    ends.extend(words.iter().scan(0, |end, word| {
        *end += word.len();
        Some(*end)
    }));
    let mut parts = vec![Part { text: line.head, is_changed: false }];
    let mut at = 0;
    for range in changed {
        parts.push(Part { text: &line.middle[at..ends[range.start]], is_changed: false });
        parts.push(Part { text: &line.middle[ends[range.start]..ends[range.end]], is_changed: true });
        at = ends[range.end];
    }
    parts.push(Part { text: &line.middle[at..], is_changed: false });
    parts.push(Part { text: line.tail, is_changed: false });
    parts.retain(|part| !part.text.is_empty());
    parts
}

/// How many differences of one string are shown.
const MAX_EDITS: usize = 8;

/// Two strings and where they differ.
struct Marked<'a> {
    head: &'a str,
    words: &'a [&'a str],
    new: &'a [&'a str],
    tail: &'a str,
    edits: &'a [Edit],
}

impl Marked<'_> {
    /// The first so many edits, with some text around each, and so much of what each edits.
    fn pieces(&self, shown: usize, around: usize, room: usize) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut at = 0;
        for (index, (removed, added)) in self.edits.iter().take(shown).enumerate() {
            let between = self.words[at..removed.start].concat();
            let before = match index {
                0 => last(&format!("{}{between}", self.head), around),
                _ => middle(&between, around),
            };
            pieces.push((Look::Plain, safe(&before)));
            let at_start = self.head.is_empty() && removed.start == 0;
            let at_end = self.tail.trim_matches('\n').is_empty() && removed.end == self.words.len();
            let side = |words: &[&str]| show_ends(words.concat(), at_start, at_end);
            let (was, is) = (side(&self.words[removed.clone()]), side(&self.new[added.clone()]));
            mark_edit(&mut pieces, &was, &is, room);
            at = removed.end;
        }
        if self.edits.len() > shown {
            pieces.push((Look::Plain, "…".to_owned()));
            pieces.push((Look::Dim, format!("   ({} more differences)", self.edits.len() - shown)));
        } else {
            let rest = format!("{}{}", self.words[at..].concat(), self.tail);
            pieces.push((Look::Plain, safe(&first(&rest, around))));
        }
        pieces
    }
}

fn mark_edit(pieces: &mut Vec<Piece>, was: &str, is: &str, room: usize) {
    let mut put = |look, text: String| pieces.push((look, text));
    match (was.is_empty(), is.is_empty()) {
        (false, false) => {
            let (was, is) = show_both(was, is, room);
            put(Look::Dim, "[".to_owned());
            put(Look::Removed, was);
            put(Look::Dim, "→".to_owned());
            put(Look::Added, is);
            put(Look::Dim, "]".to_owned());
        }
        (false, true) => put(Look::Removed, format!("[-{}-]", shown(was, room))),
        _ => put(Look::Added, format!("{{+{}+}}", shown(is, room))),
    }
}

fn shown(text: &str, room: usize) -> String {
    let text: String = text.chars().take(room.saturating_mul(2)).collect();
    // Blanks show themselves by what stands around them, unless they are all there is.
    let blank = !text.is_empty() && text.chars().all(char::is_whitespace);
    cut(&if blank { visible_blanks(&text) } else { safe(&text) }, room)
}

/// Both sides of an edit; where they are too long, from shortly before they differ.
fn show_both(was: &str, is: &str, room: usize) -> (String, String) {
    let (old, new) = (shown(was, UNLIMITED), shown(is, UNLIMITED));
    let (a, b) = (width(&old), width(&new));
    if a + b <= room {
        return (old, new);
    }
    let equal = was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count();
    let (a, b) = share(a, b, room);
    if equal <= 4 {
        return (cut(&old, a), cut(&new, b));
    }
    let from = |text: &str, room| {
        let text: String = text.chars().skip(equal - if room < 12 { 0 } else { 2 }).collect();
        cut(&format!("…{}", safe(&text)), room)
    };
    (from(was, room / 2), from(is, room / 2))
}

/// Shows the blanks at the start or the end of a text that begins or ends a line.
fn show_ends(text: String, at_start: bool, at_end: bool) -> String {
    if text.trim().is_empty() {
        return text;
    }
    let head = if at_start { text.len() - text.trim_start_matches(' ').len() } else { 0 };
    let tail = if at_end { text.trim_end_matches(' ').len() } else { text.len() };
    format!("{}{}{}", "·".repeat(head), &text[head..tail], "·".repeat(text.len() - tail))
}

pub(super) fn visible_blanks(blanks: &str) -> String {
    safe(&blanks.replace(' ', "·").replace('\r', "␍").replace('\t', "⇥").replace('\n', "⏎"))
}

/// Lines of two texts that differ, each as a line number and its pieces; at most `limit`, and how many more.
///
/// Where there is no limit to the columns, the lines that are equal too.
pub(crate) fn mark_lines(old: &str, new: &str, columns: usize, limit: usize) -> (Vec<Vec<Piece>>, usize) {
    let (a, b) = (text::lines(old), text::lines(new));
    let mut out = Vec::new();
    let mut more = 0;
    let columns = columns.saturating_sub(format!("line {}: ", a.len().max(b.len())).len());
    let all = columns >= UNLIMITED / 2;
    let columns = if all { UNLIMITED } else { columns };
    let mut put = |number: usize, pieces: &dyn Fn() -> Vec<Piece>| {
        if out.len() < limit {
            let mut pieces = pieces();
            pieces.insert(0, (Look::Dim, format!("line {number}: ")));
            out.push(pieces);
        } else {
            more += 1;
        }
    };
    let mut at = 0;
    let end = std::iter::once((a.len()..a.len(), b.len()..b.len()));
    for (removed, added) in text::edits(&a, &b).into_iter().chain(end) {
        for n in (at..added.start).filter(|_| all) {
            put(n + 1, &|| vec![(Look::Plain, format!("  {}", whole_line(b[n], columns)))]);
        }
        at = added.end;
        let common = removed.len().min(added.len());
        for (o, n) in removed.clone().zip(added.clone()) {
            put(n + 1, &|| mark(a[o], b[n], columns));
        }
        for o in removed.clone().skip(common) {
            put(o + 1, &|| vec![(Look::Removed, format!("- {}", whole_line(a[o], columns)))]);
        }
        for n in added.clone().skip(common) {
            put(n + 1, &|| vec![(Look::Added, format!("+ {}", whole_line(b[n], columns)))]);
        }
    }
    (out, more)
}

/// A line, with the blanks at its end shown.
pub(crate) fn whole_line(line: &str, columns: usize) -> String {
    let text = line.strip_suffix('\n').unwrap_or(line);
    let text: String = text.chars().take(columns.saturating_mul(2)).collect();
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

/// The differing words of two texts; of so many that finding the fewest would take long, all of them are one difference.
fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    if old.len() + new.len() > MAX_WORDS {
        return vec![(0..old.len(), 0..new.len())];
    }
    let mut edits = text::edits(old, new);
    join_near(&mut edits, old);
    edits
}

/// How many words of a pair of lines are compared one by one.
const MAX_WORDS: usize = 1 << 13;

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
    match kept.rsplit_once(' ') {
        Some((words, _)) => format!("{words} …"),
        None => format!("{kept}…"),
    }
}

fn last(text: &str, columns: usize) -> String {
    if text.chars().nth(columns).is_none() {
        return text.to_owned();
    }
    let back = columns.checked_sub(1).and_then(|back| text.char_indices().rev().nth(back));
    let start = back.map_or(text.len(), |(at, _)| at);
    let kept = &text[start..];
    match kept.split_once(' ') {
        Some((_, words)) => format!("… {words}"),
        None => format!("…{kept}"),
    }
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
        assert_eq!(line("c d  \n", "c e\n"), "c [d··→e]");
        assert_eq!(line("c d", " e d"), "[c→·e] d");
    }

    #[test]
    fn what_is_equal_and_far_away_is_left_out() {
        let text = |word: &str| format!("{}{word} {}", "word ".repeat(200), "more ".repeat(200));
        let marked = plain(&mark(&text("one"), &text("two"), 80));
        assert_eq!(marked, "… word word word word [one→two] more more more more …");
    }

    #[test]
    fn of_a_very_long_line_the_middle_that_differs_is_marked_as_one() {
        let line = |from: usize| {
            let items: Vec<_> =
                (0..200_000).map(|at| format!("{{\"k\":{}}}", (at * 7919 + from) % 1009)).collect();
            format!("[1,{},\"end\"]", items.join(","))
        };
        let (old, new) = (line(0), line(501));
        let begun = std::time::Instant::now();
        let (before, after) = parts(&old, &new);
        assert!(plain(&mark(&old, &new, 80)).contains('→'));
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
        for (parts, line) in [(before, &old), (after, &new)] {
            assert_eq!(parts.iter().map(|part| part.text).collect::<String>(), *line);
            assert_eq!(parts.iter().map(|part| part.is_changed).collect::<Vec<_>>(), [false, true, false]);
        }
    }

    #[test]
    fn lines_are_told_by_number() {
        let (lines, more) = mark_lines("a\nb\nport 1\n", "a\nb\nport 2\nend\n", 80, 5);
        let lines: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        assert_eq!(lines, ["line 3: port [1→2]", "line 4: + end"]);
        assert_eq!(more, 0);
    }
}
