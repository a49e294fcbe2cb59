//! `vconf import`: the histories that other systems have.

mod git;
mod rcs;

use std::path::Path;

use vconf::history::{ImportReport, Imported, ImportedRevision};
use vconf::model::value::Value;

use super::OrAdvise;
use crate::advice;
use crate::args::ImportArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::count;

pub(crate) fn run(arguments: &ImportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let outcome = import(arguments, session);
    if !matches!(outcome, Ok(Exit::Ok)) {
        session.remove_created();
    }
    outcome
}

fn import(arguments: &ImportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let source = arguments.source.to_str().unwrap_or_default();
    if let Some(folder) = source.strip_prefix("git:") {
        return git::run(folder, arguments, session);
    }
    if !arguments.files.is_empty() {
        return Err(Failure::error("files are named where a git repository is imported from")
            .help(format!("vconf import git:{}", crate::text::shell(source))));
    }
    if arguments.first_parent {
        return Err(Failure::error("--first-parent is about git repositories"));
    }
    match source.strip_prefix("rcs:") {
        Some(file) => rcs::run(file, arguments, session),
        None => python(arguments, session),
    }
}

/// Imports the versions of the original Python manager.
fn python(arguments: &ImportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let folder = vconf::worktree::normalize(&session.folder.join(&arguments.source));
    look_first(&folder)?;
    let file = match &arguments.name {
        Some(name) => session.path(name),
        None => {
            let base = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            session.path(&format!("{}.json", base.unwrap_or_else(|| "config".to_owned())))
        }
    };
    let worktree = session.find_or_create(&file)?;
    let config = worktree.name(&file).or_advise(session)?;
    let (clock, context) = (session.clock(), session.context(&arguments.who)?);
    let report = worktree.import_python(&folder, &config, &clock, &context).or_advise(session)?;
    tell(&report, session)
}

/// What there is to say of all revisions that came in.
#[derive(Default)]
struct Told {
    new: u64,
    there: u64,
    is_redone: bool,
}

impl Told {
    /// Says of one revision what it became. Those that were there are told to programs only.
    fn revision(&mut self, imported: &ImportedRevision, origin: &str, session: &mut Session) {
        let ImportedRevision { version, tags, was_there } = imported;
        *(if *was_there { &mut self.there } else { &mut self.new }) += 1;
        // Of what was forgotten there is nothing to tell.
        let Some(version) = version else { return };
        if session.output.json {
            let mut map = facts::version_map(version);
            map.insert("origin".to_owned(), origin.into());
            map.insert("tags".to_owned(), Value::list(tags.iter().map(|tag| tag.as_str())));
            map.insert("was_there".to_owned(), (*was_there).into());
            session.output.json(&Value::Map(map));
        } else if !*was_there {
            let mut line =
                facts::version_line(version.config.as_str(), version, session.output.most_chars(72));
            line.extend(tags.iter().map(|tag| (Look::Added, format!("  [{tag}]"))));
            line.push((Look::Dim, format!("   {origin}")));
            session.output.line(&line);
        }
    }

    /// Says what came of all of it, and how to undo it.
    fn finish(&self, session: &mut Session) {
        if session.output.json {
            return;
        }
        let before = match self.there {
            0 => String::new(),
            there => format!("; {there} imported before"),
        };
        session.output.talk("note", &format!("{} imported{before}", count(self.new, "version")));
        if self.is_redone {
            session.output.talk("note", "an import of them that was undone was done again");
        }
        super::save::tell_undo(self.new > 0 || self.is_redone, session);
    }
}

/// Refuses a folder without version files before a store is created for them.
fn look_first(folder: &Path) -> Result<(), Failure> {
    let listed = vconf::disk::list(folder)
        .map_err(|error| advice::io_failure(&format!("{} can't be read", folder.display()), &error))?;
    let Some(names) = listed else {
        let failure = Failure::error(format!("there is no folder {}", folder.display()));
        return Err(if folder.is_file() {
            failure.detail("it is a file; the folder of the version files is meant")
        } else {
            failure
        });
    };
    let is_version = |name: &str| name.starts_with('v') && name.ends_with(".json");
    if names.iter().filter_map(|name| name.to_str()).any(is_version) {
        return Ok(());
    }
    Err(Failure::invalid(format!("{} has no version files", folder.display()))
        .detail("version files are called v1.json, v1.0.0.json and so on"))
}

fn tell(report: &ImportReport, session: &mut Session) -> Result<Exit, Failure> {
    for warning in &report.warnings {
        session.output.talk("warning", &format!("{}: {}", warning.file, warning.problem));
    }
    for Imported { file, version, tag, was_there } in &report.imported {
        if session.output.json {
            let mut map = facts::version_map(version);
            map.insert("file".to_owned(), file.as_str().into());
            map.insert("tag".to_owned(), Value::from(tag.as_ref().map(|tag| tag.as_str())));
            map.insert("was_there".to_owned(), (*was_there).into());
            session.output.json(&Value::Map(map));
            continue;
        }
        let mut line = facts::version_line(version.config.as_str(), version, session.output.most_chars(72));
        line.extend(tag.iter().map(|tag| (Look::Added, format!("  [{tag}]"))));
        let origin = if *was_there { format!("   {file}, imported before") } else { format!("   {file}") };
        line.push((Look::Dim, origin));
        session.output.line(&line);
    }
    let new = report.imported.iter().filter(|imported| !imported.was_there).count() as u64;
    if !session.output.json {
        session.output.talk("note", &format!("{} imported", count(new, "version")));
        if report.is_redone {
            session.output.talk("note", "an import of them that was undone was done again");
        }
        super::save::tell_undo(new > 0 || report.is_redone, session);
    }
    let damaged = report.warnings.iter().any(|warning| warning.problem.is_damage());
    Ok(if damaged { Exit::Damage } else { Exit::Ok })
}
