//! Lets a plan happen: one thread, time that stands still while anything is done, and a process
//! that ends at chosen points and is opened anew from what lies on disk.

mod agenda;
mod callees;
mod crash;
mod documents;
mod endpoints;
mod gather;
mod life;
mod provider;
mod script;

use std::path::PathBuf;
use std::sync::Arc;

use clock::{Clock, SimulatedTime, Timestamp};
use model::{AppId, SegmentId};
use parking_lot::Mutex;

use crate::evidence::{Evidence, Life, People, Story};
use crate::plan::Plan;
use agenda::Agenda;
use callees::Servers;
use crash::Crashes;
use provider::Provider;

/// A memory file system, where there is one: a world writes and syncs much and is thrown away.
const MEMORY: &str = "/dev/shm";

/// Everything that outlives the process.
struct World {
    plan: Arc<Plan>,
    dir: tempfile::TempDir,
    app: AppId,
    clock: Clock,
    time: SimulatedTime,
    crashes: Arc<Crashes>,
    agenda: Arc<Agenda>,
    provider: Provider,
    servers: Servers,
    notes: Arc<Mutex<Notes>>,
}

/// What the script has done, and what it saw.
#[derive(Default)]
struct Notes {
    /// Steps that have been taken.
    taken: usize,
    segments: Vec<SegmentId>,
    people: People,
    campaigns: Vec<Story>,
    lives: Vec<Life>,
}

/// Lets `plan` happen.
///
/// # Errors
/// Why it did not come to its end.
pub fn play(plan: &Plan) -> Result<Evidence, String> {
    let (clock, time) = Clock::simulated(plan.begin, plan.seed);
    let crashes = Arc::new(Crashes::default());
    time.watch({
        let crashes = Arc::clone(&crashes);
        move |what| crashes.pass(what)
    });
    let agenda = Arc::new(Agenda::default());
    let world = World {
        plan: Arc::new(plan.clone()),
        dir: tempfile::Builder::new()
            .prefix("beckon-sim-")
            .tempdir_in(folder())
            .map_err(|error| format!("no temporary folder: {error}"))?,
        app: "0123456789abcdef0123456789abcdef".into(),
        servers: Servers::new(plan, clock.clone(), Arc::clone(&crashes)),
        provider: Provider::new(plan, clock.clone(), Arc::clone(&crashes)),
        clock,
        time,
        crashes,
        agenda,
        notes: Arc::default(),
    };
    let mut crashes = plan.crashes.iter();
    loop {
        let crash = crashes.next();
        if let Some(evidence) = life::live(&world, crash.map(|crash| crash.point))? {
            return Ok(evidence);
        }
        if let Some(crash) = crash {
            world.time.advance(crash.down);
        }
    }
}

fn folder() -> PathBuf {
    let memory = PathBuf::from(MEMORY);
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
