//! `vconf diff`: what changed, by content.

mod side;

use vconf::diff::{self, Options, Order, Rule, text};
use vconf::history::Comparison;
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::model::value::Value;
use vconf::worktree::{FileStatus, Worktree};

use super::OrAdvise;
use vconf_advice::difference::{by_bytes, by_content, side as side_told};

use crate::advice;
use crate::args::{DiffArguments, OrderArgument};
use crate::failure::{Exit, Failure};
use crate::render::diff::{Heading, RenderOptions, render, render_text};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::target::Target;
use side::sides;
pub(super) use side::{file_side, missing};
pub(super) use vconf_advice::difference::{Side, modes, told};

/// Two sides, and what they are compared by.
pub(super) struct Pair {
    pub(super) old: Side,
    pub(super) new: Side,
    pub(super) options: Options,
}

/// How two sides are shown.
pub(super) struct Showing {
    pub(super) options: Options,
    /// The rules of those that were asked for: where one is for no list, that is told.
    pub(super) asked: Vec<Rule>,
    pub(super) text: bool,
    pub(super) layout: bool,
    pub(super) full: bool,
}

impl Showing {
    /// As it is shown where nothing else is asked for.
    pub(super) fn plain(options: Options) -> Self {
        Self { options, asked: Vec::new(), text: false, layout: false, full: false }
    }
}

pub(crate) fn run(arguments: &DiffArguments, session: &mut Session) -> Result<Exit, Failure> {
    let asked = Asked::of(arguments)?;
    let Some(old) = &arguments.old else {
        return all(arguments, &asked, session);
    };
    if arguments.revision.len() + usize::from(arguments.new.is_some()) > 2 {
        return Err(too_many_sides());
    }
    // A version that stands with its file is the first side, and `-r` then names the second.
    let mut revisions = arguments.revision.iter().map(String::as_str);
    let named = session.target(old, None);
    let old = match named {
        Ok(named) if named.revision.is_some() && !named.file.is_empty() => named,
        _ => session.target(old, revisions.next())?,
    };
    let new = match (&arguments.new, revisions.next()) {
        (Some(new), None) => Some(session.target(new, None)?),
        (None, Some(revision)) => Some(session.target(&old.file, Some(revision))?),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(too_many_sides()),
    };
    if revisions.next().is_some() {
        return Err(too_many_sides());
    }
    let options = asked.over(settings(&old, new.as_ref(), session)?)?;
    let (old, new) = sides(old, new, session)?;
    match arguments.form {
        Some(form) => {
            warn(&old, session)?;
            warn(&new, session)?;
            super::view::write(&[Pair { old, new, options }], form, arguments.full, session)
        }
        None => show(&old, &new, &showing(arguments, options, &asked), session),
    }
}

fn too_many_sides() -> Failure {
    Failure::error("there are more than two sides to compare").help("vconf diff FILE -r 2 -r 4")
}

fn showing(arguments: &DiffArguments, options: Options, asked: &Asked) -> Showing {
    let DiffArguments { text, layout, full, .. } = *arguments;
    Showing { options, asked: asked.rules.clone(), text, layout, full }
}

/// What is asked for on the command line, which goes before settings.
#[derive(Default)]
struct Asked {
    order: Option<Order>,
    rules: Vec<Rule>,
}

impl Asked {
    fn of(arguments: &DiffArguments) -> Result<Self, Failure> {
        let order = arguments.order.map(|order| match order {
            OrderArgument::Ignore => Order::Ignore,
            OrderArgument::Strict => Order::Strict,
        });
        let mut rules = Vec::new();
        for text in &arguments.key {
            rules.push(Rule::parse_keyed(text).map_err(|_| advice::rule_failure("key", text))?);
        }
        for text in &arguments.list {
            rules.push(Rule::parse(text).map_err(|_| advice::rule_failure("list", text))?);
        }
        Ok(Self { order, rules })
    }

    /// Options with what is asked for over them.
    fn over(&self, options: Options) -> Result<Options, Failure> {
        let mut options = match self.order {
            Some(order) => options.with_order(order),
            None => options,
        };
        options.rules.extend(self.rules.iter().cloned());
        if options.rules.len() > Options::MAX_RULES {
            let most = Options::MAX_RULES;
            return Err(Failure::invalid(format!("there are more than {most} rules for lists")));
        }
        Ok(options)
    }
}

/// What the settings say of the first side that belongs to a store.
fn settings(old: &Target, new: Option<&Target>, session: &Session) -> Result<Options, Failure> {
    let mut without_store = None;
    for target in [Some(old), new].into_iter().flatten().filter(|target| target.file != "-") {
        let folder = target.path.parent();
        if folder.is_some() && folder == without_store {
            continue;
        }
        // Where there is no store, or none that can be used, two files can be compared all the same.
        let Ok(Some(worktree)) = session.find(&target.path) else {
            without_store = folder;
            continue;
        };
        if let Ok(config) = worktree.name(&target.path) {
            return session.options(&worktree, &config);
        }
    }
    Ok(Options::default())
}

/// Everything that changed since the latest versions.
fn all(arguments: &DiffArguments, asked: &Asked, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = session.here()?;
    let mut exit = Exit::Ok;
    let mut pairs = Vec::new();
    for config in worktree.store.configs().or_advise(session)? {
        let pair = match changed(&worktree, &config, asked, session) {
            Ok(Some(pair)) => pair,
            Ok(None) => continue,
            // One page or patch of all is whole or not there; of what is shown one by one the others are.
            Err(failure) if arguments.form.is_some() => return Err(failure),
            Err(failure) => {
                session.output.fail(&failure);
                exit = exit.max(failure.exit);
                continue;
            }
        };
        if arguments.form.is_some() {
            warn(&pair.old, session)?;
            warn(&pair.new, session)?;
            pairs.push(pair);
        } else {
            let Pair { old, new, options } = pair;
            let showing = showing(arguments, options, &Asked::default());
            exit = exit.max(show(&old, &new, &showing, session)?);
        }
    }
    if let Some(form) = arguments.form {
        exit = super::view::write(&pairs, form, arguments.full, session)?;
    }
    if exit == Exit::Ok && !session.output.json {
        session.output.talk("note", "no tracked file has changed");
    }
    Ok(exit)
}

/// A config's latest version and its file; `None` where they are the same, or one is not there.
fn changed(
    worktree: &Worktree,
    config: &ConfigName,
    asked: &Asked,
    session: &mut Session,
) -> Result<Option<Pair>, Failure> {
    match worktree.status(config).or_advise(session)?.file {
        FileStatus::Changed { .. } => {}
        FileStatus::Unreadable(error) => return Err(advice::worktree_failure(&error, session)),
        FileStatus::Same | FileStatus::Unsaved | FileStatus::Missing => return Ok(None),
    }
    let target =
        Target { file: config.to_string(), path: worktree.path(config), revision: Some(Revision::Latest) };
    let options = asked.over(session.options(worktree, config)?)?;
    let (old, new) = sides(target, None, session)?;
    Ok(Some(Pair { old, new, options }))
}

/// Shows what differs; says whether anything does.
pub(super) fn show(
    old: &Side,
    new: &Side,
    showing: &Showing,
    session: &mut Session,
) -> Result<Exit, Failure> {
    warn(old, session)?;
    warn(new, session)?;
    for (side, other) in [(old, new), (new, old)] {
        let name = format!("{}{}", side.name, version_label(side));
        super::save::tell_dialect(&name, &side.document, Some(other.document.format), session);
    }
    let comparison = old.beside(new);
    if showing.text {
        return show_text(old, new, &comparison, showing, session);
    }
    let Some((old_tree, new_tree)) = comparison.trees() else {
        return show_bytes(old, new, comparison.same_bytes, session);
    };
    for rule in showing.options.rules_without_lists(&[old_tree, new_tree]) {
        if showing.asked.contains(rule) {
            session
                .output
                .talk("note", &format!("{} is the path of no list here; the rule does nothing", rule.path));
        }
    }
    let diff = diff::compare(old_tree, new_tree, &showing.options);
    let modes = modes(old, new);
    let exit = if diff.is_equal() && modes.is_none() { Exit::Ok } else { Exit::Different };
    if session.output.json {
        session.output.json(&by_content(&diff, old, new)?);
        return Ok(exit);
    }
    let options = RenderOptions {
        color: session.output.style.color,
        width: session.output.columns,
        full: showing.full || session.output.terminal.is_none(),
        layout: showing.layout,
        ..RenderOptions::default()
    };
    let title = title(old, new);
    let heading = Heading { title: &title, old: &old.label, new: &new.label };
    session.output.text(&render(&diff, &heading, &options));
    if let Some((old, new)) = modes {
        session
            .output
            .line(&[(Look::Changed, "~ "), (Look::Plain, &format!("mode   {old:04o} → {new:04o}"))]);
    }
    Ok(exit)
}

/// `@3`, or nothing for a file.
fn version_label(side: &Side) -> &str {
    if side.label.starts_with('@') { &side.label } else { "" }
}

fn warn(side: &Side, session: &mut Session) -> Result<(), Failure> {
    for warning in facts::document_warnings(&side.document) {
        session.output.talk("warning", &format!("{}{}: {warning}", side.name, version_label(side)));
    }
    Ok(())
}

fn show_text(
    old: &Side,
    new: &Side,
    comparison: &Comparison,
    showing: &Showing,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let (Ok(old_text), Ok(new_text)) =
        (std::str::from_utf8(old.document.source()), std::str::from_utf8(new.document.source()))
    else {
        return show_bytes(old, new, comparison.same_bytes, session);
    };
    let exit = if comparison.same_bytes { Exit::Ok } else { Exit::Different };
    if session.output.json {
        let unified = text::unified(old_text, new_text, &old.name, &new.name, CONTEXT_LINES);
        let value = Value::map([
            ("equal", Value::from(comparison.same_bytes)),
            ("text", Value::from(unified)),
            ("old", side_told(old)),
            ("new", side_told(new)),
        ]);
        session.output.json(&value);
        return Ok(exit);
    }
    let options = RenderOptions {
        color: session.output.style.color,
        width: session.output.columns,
        full: showing.full || session.output.terminal.is_none(),
        ..RenderOptions::default()
    };
    let title = title(old, new);
    let heading = Heading { title: &title, old: &old.label, new: &new.label };
    session.output.text(&render_text(old_text, new_text, &heading, &options));
    Ok(exit)
}

/// How many lines around a change the unified text shows.
pub(super) const CONTEXT_LINES: usize = 3;

/// Bytes are the same or they are not.
pub(super) fn show_bytes(old: &Side, new: &Side, same: bool, session: &mut Session) -> Result<Exit, Failure> {
    if session.output.json {
        session.output.json(&by_bytes(old, new, same));
    } else {
        let told = bytes_told(old, new, same);
        let title = title(old, new);
        let is_plain = old.label == "file" && new.label == "file";
        let states =
            if is_plain { "   ".to_owned() } else { format!("  {} → {}   ", old.label, new.label) };
        session.output.line(&[(Look::Heading, &*title), (Look::Moved, &states), (Look::Plain, &told)]);
    }
    Ok(if same { Exit::Ok } else { Exit::Different })
}

/// What there is to say of bytes.
pub(super) fn bytes_told(old: &Side, new: &Side, same: bool) -> String {
    let (old, new) = (old.source().len(), new.source().len());
    match same {
        true => "no change".to_owned(),
        false if old == new => format!("other bytes, as many as before ({new})"),
        false => format!("other bytes, {old} → {new} bytes"),
    }
}

/// What two sides are called together.
pub(super) fn title(old: &Side, new: &Side) -> String {
    if old.name == new.name { old.name.clone() } else { format!("{} → {}", old.name, new.name) }
}
