//! `vconf tag`: names for versions.

use vconf::history::{KnownTags, State};
use vconf::model::name::{ConfigName, RefName};
use vconf::model::value::Value;
use vconf::store::{Corruption, StoreError};
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
            let number = target.revision.as_ref().map(|revision| session.number(&tracked, Some(revision)));
            let number = number.transpose()?;
            let (any, exit) =
                list(&tracked.worktree, &tracked.state, number, &tracked.state.damage, session)?;
            if !any && exit == Exit::Ok && !session.output.json {
                let named = match number {
                    Some(number) => format!("{}@{number}", tracked.file),
                    None => tracked.file.clone(),
                };
                session.output.talk("note", &format!("{named} has no tags yet"));
                session.output.talk("help", &format!("vconf tag {} NAME", shell(&named)));
            }
            Ok(exit)
        }
        (None, _, None) => {
            let Some(worktree) = session.maybe_here()? else {
                session.tell_nothing_tracked();
                return Ok(Exit::Ok);
            };
            let (mut any, mut worst) = (false, Exit::Ok);
            for config in worktree.store.configs().or_advise(session)? {
                let state = worktree.store.state(&config).or_advise(session)?;
                let (is_listed, exit) = list(&worktree, &state, None, &[], session)?;
                any |= is_listed;
                worst = worst.max(exit);
            }
            if !any && worst == Exit::Ok && !session.output.json {
                session.output.talk("note", "there are no tags yet");
                session.output.talk("help", "vconf tag FILE@REV NAME");
            }
            Ok(worst)
        }
    }
}

/// Lists the tags of a config, or of one version of it; tells whether there are any, and how the command ends.
fn list(
    worktree: &Worktree,
    state: &State,
    only: Option<u64>,
    told: &[Corruption],
    session: &mut Session,
) -> Result<(bool, Exit), Failure> {
    let mut any = false;
    let KnownTags { tags, damage } = worktree.store.known_tags(state).or_advise(session)?;
    for (tag, number) in tags.into_iter().filter(|(_, number)| only.is_none_or(|only| *number == only)) {
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
    Ok((any, session.warn_of_tags(damage.as_deref(), told)))
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
    let mut hiding = None;
    for config in worktree.store.configs().or_advise(session)? {
        let state = worktree.store.state(&config).or_advise(session)?;
        let KnownTags { tags, damage } = worktree.store.known_tags(&state).or_advise(session)?;
        hiding = hiding.or(damage);
        if tags.contains_key(&name) {
            found.push(config);
        }
    }
    match (found.as_slice(), hiding) {
        ([], Some(damage)) => Err(StoreError::Corrupt(damage)).or_advise(session),
        ([], None) => Err(Failure::error(format!("no file has a tag {name}")).help("vconf tag")),
        ([config], _) => Ok(config.clone()),
        (several, _) => {
            let names: Vec<_> = several.iter().map(ToString::to_string).collect();
            let file = shell(&session.file_name(worktree, &several[0]));
            Err(Failure::error(format!("several files have a tag {name}"))
                .detail(names.join(", "))
                .help(format!("vconf tag {file} --delete {name}")))
        }
    }
}
