//! What is said when something can't be done, and the exit status that goes with it.

use vconf::history::ErrorKind;
use vconf::model::value::Value;

/// Exit statuses; of several the highest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Exit {
    /// Done, or the same.
    #[default]
    Ok = 0,
    /// Different.
    Different = 1,
    /// Wrong usage, or an error.
    Error = 2,
    /// Somebody else was faster.
    Conflict = 3,
    /// A record is damaged.
    Damage = 4,
    /// What was given can't be used.
    Invalid = 5,
}

impl Exit {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Different => "different",
            Self::Error => "error",
            Self::Conflict => "conflict",
            Self::Damage => "damage",
            Self::Invalid => "invalid",
        }
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound | ErrorKind::Io | ErrorKind::Busy => Self::Error,
            ErrorKind::Invalid => Self::Invalid,
            ErrorKind::Conflict => Self::Conflict,
            ErrorKind::Corrupt => Self::Damage,
        }
    }
}

/// Something that can't be done: what, why, the nearest valid thing, and a command to run next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// What can't be done, in a line without a full stop.
    pub message: String,
    /// Why, and what there is instead: a line each.
    pub details: Vec<String>,
    /// A command that can be run next.
    pub help: Option<String>,
    /// What programs are told besides.
    pub facts: Vec<(&'static str, Value)>,
}

impl Failure {
    /// Says what can't be done.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), details: Vec::new(), help: None, facts: Vec::new() }
    }

    /// Says so of wrong usage, or an error.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// Says so of what was given.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// Adds why, or what there is instead.
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds what programs are told besides.
    pub fn fact(mut self, name: &'static str, value: Value) -> Self {
        self.facts.push((name, value));
        self
    }

    /// Adds a command that can be run next.
    pub fn help(mut self, command: impl Into<String>) -> Self {
        self.help = Some(command.into());
        self
    }
}
