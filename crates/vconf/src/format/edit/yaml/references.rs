//! Anchors and aliases: what changes at one place changes at all.

use std::collections::HashMap;
use std::ops::Range;

use super::places::Slot;
use crate::format::yaml;
use crate::model::path::Path;
use crate::model::value::Value;

/// The anchors and aliases of a source, with what becomes of them.
pub(super) struct References<'a> {
    /// Where that begins which each anchor is on.
    anchors: Vec<usize>,
    /// Where each alias is, and of which anchor.
    aliases: Vec<(usize, usize)>,
    /// The same, first the anchor, in the order of these.
    by_anchor: Vec<(usize, usize)>,
    /// What shall be at anchors, where that is another value.
    changed: HashMap<usize, &'a Value>,
    pending: HashMap<usize, Alias<'a>>,
    /// Parts of the source that go.
    pub(super) gone: Vec<Range<usize>>,
}

/// An alias where another value shall be.
#[derive(Clone)]
pub(super) struct Alias<'a> {
    pub(super) slot: Slot,
    pub(super) target: &'a Value,
    pub(super) path: Path,
}

/// An alias that would mean something else.
pub(super) struct Entangled {
    /// Its path, where that is known.
    pub(super) path: Option<Path>,
    pub(super) what: &'static str,
    /// Where the alias is in the source.
    pub(super) alias: usize,
    /// Where that begins which its anchor is on.
    pub(super) anchor: usize,
}

impl<'a> References<'a> {
    pub(super) fn of(source: &str) -> Self {
        let (anchors, aliases) = if source.contains('&') && source.contains('*') {
            yaml::anchors(source)
        } else {
            (Vec::new(), Vec::new())
        };
        let mut by_anchor: Vec<_> = aliases.iter().map(|&(at, anchor)| (anchor, at)).collect();
        by_anchor.sort_unstable();
        Self {
            anchors,
            aliases,
            by_anchor,
            changed: HashMap::new(),
            pending: HashMap::new(),
            gone: Vec::new(),
        }
    }

    /// Notes that another value shall be where a value stands.
    pub(super) fn change(&mut self, source: &str, slot: &Slot, target: &'a Value) {
        if source[slot.props.clone()].split_whitespace().any(|word| word.starts_with('&')) {
            let anchor = self.anchors.partition_point(|&start| start < slot.props.start);
            self.changed.insert(anchor, target);
        }
    }

    /// Notes that another value shall be where an alias stands.
    pub(super) fn change_alias(&mut self, alias: Alias<'a>) {
        self.pending.insert(alias.slot.value.start, alias);
    }

    /// Whether an anchor or alias stands in a part of the source.
    pub(super) fn any_in(&self, part: &Range<usize>) -> bool {
        !within(&self.anchors, part, |at| *at).is_empty()
            || !within(&self.aliases, part, |(at, _)| *at).is_empty()
    }

    /// Whether a part means the same elsewhere in what begins at `around`: what it refers to is in it or further up, and
    /// nothing else refers to it. As costly as there are anchors and aliases in it.
    pub(super) fn may_move(&self, part: &Range<usize>, around: usize) -> bool {
        let own = within(&self.anchors, part, |at| *at);
        let out = within(&self.aliases, part, |(at, _)| *at);
        let users = within(&self.by_anchor, &own, |(anchor, _)| *anchor);
        self.aliases[out].iter().all(|(_, anchor)| own.contains(anchor) || self.anchors[*anchor] < around)
            && self.by_anchor[users].iter().all(|(_, at)| part.contains(at))
    }

    /// The aliases that have to give way to a value of their own. Linear but for sorting what goes.
    ///
    /// # Errors
    /// An alias that would mean something else.
    pub(super) fn settle(
        mut self,
        same: impl Fn(&Value, &Value) -> bool,
    ) -> Result<Vec<Alias<'a>>, Entangled> {
        self.gone.sort_unstable_by_key(|part| (part.start, part.end));
        let mut gone: Vec<Range<usize>> = Vec::new();
        for part in self.gone {
            match gone.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => gone.push(part),
            }
        }
        let is_gone = |at: usize| {
            let next = gone.partition_point(|part| part.start <= at);
            next.checked_sub(1).is_some_and(|before| gone[before].contains(&at))
        };
        let mut replaced = Vec::new();
        for (at, anchor) in &self.aliases {
            if is_gone(*at) {
                continue;
            }
            let changed = self.changed.get(anchor);
            let alias = self.pending.get(at);
            let entangled = |what| Entangled {
                path: alias.map(|alias| alias.path.clone()),
                what,
                alias: *at,
                anchor: self.anchors[*anchor],
            };
            match (changed, alias) {
                (Some(anchor), Some(alias)) if same(anchor, alias.target) => {}
                (Some(_), Some(_)) => {
                    return Err(entangled("an alias of what changes elsewhere, to something else"));
                }
                (Some(_), None) => return Err(entangled("an alias elsewhere would change with it")),
                (None, Some(alias)) => replaced.push(alias.clone()),
                (None, None) if is_gone(self.anchors[*anchor]) => {
                    return Err(entangled("an alias elsewhere stands for it"));
                }
                (None, None) => {}
            }
        }
        Ok(replaced)
    }
}

/// Those of a rising list whose place is in a part.
fn within<T>(list: &[T], part: &Range<usize>, place: impl Fn(&T) -> usize) -> Range<usize> {
    let start = list.partition_point(|item| place(item) < part.start);
    start..list.partition_point(|item| place(item) < part.end).max(start)
}
