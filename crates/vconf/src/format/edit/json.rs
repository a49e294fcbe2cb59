//! Edits in json.

use super::{EditError, EditReason, Splice};
use crate::format::Format;
use crate::model::path::Path;
use crate::model::tree::Tree;
use crate::model::value::Value;

pub(super) fn splices(_tree: &Tree, _format: Format, _target: &Value) -> Result<Vec<Splice>, EditError> {
    Err(EditError { path: Path::root(), reason: EditReason::NoStructure })
}
