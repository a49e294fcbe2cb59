//! A backend that fails as it is told to.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use vconf::backend::{
    Backend, BackendError, BackendErrorKind, Creation, Extent, Log, Notes, Pack, PackName, Packs, Piece,
    Slot, WritePack,
};
use vconf::model::name::ConfigName;

/// The calls that change something or make it durable, and those that do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Create,
    Read,
    Exists,
    List,
    Configs,
    Settle,
    Remember,
    Recall,
    Remove,
    CreatePack,
    ReadPack,
    Packs,
    RemovePack,
}

/// What happens in a call.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing out of the ordinary.
    None,
    /// The process stops before the call has done anything.
    StopBefore,
    /// The process stops when the call has done its work, and never sees the answer.
    StopAfter,
    /// The call fails with an error, having done nothing; what follows is in order.
    Fail(BackendErrorKind),
    /// The call does its work and then reports an error; what follows is in order.
    DoAndFail(BackendErrorKind),
    /// Another writer's record comes to stand there, and the call reports an error.
    LoseAndFail(BackendErrorKind, Vec<u8>),
    /// Another writer's record comes to stand there just before the call.
    Lose(Vec<u8>),
    /// The call is made twice, as by a retry below, and gives the second answer.
    Twice,
    /// The call claims to have created what it did not.
    Lie,
}

type Plan = Box<dyn FnMut(Call, Option<&Slot<'_>>) -> Fault + Send>;

/// Does what the backend below does, but for what a plan says of each call.
pub(crate) struct Faulty {
    below: Arc<dyn Backend>,
    plan: Mutex<Plan>,
    stopped: AtomicBool,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faulty").field("below", &self.below).finish_non_exhaustive()
    }
}

impl Faulty {
    pub(crate) fn new(
        below: Arc<dyn Backend>,
        plan: impl FnMut(Call, Option<&Slot<'_>>) -> Fault + Send + 'static,
    ) -> Self {
        Self { below, plan: Mutex::new(Box::new(plan)), stopped: AtomicBool::new(false) }
    }

    /// Does nothing but pass on.
    pub(crate) fn sound(below: Arc<dyn Backend>) -> Self {
        Self::new(below, |_, _| Fault::None)
    }

    fn call<T>(
        &self,
        call: Call,
        slot: Option<&Slot<'_>>,
        lie: Option<T>,
        act: impl Fn() -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let error =
            |kind| BackendError { kind, object: format!("{call:?}"), source: io::Error::other("a fault") };
        if self.stopped.load(Ordering::Relaxed) {
            return Err(error(BackendErrorKind::Failed));
        }
        let lose = |bytes: Vec<u8>| self.below.create(slot.expect("a slot is lost"), &bytes).map(drop);
        let fault = (self.plan.lock().unwrap())(call, slot);
        match fault {
            Fault::None => act(),
            Fault::StopBefore => {
                self.stopped.store(true, Ordering::Relaxed);
                Err(error(BackendErrorKind::Failed))
            }
            Fault::StopAfter => {
                act()?;
                self.stopped.store(true, Ordering::Relaxed);
                Err(error(BackendErrorKind::Failed))
            }
            Fault::Fail(kind) => Err(error(kind)),
            Fault::DoAndFail(kind) => act().and_then(|_| Err(error(kind))),
            Fault::LoseAndFail(kind, bytes) => lose(bytes).and_then(|()| Err(error(kind))),
            Fault::Lose(bytes) => lose(bytes).and_then(|()| act()),
            Fault::Twice => act().and_then(|_| act()),
            Fault::Lie => lie.map_or_else(act, Ok),
        }
    }
}

impl Backend for Faulty {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        self.call(Call::Create, Some(slot), Some(Creation::Created), || self.below.create(slot, bytes))
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        self.call(Call::Read, Some(slot), None, || self.below.read(slot, extent))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        self.call(Call::Exists, Some(slot), None, || self.below.exists(slot))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.call(Call::List, None, None, || self.below.list(config, log))
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        self.call(Call::Configs, None, None, || self.below.configs())
    }

    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError> {
        self.call(Call::Settle, None, None, || self.below.settle(config, log))
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.call(Call::Remove, Some(slot), None, || self.below.remove(slot))
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.below.describe(slot)
    }

    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        Some(self)
    }
}

impl Notes for Faulty {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        self.call(Call::Remember, None, None, || self.below.notes().unwrap().remember(config, log, note))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        self.call(Call::Recall, None, None, || self.below.notes().unwrap().recall(config, log))
    }
}

impl Packs for Faulty {
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        let write = std::cell::RefCell::new(write);
        self.call(Call::CreatePack, None, None, || {
            self.below.packs().unwrap().create(pack, &mut **write.borrow_mut())
        })
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        self.call(Call::ReadPack, None, None, || self.below.packs().unwrap().read(pack, piece))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        self.call(Call::Packs, None, None, || self.below.packs().unwrap().list(config))
    }

    fn covering(
        &self,
        config: &ConfigName,
        numbers: &std::ops::RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        self.call(Call::Packs, None, None, || self.below.packs().unwrap().covering(config, numbers))
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        self.call(Call::RemovePack, None, None, || self.below.packs().unwrap().remove(pack))
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        self.below.packs().unwrap().describe(pack)
    }
}
