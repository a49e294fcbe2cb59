//! `vconf patch`, `vconf diff --as`: differences that are kept, sent and made again.

use vconf::diff::{self, Options, merge_patch};
use vconf::format::{Format, json};
use vconf::model::value::Value;
use vconf_advice::patch::{KINDS, apply};

use super::diff::{Side, file_side};
use super::edit::{Plan, Subject};
use crate::args::{Form, PatchArguments};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Target;
use crate::text::shell;

pub(crate) fn run(arguments: &PatchArguments, session: &mut Session) -> Result<Exit, Failure> {
    let PatchArguments { file, patch, merge_patch, edit, who, format } = arguments;
    let subject = Subject::open(file, *format, session)?;
    let patch = read(patch, session)?;
    let content = apply(&subject.content, &patch, *merge_patch)?;
    let plan = Plan {
        before: "Before the patch".to_owned(),
        same: "the patch changes nothing".to_owned(),
        ..Plan::new(edit, who)
    };
    subject.write(&content, &plan, session)
}

/// Reads a patch from a file, in any format, or as JSON from the standard input.
fn read(word: &str, session: &mut Session) -> Result<Value, Failure> {
    let target = Target { file: word.to_owned(), path: session.path(word), revision: None };
    let side = file_side(&target, session)?;
    let invalid = |why: String| Failure::invalid(format!("{word} is not a patch")).detail(why).detail(KINDS);
    if let Some(warning) = &side.document.warning {
        return Err(invalid(warning.to_string()));
    }
    if matches!(side.document.format, Format::Text | Format::Binary) {
        // Without a name that says more, a patch is JSON.
        let text = String::from_utf8_lossy(side.document.source());
        return match json::parse(text.into_owned()) {
            Ok(tree) => tree.to_value().map_err(|error| invalid(format!("its content is {error}"))),
            Err(error) => Err(invalid(error.to_string())),
        };
    }
    let tree = side.document.tree.ok_or_else(|| invalid("it has no structure".to_owned()))?;
    tree.to_value().map_err(|error| invalid(format!("its content is {error}")))
}

/// Writes what differs as a patch; says whether anything does.
pub(super) fn write(
    old: &Side,
    new: &Side,
    form: Form,
    options: &Options,
    session: &mut Session,
) -> Result<Exit, Failure> {
    if [old, new].iter().any(|side| side.document.format == Format::Text) {
        let version = old.label.strip_prefix('@').map(|number| format!("@{number}"));
        let word = shell(&format!("{}{}", old.name, version.unwrap_or_default()));
        let other = if old.name == new.name && new.label == "file" {
            String::new()
        } else if old.name == new.name {
            format!(" {}", new.label)
        } else {
            let label = if new.label == "file" { "" } else { &new.label };
            format!(" {}", shell(&format!("{}{label}", new.name)))
        };
        return Err(Failure::invalid("a text has no keys and values that a patch could be about")
            .help(format!("vconf diff {word}{other} --as text")));
    }
    let comparison = old.beside(new);
    let Some((old_tree, new_tree)) = comparison.trees() else {
        return Err(Failure::invalid("bytes without a structure have no patch"));
    };
    let too_deep = |error: &dyn std::fmt::Display| Failure::invalid(format!("the difference is {error}"));
    let patch = diff::compare(old_tree, new_tree, options).to_patch().map_err(|error| too_deep(&error))?;
    let exit = if patch.is_empty() { Exit::Ok } else { Exit::Different };
    let value = match form {
        Form::JsonPatch => patch.to_json_patch(old_tree).map_err(|error| too_deep(&error))?.to_value(),
        Form::MergePatch => {
            let old = old_tree.to_value().map_err(|error| too_deep(&error))?;
            let new = new_tree.to_value().map_err(|error| too_deep(&error))?;
            merge_patch::create(&old, &new).map_err(|error| {
                Failure::invalid("the difference can't be written as a merge patch")
                    .detail(error.to_string())
                    .detail("RFC 7396 takes null for what shall go; a JSON Patch can set it")
            })?
        }
        _ => patch.to_value(),
    };
    match session.output.json {
        true => session.output.json(&value),
        false => session.output.text(&json::to_string_pretty(&value)),
    }
    Ok(exit)
}
