//! The command as its users and their machines meet it: what it says, and what it keeps when all goes wrong.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail by panic and say what they did"
)]

mod advice;
mod bad_input;
mod bisect;
mod conflicts;
mod contract;
mod damage;
mod edit;
mod elsewhere;
#[cfg(feature = "engines")]
mod engines;
mod find;
mod flushes;
mod git;
mod help;
mod import;
mod injection;
mod json;
mod many;
mod merge;
mod notes;
mod pack;
mod power_cut;
mod race;
mod rcs;
mod readme;
mod repair;
mod server;
mod settings;
mod streams;
mod support;
mod trace;
mod transcript;
mod undo_all;
mod view;
