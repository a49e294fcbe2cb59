//! What goes wrong between us and an engine, and what is known of it.

use std::io;

use vconf::backend::{BackendError, BackendErrorKind};

/// Why something was not answered as it should be.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) outcome: Outcome,
    pub(crate) source: io::Error,
}

/// What is known of what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It was not done, and would not be if asked for again.
    Refused,
    /// It was not done, and may be if asked for again: the engine is busy, or is just starting.
    NotYet,
    /// It may have been done: the answer was lost.
    Unknown,
}

impl Trouble {
    pub(crate) fn new(outcome: Outcome, source: io::Error) -> Self {
        Self { outcome, source }
    }

    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::new(Outcome::Refused, io::Error::other(why.into()))
    }

    /// As an error about an object, where something was to be read or taken away.
    pub(crate) fn failed(self, object: String) -> BackendError {
        BackendError { kind: BackendErrorKind::Failed, object, source: self.source }
    }

    /// As an error about an object, where something was to be created.
    pub(crate) fn uncreated(self, object: String) -> BackendError {
        let kind = match self.outcome {
            Outcome::Refused | Outcome::NotYet => BackendErrorKind::Failed,
            Outcome::Unknown => BackendErrorKind::Unknown,
        };
        BackendError { kind, object, source: self.source }
    }
}
