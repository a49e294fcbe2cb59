//! Where a value stands in content.

use std::fmt;
use std::str::FromStr;

/// A path from the root of content to a value in it, written as a JSON Pointer (RFC 6901).
///
/// The root's path is empty. A step into a list is its index from 0.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Path(pub Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The value at a key of a map.
    Key(String),
    /// The item at an index of a list, from 0.
    Index(usize),
}

impl Path {
    /// The root's path.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path one step further down.
    pub fn join(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The path one step further up and the last step, but for the root.
    pub fn split_last(&self) -> Option<(Path, &Step)> {
        let (last, parent) = self.0.split_last()?;
        Some((Self(parent.to_vec()), last))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Step::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

/// The text is not a JSON Pointer: it is neither empty nor begins with `/`, or has a bad `~` escape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAPointer;

impl fmt::Display for NotAPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a JSON Pointer")
    }
}

impl std::error::Error for NotAPointer {}

impl FromStr for Path {
    type Err = NotAPointer;

    /// Reads a JSON Pointer. A token that could be an index is read as one; maps take it as a key all the same.
    fn from_str(text: &str) -> Result<Self, NotAPointer> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let tokens = text.strip_prefix('/').ok_or(NotAPointer)?.split('/');
        tokens.map(step).collect::<Result<_, _>>().map(Self)
    }
}

fn step(token: &str) -> Result<Step, NotAPointer> {
    let is_index = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if let (true, Ok(index)) = (is_index, token.parse()) {
        return Ok(Step::Index(index));
    }
    let mut key = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(at) = rest.find('~') {
        key.push_str(&rest[..at]);
        key.push(match rest.as_bytes().get(at + 1) {
            Some(b'0') => '~',
            Some(b'1') => '/',
            _ => return Err(NotAPointer),
        });
        rest = &rest[at + 2..];
    }
    key.push_str(rest);
    Ok(Step::Key(key))
}

impl Step {
    /// The step as a key of a map: an index that was read from a pointer may have been meant as one.
    pub fn as_key(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Key(key) => key.into(),
            Self::Index(index) => index.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pointers_of_rfc_6901_round_trip() {
        for text in
            ["", "/foo", "/foo/0", "/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"]
        {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["foo", "/a~", "/a~2"] {
            assert_eq!(text.parse::<Path>(), Err(NotAPointer), "{text}");
        }
    }
}
