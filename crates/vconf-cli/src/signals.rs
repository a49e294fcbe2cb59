//! Signals that ask the command to end, taken note of while there is something to put back.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// Keeps signals from ending this process, and hands them to the program that it runs.
#[derive(Debug)]
pub(crate) struct Watch {
    /// The signal that came; 0 for none.
    caught: Arc<AtomicI32>,
    /// The program that is running and was not waited for: its number can't be another's.
    child: Arc<Mutex<Option<Pid>>>,
    handle: Handle,
}

impl Watch {
    pub(crate) fn begin() -> io::Result<Self> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
        let (caught, child) = (Arc::new(AtomicI32::new(0)), Arc::new(Mutex::new(None)));
        let watch = Self { caught: Arc::clone(&caught), child: Arc::clone(&child), handle: signals.handle() };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let is_first = caught.swap(signal, Ordering::SeqCst) == 0;
                // A program that does not end when it is asked to is ended at the second time.
                end(&child, if is_first { Signal::TERM } else { Signal::KILL });
            }
        })?;
        Ok(watch)
    }

    /// The name of the signal that came, if one did.
    pub(crate) fn caught(&self) -> Option<&'static str> {
        Some(match self.caught.load(Ordering::SeqCst) {
            0 => return None,
            SIGHUP => "SIGHUP",
            SIGINT => "SIGINT",
            SIGQUIT => "SIGQUIT",
            _ => "SIGTERM",
        })
    }

    /// Runs a program to its end, which a signal brings about.
    pub(crate) fn run(&self, command: &mut Command) -> io::Result<ExitStatus> {
        let mut child = {
            let mut running = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            let child = command.spawn()?;
            *running = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            child
        };
        if self.caught().is_some() {
            end(&self.child, Signal::TERM);
        }
        let pid = *self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = pid {
            // Its number stays its own until it is waited for in earnest.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        }
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = None;
        child.wait()
    }
}

fn end(child: &Mutex<Option<Pid>>, signal: Signal) {
    if let Some(pid) = *child.lock().unwrap_or_else(PoisonError::into_inner) {
        // It may have ended by itself.
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
    }
}
