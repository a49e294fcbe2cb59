//! What a check found, as JSON.

use vconf::history::{Finding, FindingKind, Report, WeakPoint, Weakness};
use vconf::model::value::Value;
use vconf::store::{Corruption, Problem};

use super::damage;
use crate::text::shell;

/// A report, as JSON, with what was left over: each its object and what can be done about it.
pub fn report<'a>(report: &Report, leftovers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let leftovers =
        leftovers.into_iter().map(|(object, remedy)| Value::map([("object", object), ("remedy", remedy)]));
    Value::map([
        ("ok", Value::from(report.is_sound())),
        ("configs", Value::from(report.configs)),
        ("versions", Value::from(report.versions)),
        ("refs", Value::from(report.refs)),
        ("bytes", Value::from(report.bytes)),
        ("findings", Value::list(report.findings.iter().map(finding))),
        ("weaknesses", Value::list(report.weaknesses.iter().map(weakness))),
        ("leftovers", Value::list(leftovers)),
    ])
}

/// A weakness, as JSON.
pub fn weakness(weakness: &Weakness) -> Value {
    let mut value = Value::map([
        ("object", Value::from(weakness.object.as_str())),
        ("damaged", Value::from(weakness.is_damage())),
        ("problem", Value::from(weak_point(weakness))),
        ("remedy", Value::from(REPAIR)),
    ]);
    if let (Value::Map(map), Some((config, is_ref))) = (&mut value, &weakness.log) {
        map.insert("config".to_owned(), config.as_str().into());
        map.insert("refs".to_owned(), (*is_ref).into());
    }
    value
}

/// What can be done about a finding.
pub fn remedy(finding: &Finding) -> String {
    let Corruption { config, number, is_ref, flaw, .. } = &finding.corruption;
    if let Some(same) = finding.same_source_in {
        let target = shell(&format!("{config}@{same}"));
        return format!("{REPAIR}; @{same} holds the same bytes: vconf show {target}");
    }
    let what = match finding.kind {
        FindingKind::Chain if flaw.problem == Problem::Checkpoint => return REPAIR.to_owned(),
        FindingKind::Chain => "somebody rewrote, replaced or took out a record here".to_owned(),
        FindingKind::Record | FindingKind::Missing if *is_ref => {
            "until then its tags and undos do not count".to_owned()
        }
        _ if matches!(flaw.problem, Problem::MissingRange { .. }) => {
            "where only a stray file claims to come after them, move that away; all other versions are usable"
                .to_owned()
        }
        FindingKind::Record | FindingKind::Missing => format!("all versions but @{number} are usable"),
    };
    format!("{REPAIR}, with --from STORE where you have a copy of the store; {what}")
}

/// A finding, as JSON.
pub fn finding(finding: &Finding) -> Value {
    let mut value = damage(&finding.corruption);
    if let Value::Map(map) = &mut value {
        let kind = match finding.kind {
            FindingKind::Record => "record",
            FindingKind::Missing => "missing",
            FindingKind::Chain => "chain",
        };
        map.insert("kind".to_owned(), kind.into());
        map.insert("remedy".to_owned(), remedy(finding).into());
        map.insert("same_source_in".to_owned(), finding.same_source_in.into());
    }
    value
}

/// What is wrong with something that is there for safety.
pub fn weak_point(weakness: &Weakness) -> String {
    let what = match &weakness.log {
        Some((_, true)) => "change of refs",
        _ => "version",
    };
    match &weakness.problem {
        WeakPoint::NoCheckpoint => "is missing: a cut-off end would not show".to_owned(),
        WeakPoint::NoCopies { first, last, count: 1 } if first == last => {
            format!("has no second copy of {what} {first}")
        }
        WeakPoint::NoCopies { first, last, count } => {
            format!("has no second copy of {count} records, from {what} {first} to {last}")
        }
        WeakPoint::CopiesDamaged(_) => "was altered: it holds second copies".to_owned(),
        WeakPoint::Own(flaw) => flaw.problem.to_owned(),
    }
}

/// What puts most things right.
/// The command that repairs.
pub const REPAIR: &str = "vconf check --repair";
