//! `vconf copy`: a store into another, wherever the two are.

use vconf::history::{Copied, CopyConflict, SettingsCopy};
use vconf::model::name::ConfigName;
use vconf::model::value::Value;
use vconf::store::Store;

use super::OrAdvise;
use super::check::Progress;
use crate::args::CopyArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::store::{Named, redacted};
use crate::text::{bytes, count, shell};

pub(crate) fn run(arguments: &CopyArguments, session: &mut Session) -> Result<Exit, Failure> {
    let (from, from_store) = source(arguments, session)?;
    let target = Named::parse(arguments.to.as_os_str(), &session.folder)?;
    if target.place.shown() == from.place.shown() {
        return Err(Failure::error("a store can't be copied into itself"));
    }
    target.refuse_strange_folder()?;
    let to = target.create()?;
    let mut told = Told { to: redacted(&arguments.to.to_string_lossy()), copied: 0, worst: Exit::Ok };
    for config in from_store.configs().or_advise(session)? {
        let mut progress = Progress::new("records copied");
        let copied = from_store.copy(&config, &to, |done| progress.show(done));
        progress.clear();
        told.config(&config, &copied.or_advise(session)?, session);
    }
    told.finish(from_store.copy_settings(&to).or_advise(session)?, session);
    Ok(told.worst)
}

fn source(arguments: &CopyArguments, session: &Session) -> Result<(Named, Store), Failure> {
    let named = Named::parse(arguments.from.as_os_str(), &session.folder)?;
    match named.open_or_inside()? {
        Some(found) => Ok(found),
        None => Err(Failure::error(format!("there is no store {}", named.place.shown()))
            .detail("a store is a folder .vconf, or what an address names")),
    }
}

/// What was told so far.
struct Told {
    to: String,
    /// How many records and packs were copied.
    copied: u64,
    worst: Exit,
}

impl Told {
    fn config(&mut self, config: &ConfigName, copied: &Copied, session: &mut Session) {
        let Copied { versions, refs, packs, bytes: size_bytes, were_there, damage, conflict } = copied;
        self.copied += versions + refs + packs;
        if !damage.is_empty() {
            self.worst = self.worst.max(Exit::Damage);
        }
        if session.output.json {
            session.output.json(&Value::map([
                ("config", Value::from(config.as_str())),
                ("versions", Value::from(*versions)),
                ("refs", Value::from(*refs)),
                ("packs", Value::from(*packs)),
                ("bytes", Value::from(*size_bytes)),
                ("were_there", Value::from(*were_there)),
                ("damage", Value::list(damage.iter().map(facts::damage))),
                ("conflict", conflict.as_ref().map_or(Value::Null, conflict_json)),
            ]));
        } else if conflict.is_none() {
            let what = match (versions, refs) {
                (0, 0) => "  nothing new".to_owned(),
                (_, 0) => format!("  {} copied", count(*versions, "version")),
                (_, _) => format!("  {} and {} copied", count(*versions, "version"), changes_of_refs(*refs)),
            };
            let size = if *size_bytes == 0 { String::new() } else { format!("  {}", bytes(*size_bytes)) };
            session.output.line(&[
                (Look::Heading, config.as_str()),
                (Look::Plain, &what),
                (Look::Dim, &size),
            ]);
        }
        for damage in damage {
            session.output.talk(
                "warning",
                &format!("{}: {}; it is copied as it is, where it can be read", damage.object, damage.flaw),
            );
        }
        if let Some(conflict) = conflict {
            self.worst = self.worst.max(Exit::Conflict);
            session.output.fail(&conflict_told(config, conflict, &self.to));
        }
    }

    fn finish(&mut self, settings: SettingsCopy, session: &mut Session) {
        if settings == SettingsCopy::Kept {
            session
                .output
                .talk("warning", "the settings are not copied: the target has others, or no place for them");
        }
        if session.output.json {
            return;
        }
        let note = match (self.copied, self.worst) {
            (0, Exit::Ok) => "the target had everything",
            (_, Exit::Ok) => {
                "everything was read back and compared; nothing was changed in what was copied from"
            }
            _ => "what is told above is not as it should be; all else was read back and compared",
        };
        session.output.talk("note", note);
        if self.worst == Exit::Ok {
            session.output.talk("help", &format!("vconf --store {} check", shell(&self.to)));
        }
    }
}

fn changes_of_refs(number: u64) -> String {
    if number == 1 { "1 change of refs".to_owned() } else { format!("{number} changes of refs") }
}

fn conflict_json(conflict: &CopyConflict) -> Value {
    let number = if conflict.is_ref { "ref" } else { "version" };
    Value::map([(number, Value::from(conflict.number)), ("object", Value::from(conflict.object.as_str()))])
}

fn conflict_told(config: &ConfigName, conflict: &CopyConflict, to: &str) -> Failure {
    let record = if conflict.is_ref { "change of refs " } else { "version " };
    Failure::new(Exit::Conflict, format!("the target has another history of {config}"))
        .detail(format!("its {record}{} is not the same: {}", conflict.number, conflict.object))
        .detail("nothing of this file was copied; nothing is ever written over")
        .help(format!("vconf --store {} log", shell(to)))
}
