//! Documents that come and go in a stream.

use super::{Editor, Outcome};
use crate::format::edit::EditReason;
use crate::format::edit::align::Step;
use crate::format::yaml::print::print;
use crate::model::path::Step as PathStep;
use crate::model::tree::NodeId;
use crate::model::value::Value;

impl<'a> Editor<'a> {
    /// Removes, inserts and edits the documents of a stream.
    pub(super) fn documents(&mut self, documents: &[NodeId], target: &'a [Value]) -> Outcome {
        let markers = self.markers();
        // Where each document begins with its marker; the first one may have none.
        let bare = match documents.len().checked_sub(markers.len()) {
            Some(bare) if bare < 2 => bare == 1,
            _ => return Err(self.refuse(EditReason::Entangled("documents without markers"))),
        };
        let starts: Vec<usize> = if bare { [vec![0], markers].concat() } else { markers };
        let index_of = |child: NodeId| documents.binary_search(&child).unwrap_or_default();
        let end = |index: usize| starts.get(index + 1).copied().unwrap_or(self.source.len());
        let mut steps = self.sides.list_steps(documents, target);
        let moves = steps.iter().any(|step| matches!(step, Step::Insert { moved: Some(_), .. }));
        let is_kept = |step: &&Step<'_>| matches!(step, Step::Stay { child, value, .. } if self.sides.same(*child, value));
        let kept = steps.iter().filter(is_kept).count();
        let same_place = documents.iter().zip(target).filter(|(node, value)| self.sides.same(**node, value));
        if documents.len() == target.len() && !moves && kept <= same_place.count() {
            let pair = |(&child, value)| Step::Stay { child, renamed: None, value };
            steps = documents.iter().zip(target).map(pair).collect();
        }
        let mut put_before = false;
        let marker = self.with_newlines("---\n");
        let mut place = starts[0];
        for step in steps {
            match step {
                Step::Stay { child, value, .. } => {
                    let index = index_of(child);
                    let is_bare = bare && index == 0;
                    if is_bare && put_before {
                        self.edits.insert(0, marker.as_str());
                    }
                    let from = if is_bare { 0 } else { starts[index] + 3 };
                    self.path.push(PathStep::Index(index));
                    self.document(child, from, value)?;
                    self.path.pop();
                    place = end(index);
                }
                Step::Remove { child } => {
                    let index = index_of(child);
                    let part = starts[index]..end(index);
                    self.references.gone.push(part.clone());
                    self.edits.remove(part);
                }
                Step::Insert { value, moved, .. } => {
                    let moved = moved.map(index_of).and_then(|index| {
                        let is_bare = bare && index == 0;
                        let from = if is_bare { 0 } else { starts[index] + 3 };
                        let part = starts[index]..end(index);
                        if !self.may_move(documents[index], value, &part, part.start) {
                            return None;
                        }
                        let text =
                            self.moved_part(part, |editor| editor.document(documents[index], from, value))?;
                        Some(if is_bare { format!("{marker}{text}") } else { text })
                    });
                    let text = match moved {
                        Some(text) => text,
                        None => {
                            let text = print(value).map_err(|fault| self.unprintable(fault))?;
                            format!("{marker}{}", self.with_newlines(&text))
                        }
                    };
                    self.edits.insert(place, text);
                    put_before = place == starts[0];
                }
            }
        }
        Ok(())
    }

    /// Where the lines are that begin with `---`.
    pub(super) fn markers(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = 0;
        for line in self.source.split_inclusive('\n') {
            if line.starts_with("---") && line[3..].starts_with([' ', '\t', '\r', '\n']) {
                found.push(at);
            }
            at += line.len();
        }
        found
    }
}
