//! The names of folders and files: one folder a config, one file a record or a pack.
//!
//! A config's folder has its name with every byte but letters, digits, `-`, `_` and (not at the start) `.` written as
//! `%XX`. What is longer than [`MAX_PART_BYTES`] goes on in a folder within that one, whose name begins with `+`, and so
//! forth: no file system takes a name of any length.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::backend::{JOURNAL_PART_RECORDS, JournalPart, Log, PackName, Slot};
use crate::model::name::ConfigName;
use crate::model::record::MAX_NUMBER;

/// How long a part of an escaped name is: with the `+` before it still what every file system takes.
const MAX_PART_BYTES: usize = 240;

/// A config's folder, below that of all configs.
pub(super) fn folder(all: &Path, config: &ConfigName) -> PathBuf {
    let escaped = escape(config);
    // Room for the name of a file as well, so that it is added in place.
    let mut folder = PathBuf::with_capacity(all.as_os_str().len() + escaped.len() + 64);
    folder.push(all);
    let mut rest = &*escaped;
    let mut mark = "";
    while rest.len() > MAX_PART_BYTES {
        let (part, tail) = rest.split_at(MAX_PART_BYTES);
        folder.push(format!("{mark}{part}"));
        (rest, mark) = (tail, "+");
    }
    if mark.is_empty() {
        folder.push(rest)
    } else {
        folder.push(format!("{mark}{rest}"))
    }
    folder
}

/// The escaped name that a folder stands for, within the folder of the beginning of that name; `None` for what is no
/// part of a name.
pub(super) fn join(before: &str, part: &str) -> Option<String> {
    match part.strip_prefix('+') {
        Some(rest) if !before.is_empty() => Some([before, rest].concat()),
        None if before.is_empty() => Some(part.to_owned()),
        _ => None,
    }
}

/// Whether longer names may go on within a folder.
pub(super) fn is_continued(part: &OsStr) -> bool {
    let mark = usize::from(part.as_encoded_bytes().starts_with(b"+"));
    part.len() == MAX_PART_BYTES + mark
}

/// The config of an escaped name; `None` for what no config's name is escaped as.
pub(super) fn config(escaped: &str) -> Option<ConfigName> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    let config = ConfigName::new(std::str::from_utf8(&bytes).ok()?).ok()?;
    (escape(&config) == escaped).then_some(config)
}

fn escape(config: &ConfigName) -> String {
    let mut escaped = String::with_capacity(config.as_str().len());
    for (at, &byte) in config.as_str().as_bytes().iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(byte.into()),
            b'.' if at > 0 => escaped.push('.'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// A record's file.
pub(super) fn file(slot: &Slot<'_>) -> String {
    match slot.log {
        Log::Versions => format!("v{}.json", slot.number),
        Log::Refs => format!("r{}.json", slot.number),
    }
}

/// The file of a part of a journal.
pub(super) fn journal(part: &JournalPart<'_>) -> String {
    match part.log {
        Log::Versions => format!("v{}.journal", part.first),
        Log::Refs => format!("r{}.journal", part.first),
    }
}

/// The first number of the part of a journal that a file holds; `None` for what is no such part.
pub(super) fn journal_first(file: &str, log: Log) -> Option<u64> {
    let first = number_between(file, log, ".journal")?;
    (first % JOURNAL_PART_RECORDS == 1).then_some(first)
}

/// The beginning of the name under which a config's damaged file is kept; long names of configs are cut.
pub(super) fn kept(config: &ConfigName, file: &str) -> String {
    let mut escaped = escape(config);
    escaped.truncate(MAX_KEPT_NAME_BYTES);
    format!("{escaped}.{file}")
}

/// With the file's name, a dot and the random part behind it still what every file system takes.
const MAX_KEPT_NAME_BYTES: usize = 180;

/// The number of the record that a file holds; `None` for what is no record.
pub(super) fn number(name: &str, log: Log) -> Option<u64> {
    number_between(name, log, ".json")
}

fn number_between(name: &str, log: Log, end: &str) -> Option<u64> {
    let prefix = match log {
        Log::Versions => 'v',
        Log::Refs => 'r',
    };
    let digits = name.strip_prefix(prefix)?.strip_suffix(end)?;
    let number: u64 = digits.parse().ok()?;
    // `007` is not how a number is written, so `v007.json` is no record.
    ((1..=MAX_NUMBER).contains(&number) && number.to_string() == digits).then_some(number)
}

/// A pack's file.
pub(super) fn pack_file(name: PackName) -> String {
    let (first, last) = (name.first(), name.last());
    match name.generation() {
        0 => format!("v{first}-v{last}.json.zst"),
        generation => format!("v{first}-v{last}.r{generation}.json.zst"),
    }
}

/// The pack that a file holds; `None` for what is no pack.
pub(super) fn pack(file: &str) -> Option<PackName> {
    let (first, rest) = file.strip_suffix(".json.zst")?.strip_prefix('v')?.split_once("-v")?;
    let (last, generation) = rest.split_once(".r").unwrap_or((rest, "0"));
    let name = PackName::new(first.parse().ok()?, last.parse().ok()?, generation.parse().ok()?)?;
    (pack_file(name) == file).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a config's folder back to its name, as a listing does.
    fn read_back(folder: &std::path::Path) -> Option<ConfigName> {
        let mut escaped = String::new();
        let mut may_continue = true;
        for part in folder {
            assert!(may_continue, "{part:?} is not looked for");
            assert!(part.len() <= 241, "{part:?}");
            escaped = join(&escaped, part.to_str()?)?;
            may_continue = is_continued(part);
        }
        config(&escaped)
    }

    #[test]
    fn every_name_is_a_folder_and_comes_back() {
        let names = ["app.yaml", ".env", "etc/a b.ini", "a@b%", "ü\n", "/etc/hosts", "a+b", "..a"];
        let long = [238, 239, 240, 241, 479, 480, 481, 4000].map(|length| "x".repeat(length));
        let dots = ["x".repeat(240) + ".", "x".repeat(240) + "..", "设".repeat(300)];
        for name in names.into_iter().chain(long.iter().chain(&dots).map(String::as_str)) {
            let config = ConfigName::new(name).unwrap();
            let folder = folder(Path::new(""), &config);
            assert!(folder.iter().all(|part| part != "." && part != ".."), "{name:?}");
            assert_eq!(folder.iter().count(), escape(&config).len().div_ceil(240), "{name:?}");
            assert_eq!(read_back(&folder), Some(config));
        }
    }

    #[test]
    fn parts_of_journals_and_what_is_kept_have_names_of_their_own() {
        let config = ConfigName::new(&"ü".repeat(1000)).unwrap();
        let part = JournalPart::of(&Slot { config: &config, log: Log::Refs, number: 65 });
        assert_eq!((part.first, &*journal(&part)), (65, "r65.journal"));
        assert_eq!(journal_first("r65.journal", Log::Refs), Some(65));
        for name in ["r65.journal", "v66.journal", "v065.journal", "v65.json"] {
            assert_eq!(journal_first(name, Log::Versions), None, "{name}");
        }
        assert!(kept(&config, "v9007199254740991.json").len() < 255 - 34);
    }

    #[test]
    fn foreign_folders_and_files_are_no_configs_and_no_records() {
        for name in ["%2", "%zz", "a b", ".hidden", "%61", "+a", "a+", ""] {
            assert_eq!(config(name), None, "{name}");
        }
        assert_eq!((join("", "+a"), join("a", "b")), (None, None));
        for name in ["v1.json.tmp", ".v1.json", "v01.json", "r1.json", "v.json", "v-1.json", "v+1.json"] {
            assert_eq!(number(name, Log::Versions), None, "{name}");
        }
        assert_eq!(number("v10.json", Log::Versions), Some(10));
        assert_eq!(number("v9007199254740991.json", Log::Versions), Some(MAX_NUMBER));
        assert_eq!(number("v9007199254740992.json", Log::Versions), None);
        assert_eq!(number("v18446744073709551615.json", Log::Versions), None);
    }

    #[test]
    fn a_pack_is_known_by_its_name_and_no_other_spelling() {
        for (first, last, generation) in [(1, 1024, 0), (1025, 1500, 0), (1025, 2048, 17)] {
            let name = PackName::new(first, last, generation).unwrap();
            assert_eq!(pack(&pack_file(name)), Some(name));
        }
        for file in [
            "v1-v1024.json",
            "v01-v1024.json.zst",
            "v1-v1024.r0.json.zst",
            "v2-v3.json.zst",
            "v1-v1025.json.zst",
            ".v1-v1024.json.zst.0123.tmp",
            "v1-v1024.r18446744073709551615.json.zst",
        ] {
            assert_eq!(pack(file), None, "{file}");
        }
    }
}
