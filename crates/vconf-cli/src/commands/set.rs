//! `vconf set`, `vconf unset`: one value of a file.

use vconf::format::{Format, json};
use vconf::model::lookup::{self, NotFound};
use vconf::model::place::{self, NoPlace};
use vconf::model::value::Value;
use vconf_advice::key::not_found;

use super::edit::{Plan, Subject, word};
use crate::args::{SetArguments, UnsetArguments};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::text::shell;

pub(crate) fn set(arguments: &SetArguments, session: &mut Session) -> Result<Exit, Failure> {
    let SetArguments { file, key, value, string, edit, who, format } = arguments;
    check_key(key, &format!("set {} KEY VALUE", shell(file)))?;
    let subject = Subject::open(file, *format, session)?;
    let format = subject.document.format;
    let value = read_value(value, *string || !format.has_types())?;
    if format == Format::Toml && value == Value::Null {
        return Err(Failure::invalid("TOML has no null")
            .detail("vconf unset takes the key away; --string makes it the text null")
            .help(format!("vconf unset {} {}", word(&subject.target), shell(key))));
    }
    let tree = subject.tree();
    let place =
        place::place(tree, key, format.map_levels()).map_err(|error| no_place(key, error, &subject))?;
    if place.path.0.is_empty() {
        return Err(Failure::invalid("the whole content can't be set: name one of its keys"));
    }
    let old = subject.content.at(&place.path);
    check_below(key, old, &value, &subject)?;
    let old_kind = old.map(Value::kind);
    let new_kind = value.kind();
    let mut content = subject.content.clone();
    place::set(&mut content, &place.path, value)
        .ok_or_else(|| Failure::invalid(format!("{key} can't be set")))?;
    if let Some(near) = place.near.filter(|_| !session.output.json) {
        session.output.talk("note", &format!("{key} is new; there is also {near}"));
    }
    if let Some(old_kind) = old_kind.filter(|kind| *kind != new_kind)
        && !session.output.json
    {
        let keep = if old_kind == vconf::model::value::Kind::String { "; --string keeps it one" } else { "" };
        session.output.talk("note", &format!("{key} was a {old_kind} and is a {new_kind} now{keep}"));
    }
    let plan = Plan {
        before: format!("Before setting {key}"),
        same: format!("{key} has this value"),
        shows: false,
        ..Plan::new(edit, who)
    };
    subject.write(&content, &plan, session)
}

pub(crate) fn unset(arguments: &UnsetArguments, session: &mut Session) -> Result<Exit, Failure> {
    let UnsetArguments { file, key, edit, who, format } = arguments;
    check_key(key, &format!("unset {} KEY", shell(file)))?;
    let subject = Subject::open(file, *format, session)?;
    let tree = subject.tree();
    let node = lookup::find(tree, key).map_err(|error| not_there(key, &error, "unset", &subject))?;
    let path = place::path_to(tree, node);
    let mut content = subject.content.clone();
    if content.take_at(&path).is_none() {
        return Err(Failure::invalid("the whole content can't be taken away"));
    }
    let plan = Plan { before: format!("Before unsetting {key}"), shows: false, ..Plan::new(edit, who) };
    subject.write(&content, &plan, session)
}

/// Refuses one value in place of several: mostly the key is meant to go on.
fn check_below(key: &str, old: Option<&Value>, new: &Value, subject: &Subject) -> Result<(), Failure> {
    let (kind, below) = match old.map(Value::untagged) {
        Some(Value::Map(map)) => ("a map", map.len()),
        Some(Value::List(items)) => ("a list", items.len()),
        _ => return Ok(()),
    };
    if below == 0 || matches!(new.untagged(), Value::Map(_) | Value::List(_)) {
        return Ok(());
    }
    let what = if below == 1 { "1 value".to_owned() } else { format!("{below} values") };
    Err(Failure::invalid(format!("{key} is {kind} with {what} in it"))
        .detail("one value would take the place of all; name one of them, or take them away first")
        .help(format!("vconf unset {} {}", word(&subject.target), shell(key))))
}

/// Refuses a key that names the whole content: mostly it is a variable of the shell that is not set.
fn check_key(key: &str, usage: &str) -> Result<(), Failure> {
    let what = match key.trim() {
        "" => "the key is empty",
        "." => "a key is needed: . is the whole content",
        _ => return Ok(()),
    };
    Err(Failure::invalid(what)
        .detail("a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written")
        .help(format!("vconf {usage}")))
}

/// Reads a value as JSON where it is that, and else as the text that it is.
fn read_value(text: &str, is_text: bool) -> Result<Value, Failure> {
    match json::parse(text) {
        Ok(tree) if !is_text => {
            tree.to_value().map_err(|error| Failure::invalid(format!("the value is {error}")))
        }
        _ => Ok(Value::from(text)),
    }
}

pub(super) fn no_place(key: &str, error: NoPlace, subject: &Subject) -> Failure {
    match error {
        NoPlace::NoItem(not_found) => {
            let failure = not_there(key, &not_found, "set", subject);
            let list = &not_found.found;
            let new = if key.starts_with('/') { format!("{list}/-") } else { format!("{list}[+]") };
            failure.detail(format!("a new item is {new}"))
        }
        NoPlace::Several(several) => not_there(key, &several, "set", subject),
        NoPlace::InTheWay { ref found, .. } => {
            let failure = Failure::invalid(format!("{key} can't be set: {error}"));
            if found.is_empty() {
                return failure;
            }
            failure.help(format!("vconf set {} {} VALUE", word(&subject.target), shell(found)))
        }
        NoPlace::Malformed { .. } | NoPlace::TooDeep => {
            Failure::invalid(format!("{key} can't be set: {error}"))
                .detail("a key is db.pool, env[name=B].value, list[0], list[+] for a new item, or /db/pool")
                .detail("names with dots or brackets in them stand in double quotes")
        }
    }
}

pub(super) fn not_there(key: &str, error: &NotFound, command: &str, subject: &Subject) -> Failure {
    let failure = not_found(&subject.target.file, key, error);
    let near = lookup::nearest(key[error.found.len()..].trim_start_matches('.'), &error.there);
    let value = if command == "set" { " VALUE" } else { "" };
    let file = word(&subject.target);
    if let Some(first) = error.alternatives.first() {
        return failure.help(format!("vconf {command} {file} {}{value}", shell(first)));
    }
    match near {
        Some(near) => {
            let key = shell(&lookup::joined(&error.found, near));
            failure.help(format!("vconf {command} {file} {key}{value}"))
        }
        None if !error.found.is_empty() => failure.help(format!("vconf get {file} {}", shell(&error.found))),
        None => match error.there.first() {
            Some(first) => failure.help(format!("vconf get {file} {}", shell(first))),
            None => failure.help(format!("vconf show {file}")),
        },
    }
}
