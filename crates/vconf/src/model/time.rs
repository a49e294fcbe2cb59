//! Points in time.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// A point in time, to the microsecond, as records hold it: `2026-11-23T13:05:07.123456Z` (RFC 3339, UTC).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The point as the time library's own type.
    pub fn as_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_microseconds(self) -> i64 {
        self.0.as_microsecond()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        let whole = jiff::Timestamp::from_microsecond(time.as_microsecond());
        Self(whole.expect("a point in range stays in range when it is shortened"))
    }
}

impl From<SystemTime> for Timestamp {
    /// Past the years that RFC 3339 can write, the nearest one.
    fn from(time: SystemTime) -> Self {
        let bound =
            if time > SystemTime::UNIX_EPOCH { jiff::Timestamp::MAX } else { jiff::Timestamp::UNIX_EPOCH };
        jiff::Timestamp::try_from(time).unwrap_or(bound).into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no time as records hold it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotATimestamp;

impl fmt::Display for NotATimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time such as 2026-11-23T13:05:07.123456Z")
    }
}

impl std::error::Error for NotATimestamp {}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    /// Reads exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let time = Self::from(text.parse::<jiff::Timestamp>().map_err(|_| NotATimestamp)?);
        if time.to_string() == text { Ok(time) } else { Err(NotATimestamp) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_to_the_microsecond() {
        for text in
            ["2026-11-23T13:05:07.123456Z", "1969-12-31T23:59:59.000001Z", "2026-01-01T00:00:00.000000Z"]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_spellings_of_a_time_are_refused() {
        for text in
            ["2026-11-23T13:05:07Z", "2026-11-23 13:05:07.123456Z", "2026-11-23T13:05:07.123456+01:00", ""]
        {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp), "{text}");
        }
    }
}
