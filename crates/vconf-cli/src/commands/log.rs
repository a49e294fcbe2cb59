//! `vconf log`: the versions of a file, newest first.

use std::collections::BinaryHeap;

use vconf::history::{KeyEntry, LogEntry, LogFilter, Standing, State};
use vconf::model::lookup;
use vconf::model::name::RefName;
use vconf::model::record::Version;
use vconf::model::revision::{Clock, Edge, parse_time};
use vconf::model::time::Timestamp;
use vconf::model::value::Value;
use vconf::store::{Corruption, Gap};
use vconf::worktree::Worktree;
use vconf_advice::key::not_found;

use super::OrAdvise;
use crate::args::LogArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::{Look, UNLIMITED};
use crate::render::value::{show_string, show_text};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{count, one_line, when};

pub(crate) fn run(arguments: &LogArguments, session: &mut Session) -> Result<Exit, Failure> {
    let clock = session.clock();
    let mut filter = filter(arguments, &clock)?;
    let count = arguments.count.unwrap_or(usize::MAX);
    let Some(word) = &arguments.target else {
        return all(&filter, count, &clock, session);
    };
    let target = session.target(word, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    if target.revision.is_some() {
        filter.from = Some(session.number(&tracked, target.revision.as_ref())?);
    }
    match &arguments.key {
        Some(key) => of_key(&tracked, key, &filter, count, &clock, session),
        None => of_config(&tracked, &filter, count, &clock, session),
    }
}

fn filter(arguments: &LogArguments, clock: &Clock) -> Result<LogFilter, Failure> {
    Ok(LogFilter {
        from: None,
        branch: arguments.branch.as_deref().map(super::save::ref_name).transpose()?,
        since: time(arguments.since.as_deref(), clock, Edge::Start)?,
        until: time(arguments.until.as_deref(), clock, Edge::End)?,
        author: arguments.author.clone(),
    })
}

/// Reads a time, where one was given.
pub(super) fn time(text: Option<&str>, clock: &Clock, edge: Edge) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let time = parse_time(text, clock, edge).map_err(|error| {
        Failure::invalid(error.to_string())
            .detail("a time is 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30, or one with a zone")
    });
    time.map(Some)
}

fn of_config(
    tracked: &Tracked,
    filter: &LogFilter,
    count: usize,
    clock: &Clock,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let mut any = false;
    let marks = Marks { state: &tracked.state, branch: filter.branch.as_ref(), name: None };
    let entries = tracked.worktree.store.log(&tracked.state, filter).or_advise(session)?;
    let mut exit = session.warn_of_tags(entries.ref_damage.as_deref(), &tracked.state.damage);
    for entry in entries.take(count) {
        let entry = entry.or_advise(session)?;
        any = true;
        exit = put(&entry, &marks, clock, session)?.unwrap_or(exit);
        if session.output.is_closed() {
            break;
        }
    }
    tell_none(any, session);
    Ok(exit)
}

/// Says that there was nothing to list: no output at all leaves people wondering.
fn tell_none(any: bool, session: &mut Session) {
    if !any && !session.output.json {
        session.output.talk("note", "no version is like that");
    }
}

/// The versions of all configs, by time.
fn all(filter: &LogFilter, count: usize, clock: &Clock, session: &mut Session) -> Result<Exit, Failure> {
    let worktree: Worktree = session.here()?;
    let mut exit = Exit::Ok;
    let mut any = false;
    let mut states = Vec::new();
    for config in worktree.store.configs().or_advise(session)? {
        states.push(worktree.store.state(&config).or_advise(session)?);
    }
    let mut logs = Vec::new();
    let mut next = BinaryHeap::new();
    for (at, state) in states.iter().enumerate() {
        let log = worktree.store.log(state, filter).or_advise(session)?;
        exit = exit.max(session.warn_of_tags(log.ref_damage.as_deref(), &[]));
        logs.push(log);
        next.extend(pull(&mut logs[at], at, session)?);
    }
    for _ in 0..count {
        let Some(Pending { at, entry, .. }) = next.pop() else { break };
        any = true;
        let name = session.file_name(&worktree, &states[at].config);
        let marks = Marks { state: &states[at], branch: None, name: Some(&name) };
        exit = put(&entry, &marks, clock, session)?.unwrap_or(exit);
        if session.output.is_closed() {
            break;
        }
        next.extend(pull(&mut logs[at], at, session)?);
    }
    tell_none(any, session);
    Ok(exit)
}

/// The next line of one config's log.
struct Pending {
    /// Damage has no time that could be read, so it comes first.
    order: (Option<std::cmp::Reverse<Timestamp>>, usize),
    at: usize,
    entry: LogEntry,
}

fn pull(
    log: &mut impl Iterator<Item = Result<LogEntry, vconf::history::Error>>,
    at: usize,
    session: &Session,
) -> Result<Option<Pending>, Failure> {
    let Some(entry) = log.next() else { return Ok(None) };
    let entry = entry.or_advise(session)?;
    let time = match &entry {
        LogEntry::Version { version, .. } => Some(std::cmp::Reverse(version.timestamp)),
        LogEntry::Damaged(_) => None,
    };
    Ok(Some(Pending { order: (time, at), at, entry }))
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.order.cmp(&self.order)
    }
}

/// What a line says of its version besides what the record does.
struct Marks<'a> {
    state: &'a State,
    /// The branch whose line is listed, where it is only one.
    branch: Option<&'a RefName>,
    /// The file, where those of several are listed.
    name: Option<&'a str>,
}

/// Writes one entry; says how the command ends where the entry is damage.
fn put(
    entry: &LogEntry,
    marks: &Marks<'_>,
    clock: &Clock,
    session: &mut Session,
) -> Result<Option<Exit>, Failure> {
    let name = marks.name;
    match entry {
        LogEntry::Damaged(corruption) => {
            let exit = put_damage(corruption, name, session);
            Ok(Some(exit).filter(|exit| *exit != Exit::Ok))
        }
        LogEntry::Version { version, tags, standing, is_latest, heads, parts_from } => {
            if session.output.json {
                session.output.json(&facts::log_entry(entry));
                return Ok(None);
            }
            let time = when(version.timestamp, clock);
            let most_chars = session.output.most_chars(100);
            let (description, summary) = facts::description_and_summary(version, most_chars);
            let tags: String = tags.iter().map(|tag| format!("  [{tag}]")).collect();
            let branch = branch_told(version, *parts_from);
            let stands = *standing == Standing::OnBranch;
            let standing = match standing {
                Standing::OnBranch => "",
                Standing::Undone => "  (undone)",
                Standing::OffBranch => "  (no longer on a branch)",
            };
            let head = marks.heads_told(version, heads, *is_latest);
            session.output.line(&[
                (Look::Heading, name.map(|name| format!("{name}  ")).unwrap_or_default().as_str()),
                (if !stands { Look::Dim } else { Look::Moved }, &format!("@{:<4}", version.number)),
                (Look::Dim, &format!(" {time:<16}  ")),
                (Look::Plain, &format!("{}  ", one_line(&version.author, session.output.most_chars(30)))),
                (if !stands { Look::Dim } else { Look::Heading }, &description),
                (Look::Added, &tags),
                (Look::Dim, &branch),
                (Look::Dim, standing),
                (Look::Dim, &head),
            ]);
            if let Some(summary) = summary.filter(|_| stands) {
                session.output.line(&[(Look::Dim, format!("      {summary}"))]);
            }
            Ok(None)
        }
    }
}

/// Writes that a version is damaged, and how the command ends for it.
pub(super) fn put_damage(corruption: &Corruption, name: Option<&str>, session: &mut Session) -> Exit {
    if let Some(gap) = corruption.forgotten() {
        put_forgotten(corruption, gap, name, session);
        return Exit::Ok;
    }
    if session.output.json {
        session.output.json(&facts::damage(corruption));
    } else {
        let number = format!("@{}", corruption.number);
        let rest = format!("  damaged: {}", corruption.flaw);
        let name = name.map(|name| format!("{name}  ")).unwrap_or_default();
        session.output.line(&[(Look::Heading, &*name), (Look::Moved, &number), (Look::Removed, &rest)]);
    }
    let check = session.output.command("vconf check");
    session.output.talk("warning", &format!("{corruption}. Run: {check}"));
    Exit::Damage
}

impl Marks<'_> {
    /// `  ← latest, head of prod`: of which branches a version is the head. Where only one branch is listed, the latest
    /// of another is told by that one's name.
    fn heads_told(&self, version: &Version, heads: &[RefName], is_latest: bool) -> String {
        let current = &self.state.current;
        let is_latest = is_latest && self.branch.is_none_or(|branch| branch == current);
        let mut told = Vec::new();
        // Of one branch the latest is mostly the first line, which needs no word.
        if is_latest && (version.number != self.state.versions.number || self.state.branches().len() > 1) {
            told.push("latest".to_owned());
        }
        let others: Vec<_> = heads.iter().filter(|head| !is_latest || *head != current).collect();
        if self.state.branches().len() > 1 && !others.is_empty() {
            let names: Vec<_> = others.into_iter().map(ToString::to_string).collect();
            told.push(format!("head of {}", names.join(", ")));
        }
        if told.is_empty() { String::new() } else { format!("  ← {}", told.join(", ")) }
    }
}

/// Writes that versions were forgotten, by whom and when.
fn put_forgotten(corruption: &Corruption, gap: &Gap, name: Option<&str>, session: &mut Session) {
    let (first, last) = (gap.versions.first, gap.versions.last);
    if session.output.json {
        session.output.json(&facts::missing(corruption));
        return;
    }
    let time = when(gap.timestamp, &session.clock());
    let told = format!(
        "{:<5} {time:<16}  {}  {} forgotten",
        super::forget::numbers(first, last),
        one_line(&gap.author, 30),
        count(last - first + 1, "version")
    );
    let name = name.map(|name| format!("{name}  ")).unwrap_or_default();
    session.output.line(&[(Look::Heading, &*name), (Look::Dim, &told)]);
}

/// `  (staging, from @2, merges @5)`: what there is to tell of branches.
fn branch_told(version: &Version, parts_from: Option<u64>) -> String {
    let mut told = Vec::new();
    if version.branch != RefName::main() {
        told.push(version.branch.to_string());
    }
    told.extend(parts_from.map(|number| format!("from @{number}")));
    told.extend(version.parents.iter().skip(1).map(|number| format!("merges @{number}")));
    if told.is_empty() { String::new() } else { format!("  ({})", told.join(", ")) }
}

/// A value in a line, a text as in a diff: in quotes only where it could be taken for something else.
fn shown(value: &Value, version: &Version) -> String {
    match value.untagged() {
        Value::String(text) if version.format.has_types() => show_string(text, UNLIMITED),
        Value::String(text) => show_text(text, UNLIMITED),
        _ => vconf::format::json::to_string(value),
    }
}

/// The values that one key had.
fn of_key(
    tracked: &Tracked,
    key: &str,
    filter: &LogFilter,
    count: usize,
    clock: &Clock,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let several = std::cell::RefCell::new(None);
    let find = |tree: &vconf::model::tree::Tree| match lookup::find(tree, key) {
        Ok(node) => Some(node),
        Err(error) => {
            if !error.alternatives.is_empty() {
                several.replace(Some(error));
            }
            None
        }
    };
    let entries = tracked.worktree.store.key_log(&tracked.state, filter, key, find).or_advise(session)?;
    let mut any = false;
    let mut exit = Exit::Ok;
    for entry in entries.take(count) {
        let (version, value, before) = match entry.or_advise(session)? {
            KeyEntry::Value { version, value, before } => (version, value, before),
            KeyEntry::Damaged(corruption) => {
                let damage = LogEntry::Damaged(corruption);
                let marks = Marks { state: &tracked.state, branch: None, name: None };
                exit = put(&damage, &marks, clock, session)?.unwrap_or(exit);
                continue;
            }
        };
        any = true;
        if session.output.json {
            session.output.json(&facts::key_entry(key, KeyEntry::Value { version, value, before }));
            continue;
        }
        let most_chars = |chars| session.output.most_chars(chars);
        let shown = |value: &Value| one_line(&shown(value, &version), most_chars(40)).into_owned();
        let now = value.as_ref().map_or_else(|| "(gone)".to_owned(), shown);
        let before = before.as_ref().map(|before| format!("{} → ", shown(before))).unwrap_or_default();
        let author = one_line(&version.author, most_chars(30));
        session.output.line(&[
            (Look::Moved, format!("@{:<4}", version.number).as_str()),
            (Look::Dim, &format!(" {before}")),
            (Look::Heading, &format!("{now}  ")),
            (Look::Dim, &format!("{}  {author}  ", when(version.timestamp, clock))),
            (Look::Plain, &one_line(&version.description, most_chars(72))),
        ]);
    }
    if let Some(error) = several.take() {
        if !any {
            let failure = not_found(&tracked.file, key, &error);
            let first = error.alternatives.first().map_or("", String::as_str);
            let file = crate::text::shell(&tracked.file);
            return Err(failure.help(format!("vconf log {file} -k {}", crate::text::shell(first))));
        }
        session.output.talk("note", &format!("in some versions several values have the key {key}"));
    }
    if !any && exit == Exit::Ok && filter.since.is_none() && filter.until.is_none() && filter.author.is_none()
    {
        let number = session.number(tracked, None)?;
        let latest = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
        if !latest.is_structured() {
            return Err(latest.no_content()).or_advise(session);
        }
        return Err(Failure::error(format!("{} never had the key {key}", tracked.config))
            .help(format!("vconf show {}", crate::text::shell(&tracked.file))));
    }
    Ok(exit)
}
