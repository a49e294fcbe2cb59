//! `vconf check --repair`: what was put right, and what is lost.

use std::path::Path;

use vconf::history::{Known, Lost, Mended, Origin, RepairReport};
use vconf::model::value::Value;
use vconf::store::{Corruption, Store};

use super::check::shown;
use crate::failure::Failure;
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::store::{Named, redacted};
use crate::text::{count, one_line, shell, when};

/// Opens the store that records may be taken from: a store's folder, or one that has such a folder in it.
pub(super) fn other_store(folder: &Path, session: &Session) -> Result<Store, Failure> {
    let named = Named::parse(folder.as_os_str(), &session.folder)?;
    named.open_or_inside()?.map(|(_, store)| store).ok_or_else(|| {
        Failure::error(format!("there is no store {}", redacted(&folder.to_string_lossy())))
            .detail("a store is a folder .vconf, or a copy of one")
            .help("vconf check --repair")
    })
}

/// Tells what was put right, and what is lost.
pub(super) fn tell(RepairReport { mended, lost, .. }: &RepairReport, session: &mut Session) {
    for mended in mended {
        let (name, number) = match &mended.record {
            Some((config, is_ref, number)) if mended.origin != Origin::Log => {
                (config.to_string(), format!("{}{number}", if *is_ref { "  ref " } else { "  @" }))
            }
            _ => (shown(&mended.object, session), String::new()),
        };
        session.output.line(&[
            (Look::Heading, name),
            (Look::Moved, number),
            (Look::Added, format!("  restored {}", origin(&mended.origin))),
            (Look::Dim, format!("   ({})", mended.problem)),
        ]);
        if let Some(kept_at) = &mended.kept_at {
            let kept_at = shown(kept_at, session);
            session.output.line(&[(Look::Dim, format!("  what stood there: {kept_at}"))]);
        }
    }
    for lost in lost {
        let Corruption { config, is_ref, .. } = &lost.corruption;
        let mark = if *is_ref { "ref " } else { "@" };
        let numbers = match (lost.known.first, lost.known.last) {
            (first, last) if first == last => format!("  {mark}{first}"),
            (first, last) => format!("  {mark}{first} … {mark}{last}"),
        };
        session.output.line(&[
            (Look::Heading, config.to_string()),
            (Look::Moved, numbers),
            (Look::Removed, format!("  lost: {}", known(&lost.known, session))),
        ]);
    }
    if mended.iter().any(|mended| mended.kept_at.is_some()) {
        let undo =
            "nothing was deleted: what stood in the place of what was restored is in the store's quarantine";
        session.output.talk("note", undo);
    }
    if !lost.is_empty() {
        session.output.talk("help", "vconf check --repair --from STORE, where you have a copy of the store");
    }
}

/// Where the sound bytes are from.
fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Journal => "from the journal".to_owned(),
        Origin::OtherStore => "from the other store".to_owned(),
        Origin::File => "from the file, which holds the same bytes".to_owned(),
        Origin::Version(config, number) => {
            format!("from {}, which holds the same bytes", shell(&format!("{config}@{number}")))
        }
        Origin::Log => "from the records".to_owned(),
        Origin::Copy => "from its copy".to_owned(),
    }
}

/// What is known of a lost record.
fn known(known: &Known, session: &Session) -> String {
    let clock = session.clock();
    if let Some(version) = &known.version {
        let (why, time) = (one_line(&version.description, 60), when(version.timestamp, &clock));
        return format!(
            "its content, {}; \"{why}\", {}, {time}",
            count(version.size_bytes, "byte"),
            version.author
        );
    }
    match (&known.after, &known.before) {
        (Some((after, by)), Some((before, next))) => format!(
            "written between {} (by {by}) and {} (by {next})",
            when(*after, &clock),
            when(*before, &clock)
        ),
        (Some((after, by)), None) => format!("written after {} (by {by})", when(*after, &clock)),
        (None, Some((before, next))) => format!("written before {} (by {next})", when(*before, &clock)),
        (None, None) => "nothing tells when or by whom".to_owned(),
    }
}

/// Adds what was put right and what is lost to the report as JSON.
pub(super) fn add_json(report: &mut Value, repaired: &RepairReport) {
    let Value::Map(map) = report else { return };
    map.insert("repaired".to_owned(), Value::list(repaired.mended.iter().map(mended_json)));
    map.insert("lost".to_owned(), Value::list(repaired.lost.iter().map(lost_json)));
}

fn mended_json(mended: &Mended) -> Value {
    let origin = match &mended.origin {
        Origin::Journal => "journal",
        Origin::OtherStore => "store",
        Origin::File => "file",
        Origin::Version(..) => "version",
        Origin::Log => "records",
        Origin::Copy => "copy",
    };
    let mut value = Value::map([
        ("object", Value::from(mended.object.as_str())),
        ("problem", Value::from(mended.problem.as_str())),
        ("from", Value::from(origin)),
        ("kept_at", Value::from(mended.kept_at.as_deref())),
    ]);
    if let (Value::Map(map), Some((config, is_ref, number))) = (&mut value, &mended.record) {
        map.insert("config".to_owned(), config.as_str().into());
        match mended.origin {
            Origin::Log => map.insert("refs".to_owned(), (*is_ref).into()),
            _ => map.insert(if *is_ref { "ref" } else { "version" }.to_owned(), (*number).into()),
        };
    }
    value
}

fn lost_json(Lost { corruption, known }: &Lost) -> Value {
    let mut value = facts::damage(corruption);
    let written = |written: &Option<(vconf::model::time::Timestamp, String)>| match written {
        Some((time, author)) => {
            Value::map([("timestamp", Value::from(time.to_string())), ("author", author.as_str().into())])
        }
        None => Value::Null,
    };
    if let Value::Map(map) = &mut value {
        map.insert("first".to_owned(), known.first.into());
        map.insert("last".to_owned(), known.last.into());
        let version = known.version.as_deref().map(facts::version);
        map.insert("known".to_owned(), version.unwrap_or(Value::Null));
        map.insert("after".to_owned(), written(&known.after));
        map.insert("before".to_owned(), written(&known.before));
    }
    value
}
