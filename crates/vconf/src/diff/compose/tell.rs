//! Tells what became of the content as a patch.

use super::content::{Cell, Content, Items, Now, Was};
use crate::diff::apply::{PatchError, PatchErrorKind};
use crate::diff::pairing::longest_rising;
use crate::diff::patch::{Edit, Patch, Reorder};
use crate::diff::plan::{NONE, ROOT};
use crate::model::path::{Path, Step};
use crate::model::value::{Map, Tagged, Value};

impl Content<'_, '_> {
    /// The patch from the content as it was to the content as it is.
    pub(super) fn difference(&self) -> Result<Patch, PatchError> {
        let places = vec![(NONE, Step::Index(0)); self.cells.len()];
        let patch = Patch::default();
        let mut telling = Telling { content: self, lives: self.living(), places, patch, open: vec![ROOT] };
        while let Some(cell) = telling.open.pop() {
            telling.tell(cell)?;
        }
        Ok(telling.patch)
    }

    /// Which cells have a place in the content as it is.
    fn living(&self) -> Vec<bool> {
        let mut lives = vec![false; self.cells.len()];
        let mut open = vec![ROOT];
        while let Some(id) = open.pop() {
            lives[id as usize] = true;
            match &self.cell(id).now {
                Now::Map(map) => open.extend(map.entries.values()),
                Now::List(list) => open.extend(list.items.iter().filter_map(Items::one)),
                Now::Same | Now::Value(_) => {}
            }
        }
        lives
    }
}

impl Items {
    fn one(&self) -> Option<u32> {
        match self {
            Self::One(item) => Some(*item),
            Self::Run(..) => None,
        }
    }
}

impl Cell<'_> {
    /// Whether it is what it was, but for edits within.
    fn is_kept(&self) -> bool {
        match &self.now {
            Now::Same => true,
            Now::Value(_) => false,
            Now::Map(map) => map.is_old,
            Now::List(list) => list.is_old,
        }
    }
}

struct Telling<'c, 'a, 'm> {
    content: &'c Content<'a, 'm>,
    lives: Vec<bool>,
    /// The cell that each one is in and the step there, where that is told.
    places: Vec<(u32, Step)>,
    patch: Patch,
    /// The cells whose place is told, and what is in them not yet.
    open: Vec<u32>,
}

/// A value without what has an edit of its own.
#[derive(PartialEq)]
struct Told {
    value: Value,
    is_whole: bool,
}

impl Telling<'_, '_, '_> {
    /// Notes what stands where it stood, or is told to have moved.
    fn stay(&mut self, cell: u32, parent: u32, step: Step) {
        self.places[cell as usize] = (parent, step);
        self.open.push(cell);
    }

    /// Where a cell is.
    fn path(&self, mut id: u32) -> Path {
        let mut steps = Vec::new();
        while id != ROOT {
            let (parent, step) = &self.places[id as usize];
            steps.push(step.clone());
            id = *parent;
        }
        steps.reverse();
        Path(steps)
    }

    fn tell(&mut self, id: u32) -> Result<(), PatchError> {
        let cell = self.content.cell(id);
        let start = self.open.len();
        if cell.home.is_some() && !cell.is_kept() {
            let (old, new) = (self.was(id)?, self.now(id)?);
            if !self.replace(id, id, old, new) {
                return Ok(());
            }
        }
        let is_kept = cell.home.is_some() && cell.is_kept();
        match &cell.now {
            Now::Same | Now::Value(_) => {}
            Now::Map(_) if is_kept => self.tell_map(id)?,
            Now::List(_) if is_kept => self.tell_list(id)?,
            Now::Map(map) => {
                for (key, &item) in &map.entries {
                    self.come_within(item, id, Step::Key(key.clone()));
                }
            }
            Now::List(list) => {
                for (index, item) in list.items.iter().filter_map(Items::one).enumerate() {
                    self.come_within(item, id, Step::Index(index));
                }
            }
        }
        self.open[start..].reverse();
        Ok(())
    }

    /// Tells a replacement, if it is one.
    fn replace(&mut self, replaced: u32, by: u32, old: Told, new: Told) -> bool {
        if old == new && old.is_whole {
            return false;
        }
        let (path, new_path) = (self.content.old_path(replaced), self.path(by));
        self.patch.edits.push(Edit::Replace { path, new_path, old: old.value, new: new.value });
        true
    }

    /// Tells what was old and is in something new.
    fn come_within(&mut self, id: u32, parent: u32, step: Step) {
        self.stay(id, parent, step);
        if self.content.cell(id).home.is_some() {
            self.shift(id, false);
        }
    }

    fn tell_map(&mut self, id: u32) -> Result<(), PatchError> {
        let Cell { was: Was::Map(_, was), now: Now::Map(now), .. } = self.content.cell(id) else {
            return Ok(());
        };
        let gone = |key: &String| was.get(key).copied().filter(|item| !self.lives[*item as usize]);
        let removed: Vec<u32> = was
            .keys()
            .filter(|key| now.entries.get(*key).is_none_or(|&item| self.content.cell(item).home.is_some()))
            .filter_map(gone)
            .collect();
        let replaced: Vec<Option<u32>> = now.entries.keys().map(gone).collect();
        for item in removed {
            self.remove(item)?;
        }
        for ((key, &item), replaced) in now.entries.iter().zip(replaced) {
            self.stay(item, id, Step::Key(key.clone()));
            match (&self.content.cell(item).home, replaced) {
                (Some((parent, step)), _) => {
                    if *parent != id || step.as_key() != *key {
                        self.shift(item, *parent == id);
                    }
                }
                (None, Some(replaced)) => {
                    let (old, new) = (self.was(replaced)?, self.now(item)?);
                    if !self.replace(replaced, item, old, new) {
                        self.open.pop();
                    }
                }
                (None, None) => self.add(item)?,
            }
        }
        Ok(())
    }

    fn tell_list(&mut self, id: u32) -> Result<(), PatchError> {
        let Cell { was: Was::List(_, was), now: Now::List(now), .. } = self.content.cell(id) else {
            return Ok(());
        };
        let stays = self.staying(id, &now.items);
        let mut moved = Vec::new();
        // What went, and what came, between two items that stay: equal ones at both ends did neither.
        let mut removed: Vec<u32> = Vec::new();
        let mut coming: Vec<u32> = Vec::new();
        let (mut next_old, mut position) = (0, 0);
        for run in now.items.iter().zip(stays).map(Some).chain([None]) {
            let (from, to) = match run {
                Some((Items::Run(from, to), _)) => (*from, *to),
                Some((Items::One(item), stays)) => {
                    self.stay(*item, id, Step::Index(position));
                    match self.home_in(*item, id) {
                        Some(index) if stays => (index, Some(index + 1)),
                        home => {
                            let cell = self.content.cell(*item);
                            match home {
                                Some(index) if !cell.moved => moved.push((index, position)),
                                _ if cell.home.is_some() => self.shift(*item, false),
                                _ => coming.push(*item),
                            }
                            position += 1;
                            continue;
                        }
                    }
                }
                None => (usize::MAX, None),
            };
            let gone = was.range(next_old.min(from)..from).map(|(_, item)| *item);
            let gone: Vec<u32> = gone.filter(|item| !self.lives[*item as usize]).collect();
            let (gone, come) = self.without_equal_ends(&gone, &coming)?;
            removed.extend(gone);
            for item in come {
                self.add(item)?;
            }
            coming.clear();
            position = position.saturating_add(to.unwrap_or(from) - from);
            next_old = to.unwrap_or(from);
        }
        for item in removed {
            self.remove(item)?;
        }
        if !moved.is_empty() {
            let (path, new_path) = (self.content.old_path(id), self.path(id));
            self.patch.orders.push(Reorder { path, new_path, moved });
        }
        Ok(())
    }

    /// Which items keep their order; of those that nothing is known of, all.
    fn staying(&self, list: u32, items: &[Items]) -> Vec<bool> {
        let mut stays = vec![true; items.len()];
        let mut least = 0;
        let mut at = 0;
        while at < items.len() {
            let end = items[at..].iter().position(|run| matches!(run, Items::Run(..)));
            let end = end.map_or(items.len(), |count| at + count);
            let most = match items.get(end) {
                Some(Items::Run(from, _)) => *from,
                _ => usize::MAX,
            };
            let group = items[at..end].iter().map(|run| {
                let index = self.home_in(run.one()?, list)?;
                (least..most).contains(&index).then_some(index as u32)
            });
            let group: Vec<Option<u32>> = group.collect();
            let mut rising = longest_rising(group.iter().flatten().copied()).into_iter();
            for (offset, index) in group.iter().enumerate() {
                stays[at + offset] = index.is_some() && rising.next().unwrap_or(false);
            }
            if let Some(Items::Run(_, Some(to))) = items.get(end) {
                least = *to;
            }
            at = end + 1;
        }
        stays
    }

    /// The index that a cell had in a list.
    fn home_in(&self, item: u32, list: u32) -> Option<usize> {
        match self.content.cell(item).home {
            Some((parent, Step::Index(index))) if parent == list => Some(index),
            _ => None,
        }
    }

    fn without_equal_ends<'i>(
        &self,
        mut gone: &'i [u32],
        mut come: &'i [u32],
    ) -> Result<(Vec<u32>, Vec<u32>), PatchError> {
        let is_same = |gone: u32, come: u32| -> Result<bool, PatchError> {
            let (old, new) = (self.was(gone)?, self.now(come)?);
            Ok(old == new && old.is_whole)
        };
        while let ([first, gone_rest @ ..], [item, come_rest @ ..]) = (gone, come)
            && is_same(*first, *item)?
        {
            (gone, come) = (gone_rest, come_rest);
        }
        while let ([gone_rest @ .., last], [come_rest @ .., item]) = (gone, come)
            && is_same(*last, *item)?
        {
            (gone, come) = (gone_rest, come_rest);
        }
        Ok((gone.to_vec(), come.to_vec()))
    }

    fn shift(&mut self, id: u32, renamed: bool) {
        let (from, path) = (self.content.old_path(id), self.path(id));
        self.patch.edits.push(Edit::Move { from, path, renamed });
    }

    fn add(&mut self, id: u32) -> Result<(), PatchError> {
        let value = self.now(id)?.value;
        self.patch.edits.push(Edit::Add { path: self.path(id), value });
        Ok(())
    }

    fn remove(&mut self, id: u32) -> Result<(), PatchError> {
        let value = self.was(id)?.value;
        self.patch.edits.push(Edit::Remove { path: self.content.old_path(id), value });
        Ok(())
    }

    /// What a cell was, without what is somewhere else now.
    fn was(&self, id: u32) -> Result<Told, PatchError> {
        let mut is_whole = true;
        let value = self.was_value(id, 0, &mut is_whole)?;
        Ok(Told { value, is_whole })
    }

    fn was_value(&self, id: u32, depth: usize, is_whole: &mut bool) -> Result<Value, PatchError> {
        let fails = |kind| PatchError { path: self.content.old_path(id), kind };
        if depth > Value::MAX_DEPTH {
            return Err(fails(PatchErrorKind::TooDeep));
        }
        let is_told = |item: u32, is_whole: &mut bool| {
            *is_whole &= !self.lives[item as usize];
            !self.lives[item as usize]
        };
        match &self.content.cell(id).was {
            // What goes was told whole by the edit that took it out, or by one around it.
            Was::Unknown => Err(fails(PatchErrorKind::Contradicts)),
            Was::Value(value) => Ok((*value).clone()),
            Was::Map(tags, entries) => {
                let mut map = Map::new();
                for (key, &item) in entries {
                    if is_told(item, is_whole) {
                        map.insert(key.clone(), self.was_value(item, depth + 1, is_whole)?);
                    }
                }
                Ok(tagged(tags, Value::Map(map)))
            }
            Was::List(tags, entries) => {
                let mut items = Vec::new();
                for &item in entries.values() {
                    if is_told(item, is_whole) {
                        items.push(self.was_value(item, depth + 1, is_whole)?);
                    }
                }
                Ok(tagged(tags, Value::List(items)))
            }
        }
    }

    /// What a cell is, without what was somewhere else.
    fn now(&self, id: u32) -> Result<Told, PatchError> {
        let mut is_whole = true;
        let value = self.now_value(id, 0, &mut is_whole)?;
        Ok(Told { value, is_whole })
    }

    fn now_value(&self, id: u32, depth: usize, is_whole: &mut bool) -> Result<Value, PatchError> {
        let fails = |kind| PatchError { path: Path::root(), kind };
        if depth > Value::MAX_DEPTH {
            return Err(fails(PatchErrorKind::TooDeep));
        }
        let is_told = |item: u32, is_whole: &mut bool| {
            let is_new = self.content.cell(item).home.is_none();
            *is_whole &= is_new;
            is_new
        };
        match &self.content.cell(id).now {
            Now::Same => Err(fails(PatchErrorKind::Contradicts)),
            Now::Value(value) => Ok((*value).clone()),
            Now::Map(now) => {
                let mut map = Map::new();
                for (key, &item) in &now.entries {
                    if is_told(item, is_whole) {
                        map.insert(key.clone(), self.now_value(item, depth + 1, is_whole)?);
                    }
                }
                Ok(tagged(&now.tags, Value::Map(map)))
            }
            Now::List(now) => {
                let mut items = Vec::new();
                for item in now.items.iter().filter_map(Items::one) {
                    if is_told(item, is_whole) {
                        items.push(self.now_value(item, depth + 1, is_whole)?);
                    }
                }
                Ok(tagged(&now.tags, Value::List(items)))
            }
        }
    }
}

fn tagged(tags: &[&str], value: Value) -> Value {
    tags.iter()
        .rev()
        .fold(value, |value, tag| Value::Tagged(Box::new(Tagged { tag: (*tag).to_owned(), value })))
}
