//! `vconf find`: a text in all versions of all files.

use std::ops::Range;

use vconf::history::{FindQuery, Found, FoundPlace, Pattern, State};
use vconf::model::record::Version;
use vconf::model::revision::{Clock, Edge};
use vconf::worktree::Worktree;

use super::OrAdvise;
use super::log::{put_damage, time};
use crate::args::FindArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{one_line, when};

pub(crate) fn run(arguments: &FindArguments, session: &mut Session) -> Result<Exit, Failure> {
    let clock = session.clock();
    let (text, files) = words(arguments, session)?;
    let query = query(arguments, text, &clock)?;
    let mut told = Told { left: arguments.count.unwrap_or(usize::MAX), any: false, exit: Exit::Ok };
    if files.is_empty() {
        let worktree = session.here()?;
        for config in worktree.store.configs().or_advise(session)? {
            let state = worktree.store.state(&config).or_advise(session)?;
            let file = session.file_name(&worktree, &config);
            told.put_all(&worktree, &state, &file, &query, &clock, session)?;
        }
    }
    for file in files {
        let target = session.target(file, None)?;
        let tracked = session.tracked(&target)?;
        told.put_all(&tracked.worktree, &tracked.state, &tracked.file, &query, &clock, session)?;
    }
    if !told.any && !session.output.json {
        session.output.talk("note", "nothing was found");
    }
    Ok(if told.any { told.exit } else { told.exit.max(Exit::Different) })
}

/// The text and the files. Where something else says what is to be found, the first word may be a file.
fn words<'a>(
    arguments: &'a FindArguments,
    session: &Session,
) -> Result<(Option<&'a str>, Vec<&'a str>), Failure> {
    let FindArguments { key, author, since, until, tag, changed, .. } = arguments;
    let says_more = [key, author, since, until, tag, changed].into_iter().any(Option::is_some);
    let mut files: Vec<_> = arguments.files.iter().map(String::as_str).collect();
    let mut text = arguments.text.as_deref();
    if let Some(word) = text.filter(|word| says_more && !word.is_empty())
        && session.is_there(word)?
    {
        files.insert(0, word);
        text = None;
    }
    Ok((text.filter(|text| !text.is_empty()), files))
}

fn query(arguments: &FindArguments, text: Option<&str>, clock: &Clock) -> Result<FindQuery, Failure> {
    let pattern = match text {
        None => None,
        Some(text) if arguments.regex => Some(Pattern::regex(text, arguments.ignore_case)),
        Some(text) => Some(Pattern::text(text, arguments.ignore_case)),
    };
    let pattern = pattern.transpose().map_err(|error| {
        let failure = Failure::invalid(format!("the pattern can't be used: {error}"));
        failure.detail("without --regex the text is found as it stands").help("vconf find --help")
    })?;
    for key in [&arguments.key, &arguments.changed].into_iter().flatten() {
        if key.contains('=') && key.contains('[') {
            return Err(Failure::invalid(format!("{key} can't be searched for in all versions"))
                .detail("a key is db.pool, list[0] or /db/pool here")
                .help("vconf find --help"));
        }
    }
    let query = FindQuery {
        pattern,
        key: arguments.key.clone(),
        values_only: arguments.value,
        author: arguments.author.clone(),
        since: time(arguments.since.as_deref(), clock, Edge::Start)?,
        until: time(arguments.until.as_deref(), clock, Edge::End)?,
        tag: arguments.tag.clone(),
        changed: arguments.changed.clone(),
    };
    if query.is_empty() {
        return Err(Failure::invalid("what is to be found?")
            .detail("give a text, or one of --key, --changed, --author, --since, --until, --tag")
            .help("vconf find --help"));
    }
    Ok(query)
}

/// What was told so far.
struct Told {
    left: usize,
    any: bool,
    exit: Exit,
}

impl Told {
    fn put_all(
        &mut self,
        worktree: &Worktree,
        state: &State,
        file: &str,
        query: &FindQuery,
        clock: &Clock,
        session: &mut Session,
    ) -> Result<(), Failure> {
        let mut found = worktree.store.search(state, query).or_advise(session)?;
        while self.left > 0 && !session.output.is_closed() {
            let Some(found) = found.next() else { break };
            match found.or_advise(session)? {
                Found::Damaged(corruption) => {
                    self.exit = self.exit.max(put_damage(&corruption, Some(file), session));
                }
                Found::Hit { version, last, place, marks } => {
                    self.any = true;
                    self.left -= 1;
                    if session.output.json {
                        session.output.json(&facts::found(&version, last, &place, &marks));
                    } else {
                        put(file, &version, last, &place, &marks, clock, session);
                    }
                }
            }
        }
        Ok(())
    }
}

/// `app.yaml@3–@17  ops  2 h ago  12: port: 8080`.
fn put(
    file: &str,
    version: &Version,
    last: u64,
    place: &FoundPlace,
    marks: &[Range<usize>],
    clock: &Clock,
    session: &mut Session,
) {
    let mut pieces = vec![
        (Look::Heading, file.to_owned()),
        (Look::Moved, run_of(version.number, last)),
        (Look::Dim, format!("  {}  ", when(version.timestamp, clock))),
    ];
    let most_chars = session.output.most_chars(30);
    let author = |pieces: &mut Vec<_>| {
        pieces.push((Look::Plain, format!("{}  ", one_line(&version.author, most_chars))));
    };
    let dim = |text: String| (Look::Dim, text);
    match place {
        FoundPlace::Line { number, more, text } => {
            author(&mut pieces);
            pieces.push(dim(format!("{number}: ")));
            marked(&mut pieces, text, marks);
            if *more > 0 {
                pieces.push(dim(format!("  (and {} alike)", crate::text::count(*more as u64, "more line"))));
            }
        }
        FoundPlace::Value { number, key, text } => {
            author(&mut pieces);
            pieces.push(dim(format!("{number}: ")));
            pieces.push((Look::Plain, format!("{key} = ")));
            marked(&mut pieces, text, marks);
        }
        FoundPlace::Description => {
            author(&mut pieces);
            pieces.push(dim("why: ".to_owned()));
            marked(&mut pieces, &version.description, marks);
        }
        FoundPlace::Author => {
            pieces.push(dim("by: ".to_owned()));
            marked(&mut pieces, &version.author, marks);
        }
        FoundPlace::Tag(tag) => {
            author(&mut pieces);
            pieces.push(dim("tag: ".to_owned()));
            marked(&mut pieces, tag.as_str(), marks);
        }
        FoundPlace::Version => {
            author(&mut pieces);
            let (description, summary) =
                facts::description_and_summary(version, session.output.most_chars(72));
            pieces.push((Look::Plain, description));
            pieces.extend(summary.map(|summary| dim(format!("   ({summary})"))));
        }
    }
    session.output.line(&pieces);
}

fn run_of(first: u64, last: u64) -> String {
    if first == last { format!("@{first}") } else { format!("@{first}–@{last}") }
}

/// Adds a text, what was searched for in it marked, and only so much of it as can be taken in.
fn marked(pieces: &mut Vec<(Look, String)>, text: &str, marks: &[Range<usize>]) {
    let first = marks.first().map_or(0, |mark| mark.start);
    let begin = floor(text, first.saturating_sub(MOST_BYTES_AROUND));
    let end = floor(text, first.saturating_add(2 * MOST_BYTES_AROUND).min(text.len()));
    let mut at = begin;
    if begin > 0 {
        pieces.push((Look::Dim, "…".to_owned()));
    }
    for mark in marks.iter().take_while(|mark| mark.end <= end) {
        pieces.push((Look::Plain, text[at..mark.start].to_owned()));
        pieces.push((Look::Changed, text[mark.clone()].to_owned()));
        at = mark.end;
    }
    pieces.push((Look::Plain, text[at..end].to_owned()));
    if end < text.len() {
        pieces.push((Look::Dim, "…".to_owned()));
    }
}

/// How much of a long text is shown around what was found in it.
const MOST_BYTES_AROUND: usize = 120;

/// The nearest boundary of a character at or before a place in a text.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
