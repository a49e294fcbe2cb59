//! What is answered where a request can't be carried out: a problem (RFC 9457) with the facts and the help of the command.

use axum::http::{HeaderValue, StatusCode, header};
use vconf::history::{Error, ErrorKind};
use vconf::model::name::ConfigName;
use vconf::model::revision::Clock;
use vconf::model::value::{Map, Value};
use vconf::store::{SettingsError, Store, StoreError};
use vconf_advice::advice::{self, Naming};
use vconf_advice::facts;
use vconf_advice::failure::{Exit, Failure};

use crate::reply::Reply;

/// Why a request can't be carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// What there is to say of it, as the command says it.
    pub failure: Box<Failure>,
    /// After how many seconds a try may do.
    pub retry_after_seconds: Option<u64>,
}

impl Problem {
    /// Says what is wrong, with a status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let exit = match status {
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => Exit::Conflict,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Exit::Invalid,
            _ => Exit::Error,
        };
        Self { status, failure: Box::new(Failure::new(exit, message)), retry_after_seconds: None }
    }

    /// Says so of what was asked for: it can't be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Says that trying again later may do.
    pub fn busy(message: impl Into<String>) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// Adds why, or what there is instead.
    pub fn detail(self, line: impl Into<String>) -> Self {
        Self { failure: Box::new(self.failure.detail(line)), ..self }
    }

    /// Adds a request or a command that can be made next.
    pub fn help(self, command: impl Into<String>) -> Self {
        Self { failure: Box::new(self.failure.help(command)), ..self }
    }

    /// The same as an answer.
    pub fn reply(&self) -> Reply {
        let mut reply = Reply::json(&self.to_value()).with_status(self.status);
        reply.content_type(HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            reply.header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            reply.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vconf\""));
        }
        reply
    }

    fn to_value(&self) -> Value {
        let Failure { exit, message, details, help, facts } = &*self.failure;
        let told = [
            ("type", Value::from("about:blank")),
            ("title", Value::from(self.status.canonical_reason().unwrap_or("error"))),
            ("status", Value::from(u64::from(self.status.as_u16()))),
            ("detail", Value::from(message.as_str())),
            ("kind", Value::from(exit.name())),
            ("details", Value::list(details.iter().map(String::as_str))),
            ("help", Value::from(help.as_deref())),
        ];
        let told = told.into_iter().chain(facts.iter().cloned());
        Value::Map(told.map(|(name, value)| (name.to_owned(), value)).collect::<Map>())
    }
}

/// How things are called in answers: nothing is told of where the store lies.
pub(crate) struct Names<'a> {
    /// What time it is.
    pub(crate) now: vconf::model::time::Timestamp,
    /// The store that it is about.
    pub(crate) store: &'a Store,
}

impl Naming for Names<'_> {
    fn file(&self, config: &ConfigName) -> String {
        config.to_string()
    }

    fn clock(&self) -> Clock {
        Clock::utc(self.now)
    }

    fn object(&self, object: &str) -> String {
        let root = self.store.backend().folder().map(|root| root.display().to_string());
        let inside =
            root.and_then(|root| object.strip_prefix(&root).map(|rest| rest.trim_start_matches('/')));
        inside.unwrap_or(object).to_owned()
    }
}

impl Names<'_> {
    /// The problem that an error with a history is. Where the request named the version that it expects, a conflict is
    /// a precondition that failed.
    pub(crate) fn problem(&self, error: &Error, expects: bool) -> Problem {
        let status = match error.kind() {
            ErrorKind::NotFound if is_forgotten(error) => StatusCode::GONE,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Conflict if expects => StatusCode::PRECONDITION_FAILED,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Corrupt => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Io => status_of_system(error),
        };
        let mut failure = advice::history_failure(error, self);
        if let Error::Conflict { expected, found, since, .. } = error {
            failure = failure
                .fact("expected", Value::from(*expected))
                .fact("found", Value::from(*found))
                .fact("since", Value::list(since.iter().map(facts::version)));
        }
        let retry_after_seconds = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        self.inside(Problem { status, failure: Box::new(failure), retry_after_seconds })
    }

    /// The problem that settings are which can't be used.
    pub(crate) fn settings_problem(&self, error: &SettingsError) -> Problem {
        let failure = Box::new(advice::settings_failure(error));
        self.inside(Problem { failure, ..Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "") })
    }

    /// Takes out of a problem where the store lies.
    fn inside(&self, mut problem: Problem) -> Problem {
        let Some(root) = self.store.backend().folder() else { return problem };
        let root = format!("{}/", root.display());
        let failure = &mut problem.failure;
        for text in failure.details.iter_mut().chain([&mut failure.message]) {
            if text.contains(&root) {
                *text = text.replace(&root, "");
            }
        }
        problem
    }
}

/// What was wrong with a request, or with content that it is about.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let status = match failure.exit {
            Exit::Conflict => StatusCode::CONFLICT,
            Exit::Damage => StatusCode::INTERNAL_SERVER_ERROR,
            Exit::Error => StatusCode::NOT_FOUND,
            Exit::Ok | Exit::Different | Exit::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, failure: Box::new(failure), retry_after_seconds: None }
    }
}

fn is_forgotten(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::Corrupt(corruption)) if corruption.forgotten().is_some())
}

fn status_of_system(error: &Error) -> StatusCode {
    let Error::Store(StoreError::Backend(error)) = error else { return StatusCode::INTERNAL_SERVER_ERROR };
    match error.source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StatusCode::INSUFFICIENT_STORAGE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
