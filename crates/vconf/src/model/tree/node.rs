//! How a node is held: 24 bytes, whatever it is.

use super::Span;
use super::keys::KeyId;

/// One node. Its meaning is spread over few bytes; read it through the methods.
#[derive(Clone, Copy)]
pub(super) struct Node {
    start: u32,
    end: u32,
    key_start: u32,
    key: KeyId,
    /// A list's or map's number of nodes; the index of a leaf's text, where that is [`Place::Apart`]; where the node
    /// is rare, the index of a [`Rare`], which then holds this.
    extra: u32,
    key_len: u16,
    pub(super) kind: NodeKind,
    flags: u8,
}

/// What only few nodes have.
#[derive(Clone, Copy, Default)]
pub(super) struct Rare {
    extra: u32,
    tag: Span,
    key_end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NodeKind {
    Null,
    False,
    True,
    Number,
    String,
    List,
    Map,
}

/// The node has an entry among the rare ones.
const RARE: u8 = 1;
/// The text is the node's place without its first and last byte, which are quotes.
const INNER: u8 = 2;
/// The text is held apart.
const APART: u8 = 4;
/// The node goes when the tree is finished: its key came again.
const DROPPED: u8 = 8;

impl Node {
    /// Makes a leaf without text, or an open list or map.
    pub(super) fn new(kind: NodeKind, span: Span) -> Self {
        Self {
            start: span.start,
            end: span.end,
            key_start: 0,
            key: KeyId::NONE,
            extra: 0,
            key_len: 0,
            kind,
            flags: 0,
        }
    }

    pub(super) fn set_text(&mut self, text: Span, texts: &mut Vec<Span>) {
        let inner = self.start + 1 == text.start && text.end + 1 == self.end;
        if inner {
            self.flags |= INNER;
        } else if text != self.span() {
            self.flags |= APART;
            self.extra = texts.len() as u32;
            texts.push(text);
        }
    }

    /// Sets the key and the tag (an empty one is none). Once for a node, after its text.
    pub(super) fn set_key_and_tag(&mut self, key: KeyId, key_span: Span, tag: Span, rare: &mut Vec<Rare>) {
        self.key = key;
        self.key_start = key_span.start;
        let key_len = u16::try_from(key_span.end - key_span.start);
        self.key_len = key_len.unwrap_or_default();
        if key_len.is_err() || !tag.is_empty() {
            rare.push(Rare { extra: self.extra, tag, key_end: key_span.end });
            self.extra = (rare.len() - 1) as u32;
            self.flags |= RARE;
        }
    }

    /// The same node under another key, at another place.
    pub(super) fn copied(
        &self,
        key: KeyId,
        key_span: Span,
        span: Span,
        texts: &mut Vec<Span>,
        rare: &mut Vec<Rare>,
    ) -> Self {
        let mut copy = Self::new(self.kind, span);
        if self.is_collection() {
            copy.extra = self.size(rare);
        } else {
            copy.set_text(self.text(texts, rare), texts);
        }
        let tag = self.tag(rare).unwrap_or_default();
        copy.set_key_and_tag(key, key_span, tag, rare);
        copy
    }

    #[inline]
    pub(super) fn is_collection(&self) -> bool {
        matches!(self.kind, NodeKind::List | NodeKind::Map)
    }

    /// How many nodes the subtree has.
    #[inline]
    pub(super) fn size(&self, rare: &[Rare]) -> u32 {
        if !self.is_collection() {
            1
        } else if self.flags & RARE == 0 {
            self.extra
        } else {
            rare[self.extra as usize].extra
        }
    }

    pub(super) fn set_size(&mut self, size: u32, rare: &mut [Rare]) {
        if self.flags & RARE == 0 {
            self.extra = size;
        } else {
            rare[self.extra as usize].extra = size;
        }
    }

    #[inline]
    pub(super) fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }

    pub(super) fn set_end(&mut self, end: usize) {
        self.end = end as u32;
    }

    #[inline]
    pub(super) fn key(&self) -> Option<KeyId> {
        (self.key != KeyId::NONE).then_some(self.key)
    }

    pub(super) fn key_span(&self, rare: &[Rare]) -> Span {
        let end = match self.flags & RARE {
            0 => self.key_start + u32::from(self.key_len),
            _ => rare[self.extra as usize].key_end,
        };
        Span { start: self.key_start, end }
    }

    /// A leaf's text: empty where it has none.
    #[inline]
    pub(super) fn text(&self, texts: &[Span], rare: &[Rare]) -> Span {
        if !matches!(self.kind, NodeKind::Number | NodeKind::String) {
            return Span::default();
        }
        if self.flags & APART != 0 {
            let extra = if self.flags & RARE == 0 { self.extra } else { rare[self.extra as usize].extra };
            texts[extra as usize]
        } else if self.flags & INNER != 0 {
            Span { start: self.start + 1, end: self.end - 1 }
        } else {
            self.span()
        }
    }

    pub(super) fn tag(&self, rare: &[Rare]) -> Option<Span> {
        let tag = (self.flags & RARE != 0).then(|| rare[self.extra as usize].tag)?;
        (!tag.is_empty()).then_some(tag)
    }

    pub(super) fn drop_at_finish(&mut self) {
        self.flags |= DROPPED;
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.flags & DROPPED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_small() {
        assert_eq!(size_of::<Node>(), 24);
    }
}
