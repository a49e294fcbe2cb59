//! What happens, told to whoever watches: one tailer reads the store, any number of watchers are woken.
//!
//! A watcher has a place in the logs, and is told what follows it: from what the tailer read last, or from the store
//! where that is longer ago. So nothing is queued for anybody, and no watcher can miss anything.

mod event;
mod feed;
mod hub;
mod stream;
mod tailer;

pub(crate) use hub::Hub;
pub(crate) use stream::{events, wait};
pub(crate) use tailer::{Poke, Tailer};
