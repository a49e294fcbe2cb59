//! `vconf pack`: many versions in one file.

use vconf::history::{PackOptions, Packed};
use vconf::model::name::ConfigName;
use vconf::model::value::Value;
use vconf::worktree::Worktree;

use super::OrAdvise;
use super::check::Progress;
use crate::args::PackArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{bytes, count};

pub(crate) fn run(arguments: &PackArguments, session: &mut Session) -> Result<Exit, Failure> {
    let keep_loose = if arguments.all { 0 } else { arguments.keep_loose };
    let options = PackOptions { keep_loose, ..PackOptions::default() };
    let mut told = Told { versions: 0, is_damaged: false };
    if arguments.files.is_empty() {
        let worktree = session.here()?;
        for config in worktree.store.configs().or_advise(session)? {
            let file = session.file_name(&worktree, &config);
            pack(&worktree, &config, &file, options, &mut told, session)?;
        }
    }
    for file in &arguments.files {
        let target = session.target(file, None)?;
        let tracked = session.tracked(&target)?;
        pack(&tracked.worktree, &tracked.config, &tracked.file, options, &mut told, session)?;
    }
    if !session.output.json {
        let note = match told.versions {
            0 => "nothing more to pack",
            _ => "every version reads as before, so that there is nothing to undo",
        };
        session.output.talk("note", note);
        if told.is_damaged {
            session.output.talk("help", "vconf check");
        }
    }
    Ok(if told.is_damaged { Exit::Damage } else { Exit::Ok })
}

/// What was told so far.
struct Told {
    versions: u64,
    is_damaged: bool,
}

fn pack(
    worktree: &Worktree,
    config: &ConfigName,
    file: &str,
    options: PackOptions,
    told: &mut Told,
    session: &mut Session,
) -> Result<(), Failure> {
    let mut progress = Progress::new("versions packed");
    let before = told.versions;
    let packed = worktree.store.pack(config, options, |done| progress.show(before + done));
    progress.clear();
    let packed = packed.or_advise(session)?;
    told.versions += packed.versions;
    told.is_damaged |= !packed.stopped_at.is_empty();
    tell(config, file, &packed, session);
    Ok(())
}

fn tell(config: &ConfigName, file: &str, packed: &Packed, session: &mut Session) {
    if session.output.json {
        session.output.json(&Value::map([
            ("config", Value::from(config.as_str())),
            ("versions", Value::from(packed.versions)),
            ("bytes", Value::from(packed.bytes)),
            ("packs", Value::from(packed.packs)),
            ("pack_bytes", Value::from(packed.pack_bytes)),
            ("stopped_at", Value::list(packed.stopped_at.iter().map(facts::damage))),
        ]));
        return;
    }
    if packed.versions > 0 {
        let what = format!("  {} packed", count(packed.versions, "version"));
        let sizes = match packed.packs {
            0 => String::new(),
            packs => format!(
                "  {} → {} of {}",
                bytes(packed.bytes),
                count(packs, "pack"),
                bytes(packed.pack_bytes)
            ),
        };
        session.output.line(&[(Look::Heading, file), (Look::Plain, &what), (Look::Dim, &sizes)]);
    }
    for damage in &packed.stopped_at {
        session.output.talk(
            "warning",
            &format!("{file}: @{} and what comes after it stays loose: {}", damage.number, damage.flaw),
        );
    }
}
