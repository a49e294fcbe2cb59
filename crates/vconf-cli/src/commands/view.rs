//! `vconf diff --as`: a difference in another form, such as a page, two columns, or a text that `patch` applies.

use std::borrow::Cow;

use vconf::diff::{self, Diff, text};

use super::diff::{CONTEXT_LINES, Pair, Side, bytes_told, modes, show_bytes, title};
use crate::args::Form;
use crate::failure::{Exit, Failure};
use crate::render::diff::{Heading, RenderOptions};
use crate::render::{html, side_by_side};
use crate::session::Session;
use crate::text::{count, shell};

/// Writes what differs between pairs of sides in another form; says whether anything does.
pub(super) fn write(pairs: &[Pair], form: Form, full: bool, session: &mut Session) -> Result<Exit, Failure> {
    let is_patch = matches!(form, Form::JsonPatch | Form::MergePatch | Form::Patch);
    if session.output.json && !is_patch {
        return Err(Failure::error("this form is no JSON").help("vconf diff --json FILE"));
    }
    if is_patch && pairs.len() > 1 {
        let others = Failure::error("a patch is of one file").detail("more than one has changed");
        let file = pairs.first().map_or("FILE", |pair| &pair.old.name);
        return Err(others.help(format!("vconf diff {} --as patch", shell(file))));
    }
    if form == Form::Html {
        return Ok(write_page(pairs, full, session));
    }
    let mut exit = Exit::Ok;
    for pair in pairs {
        let Pair { old, new, options } = pair;
        exit = exit.max(match form {
            Form::Text => write_unified(pair, session),
            Form::JsonPatch | Form::MergePatch | Form::Patch => {
                // A patch makes the newer side of the older one, copies in sets and all.
                super::patch::write(old, new, form, &options.clone().with_copies(), session)?
            }
            Form::Html | Form::SideBySide => write_columns(pair, full, session)?,
        });
    }
    Ok(exit)
}

/// How wide two columns are together where the data does not go to a terminal.
const COLUMNS: usize = 120;

fn write_columns(pair: &Pair, full: bool, session: &mut Session) -> Result<Exit, Failure> {
    let Pair { old, new, .. } = pair;
    let (Some(old_text), Some(new_text)) = (source_text(old), source_text(new)) else {
        return show_bytes(old, new, old.source() == new.source(), session);
    };
    let options = RenderOptions {
        color: session.output.style.color,
        width: session.output.terminal.unwrap_or(COLUMNS),
        full,
        wraps: session.output.terminal.is_none(),
        ..RenderOptions::default()
    };
    let title = title(old, new);
    let heading = Heading { title: &title, old: &old.label, new: &new.label };
    session.output.text(&side_by_side::render(&old_text, &new_text, &heading, &options));
    Ok(if old.source() == new.source() { Exit::Ok } else { Exit::Different })
}

/// The text of a source, decoded where its format says how; `None` for bytes.
fn source_text(side: &Side) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(side.source()) {
        Ok(text) if !text.contains('\0') => Some(text.into()),
        _ => side.document.tree.as_ref().map(|tree| tree.source().into()),
    }
}

fn write_page(pairs: &[Pair], full: bool, session: &mut Session) -> Exit {
    let mut exit = Exit::Ok;
    let mut articles = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        let Pair { old, new, options } = pair;
        let comparison = old.beside(new);
        let diff = comparison.trees().map(|(old, new)| diff::compare(old, new, options));
        let modes = modes(old, new).map(|(old, new)| format!("mode {old:04o} → {new:04o}"));
        let is_equal = diff.as_ref().map_or(comparison.same_bytes, Diff::is_equal);
        if !is_equal || modes.is_some() {
            exit = Exit::Different;
        }
        let (old_text, new_text) = (source_text(old), source_text(new));
        let sources = old_text.as_deref().zip(new_text.as_deref());
        let bytes = diff.is_none().then(|| bytes_told(old, new, comparison.same_bytes));
        let title = title(old, new);
        let called = [old, new].map(|side| match (old.name == new.name, &*side.label) {
            (true, label) => label.to_owned(),
            (false, "file") => side.name.clone(),
            (false, label) => format!("{} {label}", side.name),
        });
        let subject = html::Subject {
            sides: [&called[0], &called[1]],
            heading: Heading { title: &title, old: &old.label, new: &new.label },
            diff: diff.as_ref(),
            sources: sources.filter(|_| diff.is_some()),
            notes: bytes.into_iter().chain(modes).collect(),
        };
        articles.push(html::article(&subject, (pairs.len() > 1).then_some(number + 1), full));
    }
    let title = match pairs {
        [Pair { old, new, .. }] if old.label == "file" && new.label == "file" => title(old, new),
        [Pair { old, new, .. }] => format!("{} {} → {}", title(old, new), old.label, new.label),
        [] => "No tracked file has changed".to_owned(),
        pairs => format!("{} changed", count(pairs.len() as u64, "file")),
    };
    session.output.text(&html::page(&title, &articles));
    exit
}

/// Writes a unified diff of the exact bytes of every line.
fn write_unified(pair: &Pair, session: &mut Session) -> Exit {
    let Pair { old, new, .. } = pair;
    if old.source() == new.source() {
        return Exit::Ok;
    }
    if [old, new].iter().any(|side| side.source().contains(&0)) {
        // What `diff` says, and `patch` passes by.
        let told = format!("Binary files {} and {} differ\n", file_name(old), file_name(new));
        session.output.text(&told);
        return Exit::Different;
    }
    let (old_name, new_name) = (file_word(old), file_word(new));
    let texts = std::str::from_utf8(old.source()).ok().zip(std::str::from_utf8(new.source()).ok());
    match texts {
        Some((old, new)) => {
            let unified = text::unified(old, new, &old_name, &new_name, CONTEXT_LINES);
            session.output.bytes(unified.as_bytes());
        }
        None => {
            // Any bytes are lines; as one character a byte they can be compared and told as what they are.
            let characters = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
            let bytes =
                |text: &str| text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect::<Vec<u8>>();
            let (old, new) = (characters(old.source()), characters(new.source()));
            let names = format!("--- {old_name}\n+++ {new_name}\n");
            session.output.text(&names);
            let unified = text::unified(&old, &new, "", "", CONTEXT_LINES);
            session.output.bytes(&bytes(unified.strip_prefix("--- \n+++ \n").unwrap_or(&unified)));
        }
    }
    Exit::Different
}

/// A file's name in the head of a unified diff, and behind a tab which state of it this is: `patch` reads a date there,
/// so it must not look like one.
fn file_word(side: &Side) -> String {
    let name = file_name(side);
    match side.label.strip_prefix('@') {
        Some(number) => format!("{name}\tversion {number}"),
        None => format!("{name}\t{}", side.label),
    }
}

fn file_name(side: &Side) -> String {
    let needs_quotes = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if side.name.contains(needs_quotes) { quoted(&side.name) } else { side.name.clone() }
}

/// A name in quotes, as `diff` and `git` write it.
fn quoted(name: &str) -> String {
    let mut out = "\"".to_owned();
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}
