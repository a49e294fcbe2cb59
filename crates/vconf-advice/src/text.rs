//! Small pieces of text for people.

use std::borrow::Cow;

use vconf::model::revision::Clock;
use vconf::model::time::Timestamp;

/// A word as a shell takes it.
pub fn shell(word: &str) -> String {
    let is_plain = |c: char| {
        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | ':' | '=' | '+' | ',' | '%')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// `1 version`, `2 versions`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A size as people say it: `812 bytes`, `21 KB`, `1.4 MB`.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if size < 1000 {
        return count(size, "byte");
    }
    let mut size = size as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if size < 9.95 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// The line in which the first conflict begins that a merge has marked and nobody has resolved.
pub fn conflict_line(text: &str) -> Option<usize> {
    let mut begun = None;
    let mut is_halved = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") {
            (begun, is_halved) = (Some(at + 1), false);
        } else if line == "=======" {
            is_halved = true;
        } else if line.starts_with(">>>>>>> ") && is_halved && begun.is_some() {
            return begun;
        }
    }
    None
}

/// A text on one line, for lists: its first line, cut to so many characters.
pub fn one_line(text: &str, most_chars: usize) -> Cow<'_, str> {
    let line = text.trim().lines().next().unwrap_or("");
    let is_whole = line.len() == text.trim().len();
    match line.char_indices().nth(most_chars) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None if is_whole => line.into(),
        None => format!("{line} …").into(),
    }
}

/// A name in a sentence: whole, or cut where it is so long that nobody reads it.
pub fn brief(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(MOST_BRIEF_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// Whether a name is told whole.
pub fn is_brief(name: &str) -> bool {
    name.char_indices().nth(MOST_BRIEF_CHARS).is_none()
}

const MOST_BRIEF_CHARS: usize = 120;

/// A time as people say it: how long ago for the last day, then the local date and time of day.
pub fn when(time: Timestamp, clock: &Clock) -> String {
    let seconds = (clock.now.as_microseconds() - time.as_microseconds()).div_euclid(1_000_000);
    match seconds {
        -5..5 => "just now".to_owned(),
        5..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => {
            let local = time.as_jiff().to_zoned_datetime(clock.zone());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        for (word, quoted) in
            [("a.yaml@3", "a.yaml@3"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$x", "'$x'")]
        {
            assert_eq!(shell(word), quoted);
        }
    }

    #[test]
    fn sizes_have_two_digits_or_three() {
        for (size, said) in
            [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1400, "1.4 KB"), (21_499, "21 KB")]
        {
            assert_eq!(bytes(size), said);
        }
        for (size, said) in [(999_600, "1.0 MB"), (9_940_000, "9.9 MB"), (u64::MAX, "18447 PB")] {
            assert_eq!(bytes(size), said);
        }
    }

    #[test]
    fn recent_times_are_told_by_their_distance() {
        let clock = Clock::utc("2026-11-23T13:05:07.000000Z".parse().unwrap());
        for (time, said) in [
            ("2026-11-23T13:05:06.000000Z", "just now"),
            ("2026-11-23T13:03:00.000000Z", "2 min ago"),
            ("2026-11-23T02:00:00.000000Z", "11 h ago"),
            ("2026-11-20T14:30:59.000000Z", "2026-11-20 14:30"),
            ("2026-11-23T14:05:07.000000Z", "2026-11-23 14:05"),
        ] {
            assert_eq!(when(time.parse().unwrap(), &clock), said);
        }
    }

    #[test]
    fn a_text_of_several_lines_shows_its_first() {
        assert_eq!(one_line("a\nb", 10), "a …");
        assert_eq!(one_line("äbcdef\n", 3), "äbc…");
    }
}
