//! A store of configs, served over HTTP: everything that the library does with a history, for a team.
//!
//! [`Server`] is a store with all that belongs to serving it; [`run`] serves it on a socket until the process is asked to
//! end. `docs/API.md` says what can be asked for, and so does the OpenAPI document that the server gives out itself.
//!
//! The library below is synchronous, and this is the one place where async lives: a request is carried out by one
//! library call on a thread that may block. Nothing is printed; what there is to log goes to `tracing`.

mod access;
mod audit;
mod call;
mod client;
mod dispatch;
mod fields;
mod heads;
mod limits;
mod metrics;
mod openapi;
mod page;
mod position;
mod problem;
mod reply;
mod routes;
mod serve;
mod server;
mod tls;
mod watch;

pub use access::{
    BadGrant, Caller, ConfigPattern, Grant, NewToken, Role, Secret, Token, TokenError, TokenId, Tokens,
};
pub use client::{Client, ClientError, Fetched};
pub use openapi::document as openapi_document;
pub use position::{NotAPosition, Position};
pub use routes::{Access, Route, all as routes};
pub use serve::{Running, run};
pub use server::{Options, Server, StartError};
pub use tls::Tls;
