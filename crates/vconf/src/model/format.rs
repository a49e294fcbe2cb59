//! The names of the formats.

use std::fmt;
use std::str::FromStr;

/// How a config is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Format {
    /// JSON (RFC 8259).
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// JSON5.
    Json5,
    /// YAML 1.2.
    Yaml,
    /// TOML 1.1.
    Toml,
    /// INI: sections of keys and values.
    Ini,
    /// `.env`: variables for a process.
    Env,
    /// Java properties.
    Properties,
    /// Any other UTF-8 text: a list of lines.
    Text,
    /// Anything else: bytes.
    Binary,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Json,
        Self::Jsonc,
        Self::Json5,
        Self::Yaml,
        Self::Toml,
        Self::Ini,
        Self::Env,
        Self::Properties,
        Self::Text,
        Self::Binary,
    ];

    /// The name in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonc => "jsonc",
            Self::Json5 => "json5",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Ini => "ini",
            Self::Env => "env",
            Self::Properties => "properties",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }

    /// How many maps may stand one in another: one in `.env`, two in INI, and as many as one likes elsewhere.
    pub fn map_levels(self) -> usize {
        match self {
            Self::Env | Self::Properties => 1,
            Self::Ini => 2,
            _ => usize::MAX,
        }
    }

    /// Whether values have types: in INI, `.env` and properties all are texts.
    pub fn has_types(self) -> bool {
        !matches!(self, Self::Ini | Self::Env | Self::Properties | Self::Text | Self::Binary)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no format is called \"{}\"", self.0.escape_debug())
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
