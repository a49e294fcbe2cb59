//! `vconf forget`: old versions go, by rules of what is kept.

use vconf::history::{Context, ForgetEntry, ForgetOutcome, ForgetPlan, Keep, KeepRules, State};
use vconf::model::revision::{Clock, Edge};
use vconf::model::time::Timestamp;
use vconf::model::value::Value;
use vconf::worktree::Worktree;

use super::OrAdvise;
use crate::args::ForgetArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{bytes, count, shell, when};

pub(crate) fn run(arguments: &ForgetArguments, session: &mut Session) -> Result<Exit, Failure> {
    let clock = session.clock();
    let rules = rules(arguments, &clock)?;
    let context = session.context(&arguments.who)?;
    if arguments.apply && !session.output.json {
        session.output.talk("warning", "what is forgotten can't be brought back: there is no undo for this");
    }
    let mut told = Told { versions: 0, is_damaged: false };
    if arguments.files.is_empty() {
        let worktree = session.here()?;
        for config in worktree.store.configs().or_advise(session)? {
            let state = worktree.store.state(&config).or_advise(session)?;
            let file = session.file_name(&worktree, &config);
            let one = One { worktree: &worktree, state: &state, file: &file };
            one.forget(arguments, &rules, &clock, &context, &mut told, session)?;
        }
    }
    for file in &arguments.files {
        let target = session.target(file, None)?;
        let tracked = session.tracked(&target)?;
        let one = One { worktree: &tracked.worktree, state: &tracked.state, file: &tracked.file };
        one.forget(arguments, &rules, &clock, &context, &mut told, session)?;
    }
    if !session.output.json {
        match (told.versions, arguments.apply) {
            (0, _) => session.output.talk("note", "there is nothing to forget"),
            (_, true) => session
                .output
                .talk("note", "their numbers are not used again, and the log says that they were there"),
            (_, false) => {
                session.output.talk("note", "nothing was forgotten yet; what is, can't be brought back");
                session.output.talk("help", &applied(arguments));
            }
        }
    }
    Ok(if told.is_damaged { Exit::Damage } else { Exit::Ok })
}

fn rules(arguments: &ForgetArguments, clock: &Clock) -> Result<KeepRules, Failure> {
    let rules = KeepRules {
        last: arguments.keep_last,
        daily: arguments.keep_daily,
        weekly: arguments.keep_weekly,
        monthly: arguments.keep_monthly,
        yearly: arguments.keep_yearly,
        since: super::log::time(arguments.keep_within.as_deref(), clock, Edge::Start)?,
    };
    if rules.is_empty() {
        return Err(Failure::error("what is to be kept?")
            .detail("without a rule, nothing is forgotten")
            .help("vconf forget --keep-last 100 --keep-daily 30"));
    }
    Ok(rules)
}

/// The same command, applied.
fn applied(arguments: &ForgetArguments) -> String {
    let mut command = "vconf forget".to_owned();
    for file in &arguments.files {
        command.push_str(&format!(" {}", shell(file)));
    }
    for (option, number) in [
        ("last", arguments.keep_last),
        ("daily", arguments.keep_daily),
        ("weekly", arguments.keep_weekly),
        ("monthly", arguments.keep_monthly),
        ("yearly", arguments.keep_yearly),
    ] {
        if number > 0 {
            command.push_str(&format!(" --keep-{option} {number}"));
        }
    }
    if let Some(within) = &arguments.keep_within {
        command.push_str(&format!(" --keep-within {}", shell(within)));
    }
    command + " --apply"
}

/// What was told so far.
struct Told {
    versions: u64,
    is_damaged: bool,
}

/// One config.
struct One<'a> {
    worktree: &'a Worktree,
    state: &'a State,
    file: &'a str,
}

impl One<'_> {
    fn forget(
        &self,
        arguments: &ForgetArguments,
        rules: &KeepRules,
        clock: &Clock,
        context: &Context,
        told: &mut Told,
        session: &mut Session,
    ) -> Result<(), Failure> {
        let store = &self.worktree.store;
        let outcome = if arguments.apply {
            store.forget(&self.state.config, rules, &clock.zone(), context).or_advise(session)?
        } else {
            let plan = store.plan_forgetting(self.state, rules, &clock.zone()).or_advise(session)?;
            ForgetOutcome { plan, ..ForgetOutcome::default() }
        };
        told.versions += outcome.plan.versions;
        told.is_damaged |= !outcome.packed.stopped_at.is_empty();
        if session.output.json {
            session.output.json(&self.json(&outcome, arguments.apply));
            return Ok(());
        }
        self.tell(&outcome.plan, arguments.apply, clock, session);
        for damage in &outcome.packed.stopped_at {
            let check = session.output.command("vconf check");
            let warning = format!("{}: the bytes are still there: {damage}. Run: {check}", self.file);
            session.output.talk("warning", &warning);
        }
        Ok(())
    }

    fn tell(&self, plan: &ForgetPlan, applied: bool, clock: &Clock, session: &mut Session) {
        let verb = match (applied, plan.versions) {
            (true, _) => "forgotten",
            (false, 1) => "goes",
            (false, _) => "go",
        };
        let heading = format!(
            "  {} {verb} ({}), {} kept",
            count(plan.versions, "version"),
            bytes(plan.size_bytes),
            plan.kept()
        );
        session.output.line(&[(Look::Heading, self.file), (Look::Plain, &heading)]);
        for entry in &plan.entries {
            match entry {
                ForgetEntry::Kept { first, last, timestamps, why } => session.output.line(&[
                    (Look::Moved, format!("  {:<13}", numbers(*first, *last)).as_str()),
                    (Look::Dim, &format!("{:<36}", times(*timestamps, clock))),
                    (Look::Plain, &why.iter().map(reason).collect::<Vec<_>>().join(", ")),
                ]),
                ForgetEntry::Gone { first, last, timestamps } => session.output.line(&[
                    (Look::Removed, format!("- {:<13}", numbers(*first, *last)).as_str()),
                    (Look::Dim, &format!("{:<36}", times(Some(*timestamps), clock))),
                    (Look::Removed, if applied { "forgotten" } else { verb_of(*first, *last) }),
                ]),
            }
        }
    }

    fn json(&self, outcome: &ForgetOutcome, applied: bool) -> Value {
        let ForgetOutcome { plan, packed } = outcome;
        let range =
            |first: &u64, last: &u64| vec![("first", Value::from(*first)), ("last", Value::from(*last))];
        let kept = plan.entries.iter().filter_map(|entry| match entry {
            ForgetEntry::Kept { first, last, why, .. } => {
                let mut facts = range(first, last);
                facts.push(("why", Value::list(why.iter().map(reason))));
                Some(Value::map(facts))
            }
            ForgetEntry::Gone { .. } => None,
        });
        let gone = plan.entries.iter().filter_map(|entry| match entry {
            ForgetEntry::Gone { first, last, .. } => Some(Value::map(range(first, last))),
            ForgetEntry::Kept { .. } => None,
        });
        Value::map([
            ("config", Value::from(self.state.config.as_str())),
            ("applied", Value::from(applied)),
            ("versions", Value::from(plan.versions)),
            ("size_bytes", Value::from(plan.size_bytes)),
            ("kept", Value::list(kept)),
            ("forgotten", Value::list(gone)),
            ("stopped_at", Value::list(packed.stopped_at.iter().map(facts::damage))),
        ])
    }
}

fn verb_of(first: u64, last: u64) -> &'static str {
    if first == last { "goes" } else { "go" }
}

/// `@3`, `@3–@7`.
pub(super) fn numbers(first: u64, last: u64) -> String {
    if first == last { format!("@{first}") } else { format!("@{first}–@{last}") }
}

fn times(timestamps: Option<(Timestamp, Timestamp)>, clock: &Clock) -> String {
    match timestamps {
        None => String::new(),
        Some((first, last)) if first == last => when(first, clock),
        Some((first, last)) => {
            let (first, last) = (when(first, clock), when(last, clock));
            if first == last { first } else { format!("{first} – {last}") }
        }
    }
}

/// Why something stays, in a word.
fn reason(keep: &Keep) -> String {
    match keep {
        Keep::Newest => "newest".to_owned(),
        Keep::Head(branch) => format!("head of {branch}"),
        Keep::Tag(tag) => format!("tag {tag}"),
        Keep::BranchPoint => "branches part here".to_owned(),
        Keep::Merge => "merge".to_owned(),
        Keep::Undo => "undo goes back to it".to_owned(),
        Keep::Damaged => "damaged".to_owned(),
        Keep::Last => "last".to_owned(),
        Keep::Daily => "daily".to_owned(),
        Keep::Weekly => "weekly".to_owned(),
        Keep::Monthly => "monthly".to_owned(),
        Keep::Yearly => "yearly".to_owned(),
        Keep::Within => "within".to_owned(),
    }
}
