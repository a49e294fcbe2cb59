//! `vconf get`: one value.

use vconf::canonical;
use vconf::format::json;
use vconf::model::lookup::{self, NotFound};
use vconf::model::value::Value;
use vconf_advice::key::not_found;

use super::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{is_brief, shell};

pub(crate) fn run(
    word: &str,
    key: &str,
    revision: Option<&str>,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let target = session.target(word, revision)?;
    let tracked = session.tracked(&target)?;
    let number = session.number(&tracked, target.revision.as_ref())?;
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    let document = loaded.document();
    let Some(tree) = document.tree.filter(|_| loaded.is_structured()) else {
        return Err(loaded.no_content()).or_advise(session);
    };
    let node = lookup::find(&tree, key).map_err(|error| no_value(key, &error, &tracked, number))?;
    let value = tree.value(node).map_err(|error| Failure::invalid(format!("the value is {error}")))?;
    if session.output.json {
        let value = Value::map([
            ("config", Value::from(tracked.config.as_str())),
            ("version", Value::from(number)),
            ("key", Value::from(key)),
            ("value", value),
        ]);
        session.output.json(&value);
    } else {
        let text = match value.untagged() {
            Value::String(text) => text.clone(),
            Value::List(_) | Value::Map(_) => json::to_string_pretty(&value).trim_end().to_owned(),
            other => json::to_string(other).trim_matches('"').to_owned(),
        };
        session.output.content(text.as_bytes());
        session.output.text("\n");
    }
    if target.revision.is_none()
        && let Ok(Some(file)) = tracked.worktree.read(&tracked.config)
        && canonical::checksum(&file.bytes) != loaded.version.checksum
    {
        session
            .output
            .talk("note", &format!("this is @{number}; {} has edits that are not saved", tracked.file));
    }
    Ok(Exit::Ok)
}

pub(super) fn no_value(key: &str, error: &NotFound, tracked: &Tracked, number: u64) -> Failure {
    let NotFound { found, there, alternatives, .. } = error;
    let failure = not_found(&format!("{}@{number}", tracked.config), key, error);
    let nearest = lookup::nearest(key[found.len()..].trim_start_matches('.'), there);
    let target = shell(&format!("{}@{number}", tracked.file));
    let other = match (alternatives.first(), nearest) {
        (Some(first), _) => first.clone(),
        (None, Some(nearest)) => lookup::joined(found, nearest),
        (None, None) => found.clone(),
    };
    if other.is_empty() || !is_brief(&other) {
        return failure.help(format!("vconf show {target}"));
    }
    failure.help(format!("vconf get {target} {}", shell(&other)))
}

/// A key as it stands in a sentence.
pub(super) fn told(key: &str) -> &str {
    if matches!(key, "" | ".") { "the whole content" } else { key }
}
