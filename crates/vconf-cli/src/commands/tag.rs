//! `vconf tag`: names for versions.

use vconf::history::State;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::value::Value;
use vconf::worktree::Worktree;

use super::OrAdvise;
use crate::args::TagArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::shell;

pub(crate) fn run(arguments: &TagArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = match &arguments.target {
        Some(word) => Some(session.target(word, arguments.revision.as_deref())?),
        None => None,
    };
    match (target, &arguments.name, &arguments.delete) {
        (Some(target), Some(name), _) => {
            let name = super::save::ref_name(name)?;
            let tracked = session.tracked(&target)?;
            let number = session.number(&tracked, target.revision.as_ref())?;
            let context = session.context(&arguments.who)?;
            let store = &tracked.worktree.store;
            let outcome = store.set_tag(&tracked.config, &name, number, &context).or_advise(session)?;
            tell(&tracked.worktree, &tracked.config, &outcome, session)
        }
        (Some(target), None, Some(name)) => {
            let tracked = session.tracked(&target)?;
            delete(&tracked.worktree, &tracked.config, name, arguments, session)
        }
        (None, _, Some(name)) => {
            let worktree = session.here()?;
            let config = only_one_with(&worktree, name, session)?;
            delete(&worktree, &config, name, arguments, session)
        }
        (Some(target), None, None) => {
            let tracked = session.tracked(&target)?;
            if !list(&tracked.worktree, &tracked.state, session)? && !session.output.json {
                session.output.talk("note", &format!("{} has no tags yet", tracked.file));
                session.output.talk("help", &format!("vconf tag {} NAME", shell(&tracked.file)));
            }
            Ok(Exit::Ok)
        }
        (None, _, None) => {
            let Some(worktree) = session.maybe_here()? else {
                session.tell_nothing_tracked();
                return Ok(Exit::Ok);
            };
            let mut any = false;
            for config in worktree.store.configs().or_advise(session)? {
                let state = worktree.store.state(&config).or_advise(session)?;
                any |= list(&worktree, &state, session)?;
            }
            if !any && !session.output.json {
                session.output.talk("note", "there are no tags yet");
                session.output.talk("help", "vconf tag FILE@REV NAME");
            }
            Ok(Exit::Ok)
        }
    }
}

fn list(worktree: &Worktree, state: &State, session: &mut Session) -> Result<bool, Failure> {
    let mut any = false;
    for (tag, number) in worktree.store.tags(state).or_advise(session)? {
        any = true;
        if session.output.json {
            let value = Value::map([
                ("config", Value::from(state.config.as_str())),
                ("tag", Value::from(tag.as_str())),
                ("version", Value::from(number)),
            ]);
            session.output.json(&value);
        } else {
            let config = format!("{}  ", session.file_name(worktree, &state.config));
            session.output.line(&[
                (Look::Plain, &*config),
                (Look::Moved, &format!("@{number}  ")),
                (Look::Added, tag.as_str()),
            ]);
        }
    }
    Ok(any)
}

fn delete(
    worktree: &Worktree,
    config: &ConfigName,
    name: &str,
    arguments: &TagArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let name = super::save::ref_name(name)?;
    let context = session.context(&arguments.who)?;
    let outcome = worktree.store.delete_tag(config, &name, &context).or_advise(session)?;
    tell(worktree, config, &outcome, session)
}

fn tell(
    worktree: &Worktree,
    config: &ConfigName,
    outcome: &vconf::history::TagOutcome,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let moved = &outcome.moved;
    if session.output.json {
        let mut value = facts::tag_move(moved);
        if let Value::Map(map) = &mut value {
            map.insert("config".to_owned(), config.as_str().into());
        }
        session.output.json(&value);
        return Ok(Exit::Ok);
    }
    let file = session.file_name(worktree, config);
    session.output.line(&[(Look::Plain, facts::tag_line(&file, moved))]);
    super::save::tell_undo(moved.from != moved.to, session);
    Ok(Exit::Ok)
}

/// The config that has a tag, where it is only one.
fn only_one_with(worktree: &Worktree, name: &str, session: &Session) -> Result<ConfigName, Failure> {
    let name: RefName = super::save::ref_name(name)?;
    let mut found = Vec::new();
    for config in worktree.store.configs().or_advise(session)? {
        let state = worktree.store.state(&config).or_advise(session)?;
        if worktree.store.tags(&state).or_advise(session)?.contains_key(&name) {
            found.push(config);
        }
    }
    match found.as_slice() {
        [] => Err(Failure::error(format!("no file has a tag {name}")).help("vconf tag")),
        [config] => Ok(config.clone()),
        several => {
            let names: Vec<_> = several.iter().map(ToString::to_string).collect();
            let file = shell(&session.file_name(worktree, &several[0]));
            Err(Failure::error(format!("several files have a tag {name}"))
                .detail(names.join(", "))
                .help(format!("vconf tag {file} --delete {name}")))
        }
    }
}
