//! The sides of a comparison: versions, files and streams, read.

use std::io::Read;

use vconf::format;
use vconf::model::revision::Revision;
use vconf::store::MAX_SOURCE_BYTES;
use vconf::worktree::WorktreeError;
use vconf_advice::difference::Side;

use crate::advice;
use crate::commands::OrAdvise;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::{Target, Tracked};

/// Reads both sides. One file alone is its latest version against the file as it is.
pub(super) fn sides(
    old: Target,
    new: Option<Target>,
    session: &mut Session,
) -> Result<(Side, Side), Failure> {
    match new {
        Some(new) => {
            let new = if new.file.is_empty() {
                Target { file: old.file.clone(), path: old.path.clone(), ..new }
            } else {
                new
            };
            Ok((side(&old, session)?, side(&new, session)?))
        }
        None => {
            let revision = old.revision.clone().unwrap_or(Revision::Latest);
            let tracked = session.tracked(&old)?;
            let new = Target {
                file: tracked.file.clone(),
                path: tracked.worktree.path(&tracked.config),
                revision: None,
            };
            let old = version_side(&tracked, &revision, session)?;
            Ok((old, side(&new, session)?))
        }
    }
}

fn side(target: &Target, session: &mut Session) -> Result<Side, Failure> {
    match &target.revision {
        Some(revision) => version_side(&session.tracked(target)?, revision, session),
        None => file_side(target, session),
    }
}

fn version_side(tracked: &Tracked, revision: &Revision, session: &Session) -> Result<Side, Failure> {
    let number = session.number(tracked, Some(revision))?;
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    Ok(Side::of_version(tracked.file.clone(), &loaded))
}

pub(in crate::commands) fn file_side(target: &Target, session: &mut Session) -> Result<Side, Failure> {
    if target.file.is_empty() {
        return Err(Failure::error("which file is meant?").help("vconf diff FILE@2 @4"));
    }
    if target.file == "-" {
        return stream_side("standard input", std::io::stdin().lock());
    }
    let path = &target.path;
    if let Ok(metadata) = std::fs::metadata(path)
        && !metadata.is_file()
        && !metadata.is_dir()
    {
        // A pipe, such as a shell makes of `<(command)`.
        let opened = std::fs::File::open(session.folder.join(&target.file));
        let opened =
            opened.map_err(|error| advice::io_failure(&format!("{} can't be read", target.file), &error))?;
        return stream_side(&target.file, opened);
    }
    let read = vconf::disk::read_file(path, MAX_SOURCE_BYTES)
        .map_err(|source| WorktreeError::Read { path: path.clone(), source })
        .or_advise(session)?;
    let Some(file) = read else {
        return Err(missing(target, session));
    };
    let mode = Some(file.stat.mode & 0o777);
    let document = format::read(&target.file, file.bytes, None);
    Ok(Side { name: target.file.clone(), label: "file".to_owned(), document, mode })
}

/// What to say of a file that is not there: its versions may be.
pub(in crate::commands) fn missing(target: &Target, session: &mut Session) -> Failure {
    match session.tracked(target) {
        Ok(tracked) => Failure::error(format!("there is no file {}", target.file))
            .detail("its versions are still there")
            .help(format!("vconf rollback {}", crate::text::shell(&format!("{}@latest", tracked.file)))),
        Err(_) => advice::no_file(&target.file, &target.path),
    }
}

/// Reads a side to its end, as far as may be.
fn stream_side(name: &str, stream: impl Read) -> Result<Side, Failure> {
    let mut source = Vec::new();
    stream
        .take(MAX_SOURCE_BYTES + 1)
        .read_to_end(&mut source)
        .map_err(|error| advice::io_failure(&format!("{name} can't be read"), &error))?;
    if source.len() as u64 > MAX_SOURCE_BYTES {
        return Err(Failure::invalid(format!("{name} is longer than {MAX_SOURCE_BYTES} bytes")));
    }
    let document = format::read(name, source, None);
    Ok(Side { name: name.to_owned(), label: "file".to_owned(), document, mode: None })
}
