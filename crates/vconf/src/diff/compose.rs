//! Makes one patch of two that follow each other, without the content that they are made in.

mod content;
mod make;
mod tell;

use std::error::Error;
use std::fmt;

use super::apply::PatchError;
use super::patch::Patch;
use super::plan::{Place, Plan, find_or_add};
use content::Content;

impl Patch {
    /// Makes one patch that does what this one and then `next` does: from the old content of this one to the new content
    /// of `next`, both ways.
    ///
    /// What this one added and `next` took out again is not told, nor what was replaced and then replaced back; what
    /// moved twice moves once. Nothing is compared: a value that went and came again elsewhere is a removal and an
    /// addition. Patches are composed as they fit each other, so whether they fit some content, [`apply`](super::apply)
    /// says. `n log n` in the two patches, and the sum of the paths' lengths.
    ///
    /// In a patch that was read as JSON, a step that could be an index is one of a list, unless other steps or values
    /// show that it is a map's key.
    ///
    /// # Errors
    /// [`ComposeError`] where one of the patches contradicts itself, or `next` expects something else than this one leaves.
    pub fn compose(&self, next: &Patch) -> Result<Patch, ComposeError> {
        let first_plan = Plan::new(self).map_err(ComposeError::First)?;
        let next_plan = Plan::new(next).map_err(ComposeError::Next)?;
        let mut maps = vec![Place::default()];
        loop {
            let mut content = Content::new(&maps);
            let made = content
                .make(&first_plan)
                .map_err(ComposeError::First)
                .and_then(|()| content.make(&next_plan).map_err(ComposeError::Next));
            let mistaken = content.take_mistaken();
            if mistaken.is_empty() {
                made?;
                return content.difference().map_err(ComposeError::Next);
            }
            // Each time some places more are known to be maps, deeper down than before.
            for path in mistaken {
                let place = find_or_add(&mut maps, &path);
                maps[place as usize].is_map = true;
            }
        }
    }
}

/// Two patches that don't follow each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ComposeError {
    /// The first one does not fit any content.
    First(PatchError),
    /// The next one does not fit what the first one leaves; its places are those of the content between the two.
    Next(PatchError),
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First(_) => "the first patch fits no content",
            Self::Next(_) => "the next patch does not fit what the first one leaves",
        })
    }
}

impl Error for ComposeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::First(error) | Self::Next(error) => Some(error),
        }
    }
}
