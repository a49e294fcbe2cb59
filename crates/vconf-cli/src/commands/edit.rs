//! Edits of a file: what all commands share that change something in it and keep the rest as it is.

use vconf::diff::Options;
use vconf::disk::FileState;
use vconf::format::edit::edit;
use vconf::format::{self, Document, Format};
use vconf::model::record::Action;
use vconf::model::tree::Tree;
use vconf::model::value::{Map, Value};
use vconf::store::MAX_SOURCE_BYTES;
use vconf::worktree::{Rewrite, Rewritten, WorktreeError};

use super::OrAdvise;
use super::carry::Outcome;
use super::diff::{Showing, Side};
use crate::args::{EditArguments, Who};
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::target::Target;
use crate::text::{conflict_line, count, shell};

/// A file that is about to be edited.
pub(super) struct Subject {
    pub(super) target: Target,
    pub(super) file: FileState,
    pub(super) document: Document,
    pub(super) content: Value,
    format: Option<Format>,
}

/// A file as it is before new bytes are made of it.
pub(super) struct Original {
    pub(super) target: Target,
    pub(super) file: FileState,
    pub(super) document: Document,
    format: Option<Format>,
}

/// How an edit is told and recorded.
pub(super) struct Plan<'a> {
    /// By what kind of command.
    pub(super) action: Action,
    /// The versions that are merged in.
    pub(super) merges: Vec<u64>,
    pub(super) arguments: &'a EditArguments,
    pub(super) who: &'a Who,
    /// Why, where the user gave no reason; without either, the summary of the change.
    pub(super) description: Option<String>,
    /// The description of the version that is made of unsaved edits.
    pub(super) before: String,
    /// What is said where nothing is to be done.
    pub(super) same: String,
    /// Whether the difference is shown first, also where it is written.
    pub(super) shows: bool,
    /// What became of conflicts, where there can be any.
    pub(super) conflicts: Option<&'a Outcome>,
}

impl<'a> Plan<'a> {
    /// A plain edit that shows what it changes; what else there is to tell is for each command to say.
    pub(super) fn new(arguments: &'a EditArguments, who: &'a Who) -> Self {
        Self {
            action: Action::Edit,
            merges: Vec::new(),
            arguments,
            who,
            description: None,
            before: String::new(),
            same: String::new(),
            shows: true,
            conflicts: None,
        }
    }
}

impl Subject {
    /// Reads a file that was named, which must have keys and values.
    pub(super) fn open(word: &str, format: Option<Format>, session: &mut Session) -> Result<Self, Failure> {
        let target = session.target(word, None)?;
        if target.revision.is_some() {
            let failure = Failure::error("a version never changes; only the file does");
            return Err(match &*target.file {
                "" => failure,
                file => failure.detail(format!("name it without the version: {file}")),
            });
        }
        let file = target.file.clone();
        Self::read(target, format, session).map_err(|failure| match failure.message == no_keys(&file) {
            true if format.is_none() && !failure.details.iter().any(|line| line.starts_with("not valid")) => {
                failure.detail("where it is in a format all the same, say so with --format")
            }
            _ => failure,
        })
    }

    /// Reads the file of a target.
    pub(super) fn read(
        target: Target,
        format: Option<Format>,
        session: &mut Session,
    ) -> Result<Self, Failure> {
        let Original { target, file, document, format } = Original::read(target, format, session)?;
        let unreadable = Failure::invalid(no_keys(&target.file));
        if let Some(warning) = &document.warning {
            return Err(unreadable.detail(warning.to_string()));
        }
        let tree = document.tree.as_ref().filter(|_| document.format != Format::Text);
        let Some(tree) = tree else {
            let what = document.format;
            return Err(unreadable.detail(format!("it is {what}, which has no keys and values")));
        };
        let content =
            tree.to_value().map_err(|error| unreadable.detail(format!("its content is {error}")))?;
        Ok(Self { target, file, document, content, format })
    }

    /// Its content with places in the source.
    pub(super) fn tree(&self) -> &Tree {
        self.document.tree.as_ref().expect("a subject has content")
    }

    /// Gives the file other content, recorded as a new version, or only shows what that would change.
    pub(super) fn write(
        self,
        content: &Value,
        plan: &Plan<'_>,
        session: &mut Session,
    ) -> Result<Exit, Failure> {
        let Self { target, file, document, content: old, format } = self;
        if *content == old {
            plan.check_expected(&target, session)?;
            return Ok(nothing_to_do(&target, plan, session));
        }
        let source = edit(&document, content).map_err(|error| not_editable(&target.file, &error))?;
        Original { target, file, document, format }.rewrite(source, plan, session)
    }
}

/// That a file can't be edited by its keys.
fn no_keys(file: &str) -> String {
    format!("{file} can't be edited by its keys")
}

/// An edit that can't be made in place.
pub(super) fn not_editable(file: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::invalid(format!("{file} {error}")).detail("nothing was written; edit the file by hand")
}

impl Plan<'_> {
    fn check_expected(&self, target: &Target, session: &mut Session) -> Result<(), Failure> {
        if let Some(expected) = self.arguments.expect {
            let tracked = session.tracked(target)?;
            tracked.worktree.store.expect_latest(&tracked.config, expected).or_advise(session)?;
        }
        Ok(())
    }
}

impl Original {
    /// Reads the file of a target.
    pub(super) fn read(
        target: Target,
        format: Option<Format>,
        session: &mut Session,
    ) -> Result<Self, Failure> {
        let path = target.path.clone();
        let read = vconf::disk::read_file(&path, MAX_SOURCE_BYTES)
            .map_err(|source| WorktreeError::Read { path, source })
            .or_advise(session)?;
        let Some(file) = read else { return Err(super::diff::missing(&target, session)) };
        let document = format::read(&target.file, file.bytes.as_slice(), format);
        Ok(Self { target, file, document, format })
    }

    /// Gives the file other bytes, recorded as a new version, or only shows what that would change.
    pub(super) fn rewrite(
        self,
        source: Vec<u8>,
        plan: &Plan<'_>,
        session: &mut Session,
    ) -> Result<Exit, Failure> {
        plan.check_expected(&self.target, session)?;
        let EditArguments { dry_run, message, expect, .. } = plan.arguments;
        let Self { target, file, document, format } = self;
        let name = target.file.clone();
        let is_same = source == file.bytes;
        if is_same && plan.merges.is_empty() {
            return Ok(nothing_to_do(&target, plan, session));
        }
        if *dry_run {
            let options = session.options_of_file(&target.path);
            return tell_dry_run(&name, options, &document, source, session);
        }
        if plan.shows && !is_same && !session.output.json {
            let (old, new) = sides(&name, &document, source.clone());
            let showing = Showing::plain(session.options_of_file(&target.path));
            super::diff::show(&old, &new, &showing, session)?;
        }
        let worktree = session.find_or_create(&target.path)?;
        let config = worktree.name(&target.path).or_advise(session)?;
        let context = session.context(plan.who)?;
        let rewrite = Rewrite {
            file: &file,
            source: &source,
            format,
            description: message.as_deref().or(plan.description.as_deref()),
            before: &plan.before,
            action: plan.action,
            merges: &plan.merges,
            expect: *expect,
        };
        let name = session.file_name(&worktree, &config);
        match worktree.rewrite(&config, &rewrite, &context).or_advise(session)? {
            Some(done) => {
                tell(&done, &name, plan, session);
                let is_text = document.format == Format::Text;
                let marked = plan.conflicts.map_or(0, Outcome::marked);
                if marked > 0 {
                    let number = done.saved.version.number;
                    let marked = count(marked as u64, "conflict");
                    let told =
                        format!("{marked} marked in {name}, saved as @{number}; resolve, then save again");
                    session.output.talk("note", &told);
                    session.output.talk("help", &format!("vconf save {}", shell(&name)));
                    return Ok(Exit::Conflict);
                }
                if is_text && std::str::from_utf8(&source).is_ok_and(|text| conflict_line(text).is_some()) {
                    session.output.talk("note", &format!("resolve the conflicts in {name}, then save it"));
                    session.output.talk("help", &format!("vconf save {}", shell(&name)));
                }
            }
            None => return Ok(nothing_to_do(&target, plan, session)),
        }
        Ok(Exit::Ok)
    }
}

fn nothing_to_do(target: &Target, plan: &Plan<'_>, session: &mut Session) -> Exit {
    let why = match plan.conflicts.is_some_and(Outcome::keeps_ours) {
        true => "what was in conflict is kept, and nothing else is new",
        false => plan.same.as_str(),
    };
    tell_nothing(&target.file, &format!("nothing to do: {why}"), session)
}

/// Says why nothing was written.
pub(super) fn tell_nothing(file: &str, why: &str, session: &mut Session) -> Exit {
    if session.output.json {
        session.output.json(&Value::map([
            ("config", session.config_of(file)),
            ("file", Value::from(file)),
            ("saved", Value::from(false)),
            ("file_written", Value::from(false)),
        ]));
    } else {
        session.output.line(&[(Look::Heading, file), (Look::Plain, &format!("  {why}"))]);
    }
    Exit::Ok
}

/// What is there, and what it would become.
fn sides(name: &str, document: &Document, new: Vec<u8>) -> (Side, Side) {
    let edited = format::read(name, new, Some(document.format));
    let side =
        |label: &str, document| Side { name: name.to_owned(), label: label.to_owned(), document, mode: None };
    (side("file", document.clone()), side("edited", edited))
}

/// Shows what would be written.
pub(super) fn tell_dry_run(
    name: &str,
    options: Options,
    document: &Document,
    new: Vec<u8>,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let (old, new) = sides(name, document, new);
    let showing = Showing::plain(options);
    if session.output.json {
        session.output.json(&Value::map([
            ("config", session.config_of(name)),
            ("file", Value::from(name)),
            ("dry_run", Value::from(true)),
            ("diff", super::diff::told(&old, &new, &showing.options)?),
        ]));
        return Ok(Exit::Ok);
    }
    super::diff::show(&old, &new, &showing, session)?;
    session.output.talk("note", "nothing was written (--dry-run)");
    Ok(Exit::Ok)
}

fn tell(done: &Rewritten, name: &str, plan: &Plan<'_>, session: &mut Session) {
    let Rewritten { saved_before, saved, rescued } = done;
    let output = &mut session.output;
    if output.json {
        let optional = |saved: &Option<_>| {
            saved.as_ref().map_or(Value::Null, |saved: &vconf::history::Saved| facts::version(&saved.version))
        };
        let mut map = facts::version_map(&saved.version);
        map.insert("saved".to_owned(), saved.is_new.into());
        map.insert("file_written".to_owned(), true.into());
        map.insert("saved_before".to_owned(), optional(saved_before));
        map.insert("rescued".to_owned(), optional(rescued));
        let told = plan.conflicts.map(Outcome::to_json);
        output.json(&with_facts(Value::Map(map), told.into_iter().flatten()));
    } else {
        for saved in saved_before.iter().chain(rescued).chain([saved]) {
            output.version(name, &saved.version);
        }
    }
    for damage in &saved.damage {
        let check = session.output.command("vconf check");
        session.output.talk("warning", &format!("{damage}. Run: {check}"));
    }
    super::save::tell_undo(true, session);
}

/// What is told to programs, and some facts more.
pub(super) fn with_facts(told: Value, facts: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let Value::Map(told) = told else { return told };
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Map(told.into_iter().chain(facts).collect::<Map>())
}

/// A file's name on a command line.
pub(super) fn word(target: &Target) -> String {
    shell(&target.file)
}
