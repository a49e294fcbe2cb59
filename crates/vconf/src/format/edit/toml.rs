//! Edits in toml.

use super::sides::Sides;
use super::{EditError, EditReason, Splice};
use crate::model::value::Value;

pub(super) fn splices(_sides: &Sides<'_>, _target: &Value) -> Result<Vec<Splice>, EditError> {
    Err(EditError::new(EditReason::NoStructure))
}
