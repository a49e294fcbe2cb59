//! `vconf bisect`: the first version with which a command fails, and which of its changes make it fail.

mod runner;
mod tell;

use vconf::history::{BisectError, Bisection, Changes, Error, Loaded, Verdict, minimize};
use vconf::store::StoreError;
use vconf::worktree::{BegunTrial, BrokenTrial, Mended, Reach, WorktreeError};

use super::OrAdvise;
use crate::advice::{self, io_failure};
use crate::args::BisectArguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::signals::Watch;
use crate::target::Tracked;
use crate::text::{count, shell};
use runner::{Place, Runner, Scratch, Stop};

pub(crate) fn run(arguments: &BisectArguments, session: &mut Session) -> Result<Exit, Failure> {
    if arguments.abort {
        return abort(arguments.file.as_deref(), session);
    }
    let target = session.target(arguments.file.as_deref().unwrap_or_default(), None)?;
    let tracked = session.tracked(&target)?;
    if target.revision.is_some() {
        return Err(Failure::error("versions are named with --good and --bad"));
    }
    let number = |revision: &Option<String>, session: &Session| {
        let revision =
            revision.as_deref().map(|text| session.revision(text.strip_prefix('@').unwrap_or(text)));
        session.number(&tracked, revision.transpose()?.as_ref())
    };
    let (good, bad) = (number(&arguments.good, session)?, number(&arguments.bad, session)?);
    let bisection = tracked.worktree.store.bisection(&tracked.state, good, bad);
    let bisection = bisection.map_err(|error| no_line(&error, &tracked, session))?;
    let path = tracked.worktree.path(&tracked.config);
    let has_place = arguments.command.iter().any(|word| word.to_string_lossy().contains("{}"));
    if arguments.run_on_copy && !has_place {
        return Err(Failure::error("the command is not told where the copy is")
            .detail("{} in it stands for the path")
            .help(format!(
                "vconf bisect {} --good {good} --run-on-copy -- COMMAND {{}}",
                shell(&tracked.file)
            )));
    }
    let unwatched = |error| io_failure("signals can't be waited for", &error);
    let watch = Watch::begin().map_err(unwatched)?;
    let context = session.context(&arguments.who)?;
    let (place, saved_before) = if arguments.run_on_copy {
        let mode = tracked.worktree.store.load_number(&tracked.config, bad).or_advise(session)?.version.mode;
        let name = path.file_name().unwrap_or_default();
        let scratch = Scratch::create(name, mode.unwrap_or(0o644), context.operation.id);
        (Place::Copy(scratch.map_err(|error| io_failure("no copy can be made", &error))?), None)
    } else {
        let begun = tracked.worktree.begin_trial(&tracked.config, "Before the bisect", &context);
        let BegunTrial { trial, saved_before } = begun.map_err(|error| not_begun(&error, session))?;
        (Place::File(trial), saved_before)
    };
    if let Some(saved) = saved_before.as_ref().filter(|_| !session.output.json) {
        session.output.version(&tracked.file, &saved.version);
    }
    let mut runner = Runner::new(&arguments.command, &path, place, watch);
    let mut search = Search { tracked: &tracked, runner: &mut runner, session };
    let found = search.run(bisection, (good, bad));
    let (runs, reused) = (runner.runs, runner.reused);
    let put_back = runner.finish();
    let is_told = tell_put_back(put_back, &tracked, session);
    let found = found.map_err(|stop| {
        let failure = stopped(stop, &tracked, session);
        match &saved_before {
            Some(saved) => failure.detail(format!(
                "what the file held was saved before, as {}",
                shell(&format!("{}@{}", tracked.file, saved.version.number))
            )),
            None => failure,
        }
    })?;
    is_told?;
    tell::found(&found, (runs, reused), saved_before.as_ref(), &tracked, session)?;
    Ok(Exit::Ok)
}

/// What came of a search.
struct Outcome {
    /// The two versions that were named.
    named: (u64, u64),
    last_good: Loaded,
    first_bad: Loaded,
    /// Versions between them that could not be told.
    doubtful: Vec<u64>,
    narrowed: Option<Narrowed>,
}

/// The changes that matter.
struct Narrowed {
    /// The last good version with these changes alone: the command fails with it.
    source: Vec<u8>,
    chosen: usize,
    of: usize,
    is_minimal: bool,
    /// Whether they are changes of keys and values, not of lines.
    is_content: bool,
}

struct Search<'a, 'b> {
    tracked: &'a Tracked,
    runner: &'a mut Runner<'b>,
    session: &'a mut Session,
}

impl Search<'_, '_> {
    fn run(&mut self, mut bisection: Bisection, named: (u64, u64)) -> Result<Outcome, Stop> {
        let (good, bad) = named;
        self.expect(bad, Verdict::Bad)?;
        self.expect(good, Verdict::Good)?;
        while let Some(number) = bisection.candidate() {
            let Tracked { worktree, config, .. } = self.tracked;
            let verdict = match worktree.store.load_number(config, number) {
                Ok(loaded) => self.runner.verdict(&loaded.source)?,
                // What can't be read can't be told.
                Err(Error::Store(StoreError::Corrupt(_))) => Verdict::Unresolved,
                Err(error) => return Err(advice::history_failure(&error, self.session, None).into()),
            };
            bisection.tell(number, verdict);
            let left = count(bisection.left() as u64, "version");
            self.note(&format!("@{number} {}; {left} left between", word(verdict)));
        }
        let (last_good, first_bad) = bisection.bounds();
        let (last_good, first_bad) = (self.load(last_good)?, self.load(first_bad)?);
        let narrowed = self.narrow(&last_good, &first_bad)?;
        let doubtful = bisection.doubtful().to_vec();
        Ok(Outcome { named, last_good, first_bad, doubtful, narrowed })
    }

    /// Holds that the command says of a version what it is said to.
    fn expect(&mut self, number: u64, expected: Verdict) -> Result<(), Stop> {
        let loaded = self.load(number)?;
        let (verdict, how) = self.runner.told(&loaded.source)?;
        self.note(&format!("@{number} {}", word(verdict)));
        if verdict == expected {
            return Ok(());
        }
        let (said, does) = match expected {
            Verdict::Bad => ("bad", if verdict == Verdict::Good { "succeeds" } else { "can't tell" }),
            _ => ("good", if verdict == Verdict::Bad { "fails" } else { "can't tell" }),
        };
        let failure =
            Failure::invalid(format!("@{number} is said to be {said}, and the command {does} ({how})"));
        Err(failure.help(format!("vconf log {}", shell(&self.tracked.file))).into())
    }

    /// Finds the fewest of the changes between two versions that make the command fail.
    fn narrow(&mut self, old: &Loaded, new: &Loaded) -> Result<Option<Narrowed>, Stop> {
        let (old_document, new_document) = (old.document(), new.document());
        let (old, new) = ((&old_document, &*old.source), (&new_document, &*new.source));
        let options = self.tracked.worktree.store.options(&self.tracked.config).with_copies();
        let by_content = Changes::of_content(old, new, &options);
        if by_content.is_content()
            && let Some(narrowed) = self.narrow_by(&by_content)?
        {
            return Ok(Some(narrowed));
        }
        // What matters is none of the keys and values: comments, order, spelling.
        self.narrow_by(&Changes::of_lines(old, new.1))
    }

    /// The same among these parts; `None` where all of them together don't make it fail.
    fn narrow_by(&mut self, changes: &Changes<'_>) -> Result<Option<Narrowed>, Stop> {
        let of = changes.count();
        let all: Vec<usize> = (0..of).collect();
        let fails = |search: &mut Self, chosen: &[usize]| match changes.write(chosen) {
            Some(bytes) => search.runner.verdict(&bytes),
            None => Ok(Verdict::Unresolved),
        };
        if of == 0 || fails(self, &all)? != Verdict::Bad {
            return Ok(None);
        }
        let minimized = minimize(of, |chosen| {
            let verdict = fails(self, chosen)?;
            self.note(&format!("{} of {} {}", chosen.len(), count(of as u64, "change"), word(verdict)));
            Ok::<_, Stop>(verdict)
        })?;
        let source = changes.write(&minimized.chosen);
        Ok(source.map(|source| Narrowed {
            source,
            chosen: minimized.chosen.len(),
            of,
            is_minimal: minimized.is_minimal,
            is_content: changes.is_content(),
        }))
    }

    fn load(&self, number: u64) -> Result<Loaded, Failure> {
        let Tracked { worktree, config, .. } = self.tracked;
        worktree.store.load_number(config, number).or_advise(self.session)
    }

    fn note(&mut self, text: &str) {
        if !self.session.output.json {
            self.session.output.talk("note", text);
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Bad => "bad",
        Verdict::Unresolved => "can't be told",
    }
}

/// Says where the file could not be put back.
fn tell_put_back(
    put_back: Result<(), WorktreeError>,
    tracked: &Tracked,
    session: &mut Session,
) -> Result<(), Failure> {
    match put_back {
        Ok(()) => Ok(()),
        Err(WorktreeError::Touched { .. }) => {
            let file = &tracked.file;
            let told = format!("{file} was changed by another program meanwhile, and stays as that left it");
            session.output.talk("warning", &told);
            Ok(())
        }
        Err(error) => Err(advice::worktree_failure(&error, session)
            .detail("the file is to be put back yet")
            .help("vconf bisect --abort")),
    }
}

fn stopped(stop: Stop, tracked: &Tracked, session: &Session) -> Failure {
    let file = &tracked.file;
    match stop {
        Stop::Signal(signal) => Failure::error(format!("stopped by {signal}"))
            .detail(format!("{file} is as it was before the bisect")),
        Stop::Failure(failure) => failure,
        Stop::File(error @ WorktreeError::Touched { .. }) => Failure::new(Exit::Conflict, error.to_string())
            .detail("by the command itself or by somebody else; the bisect was ended")
            .detail("with --run-on-copy and {} in the command the file is not used"),
        Stop::File(error) => advice::worktree_failure(&error, session),
    }
}

fn no_line(error: &BisectError, tracked: &Tracked, session: &Session) -> Failure {
    let file = shell(&tracked.file);
    match error {
        BisectError::History(error) => advice::history_failure(error, session, Some(&tracked.worktree)),
        BisectError::NotOnLine { good, bad, .. } if good == bad => {
            Failure::error(format!("@{good} can't be both good and bad")).help(format!("vconf log {file}"))
        }
        BisectError::NotOnLine { good, bad, is_reverse: true } => Failure::error(format!(
            "the good version @{good} comes after the bad one @{bad}"
        ))
        .detail("a bisect finds what broke; to find what mended it, turn the command's exit status around")
        .help(format!("vconf bisect {file} --good {bad} --bad {good} -- COMMAND")),
        BisectError::NotOnLine { good, bad, .. } => {
            Failure::error(format!("@{bad} was not made from @{good}")).help(format!("vconf log {file}"))
        }
    }
}

fn not_begun(error: &WorktreeError, session: &Session) -> Failure {
    let failure = advice::worktree_failure(error, session);
    match error {
        WorktreeError::TrialUnderway { .. } => failure
            .detail("one at a time can use the files of a store; with --run-on-copy as many as you like"),
        _ => failure,
    }
}

/// Puts a file back after a bisect that was killed.
fn abort(file: Option<&str>, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = match file {
        Some(file) => {
            let target = session.target(file, None)?;
            session.tracked(&target)?.worktree
        }
        None => session.here()?,
    };
    if let Some(config) = worktree.trial_underway() {
        return Err(Failure::new(Exit::Conflict, format!("the bisect of {config} is still running"))
            .detail("end it with Ctrl-C, or with the signal SIGTERM"));
    }
    let reach = if session.store_was_named() { Reach::Anywhere } else { Reach::Linked };
    match worktree.mend_trial(reach).or_advise(session)? {
        Some(broken) => tell_broken(&broken, &worktree, session),
        // Opening the store may have done it.
        None if session.has_mended() => {}
        None => session.output.talk("note", "no bisect was broken off"),
    }
    Ok(Exit::Ok)
}

/// Says what became of the file of a bisect that was killed.
pub(crate) fn broken_told(broken: &BrokenTrial, file: &str) -> (&'static str, String) {
    let number = broken.number;
    match broken.outcome {
        Mended::PutBack => (
            "note",
            format!("a bisect of {file} was broken off; the file is put back as it was, as @{number}"),
        ),
        Mended::Same => {
            ("note", format!("a bisect of {file} was broken off; the file is as it was, as @{number}"))
        }
        Mended::Kept => (
            "warning",
            format!(
                "a bisect of {file} was broken off, and the file was changed since: it stays as it is. \
                 Before the bisect it was as @{number}: vconf diff {}",
                shell(&format!("{file}@{number}"))
            ),
        ),
        Mended::Refused => (
            "warning",
            format!(
                "a bisect of {file} was broken off; the file lies outside of the store's folder, or it was another \
                 user's. To put it back: vconf bisect --abort (for a file elsewhere with --store)"
            ),
        ),
    }
}

fn tell_broken(broken: &BrokenTrial, worktree: &vconf::worktree::Worktree, session: &mut Session) {
    let file = session.file_name(worktree, &broken.config);
    let (label, text) = broken_told(broken, &file);
    session.output.talk(label, &text);
}
