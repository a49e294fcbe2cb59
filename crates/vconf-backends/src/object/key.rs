//! The keys of objects: `configs/NAME/versions/0000000000000012.json` and the like, below the prefix of the store.
//!
//! Numbers are padded, so that keys are in the order of the numbers.

use object_store::path::{Path, PathPart};
use vconf::backend::{Log, PackName, Slot};
use vconf::canonical::checksum;
use vconf::model::name::ConfigName;

/// What the store says of itself.
pub(super) const DESCRIPTION: &str = "store.json";

/// What people set.
pub(super) const SETTINGS: &str = "settings.toml";

/// The folder of all configs.
pub(super) const CONFIGS: &str = "configs";

/// The folder of the names that are too long for a key.
const NAMES: &str = "names";

/// The keys below a prefix.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: Path,
}

impl Keys {
    pub(super) fn new(prefix: Path) -> Self {
        Self { prefix }
    }

    /// Something of the store's own.
    pub(super) fn own(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    pub(super) fn config(&self, config: &ConfigName) -> Path {
        self.own(CONFIGS).join(folder(config).0)
    }

    pub(super) fn log(&self, config: &ConfigName, log: Log) -> Path {
        self.config(config).join(match log {
            Log::Versions => "versions",
            Log::Refs => "refs",
        })
    }

    pub(super) fn slot(&self, slot: &Slot<'_>) -> Path {
        self.log(slot.config, slot.log).join(format!("{}.json", padded(slot.number)))
    }

    pub(super) fn note(&self, config: &ConfigName, log: Log) -> Path {
        self.config(config).join("notes").join(match log {
            Log::Versions => "versions.json",
            Log::Refs => "refs.json",
        })
    }

    pub(super) fn packs(&self, config: &ConfigName) -> Path {
        self.config(config).join("packs")
    }

    /// The packs of the run of numbers that begins with one.
    pub(super) fn packs_from(&self, config: &ConfigName, first: u64) -> Path {
        self.packs(config).join(padded(first))
    }

    pub(super) fn pack(&self, config: &ConfigName, name: PackName) -> Path {
        let file = format!("{}.r{}.json.zst", padded(name.last()), name.generation());
        self.packs_from(config, name.first()).join(file)
    }

    /// Where a name stands that is too long for a key; `None` for one that is not.
    pub(super) fn long_name(&self, config: &ConfigName) -> Option<Path> {
        let (folder, is_long) = folder(config);
        is_long.then(|| self.own(NAMES).join(folder))
    }

    /// The same, by the folder of the config.
    pub(super) fn long_name_of(&self, folder: &str) -> Option<Path> {
        folder.starts_with(LONG).then(|| self.own(NAMES).join(folder))
    }
}

/// The number that a key ends in.
pub(super) fn number(key: &Path) -> Option<u64> {
    let digits = key.filename()?.strip_suffix(".json")?;
    let number = digits.parse().ok()?;
    (padded(number) == digits).then_some(number)
}

/// The pack that a key names.
pub(super) fn pack(key: &Path) -> Option<PackName> {
    let parts: Vec<PathPart<'_>> = key.parts().collect();
    let [.., first, file] = &parts[..] else { return None };
    let (last, generation) = file.as_ref().strip_suffix(".json.zst")?.split_once(".r")?;
    let name = PackName::new(first.as_ref().parse().ok()?, last.parse().ok()?, generation.parse().ok()?)?;
    (padded(name.first()) == first.as_ref() && padded(name.last()) == last).then_some(name)
}

/// The config that a folder is of, where the folder says it.
pub(super) fn config(folder: &str) -> Option<ConfigName> {
    let mut bytes = Vec::new();
    let mut rest = folder.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == ESCAPE {
            let (hex, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    let config = ConfigName::new(std::str::from_utf8(&bytes).ok()?).ok()?;
    (self::folder(&config).0 == folder).then_some(config)
}

/// The folder of a config, and whether it is that of a long name, which the folder does not say.
///
/// Every byte but letters, digits, `-`, `_` and `.` is written as `=` and two hexadecimal digits.
fn folder(config: &ConfigName) -> (String, bool) {
    let mut escaped = String::new();
    for &byte in config.as_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("={byte:02X}")),
        }
    }
    if escaped.len() <= MAX_FOLDER_BYTES {
        return (escaped, false);
    }
    let checksum = checksum(config.as_str().as_bytes()).to_string();
    (format!("{LONG}{}", checksum.trim_start_matches("sha256:")), true)
}

fn padded(number: u64) -> String {
    format!("{number:016}")
}

const ESCAPE: u8 = b'=';

/// What the folder of a long name begins with: no escaped name has it.
const LONG: &str = "=sha256-";

/// How long a config's folder may be: a key of S3 has 1,024 bytes, of which the prefix may take some.
const MAX_FOLDER_BYTES: usize = 480;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_says_which_config_it_is_of() {
        for name in ["app.yaml", ".env", "etc/a.ini", "/etc/hosts", "a=b", "a%2Fb", "=sha256-00", "设置"] {
            let name = ConfigName::new(name).unwrap();
            let (folder, is_long) = folder(&name);
            assert_eq!((config(&folder), is_long), (Some(name), false));
            assert_eq!(Path::from(folder.as_str()).as_ref(), folder);
        }
        let long = ConfigName::new(&"x".repeat(481)).unwrap();
        assert!(folder(&long).1 && config(&folder(&long).0).is_none());
        assert_eq!((config("a=2f"), config("a=2"), config("=2F")), (None, None, None));
    }

    #[test]
    fn a_key_says_which_number_or_pack_it_is_of() {
        let keys = Keys::new(Path::from("team/one"));
        let app = ConfigName::new("app.yaml").unwrap();
        let slot = keys.slot(&Slot { config: &app, log: Log::Versions, number: 12 });
        assert_eq!(slot.as_ref(), "team/one/configs/app.yaml/versions/0000000000000012.json");
        assert_eq!((number(&slot), number(&Path::from("a/12.json"))), (Some(12), None));
        let name = PackName::new(1, 500, 7).unwrap();
        assert_eq!(pack(&keys.pack(&app, name)), Some(name));
        assert_eq!(pack(&slot), None);
    }
}
