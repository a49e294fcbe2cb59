//! `vconf pick`: what one version changed, carried to another file or branch.

use vconf::format::Document;
use vconf::history::{MergeSide, SaveOptions};
use vconf::model::name::RefName;
use vconf::model::revision::Revision;

use super::OrAdvise;
use super::carry::{self, Carried, Carrying, Kind, Version};
use super::edit::{Original, Plan, tell_dry_run, with_facts};
use crate::args::PickArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::session::Session;
use crate::target::{Target, Tracked};
use crate::text::{count, shell};

pub(crate) fn run(arguments: &PickArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let Some(revision) = &target.revision else {
        return Err(session.which_version(&tracked, "is to be carried"));
    };
    let number = session.number(&tracked, Some(revision))?;
    let parent =
        super::revert::parent(&tracked, number, "it changed nothing that could be carried", session)?;
    let name = format!("{}@{number}", tracked.file);
    let base = Version::load(&tracked, parent, session)?.called(format!("{}@{parent}", tracked.file));
    let theirs = Version::load(&tracked, number, session)?.called(name.clone());
    let onto = onto(&arguments.onto, &tracked, session)?;
    let retry = format!("vconf pick {} --onto {}", shell(&name), shell(&arguments.onto));
    if let Some(branch) = onto.revision.clone() {
        let onto = session.tracked(&onto)?;
        let branch = named(&branch, &onto, &arguments.onto)?;
        if branch != onto.state.current {
            return into_branch(arguments, [&base, &theirs], &name, &onto, &branch, &retry, session);
        }
    }
    let onto = Target { revision: None, ..onto };
    let original = Original::read(onto, None, session)?;
    let file = original.target.file.clone();
    let ours = MergeSide { bytes: &original.file.bytes, document: &original.document, name: &file };
    let carrying = Carrying { kind: Kind::Pick, retry: &retry };
    let carried = carry::merged([base.side(), ours, theirs.side()], &arguments.sides, carrying, session)?;
    let plan = Plan {
        description: Some(carried.outcome.described(format!("Pick of {name}"))),
        conflicts: Some(&carried.outcome),
        before: format!("Before the pick of {name}"),
        same: format!("what {name} changed is there already"),
        ..Plan::new(&arguments.edit, &arguments.who)
    };
    original.rewrite(carried.source.clone(), &plan, session)
}

/// What the change is carried to: a file, or a branch of a file; without a file one of the same file.
fn onto(word: &str, picked: &Tracked, session: &Session) -> Result<Target, Failure> {
    let onto = session.target(word, None)?;
    Ok(match onto.file.is_empty() {
        true => Target { file: picked.file.clone(), path: picked.worktree.path(&picked.config), ..onto },
        false => onto,
    })
}

fn named(revision: &Revision, onto: &Tracked, word: &str) -> Result<RefName, Failure> {
    match revision {
        Revision::Name(name) if onto.state.has_branch(name) => Ok(name.clone()),
        _ => Err(Failure::error(format!("{word} is no branch, and a version never changes"))
            .help(format!("vconf branch {}", shell(&onto.file)))),
    }
}

/// Writes a version of a branch that is not the current one; the file is not touched.
fn into_branch(
    arguments: &PickArguments,
    [base, theirs]: [&Version; 2],
    name: &str,
    onto: &Tracked,
    branch: &RefName,
    retry: &str,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let revision = Revision::Name(branch.clone());
    let number = session.number(onto, Some(&revision))?;
    let head = onto.worktree.store.load_number(&onto.config, number).or_advise(session)?;
    let document: Document = head.document();
    let ours_name = format!("{}@{branch}", onto.file);
    let ours = MergeSide { bytes: &head.source, document: &document, name: &ours_name };
    let carrying = Carrying { kind: Kind::Pick, retry };
    let Carried { source, outcome } =
        carry::merged([base.side(), ours, theirs.side()], &arguments.sides, carrying, session)?;
    if arguments.edit.dry_run {
        let options = session.options_or_warn(&onto.worktree, &onto.config);
        return tell_dry_run(&ours_name, options, &document, source, session);
    }
    let options = SaveOptions {
        description: arguments
            .edit
            .message
            .clone()
            .or_else(|| Some(outcome.described(format!("Pick of {name}")))),
        mode: head.version.mode,
        format: Some(head.version.format),
        // The change was carried into this very version.
        expect: Some(arguments.edit.expect.unwrap_or(number)),
        branch: Some(branch.clone()),
        ..SaveOptions::default()
    };
    let context = session.context(&arguments.who)?;
    let saved = onto.worktree.store.save(&onto.config, &source, &options, &context).or_advise(session)?;
    if session.output.json {
        session.output.json(&with_facts(facts::saved(&saved), outcome.to_json()));
    } else if saved.is_new {
        session.output.version(&onto.file, &saved.version);
    } else {
        let why = match outcome.keeps_ours() {
            true => "what was in conflict is kept, and nothing else is new".to_owned(),
            false => format!("what {name} changed is there already"),
        };
        session.output.text(&format!("{ours_name}  nothing to do: {why}\n"));
    }
    super::save::tell_undo(saved.is_new, session);
    if outcome.marked() > 0 && saved.is_new {
        let marked = count(outcome.marked() as u64, "conflict");
        let told = format!("{marked} marked in @{}, to be resolved on {branch}", saved.version.number);
        session.output.talk("note", &told);
        session.output.talk("help", &format!("vconf switch {} {branch}", shell(&onto.file)));
        return Ok(Exit::Conflict);
    }
    Ok(Exit::Ok)
}
