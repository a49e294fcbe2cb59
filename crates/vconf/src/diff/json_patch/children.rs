//! What a list or map has in it while operations are written.

use indexmap::IndexMap;

use super::slots::Slots;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// What a list or map has in it now.
pub(super) enum Children {
    List(Slots<Item>),
    Map(IndexMap<String, Item>),
}

/// A node of the old content, or one of the new that was added.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Old(NodeId),
    New(NodeId),
}

/// Where something is put.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// A place of a list.
    Slot(usize),
    Key(&'a str),
}

impl Children {
    /// The children of a node of the old content, each in the place that it has there.
    pub(super) fn of(old: &Tree, node: NodeId) -> Self {
        match old.kind(node) {
            Kind::Map => {
                let pair = |child| (old.key(child).unwrap_or_default().to_owned(), Item::Old(child));
                Self::Map(old.children(node).map(pair).collect())
            }
            _ => Self::List(Slots::new(old.children(node).map(|child| Some(Item::Old(child))).collect())),
        }
    }
}
