//! The server as its clients meet it: over a real socket, with other processes beside it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod access;
mod api;
mod beside;
mod docs;
mod hostile;
mod order;
mod page;
mod shutdown;
mod support;
mod watch;
