//! Data on the standard output, talk on the standard error.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use vconf::format::json;
use vconf::model::record::Version;
use vconf::model::value::Value;

use crate::args::{Global, When};
use crate::failure::Failure;
use crate::render::facts;
use crate::render::style::{Look, Style, safe};
use crate::store::redacted;
use crate::text::shell;

/// Where a command writes.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) style: Style,
    pub(crate) columns: usize,
    /// How wide the terminal is; `None` where the data goes elsewhere.
    pub(crate) terminal: Option<usize>,
    /// Whether the data goes to a terminal.
    is_terminal: bool,
    talk_style: Style,
    /// The store, where it was named on the command line.
    store: Option<String>,
    /// The store that was used, where a plain command would use another.
    elsewhere: RefCell<Option<String>>,
    data: io::BufWriter<io::Stdout>,
    /// The first failure to write data. No command stops halfway for it; the command's end tells of it.
    failed: Option<io::Error>,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let color = |is_terminal: bool| match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                is_terminal
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let columns = if is_terminal { terminal_columns() } else { None };
        Self {
            json: global.json,
            style: Style { color: color(is_terminal) && !global.json },
            columns: columns.unwrap_or(100).clamp(40, 160),
            terminal: columns,
            store: global
                .store
                .as_deref()
                .filter(|store| std::env::var_os("VCONF_STORE").is_none_or(|named| *named != **store))
                .map(|store| redacted(&store.to_string_lossy()))
                .filter(|store| !store.is_empty()),
            elsewhere: RefCell::default(),
            is_terminal,
            talk_style: Style { color: color(io::stderr().is_terminal()) },
            data: io::BufWriter::with_capacity(64 * 1024, stdout),
            failed: None,
        }
    }

    /// Writes exact bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.data.write_all(bytes).err();
        }
    }

    /// Writes content: its exact bytes, but on a terminal with its control characters escaped, save ends of lines and
    /// tabs.
    pub(crate) fn content(&mut self, bytes: &[u8]) {
        if !self.is_terminal {
            return self.bytes(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        for line in text.split_inclusive('\n') {
            let (line, end) = match line.strip_suffix('\n') {
                Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
                None => (line, ""),
            };
            for (number, piece) in line.split('\t').enumerate() {
                self.text(if number > 0 { "\t" } else { "" });
                self.text(&safe(piece));
            }
            self.text(end);
        }
    }

    /// Writes text, safe already.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes a line of pieces, each with its look; they are made safe.
    pub(crate) fn line<T: AsRef<str>>(&mut self, pieces: &[(Look, T)]) {
        let mut line = String::new();
        for (look, text) in pieces {
            self.style.put(&mut line, *look, &safe(text.as_ref()));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        self.text(&line);
    }

    /// How many characters of a text are shown in a line: what goes elsewhere than to a terminal is not cut.
    pub(crate) fn most_chars(&self, on_terminal: usize) -> usize {
        if self.terminal.is_some() { on_terminal } else { usize::MAX }
    }

    /// Writes the line of a version that was made.
    pub(crate) fn version(&mut self, file: &str, version: &Version) {
        let line = facts::version_line(file, version, self.most_chars(72));
        self.line(&line);
    }

    /// Writes a JSON value on a line of its own.
    pub(crate) fn json(&mut self, value: &Value) {
        self.text(&json::to_string(value));
        self.text("\n");
    }

    /// Writes what is left of the data.
    pub(crate) fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.data.flush().err();
        }
    }

    /// Writes what is left; the first failure to write data.
    pub(crate) fn finish(&mut self) -> Option<io::Error> {
        self.flush();
        self.failed.take()
    }

    /// Whether nobody reads the data any more, so that there is no use in making more of it.
    pub(crate) fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    /// Says something that is not data: `note: …`, `undo: …`. Nobody need listen.
    pub(crate) fn talk(&mut self, label: &str, text: &str) {
        let look = match label {
            "error" => Look::Removed,
            "warning" => Look::Changed,
            _ => Look::Dim,
        };
        let text = &match label {
            "help" | "undo" | "redo" => self.command(text),
            _ => text.to_owned(),
        };
        let mut line = String::new();
        self.talk_style.put(&mut line, look, &format!("{label}:"));
        line.push(' ');
        line.push_str(&safe(text));
        line.push('\n');
        self.say(&line);
    }

    /// Says why a command could not be carried out.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if self.json {
            let told = [
                ("kind", Value::from(failure.exit.name())),
                ("message", Value::from(failure.message.as_str())),
                ("details", Value::list(failure.details.iter().map(String::as_str))),
                ("help", Value::from(failure.help.as_deref().map(|command| self.command(command)))),
            ];
            let error = Value::map(told.into_iter().chain(failure.facts.iter().cloned()));
            return self.say(&(json::to_string(&Value::map([("error", error)])) + "\n"));
        }
        self.talk_of("error", &failure.message, &failure.details);
        if let Some(command) = &failure.help {
            self.talk("help", command);
        }
    }

    /// Says something that is not data, and what belongs to it, a line each.
    pub(crate) fn talk_of(&mut self, label: &str, text: &str, details: &[String]) {
        self.talk(label, text);
        let details = details.iter().map(|detail| format!("  {}\n", safe(detail)));
        self.say(&details.collect::<String>());
    }

    /// Keeps in mind which store was used, where a plain command would use another or none.
    pub(crate) fn used_elsewhere(&self, store: Option<String>) {
        self.elsewhere.replace(store);
    }

    /// A command that is about the same store as the one that is running.
    ///
    /// A command that names a file finds the store of that file by itself, unless a store was named.
    pub(crate) fn command(&self, command: &str) -> String {
        let Some(rest) = command.strip_prefix("vconf ").filter(|rest| !rest.contains("--store")) else {
            return command.to_owned();
        };
        let names_no_file = || rest.split_whitespace().skip(1).all(|word| word.starts_with('-'));
        match (&self.store, &*self.elsewhere.borrow()) {
            (Some(store), _) => format!("vconf --store {} {rest}", shell(store)),
            (None, Some(store)) if names_no_file() => format!("vconf --store {} {rest}", shell(store)),
            _ => command.to_owned(),
        }
    }

    fn say(&mut self, text: &str) {
        self.flush();
        // Where nobody hears us there is nobody to tell.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

fn terminal_columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}
