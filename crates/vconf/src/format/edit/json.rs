//! Edits in json.

use super::sides::Sides;
use super::{EditError, EditReason, Splice};
use crate::format::Format;
use crate::model::value::Value;

pub(super) fn splices(
    _sides: &Sides<'_>,
    _format: Format,
    _target: &Value,
) -> Result<Vec<Splice>, EditError> {
    Err(EditError::new(EditReason::NoStructure))
}
