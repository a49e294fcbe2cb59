//! `vconf check`: every record, seal and checksum.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use vconf::history::{Finding, FindingKind, Report};
use vconf::model::value::Value;
use vconf::store::{Corruption, Problem};
use vconf::worktree::Leftover;

use super::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{count, shell};

pub(crate) fn run(files: &[String], session: &mut Session) -> Result<Exit, Failure> {
    let mut reports = Report::default();
    let mut beside = Vec::new();
    if files.is_empty() {
        let worktree = session.here()?;
        let configs = worktree.store.configs().or_advise(session)?;
        let mut progress = Progress::new("records checked");
        reports = worktree.store.check(&configs, |done| progress.show(done)).or_advise(session)?;
        progress.clear();
        beside = worktree.leftovers(&configs).or_advise(session)?;
    }
    for file in files {
        let target = session.target(file, None)?;
        let tracked = session.tracked(&target)?;
        let mut progress = Progress::new("records checked");
        let configs = std::slice::from_ref(&tracked.config);
        let report = tracked.worktree.store.check(configs, |done| progress.show(done)).or_advise(session)?;
        progress.clear();
        reports.configs += report.configs;
        reports.versions += report.versions;
        reports.refs += report.refs;
        reports.bytes += report.bytes;
        reports.findings.extend(report.findings);
        reports.leftovers.extend(report.leftovers);
        beside.extend(tracked.worktree.leftovers(configs).or_advise(session)?);
    }
    let leftovers = leftovers(&reports, &beside, session);
    tell(&reports, &leftovers, session)?;
    Ok(if reports.findings.is_empty() { Exit::Ok } else { Exit::Damage })
}

/// Something that a broken-off command left: where, and what can be done about it.
struct Told {
    object: String,
    remedy: String,
}

fn leftovers(report: &Report, beside: &[Leftover], session: &Session) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for object in &report.leftovers {
        let path = shell(&shown(object, session));
        let remedy =
            format!("it is part of a write that was broken off; when no vconf is running: rm {path}");
        told.push(Told { object: object.clone(), remedy });
    }
    for Leftover { path, same_as, beside } in beside {
        let object = path.display().to_string();
        let path = shell(&shown(&object, session));
        let remedy = match same_as {
            Some(config) => {
                format!("{config} has a version with these bytes; when no vconf is running: rm {path}")
            }
            None => format!(
                "look whether you need it, then remove it: vconf diff {} {path}",
                shell(beside.as_str())
            ),
        };
        if told.iter().all(|told| told.object != object) {
            told.push(Told { object, remedy });
        }
    }
    told
}

/// A path, from where one stands.
fn shown(object: &str, session: &Session) -> String {
    let path = std::path::Path::new(object).strip_prefix(&session.folder).unwrap_or(object.as_ref());
    path.display().to_string()
}

fn tell(report: &Report, leftovers: &[Told], session: &mut Session) -> Result<(), Failure> {
    if session.output.json {
        let value = Value::map([
            ("ok", Value::from(report.findings.is_empty())),
            ("configs", Value::from(report.configs)),
            ("versions", Value::from(report.versions)),
            ("refs", Value::from(report.refs)),
            ("bytes", Value::from(report.bytes)),
            ("findings", Value::list(report.findings.iter().map(finding_json))),
            (
                "leftovers",
                Value::list(leftovers.iter().map(|Told { object, remedy }| {
                    Value::map([("object", object.as_str()), ("remedy", remedy.as_str())])
                })),
            ),
        ]);
        session.output.json(&value);
        return Ok(());
    }
    for finding in &report.findings {
        let Corruption { config, number, is_ref, object, flaw } = &finding.corruption;
        let mark = if *is_ref { "  ref " } else { "  @" };
        session.output.line(&[
            (Look::Heading, &*config.to_string()),
            (Look::Moved, &format!("{mark}{number}")),
            (Look::Removed, &format!("  {flaw}")),
        ]);
        session.output.line(&[(Look::Dim, format!("  {}", shown(object, session)))]);
        session.output.line(&[(Look::Plain, format!("  remedy: {}", remedy(finding)))]);
    }
    for Told { object, remedy } in leftovers {
        session.output.line(&[
            (Look::Heading, shown(object, session)),
            (Look::Dim, "  left over, does no harm".to_owned()),
        ]);
        session.output.line(&[(Look::Plain, format!("  remedy: {remedy}"))]);
    }
    let told = format!(
        "{} of {}, {}: ",
        count(report.versions, "version"),
        count(report.configs, "config"),
        count(report.refs, "change of refs").replace("change of refss", "changes of refs"),
    );
    match report.findings.len() as u64 {
        0 => session.output.line(&[(Look::Plain, &*told), (Look::Added, "all as they were written")]),
        some => session.output.line(&[(Look::Plain, &*told), (Look::Removed, &count(some, "problem"))]),
    }
    Ok(())
}

/// What can be done about a finding.
fn remedy(finding: &Finding) -> String {
    let Corruption { config, number, is_ref, .. } = &finding.corruption;
    if let Some(same) = finding.same_source_in {
        return format!("@{same} holds the same bytes: vconf show {}", shell(&format!("{config}@{same}")));
    }
    match finding.kind {
        FindingKind::Chain => {
            "somebody rewrote, replaced or took out a record here; compare with a copy of the store"
                .to_owned()
        }
        FindingKind::Record | FindingKind::Missing if *is_ref => {
            "put the record's file back from a copy of the store; until then its tags and undos do not count"
                .to_owned()
        }
        _ if matches!(finding.corruption.flaw.problem, Problem::MissingRange { .. }) => {
            "put the records' files back from a copy of the store, or, where only a stray file claims to come after \
             them, move that away; all other versions are usable"
                .to_owned()
        }
        FindingKind::Record | FindingKind::Missing => {
            format!(
                "put the record's file back from a copy of the store; all versions but @{number} are usable"
            )
        }
    }
}

fn finding_json(finding: &Finding) -> Value {
    let mut value = damage_json(&finding.corruption);
    if let Value::Map(map) = &mut value {
        let kind = match finding.kind {
            FindingKind::Record => "record",
            FindingKind::Missing => "missing",
            FindingKind::Chain => "chain",
        };
        map.insert("kind".to_owned(), kind.into());
        map.insert("remedy".to_owned(), remedy(finding).into());
        map.insert("same_source_in".to_owned(), finding.same_source_in.into());
    }
    value
}

/// Damage of a record, as JSON.
pub(super) fn damage_json(corruption: &Corruption) -> Value {
    let Corruption { config, number, is_ref, object, flaw } = corruption;
    let number_key = if *is_ref { "ref" } else { "version" };
    Value::map([
        ("config", Value::from(config.as_str())),
        (number_key, Value::from(*number)),
        ("damaged", Value::from(true)),
        ("object", Value::from(object.as_str())),
        ("line", Value::from(flaw.line)),
        ("problem", Value::from(flaw.problem.to_string())),
    ])
}

/// Says how far a command is, on a terminal, once it takes more than a second.
pub(super) struct Progress {
    what: &'static str,
    /// How much was done when the clock was looked at last.
    last: u64,
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    pub(super) fn new(what: &'static str) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            what,
            last: 0,
            next: is_terminal.then(|| Instant::now() + Duration::from_secs(1)),
            shown: false,
        }
    }

    pub(super) fn show(&mut self, done: u64) {
        let Some(next) = self.next.filter(|_| done >= self.last + 64) else { return };
        self.last = done;
        let now = Instant::now();
        if now >= next {
            self.put(&format!("\r{done} {}", self.what));
            self.next = Some(now + Duration::from_millis(200));
            self.shown = true;
        }
    }

    pub(super) fn clear(&self) {
        if self.shown {
            self.put("\r\x1b[K");
        }
    }

    fn put(&self, text: &str) {
        use std::io::Write;
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
