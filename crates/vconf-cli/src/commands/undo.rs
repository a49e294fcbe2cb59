//! `vconf undo`, `vconf redo`, `vconf undo --list`.

use vconf::history::{OperationRecords, OperationState};
use vconf::model::record::{RefAction, RefChange};
use vconf::model::value::Value;
use vconf::worktree::{RestoredFile, Turned, Worktree};

use super::OrAdvise;
use crate::args::Who;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{one_line, shell, when};

pub(crate) fn undo(who: &Who, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = session.here()?;
    let context = session.context(who)?;
    look_first(&worktree.store.next_undo().or_advise(session)?, &worktree, session)?;
    let turned = worktree.undo(&context).or_advise(session)?;
    tell(&turned, RefAction::Undo, &worktree, session)
}

pub(crate) fn redo(who: &Who, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = session.here()?;
    let context = session.context(who)?;
    look_first(&worktree.store.next_redo().or_advise(session)?, &worktree, session)?;
    let turned = worktree.redo(&context).or_advise(session)?;
    tell(&turned, RefAction::Redo, &worktree, session)
}

/// A store that came with a folder must not reach out of it: files elsewhere are touched only where the store was
/// named.
fn look_first(operation: &OperationRecords, worktree: &Worktree, session: &Session) -> Result<(), Failure> {
    let outside = operation.configs().into_iter().find(|config| config.is_absolute());
    match outside {
        Some(config) if !session.store_was_named() => Err(Failure::error(format!(
            "the operation is about {config}, which lies outside of this store's folder"
        ))
        .detail("name the store to say that you trust it")
        .help(format!("vconf --store {} undo", shell(&session.store_name(worktree.root()))))),
        _ => Ok(()),
    }
}

fn tell(
    turned: &Turned,
    action: RefAction,
    worktree: &Worktree,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let operation = &turned.undone.operation;
    if session.output.json {
        session.output.json(&turned_json(turned, action));
        return Ok(Exit::Ok);
    }
    let done = if action == RefAction::Undo { "undone" } else { "redone" };
    session
        .output
        .line(&[(Look::Heading, format!("{done}: {}", title(operation, session.output.most_chars(60))))]);
    for change in &turned.undone.changes {
        let mut told = Vec::new();
        let head = change.heads.get(&change.current).and_then(|head| head.version);
        told.extend(branches_told(operation, change));
        if operation.versions_of(&change.config).next().is_some() {
            told.push(match head {
                Some(head) => format!("latest is @{head}"),
                None => "no latest version any more".to_owned(),
            });
        }
        for moved in &change.tags {
            told.push(match moved.to {
                Some(to) => format!("tag {} is at @{to}", moved.tag),
                None => format!("tag {} is gone", moved.tag),
            });
        }
        let file = turned.files.iter().find(|file| file.config == change.config);
        match file {
            Some(RestoredFile { number: Some(number), .. }) => {
                told.push(format!("file is that of @{number} again"))
            }
            Some(_) => told.push("file taken away again".to_owned()),
            None if head.is_some() => told.push("file not touched".to_owned()),
            None => {}
        }
        let saved = file.and_then(|file| file.saved_before.as_ref());
        let name = session.file_name(worktree, &change.config);
        session.output.line(&[(Look::Plain, format!("  {name}  {}", told.join(", ")))]);
        let rescued = file.and_then(|file| file.rescued.as_ref());
        for saved in saved.into_iter().chain(rescued) {
            let number = saved.version.number;
            let target = shell(&format!("{name}@{number}"));
            let rollback = session.output.command(&format!("vconf rollback {target}"));
            session.output.talk("note", &format!("what the file held is @{number}: {rollback}"));
        }
    }
    for config in &turned.undone.superseded {
        let told =
            format!("{config} got a newer version from somebody else at the same moment; that is the latest");
        session.output.talk("warning", &told);
    }
    let (label, command) =
        if action == RefAction::Undo { ("redo", "vconf redo") } else { ("undo", "vconf undo") };
    session.output.talk(label, command);
    Ok(Exit::Ok)
}

/// What became of the branches.
fn branches_told(operation: &OperationRecords, change: &RefChange) -> Vec<String> {
    let is_of = |done: &&RefChange| done.config == change.config;
    let mut told = Vec::new();
    for done in operation.refs.iter().filter(is_of) {
        match done.action {
            RefAction::Switch => told.push(format!("on branch {}", change.current)),
            RefAction::Branch => {
                let branches: Vec<_> = change.heads.keys().map(ToString::to_string).collect();
                told.push(format!("branches are {}", branches.join(", ")));
            }
            _ => {}
        }
    }
    told
}

fn turned_json(turned: &Turned, action: RefAction) -> Value {
    let files = turned.files.iter().map(|file| {
        Value::map([
            ("config", Value::from(file.config.as_str())),
            ("version", Value::from(file.number)),
            ("saved_before", Value::from(file.saved_before.as_ref().map(|saved| saved.version.number))),
            ("rescued", Value::from(file.rescued.as_ref().map(|saved| saved.version.number))),
        ])
    });
    Value::map([
        ("action", Value::from(action.name())),
        ("operation", facts::operation_records(&turned.undone.operation)),
        ("changes", Value::list(turned.undone.changes.iter().map(facts::refs_left))),
        ("files", Value::list(files)),
    ])
}

/// Lists the operations, newest first.
pub(crate) fn list(count: usize, session: &mut Session) -> Result<Exit, Failure> {
    let Some(worktree) = session.maybe_here()? else { return Ok(Exit::Ok) };
    let clock = session.clock();
    let mut next_mark = "  ← next";
    let operations = worktree.store.operations().or_advise(session)?;
    // People look for what they can take back; that undos were done shows in what is undone.
    let is_about = |operation: &OperationRecords| matches!(operation.state, OperationState::About(_));
    let all = session.output.json;
    let listed = operations.filter(|operation| all || !operation.as_ref().is_ok_and(is_about));
    for operation in listed.take(count) {
        let operation = operation.or_advise(session)?;
        if session.output.json {
            session.output.json(&facts::operation_records(&operation));
            continue;
        }
        let state = match operation.state {
            _ if operation.is_forgetting() => "  (can't be taken back)",
            OperationState::Done => std::mem::take(&mut next_mark),
            OperationState::Undone => "  (undone)",
            OperationState::Partly => "  (undone in part)",
            OperationState::About(_) => "",
        };
        let stands = matches!(operation.state, OperationState::Done | OperationState::Partly);
        let look = if stands { Look::Plain } else { Look::Dim };
        session.output.line(&[
            (Look::Dim, format!("{:<16}  ", when(operation.operation.timestamp, &clock)).as_str()),
            (Look::Plain, &format!("{}  ", one_line(&operation.author, session.output.most_chars(30)))),
            (look, &title(&operation, session.output.most_chars(60))),
            (Look::Dim, state),
        ]);
    }
    Ok(Exit::Ok)
}

/// What an operation did, in a line: its command, and what it touched.
fn title(operation: &OperationRecords, most_chars: usize) -> String {
    let touched = match operation.versions.iter().min_by_key(|version| &version.config) {
        None => operation.configs().iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Some(first) => {
            let of_first = operation.versions_of(&first.config);
            let names: Vec<_> =
                of_first.map(|version| format!("{}@{}", version.config, version.number)).collect();
            let range = match names.as_slice() {
                [first, .., last] => format!("{first} … {last}"),
                names => names.concat(),
            };
            match operation.configs().len().saturating_sub(1) {
                0 => range,
                others => format!("{range} and {others} more {}", if others == 1 { "file" } else { "files" }),
            }
        }
    };
    let command = one_line(&operation.operation.command, most_chars);
    if command.is_empty() { touched } else { format!("{command}  ({touched})") }
}
