//! `vconf import`: the versions of the original Python manager.

use std::path::Path;

use vconf::history::{ImportReport, Imported};
use vconf::model::value::Value;

use super::OrAdvise;
use crate::advice;
use crate::args::Who;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::count;

pub(crate) fn run(
    folder: &Path,
    name: Option<&str>,
    who: &Who,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let folder = vconf::worktree::normalize(&session.folder.join(folder));
    look_first(&folder)?;
    let file = match name {
        Some(name) => session.path(name),
        None => {
            let base = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            session.path(&format!("{}.json", base.unwrap_or_else(|| "config".to_owned())))
        }
    };
    let worktree = session.find_or_create(&file)?;
    let config = worktree.name(&file).or_advise(session)?;
    let (clock, context) = (session.clock(), session.context(who)?);
    let report = worktree.import_python(&folder, &config, &clock, &context).or_advise(session)?;
    tell(&report, session)
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
        let mut line = facts::version_line(version.config.as_str(), version);
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
