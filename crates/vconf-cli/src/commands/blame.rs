//! `vconf blame`: which version last set what stands in each line.

use vconf::history::Blame;
use vconf::model::revision::Clock;

use super::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::{Look, Style, cut, safe, width};
use crate::session::Session;
use crate::text::{one_line, when};

pub(crate) fn run(word: &str, revision: Option<&str>, session: &mut Session) -> Result<Exit, Failure> {
    let target = session.target(word, revision)?;
    let tracked = session.tracked(&target)?;
    let number = session.number(&tracked, target.revision.as_ref())?;
    let blame = tracked.worktree.store.blame(&tracked.state, number).or_advise(session)?;
    if session.output.json {
        for value in blame.values() {
            session.output.json(&facts::blamed(&blame, &value));
        }
    } else {
        let clock = session.clock();
        put(&blame, &clock, session);
    }
    for damage in &blame.damage {
        let check = session.output.command("vconf check");
        let text = format!("{damage}; what it set is told of the version after it. Run: {check}");
        session.output.talk("warning", &text);
    }
    Ok(if blame.damage.is_empty() { Exit::Ok } else { Exit::Damage })
}

/// The lines of the version, each with the version that last set something in it before it.
fn put(blame: &Blame, clock: &Clock, session: &mut Session) {
    let lines = blame.lines();
    let gutters = Gutters::new(blame, clock, session.output.style);
    for (line, origin) in lines {
        let mut text = gutters.of(origin);
        session.output.style.put(&mut text, Look::Dim, "│");
        let pieces = line.split('\t').map(safe).collect::<Vec<_>>().join("\t");
        if !pieces.is_empty() {
            text.push(' ');
            text.push_str(&pieces);
        }
        text.push('\n');
        session.output.text(&text);
        if session.output.is_closed() {
            break;
        }
    }
}

/// What stands before a line, all of the same width: `@12  ops  2 h ago  `.
struct Gutters<'a> {
    blame: &'a Blame,
    clock: &'a Clock,
    style: Style,
    number: usize,
    author: usize,
    time: usize,
}

/// How many columns an author may take.
const MOST_AUTHOR_COLUMNS: usize = 20;

impl<'a> Gutters<'a> {
    fn new(blame: &'a Blame, clock: &'a Clock, style: Style) -> Self {
        let mut gutters = Self { blame, clock, style, number: 0, author: 0, time: 0 };
        let numbers: std::collections::BTreeSet<_> =
            blame.lines().into_iter().filter_map(|(_, origin)| origin).collect();
        for number in numbers {
            let (author, time) = gutters.who_and_when(number);
            gutters.number = gutters.number.max(number.to_string().len() + 1);
            gutters.author = gutters.author.max(width(&author));
            gutters.time = gutters.time.max(width(&time));
        }
        gutters
    }

    fn of(&self, origin: Option<u64>) -> String {
        let (number, (author, time)) = match origin {
            Some(number) => (format!("@{number}"), self.who_and_when(number)),
            None => Default::default(),
        };
        let padded = |text: &str, columns: usize| {
            let pad = columns.saturating_sub(width(text));
            format!("{text}{}", " ".repeat(pad + 2))
        };
        let mut text = String::new();
        self.style.put(&mut text, Look::Moved, &padded(&number, self.number));
        self.style.put(&mut text, Look::Plain, &padded(&author, self.author));
        self.style.put(&mut text, Look::Dim, &padded(&time, self.time));
        text
    }

    fn who_and_when(&self, number: u64) -> (String, String) {
        match self.blame.versions.get(&number) {
            Some(version) => (
                cut(&safe(&one_line(&version.author, MOST_AUTHOR_COLUMNS)), MOST_AUTHOR_COLUMNS),
                when(version.timestamp, self.clock),
            ),
            None => ("(damaged)".to_owned(), String::new()),
        }
    }
}
