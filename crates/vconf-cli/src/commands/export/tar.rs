//! `vconf export tar:FILE`: every version as a file, with its record.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;

use tar::{Builder, EntryType, Header};
use vconf::history::{Error, exported_path};
use vconf::model::name::ConfigName;
use vconf::model::time::Timestamp;
use vconf::model::value::Value;
use vconf::store::StoreError;

use super::{Subjects, absolute, tell_damage};
use crate::advice::{self, io_failure};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::text::count;

pub(super) fn run(place: &str, subjects: &Subjects, session: &mut Session) -> Result<Exit, Failure> {
    let unwritable = |error: &io::Error| io_failure(&format!("{place} can't be written"), error);
    let done = if place == "-" {
        let stdout = io::stdout().lock();
        archive(subjects, BufWriter::with_capacity(1 << 16, stdout), session)
    } else {
        let path = absolute(place, session);
        let file = create(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::error(format!("{place} is there already"))
                .detail("an archive is written to a new file"),
            _ => unwritable(&error),
        })?;
        let done = archive(subjects, BufWriter::with_capacity(1 << 16, file), session);
        if done.is_err() {
            // A part of an archive is none.
            let _ = std::fs::remove_file(&path);
        }
        done
    };
    let done = done.map_err(|problem| match problem {
        Problem::Write(error) => unwritable(&error),
        Problem::History(error) => advice::history_failure(&error, session, Some(&subjects.worktree)),
    })?;
    let exit = tell_damage(&done.damage, session);
    if place == "-" {
        return Ok(exit);
    }
    if session.output.json {
        session.output.json(&Value::map([
            ("target", Value::from(format!("tar:{place}"))),
            ("versions", done.versions.into()),
            ("damage", Value::list(done.damage.iter().map(String::as_str))),
        ]));
    } else {
        let versions = count(done.versions, "version");
        session.output.text(&format!("{}: {versions}\n", crate::render::style::safe(place)));
    }
    Ok(exit)
}

/// Creates the archive for its owner alone: what is in a config may be secret.
fn create(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[derive(Default)]
struct Done {
    versions: u64,
    damage: Vec<String>,
}

enum Problem {
    History(Error),
    Write(io::Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::History(error.into())
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Writes all versions, one at a time.
fn archive(subjects: &Subjects, out: impl Write, session: &mut Session) -> Result<Done, Problem> {
    let mut builder = Builder::new(out);
    let mut paths = BTreeSet::new();
    let mut done = Done::default();
    for config in &subjects.configs {
        let path = exported_path(config, &mut paths);
        put_config(&mut builder, &path, config, subjects, &mut done)?;
        if session.output.is_closed() {
            break;
        }
    }
    builder.into_inner()?.flush()?;
    Ok(done)
}

fn put_config(
    builder: &mut Builder<impl Write>,
    path: &str,
    config: &ConfigName,
    subjects: &Subjects,
    done: &mut Done,
) -> Result<(), Problem> {
    let store = &subjects.worktree.store;
    let state = store.known_state(config)?;
    for number in 1..=state.versions.number {
        let loaded = match store.load_number(config, number) {
            Ok(loaded) => loaded,
            Err(Error::Store(StoreError::Corrupt(damage))) => {
                if damage.forgotten().is_none() && done.damage.len() < MOST_DAMAGE_TOLD {
                    done.damage.push(damage.to_string());
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let record = store.record_bytes(config, number)?;
        let (time, mode) = (loaded.version.timestamp, loaded.version.mode.unwrap_or(0o644));
        put(builder, &format!("{path}/v{number}"), &loaded.source, time, mode)?;
        put(builder, &format!("{path}/v{number}.json"), &record, time, 0o600)?;
        done.versions += 1;
    }
    Ok(())
}

fn put(
    builder: &mut Builder<impl Write>,
    path: &str,
    bytes: &[u8],
    time: Timestamp,
    mode: u32,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(mode);
    header.set_size(bytes.len() as u64);
    header.set_mtime(u64::try_from(time.as_microseconds().div_euclid(1_000_000)).unwrap_or(0));
    builder.append_data(&mut header, path, bytes)
}

/// How much damage is told.
const MOST_DAMAGE_TOLD: usize = 1000;
