//! A segment of the index: some versions in a row, each by what it differs in from the one before.
//!
//! ```text
//! magic, length of the body (4 bytes, little endian), SHA-256 of the body, body:
//!   first, last          the versions that it covers
//!   number, seal         the last readable version before it
//!   number, seal         the last readable version in it, or the one before it
//!   entries              a version, or a run of versions that could not be read
//! ```
//! Numbers are LEB128, texts are a length and bytes. The first entry of a segment says all; where an author, a
//! description or the lines are those of the entry before, later ones say only that.

use crate::canonical::checksum;
use crate::diff::text::edits;
use crate::model::checksum::Checksum;
use crate::model::leb128;
use crate::model::record::{MAX_NUMBER, Version};

/// A readable version by its number and its seal; none by 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Anchor {
    pub(super) number: u64,
    pub(super) seal: Checksum,
}

impl Anchor {
    pub(super) const NONE: Self = Self { number: 0, seal: Checksum([0; 32]) };
}

/// What a version or a run of unreadable ones is told as.
pub(in crate::history) enum Entry<'a> {
    Version(Told<'a>),
    Unreadable { first: u64, last: u64 },
}

/// A version by what it differs in from the one before.
pub(in crate::history) struct Told<'a> {
    pub(in crate::history) number: u64,
    /// Its first parent; 0 for none.
    pub(in crate::history) parent: u64,
    /// Microseconds since 1970.
    pub(in crate::history) time: i64,
    /// Who, where it is another than before.
    pub(in crate::history) author: Option<&'a str>,
    /// Why, where it is another than before.
    pub(in crate::history) description: Option<&'a str>,
    /// The paths that its record says changed.
    pub(in crate::history) paths: Vec<&'a str>,
    /// Whether there are more than these.
    pub(in crate::history) is_cut: bool,
    /// What became of the lines.
    pub(in crate::history) edits: Vec<Edit<'a>>,
}

/// One step from the lines of a version to those of the next.
pub(in crate::history) struct Edit<'a> {
    /// So many stay.
    pub(in crate::history) kept: usize,
    /// So many go.
    pub(in crate::history) removed: usize,
    /// These come.
    pub(in crate::history) added: Vec<&'a str>,
}

const MAGIC: &[u8; 8] = b"vconf\0i1";

/// How long what stands before the body is.
pub(super) const HEADER_BYTES: usize = 8 + 4 + 32;

/// A body longer than this is none.
const MAX_BODY_BYTES: usize = 1 << 30;

const SAME_AUTHOR: u8 = 1;
const SAME_DESCRIPTION: u8 = 2;
const SAME_LINES: u8 = 4;
const PATHS_CUT: u8 = 8;
const PARENT_BEFORE: u8 = 16;

/// How long the body of the segment that bytes begin with is; `None` where they begin with none.
pub(super) fn body_len(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let length = u32::from_le_bytes(rest.get(..4)?.try_into().ok()?) as usize;
    (length <= MAX_BODY_BYTES).then_some(length)
}

/// A segment that is read.
pub(super) struct Segment<'a> {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) base: Anchor,
    pub(super) end: Anchor,
    rest: Reader<'a>,
    next: u64,
    time: i64,
}

impl<'a> Segment<'a> {
    /// Reads a whole segment whose checksum is right.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let body = bytes.get(HEADER_BYTES..HEADER_BYTES + body_len(bytes)?)?;
        (checksum(body).0[..] == bytes[12..HEADER_BYTES]).then(|| Self::body(body))?
    }

    /// Reads a body that needs no check.
    fn body(body: &'a [u8]) -> Option<Self> {
        let mut rest = Reader(body);
        let (first, last) = (rest.number()?, rest.number()?);
        let (base, end) = (rest.anchor()?, rest.anchor()?);
        ((1..=last).contains(&first) && last <= MAX_NUMBER).then_some(Self {
            first,
            last,
            base,
            end,
            rest,
            next: first,
            time: 0,
        })
    }

    /// Reads the next entry; `Ok(None)` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'a>>, Malformed> {
        if self.rest.0.is_empty() {
            return if self.next == self.last + 1 { Ok(None) } else { Err(Malformed) };
        }
        self.entry().ok_or(Malformed).map(Some)
    }

    fn entry(&mut self) -> Option<Entry<'a>> {
        let number = self.next;
        let run = self.rest.number()?;
        if run > 0 {
            let last = number.checked_add(run - 1).filter(|&last| last <= self.last)?;
            self.next = last + 1;
            return Some(Entry::Unreadable { first: number, last });
        }
        if number > self.last {
            return None;
        }
        self.next += 1;
        let rest = &mut self.rest;
        let flags = rest.byte()?;
        self.time = self.time.wrapping_add(leb128::take_signed(&mut rest.0)?);
        let parent = if flags & PARENT_BEFORE != 0 { number - 1 } else { rest.number()? };
        if parent >= number {
            return None;
        }
        let author = if flags & SAME_AUTHOR != 0 { None } else { Some(rest.text()?) };
        let description = if flags & SAME_DESCRIPTION != 0 { None } else { Some(rest.text()?) };
        let paths = (0..rest.number()?).map(|_| rest.text()).collect::<Option<_>>()?;
        let count = if flags & SAME_LINES != 0 { 0 } else { rest.number()? };
        let edits = (0..count).map(|_| rest.edit()).collect::<Option<_>>()?;
        let is_cut = flags & PATHS_CUT != 0;
        let time = self.time;
        Some(Entry::Version(Told { number, parent, time, author, description, paths, is_cut, edits }))
    }
}

/// The index is not what it was written as.
#[derive(Debug)]
pub(super) struct Malformed;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u64> {
        leb128::take(&mut self.0)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn anchor(&mut self) -> Option<Anchor> {
        let number = self.number()?;
        let (seal, rest) = self.0.split_first_chunk::<32>()?;
        self.0 = rest;
        Some(Anchor { number, seal: Checksum(*seal) })
    }

    fn edit(&mut self) -> Option<Edit<'a>> {
        let (kept, removed) = (usize::try_from(self.number()?).ok()?, usize::try_from(self.number()?).ok()?);
        let added = (0..self.number()?).map(|_| self.text()).collect::<Option<_>>()?;
        Some(Edit { kept, removed, added })
    }
}

/// A segment that is written.
pub(super) struct Writer {
    first: u64,
    pub(super) base: Anchor,
    pub(super) end: Anchor,
    /// The number after the last.
    pub(super) next: u64,
    entries: Vec<u8>,
    time: i64,
    author: Option<String>,
    description: Option<String>,
}

impl Writer {
    /// Begins a segment at a number, after a readable version.
    pub(super) fn new(first: u64, base: Anchor) -> Self {
        Self {
            first,
            base,
            end: base,
            next: first,
            entries: Vec::new(),
            time: 0,
            author: None,
            description: None,
        }
    }

    /// How many versions are in it.
    pub(super) fn count(&self) -> u64 {
        self.next - self.first
    }

    /// How long it is.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds versions that can't be read, up to a number.
    pub(super) fn unreadable(&mut self, last: u64) {
        leb128::put(&mut self.entries, last + 1 - self.next);
        self.next = last + 1;
    }

    /// Adds the next version, given the lines of the readable one before it and its own.
    pub(super) fn version(&mut self, version: &Version, old: &str, new: &str) {
        let out = &mut self.entries;
        let parent = version.parents.first().copied().unwrap_or(0);
        let changes = &version.changes;
        let told = changes.added.saturating_add(changes.removed).saturating_add(changes.changed);
        let is_same = |before: &Option<String>, now: &str| before.as_deref() == Some(now);
        let flags = [
            (is_same(&self.author, &version.author), SAME_AUTHOR),
            (is_same(&self.description, &version.description), SAME_DESCRIPTION),
            (old == new, SAME_LINES),
            (told > changes.paths.len() as u64, PATHS_CUT),
            (parent == version.number - 1, PARENT_BEFORE),
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).fold(0, |flags, (_, flag)| flags | flag);
        out.extend([0, flags]);
        let time = version.timestamp.as_microseconds();
        let delta = time.wrapping_sub(self.time);
        leb128::put_signed(out, delta);
        self.time = time;
        if flags & PARENT_BEFORE == 0 {
            leb128::put(out, parent);
        }
        if flags & SAME_AUTHOR == 0 {
            text(out, &version.author);
            self.author = Some(version.author.clone());
        }
        if flags & SAME_DESCRIPTION == 0 {
            text(out, &version.description);
            self.description = Some(version.description.clone());
        }
        leb128::put(out, changes.paths.len() as u64);
        changes.paths.iter().for_each(|path| text(out, path));
        if flags & SAME_LINES == 0 {
            write_edits(out, old, new);
        }
        self.end = Anchor { number: version.number, seal: version.seal };
        self.next = version.number + 1;
    }

    /// The whole segment; the writer is then empty, and goes on after it.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.entries.len() + 100);
        leb128::put(&mut body, self.first);
        leb128::put(&mut body, self.next - 1);
        for anchor in [self.base, self.end] {
            leb128::put(&mut body, anchor.number);
            body.extend(anchor.seal.0);
        }
        body.append(&mut self.entries);
        let mut segment = MAGIC.to_vec();
        segment.extend((body.len() as u32).to_le_bytes());
        segment.extend(checksum(&body).0);
        segment.append(&mut body);
        *self = Self::new(self.next, self.end);
        segment
    }
}

/// Writes what becomes of lines. What both texts begin and end with is passed by, and what is left is compared.
fn write_edits(out: &mut Vec<u8>, old: &str, new: &str) {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let alike = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let head = old[..alike].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let kept = old[..head].iter().filter(|&&byte| byte == b'\n').count();
    let (old, new) = (&old[head..], &new[head..]);
    let alike = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    // A line end that both have ends the last line that is compared.
    let tail = &old[old.len() - alike..];
    let tail = tail.iter().position(|&byte| byte == b'\n').map_or(0, |at| tail.len() - at - 1);
    let (old, new) = (middle(old, tail), middle(new, tail));
    let edits = match (old.len(), new.len()) {
        _ if old == new => Vec::new(),
        (0, _) | (_, 0) | (1, 1) => vec![(0..old.len(), 0..new.len())],
        _ => edits(&old, &new),
    };
    leb128::put(out, edits.len() as u64);
    let (mut at, mut before) = (0, kept);
    for (removed, added) in edits {
        leb128::put(out, (before + removed.start - at) as u64);
        leb128::put(out, removed.len() as u64);
        leb128::put(out, added.len() as u64);
        new[added].iter().for_each(|line| text(out, line));
        (at, before) = (removed.end, 0);
    }
}

/// The lines of a text without so many bytes at its end, before which a line ends.
fn middle(bytes: &[u8], tail: usize) -> Vec<&str> {
    let text = std::str::from_utf8(&bytes[..bytes.len() - tail]).expect("texts are cut between lines");
    super::view::lines(text).collect()
}

fn text(out: &mut Vec<u8>, text: &str) {
    leb128::put(out, text.len() as u64);
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies what was written to the old lines.
    fn applied(old: &str, new: &str) -> Vec<String> {
        let mut bytes = Vec::new();
        write_edits(&mut bytes, old, new);
        let mut reader = Reader(&bytes);
        let mut rest: Vec<&str> = super::super::view::lines(old).collect();
        let mut lines = Vec::new();
        for _ in 0..reader.number().unwrap() {
            let Edit { kept, removed, added } = reader.edit().unwrap();
            lines.extend(rest.drain(..kept).map(str::to_owned));
            rest.drain(..removed);
            lines.extend(added.into_iter().map(str::to_owned));
        }
        lines.extend(rest.into_iter().map(str::to_owned));
        assert!(reader.0.is_empty());
        lines
    }

    #[test]
    fn edits_make_the_new_lines_of_the_old_ones() {
        let texts = [
            "",
            "\n",
            "a",
            "a\n",
            "a\r\nb",
            "a\nb\n",
            "b\na\n",
            "a\nb\nc\nd\n",
            "a\nx\nc\ny\n",
            "\n\n",
            "ä\nö",
            "ö\nö\n",
            "a\na\na\n",
            "aa\na",
        ];
        for old in texts {
            for new in texts {
                let expected: Vec<_> = super::super::view::lines(new).collect();
                assert_eq!(applied(old, new), expected, "{old:?} {new:?}");
            }
        }
    }

    #[test]
    fn whatever_a_body_holds_is_read_or_malformed() {
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            let mut body = vec![1, 3];
            body.extend([0; 66]);
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Small numbers lead further than large ones.
                body.push((seed >> 33) as u8 & if seed >> 63 == 0 { 3 } else { 0xff });
            }
            let mut segment = Segment::body(&body).unwrap();
            while let Ok(Some(_)) = segment.next() {}
        }
    }

    #[test]
    fn a_segment_comes_back_and_a_damaged_one_is_none() {
        let mut writer = Writer::new(5, Anchor::NONE);
        writer.unreadable(6);
        let bytes = writer.finish();
        let mut segment = Segment::read(&bytes).unwrap();
        assert_eq!(
            (segment.first, segment.last, segment.base, segment.end),
            (5, 6, Anchor::NONE, Anchor::NONE)
        );
        assert!(matches!(segment.next(), Ok(Some(Entry::Unreadable { first: 5, last: 6 }))));
        assert!(matches!(segment.next(), Ok(None)));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Segment::read(&flipped).is_none(), "at {at}");
            assert!(Segment::read(&bytes[..at]).is_none(), "cut at {at}");
        }
    }
}
