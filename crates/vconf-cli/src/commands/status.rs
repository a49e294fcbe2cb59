//! `vconf` and `vconf status`: each tracked file, its latest version, and what changed since.

use vconf::diff::{self, Options};
use vconf::format::{self, Format, ParseError};
use vconf::history::Comparison;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::value::{Map, Value};
use vconf::worktree::{FileStatus, Status, Worktree, WorktreeError};

use super::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::{Look, cut, width};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{conflict_line, shell};

pub(crate) fn run(files: &[String], session: &mut Session) -> Result<Exit, Failure> {
    let mut told = Told::default();
    if files.is_empty() {
        let Some(worktree) = session.maybe_here()? else {
            session.tell_nothing_tracked();
            return Ok(Exit::Ok);
        };
        if worktree.root() != session.folder && !session.store_was_named() && !session.output.json {
            let store = session.store_name(worktree.root());
            session.output.talk("note", &format!("the store is {store}"));
        }
        if let Some(config) = worktree.trial_underway() {
            let file = session.file_name(&worktree, &config);
            session
                .output
                .talk("note", &format!("a bisect of {file} is under way: the file holds what it tries"));
        }
        all(&worktree, &mut told, session)?;
    }
    for file in files {
        let target = session.target(file, None)?;
        if target.revision.is_some() {
            return Err(Failure::error("status is about files as they are, not about versions")
                .help(format!("vconf diff {}", shell(file))));
        }
        let Tracked { worktree, config, .. } = session.tracked(&target)?;
        told.tell(worktree.status(&config), &worktree, &config, false, session)?;
    }
    put(&told.rows, session)?;
    Ok(told.worst)
}

/// Looks at all files at once, but at none that is as it was seen last.
fn all(worktree: &Worktree, told: &mut Told, session: &mut Session) -> Result<(), Failure> {
    let configs = worktree.store.configs().or_advise(session)?;
    if let Some(first) = configs.first() {
        // Settings that can't be used are told, whatever is to be told by them.
        session.options(worktree, first)?;
    }
    let before = worktree.seen_files(session.clock().now);
    let mut after = before.clone();
    let (is_json, names) = (session.output.json, &configs);
    // What is told of each as JSON has more than what was noted.
    let unchanged = |config| if is_json { None } else { before.unchanged(worktree, config) };
    let seen: Vec<_> = names.iter().map(unchanged).collect();
    let changed: Vec<_> = names
        .iter()
        .zip(&seen)
        .filter(|(_, seen)| seen.is_none())
        .map(|(config, _)| config.clone())
        .collect();
    // All are told in their order.
    let mut rest = names.iter().zip(seen);
    let mut tell_seen = |told: &mut Told, session: &Session| {
        for (config, seen) in rest.by_ref() {
            let Some(seen) = seen else { return };
            let file = session.file_name(worktree, config);
            told.rows.push(Row::new(file, Some(seen.number), &seen.branch, SAVED));
        }
    };
    let look = |config: &ConfigName| (worktree.stamp(config, None), worktree.status(config));
    worktree.for_each(&changed, look, |config, (stamp, status)| {
        tell_seen(told, session);
        if let Some(status) = told.tell(status, worktree, config, true, session)?
            && is_plain(&status, worktree)
        {
            after.note(worktree, &status, stamp);
        }
        Ok::<(), Failure>(())
    })?;
    tell_seen(told, session);
    worktree.keep_seen(after, names);
    Ok(())
}

/// What was told so far.
#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    worst: Exit,
}

impl Told {
    /// Tells how a file stands to its history; gives that back where it could be found out.
    fn tell(
        &mut self,
        status: Result<Status, WorktreeError>,
        worktree: &Worktree,
        config: &ConfigName,
        is_one_of_all: bool,
        session: &mut Session,
    ) -> Result<Option<Status>, Failure> {
        let options = session.options(worktree, config)?;
        let status = match status.or_advise(session) {
            Ok(status) => status,
            Err(failure) => {
                session.output.fail(&failure);
                self.worst = self.worst.max(failure.exit);
                return Ok(None);
            }
        };
        if !status.damage.is_empty() {
            if is_one_of_all {
                let file = session.file_name(worktree, config);
                session.warn_of_damage(&status.damage, &file);
            }
            self.worst = self.worst.max(Exit::Damage);
        }
        if session.output.json {
            session.output.json(&json(&status, &options, worktree));
        } else {
            self.rows.push(row(&status, &options, worktree, session));
        }
        Ok(Some(status))
    }
}

/// Whether there is nothing to say of a file but that it is saved.
fn is_plain(status: &Status, worktree: &Worktree) -> bool {
    matches!(status.file, FileStatus::Same)
        && status.unfinished.is_none()
        && unparsed(status, worktree).is_none()
        && conflict(status, worktree).is_none()
}

/// One line: the file, its latest version, how the file stands to it.
struct Row {
    file: String,
    version: String,
    look: Look,
    state: String,
}

fn row(status: &Status, options: &Options, worktree: &Worktree, session: &Session) -> Row {
    let file = session.file_name(worktree, &status.config);
    let (look, state) = match &status.file {
        FileStatus::Same => (SAVED.0, SAVED.1.to_owned()),
        FileStatus::Changed { comparison, mode } => {
            (Look::Changed, changed(comparison.as_deref(), *mode, options))
        }
        FileStatus::Unsaved => {
            let save = session.output.command(&format!("vconf save {}", shell(&file)));
            (Look::Changed, format!("not saved   {save}"))
        }
        FileStatus::Missing => {
            let restore = match &status.latest {
                Some(latest) => format!("vconf rollback {}", shell(&format!("{file}@{}", latest.number))),
                None => format!("vconf log {}", shell(&file)),
            };
            (Look::Removed, format!("no file   {}", session.output.command(&restore)))
        }
        FileStatus::Unreadable(error) => (Look::Removed, format!("{error}: {}", source_text(error))),
    };
    let (look, state) = match unparsed(status, worktree) {
        Some(error) if matches!(status.file, FileStatus::Same) => {
            (Look::Changed, format!("saved as {}, {error}", kept_as(status)))
        }
        Some(error) => (Look::Changed, format!("{state}, {error}")),
        None => (look, state),
    };
    let (look, state) = match &status.unfinished {
        Some(switch) => (
            Look::Changed,
            format!(
                "switch broken off, file is that of @{} on {}   vconf switch {} {}",
                switch.number,
                switch.from,
                shell(&file),
                status.branch
            ),
        ),
        None => (look, state),
    };
    let (look, state) = match conflict(status, worktree) {
        Some(line) => (Look::Changed, format!("{state}, conflict not resolved at line {line}")),
        None => (look, state),
    };
    let number = status.latest.as_ref().map(|latest| latest.number);
    Row::new(file, number, &status.branch, (look, &state))
}

impl Row {
    fn new(file: String, number: Option<u64>, branch: &RefName, (look, state): (Look, &str)) -> Self {
        let version = number.map_or_else(|| "–".to_owned(), |number| format!("@{number}"));
        let version = match branch.as_str() {
            "main" => version,
            branch => format!("{version} on {branch}"),
        };
        Self { file, version, look, state: state.to_owned() }
    }
}

/// How a file is told that is as its latest version.
const SAVED: (Look, &str) = (Look::Dim, "saved");

/// Why a file is not what its name says that it is.
fn unparsed(status: &Status, worktree: &Worktree) -> Option<ParseError> {
    let is_kept = |format| matches!(format, Format::Text | Format::Binary);
    Format::of_file_name(status.config.as_str()).filter(|format| !is_kept(*format))?;
    match &status.file {
        FileStatus::Changed { comparison: Some(comparison), .. } => comparison.new.warning.clone(),
        FileStatus::Same | FileStatus::Changed { comparison: None, .. } => {
            status.latest.as_ref().filter(|latest| is_kept(latest.format))?;
            read_again(status, worktree)
        }
        FileStatus::Unsaved => read_again(status, worktree),
        FileStatus::Missing | FileStatus::Unreadable(_) => None,
    }
}

fn read_again(status: &Status, worktree: &Worktree) -> Option<ParseError> {
    let file = worktree.read(&status.config).ok().flatten()?;
    format::read(status.config.as_str(), file.bytes, None).warning
}

/// As what the latest version is kept.
fn kept_as(status: &Status) -> &'static str {
    status.latest.as_ref().map_or("text", |latest| latest.format.name())
}

/// Where a text has a conflict that a merge has marked.
fn conflict(status: &Status, worktree: &Worktree) -> Option<usize> {
    let is_there = matches!(status.file, FileStatus::Same | FileStatus::Changed { .. });
    status.latest.as_ref().filter(|latest| is_there && latest.format == Format::Text)?;
    let file = worktree.read(&status.config).ok().flatten()?;
    conflict_line(std::str::from_utf8(&file.bytes).ok()?)
}

fn source_text(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// What changed, in short.
fn changed(comparison: Option<&Comparison>, mode: Option<(u32, u32)>, options: &Options) -> String {
    let mode = mode.map(|(old, new)| format!("mode {old:04o} → {new:04o}"));
    let content = comparison.map(|comparison| match comparison.trees() {
        Some((old, new)) => {
            let told = diff::summary(&diff::compare(old, new, options));
            told.summary
        }
        None => "other bytes".to_owned(),
    });
    content.into_iter().chain(mode).collect::<Vec<_>>().join(", ")
}

fn put(rows: &[Row], session: &mut Session) -> Result<(), Failure> {
    let widest = |text: fn(&Row) -> &str| rows.iter().map(|row| width(text(row))).max().unwrap_or(0);
    let (files, versions) = (widest(|row| &row.file), widest(|row| &row.version));
    let columns = session.output.columns;
    for row in rows {
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(width(text)) + 2);
        // Only a terminal has an end that a line could not go past.
        let state = match session.output.terminal {
            Some(_) => cut(&row.state, columns.saturating_sub(files + versions + 4).max(30)),
            None => row.state.clone(),
        };
        session.output.line(&[
            (Look::Plain, &*row.file),
            (Look::Plain, &pad(&row.file, files)),
            (Look::Moved, &row.version),
            (Look::Plain, &pad(&row.version, versions)),
            (row.look, &state),
        ]);
    }
    Ok(())
}

fn json(status: &Status, options: &Options, worktree: &Worktree) -> Value {
    let (state, comparison, mode) = match &status.file {
        FileStatus::Same => ("same", None, None),
        FileStatus::Changed { comparison, mode } => ("changed", comparison.as_deref(), *mode),
        FileStatus::Unsaved => ("unsaved", None, None),
        FileStatus::Missing => ("missing", None, None),
        FileStatus::Unreadable(_) => ("unreadable", None, None),
    };
    let mut map: Map = [
        ("config", Value::from(status.config.as_str())),
        ("branch", Value::from(status.branch.as_str())),
        ("file", Value::from(state)),
        ("latest", status.latest.as_ref().map_or(Value::Null, facts::version)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if !status.damage.is_empty() {
        map.insert("damage".to_owned(), Value::list(status.damage.iter().map(ToString::to_string)));
    }
    if let Some((old, new)) = comparison.and_then(Comparison::trees) {
        let told = diff::summary(&diff::compare(old, new, options));
        map.insert("summary".to_owned(), told.summary.into());
        map.insert("added".to_owned(), Value::from(told.added));
        map.insert("removed".to_owned(), Value::from(told.removed));
        map.insert("changed".to_owned(), Value::from(told.changed));
    }
    if let Some(error) = unparsed(status, worktree) {
        map.insert("warnings".to_owned(), Value::list([error.to_string()]));
    }
    if let Some(switch) = &status.unfinished {
        let from = Value::map([
            ("branch", Value::from(switch.from.as_str())),
            ("version", Value::from(switch.number)),
        ]);
        map.insert("unfinished_switch".to_owned(), from);
    }
    if let Some((old, new)) = mode {
        let mode = Value::map([("old", format!("{old:04o}")), ("new", format!("{new:04o}"))]);
        map.insert("mode".to_owned(), mode);
    }
    Value::Map(map)
}
