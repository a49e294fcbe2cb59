//! The value at a path.

use super::path::{Path, Step};
use super::value::{Map, Value};

impl Value {
    /// Returns the value at a path; tags are passed through.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.0.iter().try_fold(self, |value, step| match (value.untagged(), step) {
            (Self::Map(map), step) => map.get(&*step.as_key()),
            (Self::List(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    /// Returns the value at a path, to be changed; tags are passed through.
    pub fn at_mut(&mut self, path: &Path) -> Option<&mut Value> {
        path.0.iter().try_fold(self, |value, step| match (value.untagged_mut(), step) {
            (Self::Map(map), step) => map.get_mut(&*step.as_key()),
            (Self::List(items), Step::Index(index)) => items.get_mut(*index),
            _ => None,
        })
    }

    /// Puts a value at a path, in the place of what is there. Maps on the way that are not there, or null, are made, and
    /// so are lists for an index 0; an index that is a list's length puts a new item at its end.
    ///
    /// `None`, and nothing is changed but for null, where something else stands in the way.
    pub fn put_at(&mut self, path: &Path, value: Value) -> Option<()> {
        let mut place = self;
        for step in &path.0 {
            let parent = place.untagged_mut();
            if *parent == Self::Null {
                *parent = match step {
                    Step::Key(_) => Self::Map(Map::new()),
                    Step::Index(_) => Self::List(Vec::new()),
                };
            }
            place = match (parent, step) {
                (Self::Map(map), step) => map.entry(step.as_key().into_owned()).or_default(),
                (Self::List(items), Step::Index(index)) => {
                    if *index == items.len() {
                        items.push(Self::Null);
                    }
                    items.get_mut(*index)?
                }
                _ => return None,
            };
        }
        *place = value;
        Some(())
    }

    /// Takes the value at a path away and returns it; the items behind it move up. The root stays.
    pub fn take_at(&mut self, path: &Path) -> Option<Value> {
        let (parent, last) = path.split_last()?;
        match (self.at_mut(&parent)?.untagged_mut(), last) {
            (Self::Map(map), step) => map.shift_remove(&*step.as_key()),
            (Self::List(items), Step::Index(index)) if *index < items.len() => Some(items.remove(*index)),
            _ => None,
        }
    }

    /// Returns the value below its tags, to be changed.
    pub fn untagged_mut(&mut self) -> &mut Value {
        let mut value = self;
        while let Self::Tagged(tagged) = value {
            value = &mut tagged.value;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Tagged;

    #[test]
    fn a_path_leads_through_maps_lists_and_tags() {
        let tagged = Value::Tagged(Box::new(Tagged { tag: "!x".to_owned(), value: Value::list([1, 2]) }));
        let mut value = Value::map([("a", tagged), ("0", Value::from(7))]);
        let path = |text: &str| text.parse::<Path>().unwrap();
        assert_eq!(value.at(&path("/a/1")), Some(&Value::from(2)));
        assert_eq!(value.at(&path("/0")), Some(&Value::from(7)));
        assert_eq!(value.at(&path("")), Some(&value));
        for nothing in ["/a/2", "/a/x", "/b", "/0/0"] {
            assert_eq!(value.at(&path(nothing)), None, "{nothing}");
            assert_eq!(value.at_mut(&path(nothing)), None, "{nothing}");
            assert_eq!(value.take_at(&path(nothing)), None, "{nothing}");
        }
        assert_eq!(value.take_at(&path("/a/0")), Some(Value::from(1)));
        assert_eq!(value.at(&path("/a/0")), Some(&Value::from(2)));
        assert_eq!(value.take_at(&path("")), None);
    }

    #[test]
    fn what_is_put_makes_its_way() {
        let key = |key: &str| Step::Key(key.to_owned());
        let mut value = Value::Null;
        for (path, number) in [
            (vec![key("a"), key("b")], 1),
            (vec![key("l"), Step::Index(0), key("c")], 2),
            (vec![key("l"), Step::Index(1)], 3),
            (vec![key("a"), key("b")], 4),
        ] {
            assert_eq!(value.put_at(&Path(path), number.into()), Some(()));
        }
        let list = Value::List(vec![Value::map([("c", 2)]), 3.into()]);
        assert_eq!(value, Value::map([("a", Value::map([("b", 4)])), ("l", list)]));
        assert_eq!(value.put_at(&Path(vec![key("l"), Step::Index(9)]), Value::Null), None);
        assert_eq!(value.put_at(&Path(vec![key("a"), key("b"), key("c")]), Value::Null), None);
    }
}
