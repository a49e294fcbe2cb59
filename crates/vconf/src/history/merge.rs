//! Merge: one source of two that come from the same one.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::error::Error;
use super::load::is_structured;
use crate::diff::text::{self, Names, Part};
use crate::diff::{self, About, Choice, Conflict, Merge, Options};
use crate::format::edit::{EditError, edit};
use crate::format::{self, Document, Format};
use crate::model::name::ConfigName;
use crate::model::path::{Path, Step};
use crate::model::tree::{TooDeep, Tree};
use crate::model::value::Value;
use crate::store::Store;

/// One of the three sources of a merge.
#[derive(Clone, Copy, Debug)]
pub struct MergeSide<'a> {
    /// The exact bytes.
    pub bytes: &'a [u8],
    /// What they were read as.
    pub document: &'a Document,
    /// What people call it, where a conflict is marked.
    pub name: &'a str,
}

/// What came of a merge of sources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergedSource {
    /// The merged source; none where there is a conflict that nobody settled.
    pub source: Option<Vec<u8>>,
    /// What both sides changed, each in its own way. Of texts the path is the index of ours' line.
    pub conflicts: Vec<Conflict>,
    /// The comments that theirs put in or changed, and that the merged source has not.
    pub lost_comments: Vec<String>,
    /// The text with its conflicts marked, where the merge is one of lines.
    pub marked: Option<String>,
}

/// Merges what two sources each changed since a third.
///
/// Sources with keys and values are merged by content ([`diff::merge`]) and the outcome is written into `ours`, so that
/// all else in it stays. Where a merge by lines comes to the same content it is taken instead, for it has the comments
/// of both. So it is where aliases of YAML stand in the sources: content does not tell who shares a value with whom.
/// Texts are merged by lines, and of bytes one side is taken whole. With a `choice` no conflict is left.
pub fn merge_sources(
    base: MergeSide<'_>,
    ours: MergeSide<'_>,
    theirs: MergeSide<'_>,
    options: &Options,
    choice: Option<Choice>,
) -> Result<MergedSource, MergeError> {
    let whole = |bytes: &[u8]| MergedSource {
        source: Some(bytes.to_vec()),
        conflicts: Vec::new(),
        lost_comments: Vec::new(),
        marked: None,
    };
    if theirs.bytes == base.bytes || theirs.bytes == ours.bytes {
        return Ok(whole(ours.bytes));
    }
    if ours.bytes == base.bytes && ours.document.format == theirs.document.format {
        return Ok(whole(theirs.bytes));
    }
    let sides = Sides { base, ours, theirs };
    match (sides.trees(), sides.texts()) {
        (Some(trees), texts) => sides.by_content(trees, texts, options, choice),
        (None, Some(texts)) => Ok(sides.by_lines(texts, choice)),
        (None, None) => Ok(sides.as_bytes(choice)),
    }
}

struct Sides<'a> {
    base: MergeSide<'a>,
    ours: MergeSide<'a>,
    theirs: MergeSide<'a>,
}

impl<'a> Sides<'a> {
    fn each(&self) -> [MergeSide<'a>; 3] {
        [self.base, self.ours, self.theirs]
    }

    /// The contents, where all have a structure.
    fn trees(&self) -> Option<[&'a Tree; 3]> {
        let [base, ours, theirs] =
            self.each().map(|side| side.document.tree.as_deref().filter(|_| is_structured(side.document)));
        Some([base?, ours?, theirs?])
    }

    /// The texts, where all are that, in one format.
    fn texts(&self) -> Option<[&'a str; 3]> {
        let [base, ours, theirs] = self.each().map(|side| std::str::from_utf8(side.bytes).ok());
        let format = self.ours.document.format;
        let same = self.each().iter().all(|side| side.document.format == format);
        let binary = format == Format::Binary;
        if (same || self.trees().is_none()) && !binary { Some([base?, ours?, theirs?]) } else { None }
    }

    fn by_content(
        &self,
        [base, ours, theirs]: [&Tree; 3],
        texts: Option<[&str; 3]>,
        options: &Options,
        choice: Option<Choice>,
    ) -> Result<MergedSource, MergeError> {
        let merged = diff::merge_by(base, ours, theirs, options, &mut |_| choice)?;
        if !merged.is_clean() {
            return Ok(MergedSource {
                source: None,
                conflicts: merged.conflicts,
                lost_comments: Vec::new(),
                marked: None,
            });
        }
        let source = match self.by_lines_to(&merged, texts) {
            Some(source) => source,
            None => edit(self.ours.document, &merged.value)?,
        };
        let lost_comments = self.lost_comments(base, theirs, &source);
        Ok(MergedSource { source: Some(source), conflicts: merged.conflicts, lost_comments, marked: None })
    }

    /// A merge by lines that comes to this content.
    fn by_lines_to(&self, merged: &Merge, texts: Option<[&str; 3]>) -> Option<Vec<u8>> {
        let [base, ours, theirs] = texts?;
        let value = &merged.value;
        let follows_aliases = merged.conflicts.is_empty() && self.has_aliases();
        if let Some(plain) = text::merge(base, ours, theirs).text() {
            let read = self.read(&plain);
            if read.as_ref() == Some(value) || read.is_some() && follows_aliases {
                return Some(plain.into_bytes());
            }
        }
        let touching = text::merge_touching(base, ours, theirs).into_iter();
        touching.map(String::into_bytes).find(|merged| {
            std::str::from_utf8(merged).ok().and_then(|merged| self.read(merged)).as_ref() == Some(value)
        })
    }

    fn lost_comments(&self, base: &Tree, theirs: &Tree, source: &[u8]) -> Vec<String> {
        let mut wanted: Vec<String> = Vec::new();
        let mut left = counts(base);
        for comment in texts_of_comments(theirs) {
            match left.get_mut(comment) {
                Some(count) if *count > 0 => *count -= 1,
                _ => wanted.push(comment.to_owned()),
            }
        }
        let merged = format::read("", source, Some(self.ours.document.format));
        let mut there = merged.tree.as_deref().map(counts).unwrap_or_default();
        // What base has and theirs kept is there for itself.
        for (comment, count) in counts(base) {
            if let Some(there) = there.get_mut(comment) {
                *there = there.saturating_sub(count);
            }
        }
        wanted.retain(|comment| match there.get_mut(comment.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        wanted
    }

    /// The content of a text in ours' format.
    fn read(&self, text: &str) -> Option<Value> {
        format::parse(self.ours.document.format, text).ok()?.to_value().ok()
    }

    fn has_aliases(&self) -> bool {
        let has = |side: MergeSide<'_>| side.bytes.contains(&b'*') && side.bytes.contains(&b'&');
        self.ours.document.format == Format::Yaml && self.each().into_iter().any(has)
    }

    fn by_lines(&self, [base, ours, theirs]: [&str; 3], choice: Option<Choice>) -> MergedSource {
        let merge = text::merge(base, ours, theirs);
        let mut line = 0;
        let mut conflicts = Vec::new();
        let mut merged = String::new();
        for part in &merge.parts {
            let ours = match *part {
                Part::Merged(text) => text,
                Part::Conflict { base, ours, theirs } => {
                    let path = Path(vec![Step::Index(line)]);
                    conflicts.push(conflict(path, base.into(), ours.into(), theirs.into(), choice));
                    if choice == Some(Choice::Theirs) { theirs } else { ours }
                }
            };
            merged.push_str(ours);
            line += ours.matches('\n').count();
        }
        let names = Names { base: self.base.name, ours: self.ours.name, theirs: self.theirs.name };
        let settled = conflicts.is_empty() || choice.is_some();
        let marked = (!conflicts.is_empty()).then(|| merge.marked(names));
        MergedSource {
            source: settled.then(|| merged.into_bytes()),
            conflicts,
            lost_comments: Vec::new(),
            marked,
        }
    }

    fn as_bytes(&self, choice: Option<Choice>) -> MergedSource {
        let told = |side: MergeSide<'_>| Value::from(format!("{} bytes", side.bytes.len()));
        let [base, ours, theirs] = self.each().map(told);
        let source = choice.map(|choice| match choice {
            Choice::Ours => self.ours.bytes.to_vec(),
            Choice::Theirs => self.theirs.bytes.to_vec(),
        });
        let conflicts = vec![conflict(Path::root(), base, ours, theirs, choice)];
        MergedSource { source, conflicts, lost_comments: Vec::new(), marked: None }
    }
}

fn texts_of_comments(tree: &Tree) -> impl Iterator<Item = &str> {
    tree.comments().iter().map(|comment| tree.source()[comment.range()].trim_end())
}

/// How often each comment is there.
fn counts(tree: &Tree) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for comment in texts_of_comments(tree) {
        *counts.entry(comment).or_default() += 1;
    }
    counts
}

fn conflict(path: Path, base: Value, ours: Value, theirs: Value, choice: Option<Choice>) -> Conflict {
    Conflict { path, about: About::Value, base: Some(base), ours: Some(ours), theirs: Some(theirs), choice }
}

/// Why sources could not be merged. Conflicts are none of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MergeError {
    /// The merged content can't be written into ours in place.
    Edit(EditError),
    /// One of them nests too deep.
    TooDeep(TooDeep),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edit(error) => error.fmt(f),
            Self::TooDeep(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MergeError {}

impl From<EditError> for MergeError {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

impl From<TooDeep> for MergeError {
    fn from(error: TooDeep) -> Self {
        Self::TooDeep(error)
    }
}

impl Store {
    /// The newest version that two versions both come from; `None` where there is none. Linear in the versions since.
    pub fn merge_base(&self, config: &ConfigName, ours: u64, theirs: u64) -> Result<Option<u64>, Error> {
        // Parents have smaller numbers: what is reached from both sides first, going down, is the newest.
        let mut reached = BTreeMap::from([(ours, OURS)]);
        *reached.entry(theirs).or_default() |= THEIRS;
        while let Some((number, sides)) = reached.pop_last() {
            if sides == OURS | THEIRS {
                return Ok(Some(number));
            }
            for parent in self.header(config, number)?.parents {
                *reached.entry(parent).or_default() |= sides;
            }
        }
        Ok(None)
    }
}

const OURS: u8 = 1;
const THEIRS: u8 = 2;
