//! `vconf import`: the versions of the original Python manager.

use std::path::Path;

use vconf::history::{ImportReport, Imported};
use vconf::model::value::Value;

use super::{OrAdvise, Stop};
use crate::args::Who;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::count;

pub(crate) fn run(folder: &Path, name: Option<&str>, who: &Who, session: &mut Session) -> Result<Exit, Stop> {
    let folder = vconf::worktree::normalize(&session.folder.join(folder));
    if !folder.is_dir() {
        return Err(Failure::error(format!("there is no folder {}", folder.display())).into());
    }
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

fn tell(report: &ImportReport, session: &mut Session) -> Result<Exit, Stop> {
    for warning in &report.warnings {
        session.output.talk("warning", &format!("{}: {}", warning.file, warning.problem))?;
    }
    for Imported { file, version, tag, was_there } in &report.imported {
        if session.output.json {
            let mut map = facts::version_map(version);
            map.insert("file".to_owned(), file.as_str().into());
            map.insert("tag".to_owned(), Value::from(tag.as_ref().map(|tag| tag.as_str())));
            map.insert("was_there".to_owned(), (*was_there).into());
            session.output.json(&Value::Map(map))?;
            continue;
        }
        let mut line = facts::version_line(version);
        line.extend(tag.iter().map(|tag| (Look::Added, format!("  [{tag}]"))));
        let origin = if *was_there { format!("   {file}, imported before") } else { format!("   {file}") };
        line.push((Look::Dim, origin));
        session.output.line(&line)?;
    }
    let new = report.imported.iter().filter(|imported| !imported.was_there).count() as u64;
    if !session.output.json {
        session.output.talk("note", &format!("{} imported", count(new, "version")))?;
        super::save::tell_undo(new > 0, session)?;
    }
    let damaged = report.warnings.iter().any(|warning| warning.problem.is_damage());
    Ok(if damaged { Exit::Damage } else { Exit::Ok })
}
