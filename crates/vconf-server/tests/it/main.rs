//! The server as its clients meet it: over a real socket, with other processes beside it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail by panic and say what they did"
)]

mod access;
mod api;
mod beside;
mod docs;
mod hostile;
mod order;
mod shutdown;
mod support;
mod watch;
