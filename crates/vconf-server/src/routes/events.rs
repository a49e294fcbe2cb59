//! What happens, told as it does.

use axum::http::Method;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "watch",
        method: Method::GET,
        path: "/api/v1/events",
        about: "Tells what happens to configs, as it does (Server-Sent Events)",
        access: Access::Some(Role::Read),
        query: &[
            Parameter::text("prefix", "only configs whose names begin so"),
            Parameter::text("config", "only this one, as under its own path"),
            Parameter::text("after", "go on after this event's id; the header Last-Event-ID wins"),
        ],
        body: Body::None,
        answer: Answer::Events(
            "`state` for each config, then `ready`, then `version`, `ref` and `damaged` with all that the record says",
        ),
        action: Action::Events,
    },
    Route {
        name: "watchConfig",
        method: Method::GET,
        path: "/api/v1/configs/{config}/events",
        about: "Tells what happens to a config, as it does (Server-Sent Events)",
        access: Access::Config(Role::Read),
        query: &[Parameter::text(
            "after",
            "go on after this position, such as v12.r3; the header Last-Event-ID wins",
        )],
        body: Body::None,
        answer: Answer::Events("`state`, then `version`, `ref` and `damaged` with all that the record says"),
        action: Action::Events,
    },
    Route {
        name: "wait",
        method: Method::GET,
        path: "/api/v1/configs/{config}/wait",
        about: "Waits until something happens to a config, and tells it",
        access: Access::Config(Role::Read),
        query: &[
            Parameter::text("after", "the position after which; without it the present one is told at once"),
            Parameter::number(
                "timeout",
                "after how many seconds to answer that nothing did (30; at most 300)",
            ),
        ],
        body: Body::None,
        answer: Answer::Json("`events` [as `watchConfig` tells them], `position`"),
        action: Action::Wait,
    },
];
