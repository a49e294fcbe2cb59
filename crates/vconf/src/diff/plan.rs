//! The edits of a patch by their places: which of the old content go, and which of the new one come.

use indexmap::IndexMap;

use super::apply::{PatchError, PatchErrorKind};
use super::patch::{Edit, Patch};
use crate::model::path::{Path, Step};

/// The edits by place: those of the old content and those of the new one.
pub(super) struct Plan<'a> {
    pub(super) edits: Vec<&'a Edit>,
    pub(super) old: Vec<Place>,
    pub(super) new: Vec<Place>,
    /// For each move where it is from and to, by edit.
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
}

/// A place that edits are at or below.
#[derive(Default)]
pub(super) struct Place {
    pub(super) parent: u32,
    pub(super) below: IndexMap<Step, u32>,
    /// Whether a step below can only be a key: the value here is a map.
    pub(super) is_map: bool,
    /// The edit by which the value here goes, or comes.
    pub(super) moves: Option<u32>,
    /// The edit by which the value here is replaced.
    pub(super) replaced: Option<u32>,
    /// The index that an item of a reordered list has on the other side.
    pub(super) other: Option<usize>,
}

pub(super) const NONE: u32 = u32::MAX;
pub(super) const ROOT: u32 = 0;

impl<'a> Plan<'a> {
    pub(super) fn new(patch: &'a Patch) -> Result<Self, PatchError> {
        let mut plan = Self {
            edits: patch.edits.iter().collect(),
            old: vec![Place::default()],
            new: vec![Place::default()],
            from: vec![NONE; patch.edits.len()],
            to: vec![NONE; patch.edits.len()],
        };
        let contradicts = |path: &Path| PatchError { path: path.clone(), kind: PatchErrorKind::Contradicts };
        for (at, edit) in patch.edits.iter().enumerate() {
            let number = Some(at as u32);
            let (old, new) = match edit {
                Edit::Add { path, .. } => (None, Some(path)),
                Edit::Remove { path, .. } => (Some(path), None),
                Edit::Move { from, path, .. } => (Some(from), Some(path)),
                Edit::Replace { path, .. } => {
                    let place = find_or_add(&mut plan.old, path);
                    if plan.old[place as usize].replaced.replace(at as u32).is_some() {
                        return Err(contradicts(path));
                    }
                    continue;
                }
            };
            for (path, places, ends) in
                [(old, &mut plan.old, &mut plan.from), (new, &mut plan.new, &mut plan.to)]
            {
                let Some(path) = path else { continue };
                let place = find_or_add(places, path);
                ends[at] = place;
                if matches!(edit, Edit::Move { renamed: true, .. }) {
                    let map = places[place as usize].parent;
                    places[map as usize].is_map = true;
                }
                if place == ROOT || std::mem::replace(&mut places[place as usize].moves, number).is_some() {
                    return Err(contradicts(path));
                }
            }
        }
        for list in &patch.orders {
            let (old_list, new_list) =
                (find_or_add(&mut plan.old, &list.path), find_or_add(&mut plan.new, &list.new_path));
            for &(old, new) in &list.moved {
                let old_place = step_or_add(&mut plan.old, old_list, Step::Index(old));
                let new_place = step_or_add(&mut plan.new, new_list, Step::Index(new));
                let old_place = &mut plan.old[old_place as usize];
                let new_place = &mut plan.new[new_place as usize];
                let taken = old_place.moves.is_some() || new_place.moves.is_some();
                if taken || old_place.other.replace(new).is_some() || new_place.other.replace(old).is_some() {
                    return Err(contradicts(&list.path));
                }
            }
        }
        Ok(plan)
    }

    pub(super) fn old_place(&self, place: u32) -> Option<&Place> {
        self.old.get(place as usize)
    }

    pub(super) fn new_place(&self, place: u32) -> Option<&Place> {
        self.new.get(place as usize)
    }

    /// Whether edits are below a place.
    pub(super) fn is_open(place: Option<&Place>) -> bool {
        place.is_some_and(|place| !place.below.is_empty())
    }

    pub(super) fn below(&self, places: &[Place], place: u32, step: &Step) -> u32 {
        places.get(place as usize).and_then(|place| place.below.get(step)).copied().unwrap_or(NONE)
    }
}

pub(super) fn normal(step: &Step) -> Step {
    match step {
        Step::Key(key) => match key.parse::<usize>() {
            Ok(index) if index.to_string() == *key => Step::Index(index),
            _ => step.clone(),
        },
        Step::Index(_) => step.clone(),
    }
}

pub(super) fn find_or_add(places: &mut Vec<Place>, path: &Path) -> u32 {
    path.0.iter().fold(ROOT, |place, step| {
        places[place as usize].is_map |= matches!(step, Step::Key(_));
        step_or_add(places, place, normal(step))
    })
}

pub(super) fn step_or_add(places: &mut Vec<Place>, place: u32, step: Step) -> u32 {
    let next = places.len() as u32;
    let found = *places[place as usize].below.entry(step).or_insert(next);
    if found == next {
        places.push(Place { parent: place, ..Place::default() });
    }
    found
}

pub(super) fn path_of(places: &[Place], mut place: usize) -> Path {
    let mut steps = Vec::new();
    while place != ROOT as usize {
        let parent = places[place].parent as usize;
        let found = places[parent].below.iter().find(|(_, below)| **below as usize == place);
        steps.extend(found.map(|(step, _)| step.clone()));
        place = parent;
    }
    steps.reverse();
    Path(steps)
}
