//! `vconf check`: every record, seal and checksum; and, where asked for, their repair.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use vconf::history::{RepairReport, Report};
use vconf::model::name::ConfigName;
use vconf::store::{Corruption, Store};
use vconf::worktree::{Leftover, Worktree};

use super::{OrAdvise, repair};
use crate::args::CheckArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{count, shell};

pub(crate) fn run(arguments: &CheckArguments, session: &mut Session) -> Result<Exit, Failure> {
    let mut found = Found::default();
    let other = match &arguments.from {
        Some(folder) => Some(repair::other_store(folder, session)?),
        None => None,
    };
    if arguments.files.is_empty() {
        let worktree = session.here()?;
        if arguments.repair {
            let mended = worktree.store.repair_description().or_advise(session)?;
            found.repaired.mended.extend(mended);
        }
        found.report.weaknesses = worktree.store.check_description().or_advise(session)?;
        let configs = worktree.store.configs().or_advise(session)?;
        look(&worktree, &configs, arguments, other.as_ref(), &mut found, session)?;
    }
    for file in &arguments.files {
        let target = session.target(file, None)?;
        let tracked = session.tracked(&target)?;
        let configs = std::slice::from_ref(&tracked.config);
        look(&tracked.worktree, configs, arguments, other.as_ref(), &mut found, session)?;
    }
    let leftovers = leftovers(&found.report, &found.beside, session);
    if session.output.json {
        let mut value =
            facts::report(&found.report, leftovers.iter().map(|told| (&*told.object, &*told.remedy)));
        if arguments.repair {
            repair::add_json(&mut value, &found.repaired);
        }
        session.output.json(&value);
    } else {
        if arguments.repair {
            repair::tell(&found.repaired, session);
        }
        tell(&found.report, &leftovers, session);
    }
    Ok(if found.report.is_sound() { Exit::Ok } else { Exit::Damage })
}

/// All that was found, and done.
#[derive(Default)]
struct Found {
    report: Report,
    repaired: RepairReport,
    beside: Vec<Leftover>,
}

/// Checks configs of one store, and repairs them where that is asked for.
fn look(
    worktree: &Worktree,
    configs: &[ConfigName],
    arguments: &CheckArguments,
    other: Option<&Store>,
    found: &mut Found,
    session: &Session,
) -> Result<(), Failure> {
    let mut progress = Progress::new("records checked");
    let show = |done| progress.show(done);
    if arguments.repair {
        let RepairReport { mended, lost, report } =
            worktree.repair(configs, other, show).or_advise(session)?;
        found.repaired.mended.extend(mended);
        found.repaired.lost.extend(lost);
        found.report.extend(report);
    } else {
        found.report.extend(worktree.store.check(configs, show).or_advise(session)?);
    }
    progress.clear();
    found.beside.extend(worktree.leftovers(configs).or_advise(session)?);
    Ok(())
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
pub(super) fn shown(object: &str, session: &Session) -> String {
    let path = std::path::Path::new(object).strip_prefix(&session.folder).unwrap_or(object.as_ref());
    path.display().to_string()
}

fn tell(report: &Report, leftovers: &[Told], session: &mut Session) {
    for finding in &report.findings {
        let Corruption { config, number, is_ref, object, flaw } = &finding.corruption;
        let mark = if *is_ref { "  ref " } else { "  @" };
        session.output.line(&[
            (Look::Heading, &*config.to_string()),
            (Look::Moved, &format!("{mark}{number}")),
            (Look::Removed, &format!("  {flaw}")),
        ]);
        session.output.line(&[(Look::Dim, format!("  {}", shown(object, session)))]);
        session.output.line(&[(Look::Plain, format!("  remedy: {}", facts::remedy(finding)))]);
    }
    for Told { object, remedy } in leftovers {
        session.output.line(&[
            (Look::Heading, shown(object, session)),
            (Look::Dim, "  left over, does no harm".to_owned()),
        ]);
        session.output.line(&[(Look::Plain, format!("  remedy: {remedy}"))]);
    }
    for weakness in &report.weaknesses {
        let look = if weakness.is_damage() { Look::Removed } else { Look::Dim };
        session.output.line(&[
            (Look::Heading, shown(&weakness.object, session)),
            (look, format!("  {}", facts::weak_point(weakness))),
        ]);
        session
            .output
            .line(&[(Look::Plain, format!("  remedy: {}; no version is touched by this", facts::REPAIR))]);
    }
    let told = format!(
        "{} of {}, {}: ",
        count(report.versions, "version"),
        count(report.configs, "config"),
        count(report.refs, "change of refs").replace("change of refss", "changes of refs"),
    );
    let damaged = report.weaknesses.iter().filter(|weakness| weakness.is_damage()).count();
    match (report.findings.len() + damaged) as u64 {
        0 => session.output.line(&[(Look::Plain, &*told), (Look::Added, "all as they were written")]),
        some => session.output.line(&[(Look::Plain, &*told), (Look::Removed, &count(some, "problem"))]),
    }
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
