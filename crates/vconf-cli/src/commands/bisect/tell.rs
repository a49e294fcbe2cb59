//! Telling what a bisect found.

use vconf::format;
use vconf::history::Saved;
use vconf::model::value::Value;

use super::{Narrowed, Outcome};
use crate::commands::diff::{Showing, Side, show, told};
use crate::failure::Failure;
use crate::render::facts;
use crate::session::Session;
use crate::target::Tracked;
use crate::text::count;

pub(super) fn found(
    outcome: &Outcome,
    (runs, reused): (u64, u64),
    saved_before: Option<&Saved>,
    tracked: &Tracked,
    session: &mut Session,
) -> Result<(), Failure> {
    let sides = sides(outcome, tracked);
    let showing = Showing::plain(session.options_or_warn(&tracked.worktree, &tracked.config));
    if session.output.json {
        let diff = told(&sides.0, &sides.1, &showing.options)?;
        let json = as_json(outcome, diff, (runs, reused), saved_before, tracked);
        session.output.json(&json);
        return Ok(());
    }
    let Outcome { first_bad, doubtful, narrowed, .. } = outcome;
    if doubtful.is_empty() {
        session.output.text("first bad version:\n");
    } else {
        let of = count(doubtful.len() as u64 + 1, "version");
        session
            .output
            .text(&format!("first bad version: one of {of}, of which only the last could be told\n"));
        for &number in doubtful {
            if let Ok(header) = tracked.worktree.store.header(&tracked.config, number) {
                session.output.version(&tracked.file, &header);
            }
        }
    }
    session.output.version(&tracked.file, &first_bad.version);
    session.output.text(&format!("{}\n", which(narrowed.as_ref())));
    show(&sides.0, &sides.1, &showing, session)?;
    let known = match reused {
        0 => String::new(),
        reused => format!("; {} had its answer already", count(reused, "trial")),
    };
    session.output.talk("note", &format!("the command was run {}{known}", count(runs, "time")));
    super::super::save::tell_undo(saved_before.is_some(), session);
    Ok(())
}

/// Which of the changes matter, in a line.
fn which(narrowed: Option<&Narrowed>) -> String {
    let Some(Narrowed { chosen, of, is_minimal, is_content, .. }) = narrowed else {
        return "which of its changes make it fail could not be told:".to_owned();
    };
    let what = if *is_content { "change" } else { "change of lines" };
    let of = match (*of, *is_content) {
        (1, _) => format!("its only {what}"),
        (of, true) => format!("its {of} changes"),
        (of, false) => format!("its {of} changes of lines"),
    };
    let doubt = if *is_minimal { "" } else { "; maybe fewer, for some can't be tried alone" };
    match *chosen {
        1 if of.starts_with("its only") => format!("{of} makes it fail:"),
        1 => format!("1 of {of} makes it fail{doubt}:"),
        2 if *is_minimal => format!("2 of {of} make it fail, only both together:"),
        chosen => format!("{chosen} of {of} make it fail, together{doubt}:"),
    }
}

/// The last good version, and the same with the changes that matter alone.
fn sides(outcome: &Outcome, tracked: &Tracked) -> (Side, Side) {
    let (good, bad) = (&outcome.last_good, &outcome.first_bad);
    let name = tracked.file.clone();
    let side = |label: String, document| Side { name: name.clone(), label, document, mode: None };
    let old = side(format!("@{}", good.version.number), good.document());
    let new = match &outcome.narrowed {
        Some(narrowed) if narrowed.source != bad.source => {
            let format = Some(good.version.format);
            side("failing".to_owned(), format::read(tracked.config.as_str(), narrowed.source.clone(), format))
        }
        _ => side(format!("@{}", bad.version.number), bad.document()),
    };
    (old, new)
}

fn as_json(
    outcome: &Outcome,
    diff: Value,
    (runs, reused): (u64, u64),
    saved_before: Option<&Saved>,
    tracked: &Tracked,
) -> Value {
    let Outcome { named, last_good, first_bad, doubtful, narrowed } = outcome;
    let narrowed = narrowed.as_ref().map_or(Value::Null, |narrowed| {
        Value::map([
            ("changes", Value::from(narrowed.chosen)),
            ("of", Value::from(narrowed.of)),
            ("by", Value::from(if narrowed.is_content { "content" } else { "lines" })),
            ("minimal", Value::from(narrowed.is_minimal)),
        ])
    });
    Value::map([
        ("config", Value::from(tracked.config.as_str())),
        ("good", Value::from(named.0)),
        ("bad", Value::from(named.1)),
        ("last_good", Value::from(last_good.version.number)),
        ("first_bad", facts::version(&first_bad.version)),
        ("doubtful", Value::list(doubtful.iter().copied())),
        ("narrowed", narrowed),
        ("diff", diff),
        ("runs", Value::from(runs)),
        ("reused", Value::from(reused)),
        ("saved_before", saved_before.map_or(Value::Null, |saved| facts::version(&saved.version))),
    ])
}
