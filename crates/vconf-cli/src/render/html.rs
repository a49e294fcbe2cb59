//! A difference as a page of HTML that needs nothing beside it: no script, no font, no picture.

use vconf::canonical;
use vconf::diff::{Diff, PeoplePath};

use super::diff::{Heading, counts, is_text, line_counts};
use super::lines::{Block, Half, Row as LineRow, blocks};
use super::rows::{Room, Row, rows};
use super::style::{Look, Piece, UNLIMITED, safe};

/// The look of the page.
const STYLE: &str = include_str!("html/style.css");

/// How many rows of changes are shown, unless all are asked for.
const MAX_ROWS: usize = 500;
/// How many changes are read for them.
const MAX_CHANGES: usize = 100_000;
/// How many rows of lines are shown, unless all are asked for.
const MAX_LINES: usize = 5000;
/// How many characters of one line are shown, unless all are asked for.
const MAX_LINE_CHARS: usize = 2000;
/// How much is told of one change, unless all is asked for.
const ROOM: Room = Room { columns: 240, lines: 24 };

/// What one article of a page is about.
pub(crate) struct Subject<'a> {
    pub(crate) heading: Heading<'a>,
    /// What the two sides are called above their lines.
    pub(crate) sides: [&'a str; 2],
    /// The difference of content; `None` where there is none but that of bytes.
    pub(crate) diff: Option<&'a Diff<'a>>,
    /// Both sources; `None` where they are not text.
    pub(crate) sources: Option<(&'a str, &'a str)>,
    /// What else there is to tell: other modes, other bytes.
    pub(crate) notes: Vec<String>,
}

/// Writes a page of articles, which [`article`] wrote. One alone is the page.
pub(crate) fn page(title: &str, articles: &[String]) -> String {
    let mut page = Html::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    // Should the escaping ever fail, nothing in the page is run or fetched all the same.
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"");
    page.raw(&format!(
        "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'",
        style_hash()
    ));
    page.raw("\">\n<title>");
    page.text(title);
    page.raw("</title>\n<style>");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<main>\n");
    if articles.len() != 1 {
        page.element("h1", title);
    }
    articles.iter().for_each(|article| page.raw(article));
    page.raw("</main>\n<footer>\n<p class=\"legend\">");
    for (mark, word) in LEGEND {
        page.raw(&format!("<span><b>{mark}</b> {word}</span> "));
    }
    page.raw("</p>\n<p>Made by vconf ");
    page.raw(env!("CARGO_PKG_VERSION"));
    page.raw("</p>\n</footer>\n</body>\n</html>\n");
    page.out
}

const LEGEND: [(&str, &str); 7] = [
    ("~", "replaced"),
    ("+", "added"),
    ("-", "removed"),
    ("→", "moved or renamed"),
    ("±", "items came and went"),
    ("[a→b]", "a became b"),
    ("…", "left out"),
];

/// The hash by which a content security policy allows the style.
fn style_hash() -> String {
    use base64::Engine;
    let hex = canonical::checksum(STYLE.as_bytes()).to_string();
    let hex = hex.strip_prefix("sha256:").unwrap_or(&hex).as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let bytes: Vec<u8> = hex.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Writes what changed between two states of a file, and both sources. `number` tells the articles of a page apart; it
/// is `None` for one that is alone.
pub(crate) fn article(subject: &Subject<'_>, number: Option<usize>, full: bool) -> String {
    let mut page = Html::default();
    let (top, section) = if number.is_none() { ("h1", "h2") } else { ("h2", "h3") };
    let id = |name: &str| number.map_or_else(|| name.to_owned(), |number| format!("{name}-{number}"));
    let Heading { title, old, new } = subject.heading;
    page.raw("<article>\n<header>\n");
    page.element(top, title);
    if old != "file" || new != "file" {
        page.raw("<p class=\"states\">");
        page.text(old);
        page.raw(" <span aria-hidden=\"true\">→</span><span class=\"vh\">to</span> ");
        page.text(new);
        page.raw("</p>\n");
    }
    let layout = subject.diff.map(Diff::layout);
    let told = match (subject.diff, &layout, subject.sources) {
        (Some(diff), Some(layout), sources) => match sources.filter(|_| is_lines(diff)) {
            Some((old, new)) => vec![line_counts(old, new)],
            None => counts(diff, layout),
        },
        (_, _, Some((old, new))) => vec![line_counts(old, new)],
        _ => Vec::new(),
    };
    page.raw("<ul class=\"counts\">");
    told.iter().chain(&subject.notes).for_each(|told| page.element("li", told));
    page.raw("</ul>\n</header>\n");
    if let (Some(diff), Some(layout)) = (subject.diff.filter(|diff| !is_lines(diff)), &layout) {
        if !diff.changes().is_empty() {
            page.begin_section(section, &id("changes"), "What changed");
            page.changes(diff, full);
            page.raw("</section>\n");
        }
        let lines = super::layout::lines(diff, layout, if full { UNLIMITED } else { ROOM.columns });
        if !diff.reordered().is_empty() || !lines.is_empty() {
            page.begin_section(section, &id("layout"), "Order and layout");
            page.layout(diff, &lines, full);
            page.raw("</section>\n");
        }
    }
    if let Some((old, new)) = subject.sources.filter(|(old, new)| old != new) {
        page.begin_section(section, &id("sources"), "Sources");
        page.sources(old, new, subject.sides, full);
        page.raw("</section>\n");
    }
    page.raw("</article>\n");
    page.out
}

fn is_lines(diff: &Diff<'_>) -> bool {
    is_text(diff.old_tree()) && is_text(diff.new_tree())
}

/// A page as far as it is written.
#[derive(Default)]
struct Html {
    out: String,
}

impl Html {
    /// Adds markup.
    fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// Adds text: nothing in it is markup, or can't be seen.
    fn text(&mut self, text: &str) {
        for (at, line) in text.split('\t').enumerate() {
            if at > 0 {
                self.out.push('\t');
            }
            escape(&mut self.out, &safe(line));
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw(&format!("<{name}>"));
        self.text(text);
        self.raw(&format!("</{name}>\n"));
    }

    fn begin_section(&mut self, heading: &str, id: &str, title: &str) {
        self.raw(&format!(
            "<section aria-labelledby=\"{id}\">\n<{heading} id=\"{id}\">{title}</{heading}>\n"
        ));
    }

    /// The table of what changed, rows of one place under its name.
    fn changes(&mut self, diff: &Diff<'_>, full: bool) {
        let read = if full { usize::MAX } else { MAX_CHANGES };
        let mut rows = rows(diff, read, full);
        let more_rows = if full { 0 } else { rows.len().saturating_sub(MAX_ROWS) };
        let left_out = diff.changes().len().saturating_sub(read) + more_rows;
        rows.truncate(rows.len() - more_rows);
        self.raw("<table class=\"changes\" role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">");
        for name in ["Kind", "Where", "Change"] {
            self.raw(&format!("<th role=\"columnheader\" scope=\"col\">{name}</th>"));
        }
        self.raw("</tr></thead>\n");
        let mut at = 0;
        while at < rows.len() {
            let header = rows[at].header();
            let same = rows[at..].iter().take_while(|row| header.is_some() && row.header() == header).count();
            let class = if same >= 2 { " class=\"in\"" } else { "" };
            self.raw(&format!("<tbody role=\"rowgroup\"{class}>\n"));
            if let (Some(header), true) = (header, same >= 2) {
                self.raw("<tr role=\"row\" class=\"group\"><th role=\"rowheader\" scope=\"rowgroup\" colspan=\"3\">");
                self.path(&PeoplePath(header.to_vec()).to_string());
                self.raw("</th></tr>\n");
                rows[at..at + same].iter().for_each(|row| self.change(diff, row, true, full));
                at += same;
            } else {
                self.change(diff, &rows[at], false, full);
                at += 1;
            }
            self.raw("</tbody>\n");
        }
        self.raw("</table>\n");
        if left_out > 0 {
            self.raw(&format!("<p class=\"more\">… and {left_out} more</p>\n"));
        }
    }

    fn change(&mut self, diff: &Diff<'_>, row: &Row, under_header: bool, full: bool) {
        let (class, word) = match row.look {
            Look::Added => ("a", "added"),
            Look::Removed => ("r", "removed"),
            Look::Moved => ("m", "moved"),
            _ if row.mark == '±' => ("c", "items changed"),
            _ => ("c", "replaced"),
        };
        self.raw(&format!("<tr role=\"row\" class=\"{class}\"><td role=\"cell\" class=\"mark\">"));
        self.raw("<span aria-hidden=\"true\">");
        self.text(&row.mark.to_string());
        self.raw(&format!(
            "</span><span class=\"vh\">{word}</span></td><th role=\"rowheader\" scope=\"row\">"
        ));
        self.path(&row.label(under_header));
        self.raw("</th><td role=\"cell\">");
        let room = if full { Room { columns: UNLIMITED, lines: usize::MAX } } else { ROOM };
        for line in row.lines(diff, room) {
            self.raw("<div>");
            self.pieces(&line);
            self.raw("</div>");
        }
        self.raw("</td></tr>\n");
    }

    /// A path, which may be broken behind its steps.
    fn path(&mut self, path: &str) {
        self.raw("<code>");
        for step in path.split_inclusive(['.', '/', ']']) {
            self.text(step);
            self.raw("<wbr>");
        }
        self.raw("</code>");
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for (look, text) in pieces {
            let (open, close) = match look {
                Look::Added => ("<ins>", "</ins>"),
                Look::Removed => ("<del>", "</del>"),
                Look::Dim => ("<span class=\"dim\">", "</span>"),
                _ => ("", ""),
            };
            // The blanks before a piece part it from the one before.
            let body = text.trim_start_matches(' ');
            self.raw(&text[..text.len() - body.len()]);
            self.raw(open);
            // A mark stays with what it marks.
            match body.split_once(' ').filter(|(mark, _)| !open.is_empty() && ["+", "-"].contains(mark)) {
                Some((mark, item)) => {
                    self.raw(mark);
                    self.raw("&#8288;&nbsp;");
                    self.text(item);
                }
                None => self.text(body),
            }
            self.raw(close);
        }
    }

    /// Lists whose items only moved, and what else is no content.
    fn layout(&mut self, diff: &Diff<'_>, lines: &[Vec<Piece>], full: bool) {
        self.raw("<ul class=\"layout\">\n");
        let most = if full { usize::MAX } else { MAX_ROWS };
        for reordered in diff.reordered().iter().take(most) {
            self.raw("<li>");
            self.path(&diff.people_path_of_list(reordered).to_string());
            self.raw(&format!(
                " <span class=\"dim\">other order, the same {} items</span></li>\n",
                reordered.items()
            ));
        }
        for line in lines {
            self.raw("<li>");
            self.pieces(line);
            self.raw("</li>\n");
        }
        self.raw("</ul>\n");
    }

    /// Both sources side by side, what is the same and far from a difference folded.
    fn sources(&mut self, old: &str, new: &str, sides: [&str; 2], full: bool) {
        let mut is_first = true;
        let mut left = if full { usize::MAX } else { MAX_LINES };
        let mut left_out = 0;
        for block in blocks(old, new) {
            let (rows, is_folded) = match &block {
                Block::Rows(rows) => (rows, false),
                Block::Folded(rows) => (rows, true),
            };
            let shown = &rows[..rows.len().min(left)];
            left_out += rows.len() - shown.len();
            left -= shown.len();
            if shown.is_empty() {
                continue;
            }
            if is_folded {
                self.raw(&format!("<details>\n<summary>{} lines the same</summary>\n", rows.len()));
            }
            self.lines(shown, sides, is_first && !is_folded, full);
            is_first &= is_folded;
            if is_folded {
                self.raw("</details>\n");
            }
        }
        if left_out > 0 {
            self.raw(&format!("<p class=\"more\">… and {left_out} more lines</p>\n"));
        }
    }

    /// A table of lines; only the first one that is open shows what the sides are called.
    fn lines(&mut self, rows: &[LineRow<'_>], sides: [&str; 2], is_first: bool, full: bool) {
        self.raw("<table class=\"lines\" role=\"table\">\n<caption class=\"vh\">");
        let number = |row: &LineRow<'_>| row.new.as_ref().or(row.old.as_ref()).map_or(0, |half| half.number);
        self.raw(&format!("Lines from {}", rows.first().map_or(0, number)));
        self.raw("</caption>\n<colgroup><col class=\"n\"><col><col class=\"n\"><col></colgroup>\n");
        let class = if is_first { "" } else { " class=\"vh\"" };
        self.raw(&format!("<thead role=\"rowgroup\"{class}><tr role=\"row\">"));
        for side in sides {
            self.raw("<th role=\"columnheader\" scope=\"colgroup\" colspan=\"2\">");
            self.text(side);
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody role=\"rowgroup\">\n");
        for row in rows {
            let is_same = row.is_same();
            let class = match (&row.old, &row.new) {
                _ if is_same => "s",
                (Some(_), Some(_)) => "c",
                (Some(_), None) => "r",
                _ => "a",
            };
            self.raw(&format!("<tr role=\"row\" class=\"{class}\">"));
            self.half(row.old.as_ref(), is_same, "o", full);
            self.half(row.new.as_ref(), is_same, "w", full);
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }

    /// A line of one side: its number, its mark, its text.
    fn half(&mut self, half: Option<&Half<'_>>, is_same: bool, side: &str, full: bool) {
        let Some(half) = half else {
            self.raw(&format!(
                "<td role=\"cell\" class=\"n {side} e\"></td><td role=\"cell\" class=\"t {side} e\"></td>"
            ));
            return;
        };
        self.raw(&format!("<td role=\"cell\" class=\"n {side}\">{}</td>", half.number));
        self.raw(&format!("<td role=\"cell\" class=\"t {side}\">"));
        let (mark, word, tag) = match side {
            _ if is_same => (' ', "", ""),
            "o" => ('-', "removed: ", "del"),
            _ => ('+', "added: ", "ins"),
        };
        self.raw(&format!("<span class=\"sign\" aria-hidden=\"true\">{mark} </span>"));
        if !word.is_empty() {
            self.raw(&format!("<span class=\"vh\">{word}</span>"));
        }
        let is_whole = half.parts.len() == 1;
        let mut left = if full { usize::MAX } else { MAX_LINE_CHARS };
        for (is_changed, text) in half.told(is_same) {
            let shown = match text.char_indices().nth(left) {
                Some((end, _)) => &text[..end],
                None => &text,
            };
            let tag = if is_changed && !is_whole { tag } else { "" };
            if !tag.is_empty() {
                self.raw(&format!("<{tag}>"));
            }
            escape(&mut self.out, shown);
            if !tag.is_empty() {
                self.raw(&format!("</{tag}>"));
            }
            if shown.len() < text.len() {
                self.raw("<span class=\"dim\">…</span>");
                break;
            }
            left -= shown.chars().count();
        }
        if half.lacks_end {
            self.raw("<span class=\"dim\"> (no final newline)</span>");
        }
        self.raw("</td>");
    }
}

/// Adds a text in which nothing is markup.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
