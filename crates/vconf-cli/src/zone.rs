//! The time zone that one is in.

use std::path::{Component, Path};

use jiff::tz::TimeZone;

/// The time zone that `TZ` names, or else that of the machine; UTC where neither can be read.
///
/// The one file is read that is needed: looking the name up in the database of time zones lists all of its folders,
/// which takes longer than most commands.
pub(crate) fn local() -> TimeZone {
    match std::env::var("TZ") {
        Ok(name) => named(name.strip_prefix(':').unwrap_or(&name)),
        Err(_) => from_file(Path::new("/etc/localtime")),
    }
    .unwrap_or(TimeZone::UTC)
}

/// The time zone of a value of `TZ`: `Europe/Berlin`, a path, or a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
fn named(name: &str) -> Option<TimeZone> {
    let path = Path::new(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::RootDir));
    if name.is_empty() || !is_plain {
        return None;
    }
    FOLDERS
        .iter()
        // Joining an absolute path is that path.
        .find_map(|folder| from_file(&Path::new(folder).join(path)))
        .or_else(|| TimeZone::posix(name).ok())
}

/// Where systems keep their time zones.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// How long the file of a time zone may be: the longest have a few thousand bytes.
const MAX_BYTES: u64 = 1 << 20;

fn from_file(path: &Path) -> Option<TimeZone> {
    // No pipe and no device: those may have no end.
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    TimeZone::tzif("local", &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon_in(zone: &TimeZone) -> String {
        let noon: jiff::Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        noon.to_zoned_datetime(zone.clone()).strftime("%H:%M").to_string()
    }

    #[test]
    fn a_rule_is_a_time_zone_too() {
        let zone = named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(noon_in(&zone), "14:00");
    }

    #[test]
    fn names_that_lead_elsewhere_or_nowhere_are_none() {
        for name in ["", "../../etc/passwd", "/etc/passwd", "No/Such_Place"] {
            assert!(named(name).is_none(), "{name:?}");
        }
    }
}
