//! `vconf switch`: another branch becomes the current one.

use vconf::history::Saved;
use vconf::model::value::Value;
use vconf::worktree::Switched;

use super::save::{ref_name, tell_undo};
use crate::advice;
use crate::args::SwitchArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::target::Tracked;
use crate::text::shell;

pub(crate) fn run(arguments: &SwitchArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = session.target(&arguments.target, None)?;
    let tracked = session.tracked(&target)?;
    if target.revision.is_some() && arguments.create {
        let (file, revision) = arguments.target.rsplit_once('@').unwrap_or((&arguments.target, "latest"));
        let (file, name, revision) = (shell(file), shell(&arguments.name), shell(&format!("@{revision}")));
        return Err(Failure::error("a file is switched to a branch, not to a version")
            .detail(format!(
                "to begin the branch there and switch to it: vconf switch -c {file} {name} {revision}"
            ))
            .help(format!("vconf branch {file} {name} {revision}")));
    }
    if target.revision.is_some() {
        return Err(Failure::error("a file is switched to a branch, not to a version")
            .help(format!("vconf rollback {}", shell(&arguments.target))));
    }
    let name = ref_name(&arguments.name)?;
    let at =
        arguments.at.as_deref().map(|at| session.revision(at.strip_prefix('@').unwrap_or(at))).transpose()?;
    if let (Some(at), false) = (&arguments.at, arguments.create) {
        let (file, name) = (shell(&tracked.file), shell(&arguments.name));
        return Err(Failure::error("a branch begins with a version only where it is created")
            .help(format!("vconf switch -c {file} {name} {}", shell(at))));
    }
    let create_at = match arguments.create {
        true => Some(session.number(&tracked, at.as_ref())?),
        false => None,
    };
    let context = session.context(&arguments.who)?;
    let switched = tracked.worktree.switch(&tracked.config, &name, create_at, &context);
    let switched = switched.map_err(|error| advice::switch_failure(&error, &tracked, session))?;
    tell(&switched, &tracked, session);
    Ok(Exit::Ok)
}

fn tell(switched: &Switched, tracked: &Tracked, session: &mut Session) {
    let Switched { saved_before, outcome, file_written, rescued } = switched;
    let is_new = outcome.from != outcome.to;
    if session.output.json {
        let optional = |saved: &Option<Saved>| {
            saved.as_ref().map_or(Value::Null, |saved| facts::version(&saved.version))
        };
        session.output.json(&Value::map([
            ("config", Value::from(tracked.config.as_str())),
            ("from", Value::from(outcome.from.as_str())),
            ("to", Value::from(outcome.to.as_str())),
            ("version", Value::from(outcome.head)),
            ("file_written", Value::from(*file_written)),
            ("saved_before", optional(saved_before)),
            ("rescued", optional(rescued)),
        ]));
        return;
    }
    for saved in saved_before.iter().chain(rescued) {
        session.output.version(&tracked.file, &saved.version);
    }
    let mut told = match is_new {
        true => format!("{}  {} → {}", tracked.file, outcome.from, outcome.to),
        false => format!("{}  on {} already", tracked.file, outcome.to),
    };
    told.push_str(&match (outcome.head, file_written) {
        (Some(head), true) => format!("  file is that of @{head}"),
        _ => "  file not touched".to_owned(),
    });
    session.output.line(&[(Look::Plain, told)]);
    tell_undo(is_new || *file_written, session);
}
