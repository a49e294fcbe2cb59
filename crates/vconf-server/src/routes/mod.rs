//! The routes: one table, of which the router, who may call what, and the OpenAPI document are made.

mod carry;
mod configs;
mod difference;
mod edit;
mod events;
mod make;
mod operations;
mod refs;
mod save;
mod search;
mod system;
mod upkeep;
mod versions;

use axum::http::Method;

use crate::access::Role;
use crate::call::Call;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

/// One thing that can be asked for.
#[derive(Debug)]
pub struct Route {
    /// Its name: that of the operation in the OpenAPI document.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The path, with what it names in braces.
    pub path: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Who may ask for it.
    pub access: Access,
    /// What may stand after the `?`.
    pub query: &'static [Parameter],
    /// What the body is.
    pub body: Body,
    /// What is answered.
    pub answer: Answer,
    /// What carries it out.
    pub action: Action,
}

/// Who may ask for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever has the role for something; what is told is what is allowed.
    Some(Role),
    /// Whoever has the role for the config that the path names.
    Config(Role),
    /// Whoever has the role for all configs.
    All(Role),
}

/// What carries a request out.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A function that may wait for the disk.
    Run(Handler),
    /// The same, which may read many records: only a few run at once, so that others are not kept waiting.
    Search(Handler),
    /// The same, but what it answered without parameters may be kept while the config is at rest.
    Keep(Handler),
    /// The same, of which only one at a time runs on a config.
    Write(Handler),
    /// The stream of events.
    Events,
    /// Waiting for the next of them.
    Wait,
}

/// Carries out a request.
pub(crate) type Handler = fn(&Server, &Call) -> Result<Reply, Problem>;

/// What may stand after the `?`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its type, as JSON Schema calls it.
    pub kind: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
}

impl Parameter {
    /// A text.
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: "string", is_required: false }
    }

    /// A number.
    pub const fn number(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: "integer", is_required: false }
    }

    /// True or false.
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: "boolean", is_required: false }
    }

    /// The same, where it must be there.
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

/// What the body of a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// There is none.
    None,
    /// The exact bytes of a source.
    Source,
    /// JSON: with what it has, or of which kind it is.
    Json(&'static str),
}

/// What is answered where all is well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// JSON: what it has.
    Json(&'static str),
    /// Bytes as they were saved.
    Bytes(&'static str),
    /// Text.
    Text(&'static str),
    /// Server-Sent Events, or JSON.
    Events(&'static str),
}

/// Every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    let tables = [
        configs::ROUTES,
        versions::ROUTES,
        difference::ROUTES,
        search::ROUTES,
        events::ROUTES,
        save::ROUTES,
        edit::ROUTES,
        carry::ROUTES,
        refs::ROUTES,
        operations::ROUTES,
        upkeep::ROUTES,
        system::ROUTES,
    ];
    tables.into_iter().flatten()
}
