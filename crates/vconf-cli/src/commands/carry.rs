//! Changes carried into a file: what merging, reverting and picking share.

use vconf::diff::{About, Choice, Conflict, Crumb, Options, PeoplePath};
use vconf::format::{Document, Format, json};
use vconf::history::{Loaded, MergeSide, MergedSource, merge_sources};
use vconf::model::path::{Path, Step};
use vconf::model::value::Value;

use super::OrAdvise;
use super::edit::not_editable;
use crate::args::SideArguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{count, one_line};

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
    sides: &SideArguments,
    retry: &str,
    session: &mut Session,
) -> Result<Vec<u8>, Failure> {
    let choice = match (sides.ours, sides.theirs) {
        (true, _) => Some(Choice::Ours),
        (_, true) => Some(Choice::Theirs),
        _ => None,
    };
    let made = merge_sources(base, ours, theirs, &Options::default(), choice)
        .map_err(|error| not_editable(ours.name, &error))?;
    match made {
        MergedSource { source: Some(source), lost_comments, .. } => {
            if let Some(first) = lost_comments.first().filter(|_| !session.output.json) {
                let (what, first) = (count(lost_comments.len() as u64, "comment"), one_line(first, 60));
                let told = format!(
                    "{what} of {} not brought in, beside lines that both changed: {first}",
                    theirs.name
                );
                session.output.talk("warning", &told);
            }
            Ok(source)
        }
        MergedSource { marked: Some(marked), .. } if sides.markers => Ok(marked.into_bytes()),
        made => Err(conflicts(&made, [base, ours, theirs], sides, retry, session)),
    }
}

fn conflicts(
    made: &MergedSource,
    [base, ours, theirs]: [MergeSide<'_>; 3],
    sides: &SideArguments,
    retry: &str,
    session: &Session,
) -> Failure {
    let what = count(made.conflicts.len() as u64, "conflict");
    let what = format!("{what}: {} and {} changed the same since {}", ours.name, theirs.name, base.name);
    let mut failure = Failure::new(Exit::Conflict, what);
    let is_text = made.marked.is_some();
    let room = session.output.columns.saturating_sub(30) / 3;
    for conflict in made.conflicts.iter().take(MOST_TOLD) {
        let place = place(&conflict.path, is_text, ours.document);
        if conflict.about == About::Order {
            failure = failure.detail(format!("{place}   the order of its items"));
            continue;
        }
        let show = |value: &Option<Value>| match value {
            Some(Value::String(text)) if is_text => {
                one_line(text.trim_end_matches('\n'), room.max(24)).into_owned()
            }
            Some(value) => one_line(&json::to_string(value), room.max(24)).into_owned(),
            None => "nothing".to_owned(),
        };
        let [was, here, there] = [&conflict.base, &conflict.ours, &conflict.theirs].map(show);
        failure = failure
            .detail(format!("{place}   {was} → {here} in {}, → {there} in {}", ours.name, theirs.name));
    }
    if let Some(more) = made.conflicts.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        failure = failure.detail(format!("… and {more} more; all of them with --json"));
    }
    let failure = match (sides.markers, is_text) {
        (true, false) => {
            failure.detail("conflicts are marked in texts only; keys and values would not be read any more")
        }
        (false, true) => failure
            .detail("nothing was written; --markers writes them into the file, --ours or --theirs decides"),
        _ => failure.detail("nothing was written; --ours or --theirs decides all of them"),
    };
    failure
        .fact("conflicts", Value::list(made.conflicts.iter().map(as_json)))
        .help(format!("{retry} --theirs"))
}

/// How many conflicts people are told one by one.
const MOST_TOLD: usize = 10;

/// Where a conflict is, for people.
fn place(path: &Path, is_text: bool, document: &Document) -> String {
    match path.0.as_slice() {
        [Step::Index(line)] if is_text => format!("line {}", line + 1),
        [] if document.format == Format::Binary => "the whole file".to_owned(),
        [] => "the whole content".to_owned(),
        steps => {
            let crumb = |step: &Step| match step {
                Step::Key(key) => Crumb::Key(key.clone()),
                Step::Index(index) => Crumb::Index(*index),
            };
            PeoplePath(steps.iter().map(crumb).collect()).to_string()
        }
    }
}

fn as_json(conflict: &Conflict) -> Value {
    let about = match conflict.about {
        About::Value => "value",
        About::Order => "order",
    };
    let side =
        |value: &Option<Value>| value.clone().map_or(Value::list::<Value>([]), |value| Value::list([value]));
    Value::map([
        ("path", Value::from(conflict.path.to_string())),
        ("about", Value::from(about)),
        ("base", side(&conflict.base)),
        ("ours", side(&conflict.ours)),
        ("theirs", side(&conflict.theirs)),
    ])
}
