//! Who does something, when, and by which command.

use std::io;

use crate::backend::random_id;
use crate::model::record::Operation;
use crate::model::time::Timestamp;

/// Who does something, when, and by which command: what every verb that writes is given.
///
/// All that is written with one context is one operation, the unit of undo. The library has no clock of its own:
/// the time is `SystemTime::now().into()`, or whatever the program wants it to be.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who does it.
    pub author: String,
    /// The time of the new records.
    pub timestamp: Timestamp,
    /// The operation that the new records belong to.
    pub operation: Operation,
}

impl Context {
    /// The author of what programs do by themselves.
    pub const SYSTEM: &'static str = "system";

    /// Begins an operation.
    pub fn new(
        author: impl Into<String>,
        time: impl Into<Timestamp>,
        command: impl Into<String>,
    ) -> io::Result<Self> {
        let timestamp = time.into();
        let operation = Operation { id: random_id()?, timestamp, command: bounded(command.into()) };
        Ok(Self { author: bounded(author.into()), timestamp, operation })
    }

    /// Begins an operation that a program does by itself.
    pub fn system(time: impl Into<Timestamp>) -> io::Result<Self> {
        Self::new(Self::SYSTEM, time, "")
    }
}

/// How long an author, a description or a command line in a record may be.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Shortens a text to what a record holds.
pub(super) fn bounded(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        let end = (0..=MAX_TEXT_BYTES - 4).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
