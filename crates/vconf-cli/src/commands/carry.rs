//! Changes carried into a file: what merging, reverting and picking share.

use vconf::diff::{Choice, Conflict, Options};
use vconf::format::Document;
use vconf::history::{Loaded, MergeSide, MergedSource, merge_sources};
use vconf::model::value::Value;

use super::OrAdvise;
use super::conflicts::{self, Sides};
use super::edit::not_editable;
use crate::args::SideArguments;
use crate::failure::Failure;
use crate::render::facts;
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{count, one_line};

/// What is carried, and how that is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrying<'a> {
    pub(super) kind: Kind,
    /// The command line that does the same again.
    pub(super) retry: &'a str,
}

/// By what kind of command something is carried: its sides are not the same to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The other side is another branch, and both come from the base.
    Merge,
    /// The base is the version that is taken back, the other side the one before it.
    Revert,
    /// The other side is the version that is carried, the base the one before it.
    Pick,
}

/// What came of it.
pub(super) struct Carried {
    /// The bytes that the file shall have.
    pub(super) source: Vec<u8>,
    /// Conflicts that the user decided beforehand, or had marked.
    pub(super) outcome: Outcome,
}

/// What became of the conflicts.
#[derive(Default)]
pub(super) struct Outcome {
    conflicts: Vec<Conflict>,
    choice: Option<Choice>,
    /// Which side they were decided for, as it stands in a sentence.
    side: &'static str,
}

impl Outcome {
    /// A description, with how many conflicts were decided, and for which side.
    pub(super) fn described(&self, what: String) -> String {
        match self.choice {
            Some(_) if !self.conflicts.is_empty() => format!("{what}, {}", self.decided()),
            _ => what,
        }
    }

    /// Whether conflicts were decided for what the file has.
    pub(super) fn keeps_ours(&self) -> bool {
        self.choice == Some(Choice::Ours) && !self.conflicts.is_empty()
    }

    /// How many conflicts are marked in the source.
    pub(super) fn marked(&self) -> usize {
        if self.choice.is_none() { self.conflicts.len() } else { 0 }
    }

    /// For programs: the conflicts, and which side they were decided for.
    pub(super) fn to_json(&self) -> [(&'static str, Value); 2] {
        let choice = self.choice.filter(|_| !self.conflicts.is_empty()).map(|choice| match choice {
            Choice::Ours => "ours",
            Choice::Theirs => "theirs",
        });
        [("conflicts", facts::conflicts(&self.conflicts)), ("decided_for", Value::from(choice))]
    }

    fn decided(&self) -> String {
        format!("{} decided for {}", count(self.conflicts.len() as u64, "conflict"), self.side)
    }
}

/// A version that is one of the three sides.
pub(super) struct Version {
    loaded: Loaded,
    document: Document,
    name: String,
}

impl Version {
    pub(super) fn load(tracked: &Tracked, number: u64, session: &Session) -> Result<Self, Failure> {
        let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
        let document = loaded.document();
        Ok(Self { loaded, document, name: format!("@{number}") })
    }

    pub(super) fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    pub(super) fn side(&self) -> MergeSide<'_> {
        MergeSide { bytes: &self.loaded.source, document: &self.document, name: &self.name }
    }
}

/// Makes one source of three, as the user chose; what both sides changed is a failure that tells it.
pub(super) fn merged(
    [base, ours, theirs]: [MergeSide<'_>; 3],
    arguments: &SideArguments,
    carrying: Carrying<'_>,
    session: &mut Session,
) -> Result<Carried, Failure> {
    let choice = match (arguments.ours, arguments.theirs) {
        (true, _) => Some(Choice::Ours),
        (_, true) => Some(Choice::Theirs),
        _ => None,
    };
    let made = merge_sources(base, ours, theirs, &Options::default(), choice)
        .map_err(|error| not_editable(ours.name, &error))?;
    let sides = Sides { base, ours, theirs, kind: carrying.kind };
    let side = match (choice, carrying.kind) {
        (Some(Choice::Theirs), Kind::Merge) => "the branch",
        (Some(Choice::Theirs), Kind::Revert) => "the revert",
        (Some(Choice::Theirs), Kind::Pick) => "the pick",
        _ => "the file",
    };
    match made {
        MergedSource { source: Some(source), lost_comments, conflicts, marked } => {
            if let Some(first) = lost_comments.first().filter(|_| !session.output.json) {
                let (what, first) = (count(lost_comments.len() as u64, "comment"), one_line(first, 60));
                let told = format!(
                    "{what} of {} not brought in, beside lines that both changed: {first}",
                    theirs.name
                );
                session.output.talk("warning", &told);
            }
            let outcome = Outcome { conflicts, choice, side };
            if !outcome.conflicts.is_empty() && !session.output.json {
                let listed = conflicts::listed(&outcome.conflicts, marked.is_some(), &sides, session);
                session.output.talk_of("note", &outcome.decided(), &listed);
            }
            Ok(Carried { source, outcome })
        }
        MergedSource { marked: Some(marked), conflicts, .. } if arguments.markers => {
            let outcome = Outcome { conflicts, choice, side };
            Ok(Carried { source: marked.into_bytes(), outcome })
        }
        made => Err(conflicts::failure(&made, &sides, arguments, carrying.retry, session)),
    }
}
