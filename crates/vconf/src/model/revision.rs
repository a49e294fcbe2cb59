//! Ways to name a version: `3`, `latest`, `-1`, a tag, a branch, a time.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Span, ZonedDateTime};

use super::name::{InvalidName, RefName};
use super::time::Timestamp;

/// What may stand after the `@` of `app.yaml@…`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revision {
    /// Version N, for good.
    Number(u64),
    /// The head of the main branch.
    Latest,
    /// So many versions before the latest.
    Back(u64),
    /// What was the latest at a time.
    AsOf(Timestamp),
    /// A tag, or the head of a branch.
    Name(RefName),
}

/// What time it is, and in which time zone people write times.
#[derive(Debug)]
pub struct Clock {
    /// The current time.
    pub now: Timestamp,
    zone: LazyLock<TimeZone, fn() -> TimeZone>,
}

impl Clock {
    /// A clock with the time zone of times that have none of their own, which is asked for only when it is needed:
    /// finding the system's takes longer than most commands.
    pub fn new(now: Timestamp, zone: fn() -> TimeZone) -> Self {
        Self { now, zone: LazyLock::new(zone) }
    }

    /// A clock in UTC.
    pub fn utc(now: Timestamp) -> Self {
        Self::new(now, || TimeZone::UTC)
    }

    /// The time zone.
    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    fn zoned(&self) -> ZonedDateTime {
        self.now.as_jiff().to_zoned_datetime(self.zone())
    }
}

impl Revision {
    /// Reads a revision; the clock says what `2d` and `yesterday` mean.
    pub fn parse(text: &str, clock: &Clock) -> Result<Self, InvalidRevision> {
        let fail = |reason| InvalidRevision { text: text.to_owned(), reason };
        if is_digits(text) {
            return text.parse().map(Self::Number).map_err(|_| fail(Reason::TooLarge));
        }
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if let Some(back) = text.strip_prefix('-').filter(|rest| is_digits(rest)) {
            return back.parse().map(Self::Back).map_err(|_| fail(Reason::TooLarge));
        }
        if looks_like_a_time(text) {
            return parse_time(text, clock, Edge::End).map(Self::AsOf);
        }
        RefName::new(text).map(Self::Name).map_err(|error| fail(Reason::Name(error)))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Latest => f.write_str("latest"),
            Self::Back(back) => write!(f, "-{back}"),
            Self::AsOf(time) => write!(f, "{time}"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

/// Which end of a day, or of yesterday, a time without a time of day means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// Its first instant: for `--since`.
    Start,
    /// Its last instant: for `--until`, and for what was in force on a day.
    End,
}

/// Reads a time: `2d` (ago), `3h`, `15min`, `2w`, `6mo`, `1y`, `now`, `today`, `yesterday`, `14:30`, `2026-11-20`,
/// `2026-11-20T14:30`, or one with a zone as in RFC 3339. A time of day is the last one that was: today's, or where that
/// is still to come yesterday's.
pub fn parse_time(text: &str, clock: &Clock, edge: Edge) -> Result<Timestamp, InvalidRevision> {
    let fail = || InvalidRevision { text: text.to_owned(), reason: Reason::Time };
    if let Some(span) = duration(text) {
        let then = span.and_then(|span| clock.zoned().checked_sub(span).ok()).ok_or_else(fail)?;
        return Ok(then.timestamp().into());
    }
    if is_time_of_day(text) {
        return time_of_day(text, clock).ok_or_else(fail);
    }
    let day = match text {
        "now" => return Ok(clock.now),
        "today" => Some(clock.zoned().date()),
        "yesterday" => Some(clock.zoned().date().yesterday().map_err(|_| fail())?),
        _ if text.len() == "2026-11-20".len() => text.parse::<civil::Date>().ok(),
        _ => None,
    };
    if let Some(day) = day {
        let time = match edge {
            Edge::Start => day.at(0, 0, 0, 0),
            Edge::End => day.at(23, 59, 59, 999_999_999),
        };
        let zoned = time.to_zoned_datetime(clock.zone()).map_err(|_| fail())?;
        return Ok(zoned.timestamp().into());
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.into());
    }
    let time = text.parse::<civil::DateTime>().map_err(|_| fail())?;
    let zoned = time.to_zoned_datetime(clock.zone()).map_err(|_| fail())?;
    Ok(zoned.timestamp().into())
}

/// The last time that a clock showed this.
fn time_of_day(text: &str, clock: &Clock) -> Option<Timestamp> {
    let text = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    let time = text.parse::<civil::Time>().ok()?;
    let now = clock.zoned();
    let on = |day: civil::Date| day.to_datetime(time).to_zoned_datetime(clock.zone()).ok();
    let today = on(now.date())?;
    let last = if today > now { on(now.date().yesterday().ok()?)? } else { today };
    Some(last.timestamp().into())
}

/// Whether a text has the form of a time of day: `9:05`, `14:30`, `14:30:15`.
fn is_time_of_day(text: &str) -> bool {
    let mut parts = text.split(':');
    let is_number = |part: &str| part.len() <= 2 && is_digits(part);
    (2..=3).contains(&parts.clone().count()) && parts.all(is_number)
}

/// Whether a text means something else than a name where a revision is expected.
pub(super) fn is_reserved(text: &str) -> bool {
    is_digits(text) || text == "latest" || looks_like_a_time(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn looks_like_a_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_date = bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        })
        && matches!(bytes.get(10), None | Some(b'T' | b't' | b' '));
    let is_word = matches!(text, "now" | "today" | "yesterday");
    is_date || is_word || is_time_of_day(text) || duration(text).is_some()
}

/// `None` for what is no duration, `Some(None)` for one that is out of range.
fn duration(text: &str) -> Option<Option<Span>> {
    let text = text.strip_suffix(" ago").unwrap_or(text);
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).filter(|&at| at > 0)?;
    let (count, unit) = text.split_at(unit_at);
    let span = Span::new();
    let set: fn(Span, i64) -> Result<Span, jiff::Error> = match unit {
        "s" | "sec" => Span::try_seconds,
        "m" | "min" => Span::try_minutes,
        "h" => Span::try_hours,
        "d" => Span::try_days,
        "w" => Span::try_weeks,
        "mo" => Span::try_months,
        "y" => Span::try_years,
        _ => return None,
    };
    Some(count.parse().ok().and_then(|count| set(span, count).ok()))
}

/// A text that names no version and no time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidRevision {
    /// The text that was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a text is no revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The number is larger than any version's.
    TooLarge,
    /// It begins like a time and is none, or one out of range.
    Time,
    /// It could only be the name of a tag or a branch, and is none.
    Name(InvalidName),
}

impl fmt::Display for InvalidRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.escape_debug();
        match &self.reason {
            Reason::TooLarge => write!(f, "\"{text}\" is larger than any version number"),
            Reason::Time => write!(f, "\"{text}\" is no time"),
            Reason::Name(error) => write!(f, "\"{text}\" is no revision: {}", error.reason),
        }
    }
}

impl std::error::Error for InvalidRevision {}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::utc("2026-11-23T13:05:07.000000Z".parse().unwrap())
    }

    fn parse(text: &str) -> String {
        match Revision::parse(text, &clock()) {
            Ok(Revision::AsOf(time)) => format!("as of {time}"),
            Ok(revision) => format!("{revision:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_way_to_name_a_version_is_understood() {
        for (text, expected) in [
            ("3", "Number(3)"),
            ("latest", "Latest"),
            ("-1", "Back(1)"),
            ("stable", "Name(\"stable\")"),
            ("1.0.0", "Name(\"1.0.0\")"),
            ("2d", "as of 2026-11-21T13:05:07.000000Z"),
            ("3h", "as of 2026-11-23T10:05:07.000000Z"),
            ("1mo", "as of 2026-10-23T13:05:07.000000Z"),
            ("yesterday", "as of 2026-11-22T23:59:59.999999Z"),
            ("2026-11-20", "as of 2026-11-20T23:59:59.999999Z"),
            ("2026-11-20T14:30", "as of 2026-11-20T14:30:00.000000Z"),
            ("12:08", "as of 2026-11-23T12:08:00.000000Z"),
            ("9:05", "as of 2026-11-23T09:05:00.000000Z"),
            ("13:05:07", "as of 2026-11-23T13:05:07.000000Z"),
            ("13:06", "as of 2026-11-22T13:06:00.000000Z"),
            ("2026-11-20T14:30+02:00", "as of 2026-11-20T12:30:00.000000Z"),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_names_nothing_says_why() {
        for (text, expected) in [
            ("", "\"\" is no revision: a name is not empty"),
            ("99999999999999999999", "\"99999999999999999999\" is larger than any version number"),
            ("2026-13-40", "\"2026-13-40\" is no time"),
            ("25:00", "\"25:00\" is no time"),
            ("99999999999999y", "\"99999999999999y\" is no time"),
            ("a b", "\"a b\" is no revision: a name has only letters, digits and . _ - + / in it"),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn local_times_follow_the_zone() {
        let clock = Clock::new(clock().now, || TimeZone::fixed(jiff::tz::offset(2)));
        let day = parse_time("2026-11-20", &clock, Edge::Start).unwrap();
        assert_eq!(day.to_string(), "2026-11-19T22:00:00.000000Z");
        // It is 15:05 there.
        let morning = parse_time("14:30", &clock, Edge::Start).unwrap();
        assert_eq!(morning.to_string(), "2026-11-23T12:30:00.000000Z");
    }
}
