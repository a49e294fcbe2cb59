//! Makes the edits of a patch in content of which little is known.

use std::collections::{HashMap, VecDeque};

use super::content::{Content, Items, Now, Was};
use crate::diff::apply::{PatchError, PatchErrorKind};
use crate::diff::patch::Edit;
use crate::diff::plan::{NONE, Place, Plan, ROOT, path_of};
use crate::model::path::{Path, Step};

/// The edits on their way: which were made, and which cells are still to be gone into.
struct Making<'p, 'a> {
    plan: &'p Plan<'a>,
    /// The cell of each place of the old content.
    cells: Vec<Option<u32>>,
    used: Vec<bool>,
    open: Vec<Pair>,
}

/// A cell and where its edits are: those of the old content and those of the new one.
#[derive(Clone, Copy)]
struct Pair {
    cell: u32,
    old: u32,
    new: u32,
}

impl<'a> Content<'a, '_> {
    /// Makes the edits of a patch. `n log n` in the patch.
    pub(super) fn make(&mut self, plan: &Plan<'a>) -> Result<(), PatchError> {
        let cells = self.locate(plan)?;
        for (place, cell) in plan.old.iter().zip(&cells) {
            if let Some(cell) = cell.filter(|_| place.moves.is_some()) {
                self.cell_mut(cell).leaves = true;
            }
        }
        for (place, cell) in plan.old.iter().zip(&cells) {
            let Some(cell) = *cell else { continue };
            for edit in [place.moves, place.replaced].into_iter().flatten() {
                let (path, expected) = match plan.edits[edit as usize] {
                    Edit::Remove { path, value } => (path, value),
                    Edit::Replace { path, old, .. } => (path, old),
                    Edit::Add { .. } | Edit::Move { .. } => continue,
                };
                if !self.learn(cell, expected) {
                    return Err(PatchError { path: path.clone(), kind: PatchErrorKind::Differs });
                }
            }
        }
        let root = Pair { cell: ROOT, old: ROOT, new: ROOT };
        let mut making = Making { plan, cells, used: vec![false; plan.edits.len()], open: vec![root] };
        while let Some(pair) = making.open.pop() {
            self.make_within(&mut making, pair)?;
        }
        making.check_all_made()
    }

    /// Finds the cell of each place of the old content.
    fn locate(&mut self, plan: &Plan<'a>) -> Result<Vec<Option<u32>>, PatchError> {
        let missing = |place: u32| PatchError {
            path: path_of(&plan.old, place as usize),
            kind: PatchErrorKind::Missing,
        };
        let mut cells = vec![None; plan.old.len()];
        let mut open = vec![(ROOT, ROOT)];
        while let Some((place, cell)) = open.pop() {
            cells[place as usize] = Some(cell);
            let Place { below, is_map, .. } = &plan.old[place as usize];
            let Some(&first) = below.values().next() else { continue };
            match self.open(cell, *is_map) {
                Ok(false) => {}
                Ok(true) => continue,
                Err(_) => return Err(missing(first)),
            }
            if let Now::Map(_) = self.cell(cell).now {
                for (step, &place) in below {
                    let found = self.entry(cell, &step.as_key()).ok_or_else(|| missing(place))?;
                    open.push((place, found));
                }
            } else {
                let places = by_index(below.iter());
                let indices: Vec<usize> = places.iter().map(|(index, _)| *index).collect();
                for ((_, place), found) in places.into_iter().zip(self.items(cell, &indices)) {
                    open.push((place, found.ok_or_else(|| missing(place))?));
                }
            }
        }
        Ok(cells)
    }

    fn make_within(&mut self, making: &mut Making<'_, 'a>, pair: Pair) -> Result<(), PatchError> {
        let plan = making.plan;
        let Pair { cell, mut old, new } = pair;
        if let Some(edit) = plan.old_place(old).and_then(|place| place.replaced)
            && let Edit::Replace { new, .. } = plan.edits[edit as usize]
        {
            making.used[edit as usize] = true;
            self.cell_mut(cell).now = Now::Value(new);
            old = NONE;
        }
        let (old_place, new_place) = (plan.old_place(old), plan.new_place(new));
        if !Plan::is_open(old_place) && !Plan::is_open(new_place) {
            return Ok(());
        }
        let is_map = [old_place, new_place].into_iter().flatten().any(|place| place.is_map);
        match self.open(cell, is_map) {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            Err(_) => return Err(making.missing_below(new)),
        }
        match self.cell(cell).now {
            Now::Map(_) => self.make_in_map(making, Pair { cell, old, new }),
            _ => self.make_in_list(making, Pair { cell, old, new }),
        }
    }

    fn make_in_map(&mut self, making: &mut Making<'_, 'a>, map: Pair) -> Result<(), PatchError> {
        let plan = making.plan;
        for (step, &old) in plan.old_place(map.old).iter().flat_map(|place| &place.below) {
            let Some(cell) = making.cells[old as usize] else { continue };
            if plan.old[old as usize].moves.is_none() {
                making.open.push(Pair { cell, old, new: plan.below(&plan.new, map.new, step) });
            } else if let Now::Map(now) = &mut self.cell_mut(map.cell).now {
                now.entries.swap_remove(&*step.as_key());
            }
        }
        for (step, &new) in plan.new_place(map.new).iter().flat_map(|place| &place.below) {
            let key = step.as_key();
            if plan.new[new as usize].moves.is_none() {
                let is_known = plan.below(&plan.old, map.old, step) != NONE;
                if let Some(cell) = (!is_known).then(|| self.entry(map.cell, &key)).flatten() {
                    making.open.push(Pair { cell, old: NONE, new });
                }
                continue;
            }
            let Some(cell) = self.coming(making, new) else { continue };
            let map_cell = self.cell_mut(map.cell);
            let Now::Map(now) = &mut map_cell.now else { continue };
            let is_there = now.entries.insert(key.to_string(), cell).is_some();
            if is_there {
                return Err(PatchError {
                    path: path_of(&plan.new, new as usize),
                    kind: PatchErrorKind::Exists,
                });
            }
            if let Was::Map(_, was) = &map_cell.was
                && now.is_old
                && !was.contains_key(&*key)
            {
                now.absent.insert(key.into_owned());
            }
        }
        Ok(())
    }

    fn make_in_list(&mut self, making: &mut Making<'_, 'a>, list: Pair) -> Result<(), PatchError> {
        let plan = making.plan;
        let missing = making.missing_below(list.new);
        let old_items =
            plan.old_place(list.old).map(|place| by_index(place.below.iter())).unwrap_or_default();
        let new_items =
            plan.new_place(list.new).map(|place| by_index(place.below.iter())).unwrap_or_default();
        let leaves = |place: &Place| place.moves.is_some() || place.other.is_some();
        let mut leaving = HashMap::new();
        let mut staying = HashMap::new();
        for (_, old) in old_items {
            let Some(cell) = making.cells[old as usize] else { continue };
            let items = if leaves(&plan.old[old as usize]) { &mut leaving } else { &mut staying };
            items.insert(cell, old);
        }
        let Now::List(now) = &mut self.cell_mut(list.cell).now else { return Err(missing) };
        let runs = std::mem::take(&mut now.items).into_iter();
        let mut left: VecDeque<Items> =
            runs.filter(|run| !matches!(run, Items::One(item) if leaving.contains_key(item))).collect();
        let mut items = Vec::with_capacity(left.len() + new_items.len());
        let mut position = 0;
        for (index, new) in new_items {
            while position < index {
                let count = index - position;
                let run = left.pop_front().ok_or_else(|| missing.clone())?;
                match run {
                    Items::Run(from, to) if to.is_none_or(|to| to - from > count) => {
                        let until = from.checked_add(count).ok_or_else(|| missing.clone())?;
                        items.push(Items::Run(from, Some(until)));
                        left.push_front(Items::Run(until, to));
                        position = index;
                    }
                    Items::Run(from, to) => {
                        items.push(run);
                        position += to.unwrap_or(from) - from;
                    }
                    Items::One(_) => {
                        items.push(run);
                        position += 1;
                    }
                }
            }
            let place = &plan.new[new as usize];
            let cell = if place.moves.is_some() {
                let Some(cell) = self.coming(making, new) else { continue };
                cell
            } else if let Some(other) = place.other {
                let old = plan.below(&plan.old, list.old, &Step::Index(other));
                let cell = making.cells.get(old as usize).copied().flatten();
                let cell =
                    cell.filter(|cell| leaving.remove(cell).is_some()).ok_or_else(|| missing.clone())?;
                making.open.push(Pair { cell, old, new });
                cell
            } else {
                let cell = match left.pop_front() {
                    None => continue,
                    Some(Items::One(cell)) => cell,
                    Some(Items::Run(from, to)) => {
                        if to.is_none_or(|to| to > from + 1) {
                            left.push_front(Items::Run(from + 1, to));
                        }
                        self.old_item(list.cell, from)
                    }
                };
                let old = staying.remove(&cell).unwrap_or(NONE);
                making.open.push(Pair { cell, old, new });
                cell
            };
            items.push(Items::One(cell));
            position += 1;
        }
        items.extend(left);
        making.open.extend(staying.into_iter().map(|(cell, old)| Pair { cell, old, new: NONE }));
        if leaving.values().any(|&old| plan.old[old as usize].other.is_some()) {
            return Err(missing);
        }
        if let Now::List(now) = &mut self.cell_mut(list.cell).now {
            now.items = items;
        }
        Ok(())
    }

    /// What comes to a place of the new content, once.
    fn coming(&mut self, making: &mut Making<'_, 'a>, new: u32) -> Option<u32> {
        let edit = making.plan.new[new as usize].moves? as usize;
        if std::mem::replace(&mut making.used[edit], true) {
            return None;
        }
        let (cell, old) = match making.plan.edits[edit] {
            Edit::Add { value, .. } => (self.add_new(value), NONE),
            Edit::Move { .. } => {
                let old = making.plan.from[edit];
                let cell = making.cells[old as usize]?;
                self.cell_mut(cell).leaves = false;
                self.cell_mut(cell).moved = true;
                (cell, old)
            }
            Edit::Remove { .. } | Edit::Replace { .. } => return None,
        };
        making.open.push(Pair { cell, old, new });
        Some(cell)
    }
}

impl Making<'_, '_> {
    fn missing_below(&self, place: u32) -> PatchError {
        let path = if place == NONE { Path::root() } else { path_of(&self.plan.new, place as usize) };
        PatchError { path, kind: PatchErrorKind::Missing }
    }

    /// What has no place in the new content is below something that goes.
    fn check_all_made(&self) -> Result<(), PatchError> {
        let plan = self.plan;
        let is_left = |at: &usize| !self.used[*at] && !matches!(plan.edits[*at], Edit::Remove { .. });
        match (0..plan.edits.len()).find(is_left) {
            None => Ok(()),
            Some(edit) => Err(match plan.edits[edit] {
                Edit::Replace { path, .. } => {
                    PatchError { path: path.clone(), kind: PatchErrorKind::Contradicts }
                }
                _ => PatchError {
                    path: path_of(&plan.new, plan.to[edit] as usize),
                    kind: PatchErrorKind::Missing,
                },
            }),
        }
    }
}

/// The places in a list, by index.
fn by_index<'a>(places: impl Iterator<Item = (&'a Step, &'a u32)>) -> Vec<(usize, u32)> {
    let mut places: Vec<(usize, u32)> = places
        .filter_map(|(step, place)| match step {
            Step::Index(index) => Some((*index, *place)),
            Step::Key(_) => None,
        })
        .collect();
    places.sort_unstable();
    places
}
