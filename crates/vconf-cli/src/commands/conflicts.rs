//! Conflicts, as people and programs are told of them: each side by what it is, and nothing cut that is to be decided.

use vconf::diff::{About, Conflict, Crumb, PeoplePath};
use vconf::format::{Document, Format, json};
use vconf::history::{MergeSide, MergedSource};
use vconf::model::path::{Path, Step};
use vconf::model::value::Value;

use super::carry::Kind;
use crate::args::SideArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::inline;
use crate::session::Session;
use crate::text::{count, shell};

/// The three sides, and what they are to each other.
pub(super) struct Sides<'a> {
    pub(super) base: MergeSide<'a>,
    pub(super) ours: MergeSide<'a>,
    pub(super) theirs: MergeSide<'a>,
    pub(super) kind: Kind,
}

/// What to say where both sides changed the same and nobody has decided.
pub(super) fn failure(
    made: &MergedSource,
    sides: &Sides<'_>,
    arguments: &SideArguments,
    retry: &str,
    session: &Session,
) -> Failure {
    let is_text = made.marked.is_some();
    let foreign = sides.kind == Kind::Pick && has_nothing_of(made, sides);
    let (ours, theirs) = (sides.ours.name, sides.theirs.name);
    let message = match foreign {
        true => format!("{ours} has nothing of what {theirs} changed"),
        false => sides.message(made.conflicts.len()),
    };
    let mut failure = Failure::new(Exit::Conflict, message);
    for line in listed(&made.conflicts, is_text, sides, session) {
        failure = failure.detail(line);
    }
    if arguments.markers && !is_text {
        failure =
            failure.detail("conflicts are marked in texts only; keys and values would not be read any more");
    }
    let failure = failure.fact("conflicts", facts::conflicts(&made.conflicts));
    if foreign {
        let failure = failure.detail("nothing was written; look whether it is the right file or branch");
        return failure.help(format!("vconf diff {} {}", shell(theirs), shell(ours)));
    }
    let failure = failure.detail(format!("nothing was written; {}", sides.ways()));
    let failure = match is_text && !arguments.markers {
        true => failure.detail("--markers writes both into the file, marked"),
        false => failure,
    };
    failure.help(format!("{retry} --ours"))
}

/// The first conflicts, one after the other, and how many there are more.
pub(super) fn listed(
    conflicts: &[Conflict],
    is_text: bool,
    sides: &Sides<'_>,
    session: &Session,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for conflict in conflicts.iter().take(MOST_TOLD) {
        let place = place(&conflict.path, is_text, sides.ours.document);
        if conflict.about == About::Order {
            lines.push(format!("{place}   the order of its items"));
            continue;
        }
        let show = |value: &Option<Value>| value.as_ref().map(|value| shown(value, is_text));
        let values = [&conflict.base, &conflict.ours, &conflict.theirs].map(show);
        lines.extend(sides.row(&place, values, session.output.columns.saturating_sub(2)));
    }
    if let Some(more) = conflicts.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        lines.push(format!("… and {more} more; all of them with --json"));
    }
    lines
}

/// How many conflicts people are told one by one.
const MOST_TOLD: usize = 10;

/// Up to how long texts are told whole, with what differs marked; of longer ones, what differs and what is around it.
const MOST_MARKED: usize = 4096;

impl Sides<'_> {
    fn message(&self, number: usize) -> String {
        let what = count(number as u64, "conflict");
        let (base, ours, theirs) = (self.base.name, self.ours.name, self.theirs.name);
        match self.kind {
            Kind::Merge => format!("{what}: {ours} and {theirs} changed the same since {base}"),
            Kind::Revert => {
                format!("{what}: the revert of {base} and what came after {base} change the same in {ours}")
            }
            Kind::Pick => format!("{what}: where {theirs} changed something, {ours} is not as {base} was"),
        }
    }

    /// Both ways to decide.
    fn ways(&self) -> String {
        let (ours, theirs) = (self.ours.name, self.theirs.name);
        match self.kind {
            Kind::Merge => format!("--ours keeps these as in {ours}, --theirs takes them from {theirs}"),
            Kind::Revert => format!("--ours leaves these as in {ours}, --theirs makes them as in {theirs}"),
            Kind::Pick => format!("--ours keeps these as in {ours}, --theirs makes them as in {theirs}"),
        }
    }

    /// One conflict: on a line where it fits, else what each side did on a line of its own.
    fn row(&self, place: &str, values: [Option<String>; 3], columns: usize) -> Vec<String> {
        let [was, here, there] = values;
        let (base, ours, theirs) = (self.base.name, self.ours.name, self.theirs.name);
        let [one, two, three] = [&was, &here, &there].map(|value| value.as_deref().unwrap_or(NOTHING));
        let line = match self.kind {
            Kind::Merge => format!("{place}   {one} → {two} in {ours}, → {three} in {theirs}"),
            Kind::Revert => format!("{place}   {three} in {theirs} → {one} in {base} → {two} in {ours}"),
            Kind::Pick => format!("{place}   {two} in {ours}; {one} → {three} in {theirs}"),
        };
        if line.chars().count() <= columns {
            return vec![line];
        }
        let edit = |old: &Option<String>, new: &Option<String>| match (old, new) {
            (Some(old), Some(new)) if old == new => format!("{new} as before"),
            (Some(old), Some(new)) => {
                let columns = (old.len() + new.len()).min(MOST_MARKED) * 2;
                let pieces = inline::mark(old, new, columns);
                pieces.into_iter().map(|(_, text)| text).collect()
            }
            (old, new) => {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| NOTHING.to_owned());
                format!("{} → {}", text(old), text(new))
            }
        };
        let sides = match self.kind {
            Kind::Merge | Kind::Pick => [(ours, edit(&was, &here)), (theirs, edit(&was, &there))],
            Kind::Revert => [(base, edit(&there, &was)), (ours, edit(&was, &here))],
        };
        let lines = sides.map(|(name, edit)| format!("  in {name}: {edit}"));
        [place.to_owned()].into_iter().chain(lines).collect()
    }
}

/// What is told of a value that is not there.
const NOTHING: &str = "nothing";

/// A value on one line; lines of a text with marks at their ends.
fn shown(value: &Value, is_text: bool) -> String {
    match value {
        Value::String(text) if is_text => text.trim_end_matches('\n').replace('\n', " ⏎ "),
        value => json::to_string(value),
    }
}

/// Whether the file has nothing at any of the places that the version changed, or no line of the text.
fn has_nothing_of(made: &MergedSource, sides: &Sides<'_>) -> bool {
    if made.marked.is_none() {
        let is_bytes = sides.ours.document.tree.is_none();
        return !is_bytes && made.conflicts.iter().all(|conflict| conflict.ours.is_none());
    }
    let lines = |side: &MergeSide<'_>| {
        let text = String::from_utf8_lossy(side.bytes);
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let base: std::collections::HashSet<String> = lines(&sides.base);
    lines(&sides.ours).is_disjoint(&base)
}

/// Where a conflict is, for people.
fn place(path: &Path, is_text: bool, document: &Document) -> String {
    match path.0.as_slice() {
        [Step::Index(line)] if is_text => format!("line {}", line + 1),
        [] if document.format == Format::Binary => "the whole file".to_owned(),
        [] => "the whole content".to_owned(),
        steps => {
            let crumb = |step: &Step| match step {
                Step::Key(key) => match &document.tree {
                    Some(tree) => Crumb::of_key(tree, key),
                    None => Crumb::Key(key.clone()),
                },
                Step::Index(index) => Crumb::Index(*index),
            };
            PeoplePath(steps.iter().map(crumb).collect()).to_string()
        }
    }
}
