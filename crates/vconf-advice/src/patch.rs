//! Patches of three kinds, made in content.

use vconf::diff::json_patch::{JsonPatch, OperationError, Reason};
use vconf::diff::{self, Patch, PatchErrorKind, merge_patch};
use vconf::format::json;
use vconf::model::value::Value;

use crate::failure::{Exit, Failure};
use crate::text::one_line;

/// Makes the edits of a patch of any of the three kinds.
pub fn apply(content: &Value, patch: &Value, is_merge_patch: bool) -> Result<Value, Failure> {
    if is_merge_patch {
        return Ok(merge_patch::apply(content, patch));
    }
    if let Value::List(_) = patch {
        let patch = JsonPatch::from_value(patch).map_err(|error| {
            Failure::invalid("the patch is no JSON Patch")
                .detail(error.to_string())
                .detail("RFC 6902: a list of operations such as {\"op\":\"add\",\"path\":\"/a\",\"value\":1}")
        })?;
        return patch.apply(content).map_err(|error| unfit(&error));
    }
    if is_operation(patch) {
        return Err(Failure::invalid("a JSON Patch is a list of operations")
            .detail("this is one operation that is in no list: put [ and ] around it")
            .detail("where it is meant as a merge patch, say so with --merge-patch"));
    }
    if is_own(patch) {
        let patch = Patch::from_value(patch)
            .map_err(|error| Failure::invalid("the patch is not valid").detail(error.to_string()))?;
        return diff::apply(content, &patch).map_err(|error| {
            let exit = if error.kind == PatchErrorKind::TooDeep { Exit::Invalid } else { Exit::Conflict };
            Failure::new(exit, "the patch does not fit the file").detail(error.to_string()).detail(NOTHING)
        });
    }
    match patch {
        Value::Map(_) => Ok(merge_patch::apply(content, patch)),
        _ => Err(Failure::invalid("the patch is not valid").detail(KINDS)),
    }
}

/// What a patch can be.
pub const KINDS: &str =
    "a patch is a list of operations (RFC 6902), a map (RFC 7396), or what vconf diff --as patch writes";

const NOTHING: &str = "nothing was written";

/// Whether a map is a single operation of RFC 6902, which as a merge patch would set `op` and `path`.
fn is_operation(patch: &Value) -> bool {
    ["op", "path"].iter().all(|name| matches!(patch.get(name), Some(Value::String(_))))
}

/// Whether a patch is one that `diff --as patch` or `diff --json` wrote: its `changes` are a list of maps that have an
/// `op`.
fn is_own(patch: &Value) -> bool {
    patch.get("changes").is_some_and(JsonPatch::is_like)
}

fn unfit(error: &OperationError) -> Failure {
    let exit = match error.reason {
        Reason::TooDeep | Reason::TooLarge | Reason::TooLong | Reason::Root | Reason::IntoItself => {
            Exit::Invalid
        }
        Reason::Missing { .. } | Reason::NoIndex { .. } | Reason::Differs { .. } => Exit::Conflict,
    };
    let failure = Failure::new(exit, "the patch does not fit the file").detail(error.to_string());
    let failure = match &error.reason {
        Reason::Differs { expected, found } => failure
            .detail(format!("expected {}", one_line(&json::to_string(expected), 100)))
            .detail(format!("found {}", one_line(&json::to_string(found), 100))),
        _ => failure,
    };
    failure.detail(NOTHING)
}
