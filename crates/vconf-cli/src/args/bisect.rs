//! What can be said to `vconf bisect`.

use std::ffi::OsString;

use clap::Args;

use super::Who;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf bisect app.yaml --good stable -- ./check.sh
  vconf bisect nginx.conf --good @3 --bad @9 -- nginx -t -c {}
  vconf bisect app.yaml --good 2w --run-on-copy -- app --dry-run --config {}

The command says by its exit status how it likes the file: 0 good, 125 can't be told, anything else bad; 126 and 127 end
the bisect. It is run in the folder that one stands in, and what it writes goes to the standard error.

While the command runs, the file holds other versions of itself. It is put back as it was, also after Ctrl-C; after a
kill -9 by the next vconf command, or by vconf bisect --abort. With --run-on-copy the file is never touched.")]
pub(crate) struct BisectArguments {
    /// The file
    #[arg(value_name = "FILE", required_unless_present = "abort")]
    pub(crate) file: Option<String>,
    /// A version with which the command succeeds
    #[arg(long, value_name = "REV", allow_hyphen_values = true, required_unless_present = "abort")]
    pub(crate) good: Option<String>,
    /// A later version with which it fails; without it, the latest
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) bad: Option<String>,
    /// Leave the file alone: the command gets the path of a copy, where {} stands in it
    #[arg(long)]
    pub(crate) run_on_copy: bool,
    /// Put the file back after a bisect that was killed
    #[arg(long, conflicts_with_all = ["good", "bad", "run_on_copy", "command"])]
    pub(crate) abort: bool,
    #[command(flatten)]
    pub(crate) who: Who,
    /// The command and its arguments; {} in them is the path of the file
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "abort")]
    pub(crate) command: Vec<OsString>,
}
