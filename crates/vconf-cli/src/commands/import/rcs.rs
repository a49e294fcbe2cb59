//! `vconf import rcs:FILE,v`: every revision of an RCS or CVS file.

use std::path::Path;

use vconf::disk;
use vconf::history::{RcsError, RcsFile, RcsRevision};
use vconf::worktree::WorktreeError;

use super::Told;
use crate::advice::{self, io_failure};
use crate::args::ImportArguments;
use crate::commands::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::text::shell;

pub(super) fn run(file: &str, arguments: &ImportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let path = vconf::worktree::normalize(&session.folder.join(file));
    let unreadable = |error| io_failure(&format!("{file} can't be read"), &error);
    let Some(read) = disk::read_file(&path, MOST_BYTES).map_err(unreadable)? else {
        return Err(missing(file, &path));
    };
    let rcs = RcsFile::parse(&read.bytes).map_err(|error| unusable(file, &error))?;
    drop(read);
    if rcs.count() == 0 {
        return Err(Failure::invalid(format!("{file} has no revisions")));
    }
    let target = match &arguments.name {
        Some(name) => session.path(name),
        None => working_file(&path),
    };
    let worktree = session.find_or_create(&target)?;
    let config = worktree.name(&target).or_advise(session)?;
    let context = session.context(&arguments.who)?;
    let failure = |error, session: &Session| {
        advice::worktree_failure(&WorktreeError::Import(error), session)
            .help(format!("vconf import {} --as NAME", shell(&format!("rcs:{file}"))))
    };
    if let Some(branch) = rcs.default_branch() {
        let told = format!("{file} is checked out from branch {branch}; main is its trunk here");
        session.output.talk("note", &told);
    }
    let mut told = Told::default();
    let begun = worktree.store.import_revisions(&config, &context);
    let mut import = begun.map_err(|error| failure(error, session))?;
    let revisions = rcs.revisions().map_err(|error| unusable(file, &error))?;
    for revision in revisions {
        let RcsRevision { revision, is_dead } = revision.map_err(|error| unusable(file, &error))?;
        if is_dead {
            import.pass(&revision.name, &revision.parents);
            continue;
        }
        let imported = import.add(&revision).map_err(|error| failure(error, session))?;
        told.revision(&imported, &revision.name, session);
    }
    told.is_redone = import.finish(&rcs.branches()).map_err(|error| failure(error, session))?;
    told.finish(session);
    Ok(Exit::Ok)
}

/// Where RCS checks a file out: beside its `,v`, or beside the folder `RCS` that this is in.
fn working_file(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(",v").unwrap_or(&name).to_owned();
    let folder = path.parent().unwrap_or(path);
    match folder.file_name().is_some_and(|folder| folder == "RCS") {
        true => folder.with_file_name(name),
        false => folder.join(name),
    }
}

fn missing(file: &str, path: &Path) -> Failure {
    let failure = Failure::error(format!("there is no file {file}"));
    let with_suffix = format!("{file},v");
    match Path::new(&format!("{},v", path.display())).is_file() {
        true => failure
            .detail(format!("did you mean {with_suffix}?"))
            .help(format!("vconf import {}", shell(&format!("rcs:{with_suffix}")))),
        false => failure,
    }
}

fn unusable(file: &str, error: &RcsError) -> Failure {
    Failure::invalid(format!("{file} is no RCS file that can be read")).detail(error.to_string())
}

/// How large an RCS file may be.
const MOST_BYTES: u64 = 256 << 20;
