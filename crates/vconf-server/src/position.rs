//! Where a client stands in the two logs of a config.

use std::fmt;
use std::str::FromStr;

use vconf::history::State;

/// A place in the logs of a config: the numbers of the last version and of the last change of refs that were told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Position {
    /// The last version.
    pub versions: u64,
    /// The last change of refs.
    pub refs: u64,
}

impl Position {
    /// Where a config stands.
    pub fn of(state: &State) -> Self {
        Self { versions: state.versions.number, refs: state.refs.number }
    }

    /// Whether nothing is told at this one that is not told at the other.
    pub fn is_within(self, other: Self) -> bool {
        self.versions <= other.versions && self.refs <= other.refs
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.r{}", self.versions, self.refs)
    }
}

impl FromStr for Position {
    type Err = NotAPosition;

    /// Reads `v12.r3`, or `v12`.
    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (versions, refs) = text.split_once('.').unwrap_or((text, "r0"));
        let number = |text: &str, letter| {
            let digits = text.strip_prefix(letter)?;
            let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain { digits.parse().ok() } else { None }
        };
        match (number(versions, 'v'), number(refs, 'r')) {
            (Some(versions), Some(refs)) => Ok(Self { versions, refs }),
            _ => Err(NotAPosition),
        }
    }
}

/// A text that is no position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAPosition;

impl fmt::Display for NotAPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a position is v12.r3: the last version and the last change of refs")
    }
}

impl std::error::Error for NotAPosition {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_as_it_is_written() {
        let position = Position { versions: 12, refs: 3 };
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!("v4".parse(), Ok(Position { versions: 4, refs: 0 }));
        for text in ["", "v", "12", "v1.r", "v1.2", "v-1.r0", "v1.r0.0", "v99999999999999999999"] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
