//! Data on the standard output, talk on the standard error.

use std::io::{self, IsTerminal, Write};

use vconf::format::json;
use vconf::model::value::Value;

use crate::args::{Global, When};
use crate::failure::Failure;
use crate::render::style::{Look, Style, safe};

/// Where a command writes.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) style: Style,
    pub(crate) columns: usize,
    talk_style: Style,
    data: io::BufWriter<io::Stdout>,
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
            talk_style: Style { color: color(io::stderr().is_terminal()) },
            data: io::BufWriter::with_capacity(64 * 1024, stdout),
        }
    }

    /// Writes exact bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.write_all(bytes)
    }

    /// Writes text, safe already.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.data.write_all(text.as_bytes())
    }

    /// Writes a line of pieces, each with its look; they are made safe.
    pub(crate) fn line<T: AsRef<str>>(&mut self, pieces: &[(Look, T)]) -> io::Result<()> {
        let mut line = String::new();
        for (look, text) in pieces {
            self.style.put(&mut line, *look, &safe(text.as_ref()));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        self.text(&line)
    }

    /// Writes a JSON value on a line of its own.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        self.text(&json::to_string(value))?;
        self.text("\n")
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.data.flush()
    }

    /// Says something that is not data: `note: …`, `undo: …`.
    pub(crate) fn talk(&mut self, label: &str, text: &str) -> io::Result<()> {
        let line = self.talk_line(label, text);
        self.flush()?;
        io::stderr().write_all(line.as_bytes())
    }

    fn talk_line(&self, label: &str, text: &str) -> String {
        let look = match label {
            "error" => Look::Removed,
            "warning" => Look::Changed,
            _ => Look::Dim,
        };
        let mut line = String::new();
        self.talk_style.put(&mut line, look, &format!("{label}:"));
        line.push(' ');
        line.push_str(&safe(text));
        line.push('\n');
        line
    }

    /// Says why a command could not be carried out: also where that is that the data can't be written.
    pub(crate) fn fail(&mut self, failure: &Failure) -> io::Result<()> {
        let _ = self.flush();
        let text = if self.json {
            let error = Value::map([
                ("kind", Value::from(failure.exit.name())),
                ("message", Value::from(failure.message.as_str())),
                ("details", Value::list(failure.details.iter().map(String::as_str))),
                ("help", Value::from(failure.help.as_deref())),
            ]);
            json::to_string(&Value::map([("error", error)])) + "\n"
        } else {
            let mut text = self.talk_line("error", &failure.message);
            for detail in &failure.details {
                text.push_str(&format!("  {}\n", safe(detail)));
            }
            let help = failure.help.as_ref().map(|command| self.talk_line("help", command));
            text.extend(help);
            text
        };
        io::stderr().write_all(text.as_bytes())
    }
}

fn terminal_columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}
