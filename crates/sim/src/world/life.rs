//! One life of the process: from opening what lies on disk to a crash or the end of the world.

use std::sync::Arc;

use channels::suppression::SuppressionList;
use channels::token::Signer;
use engine::{Engine, Parts, Settings};
use events::Log;
use store::Store;
use tokio::runtime::Builder;

use super::documents::Watched;
use super::endpoints::Spread;
use super::script::Script;
use super::{World, gather};
use crate::evidence::{Evidence, Life};

/// Memory for blocks of endpoints.
const CACHE_BYTES: u64 = 1 << 20;

/// Lives until point `crash_at`, or to the end of the world. Answers what came of it in that case.
///
/// # Errors
/// Why it went wrong.
pub(super) fn live(world: &World, crash_at: Option<u64>) -> Result<Option<Evidence>, String> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_park({
            let (agenda, time) = (Arc::clone(&world.agenda), world.time.clone());
            let crashes = Arc::clone(&world.crashes);
            move || {
                if crashes.place().is_none() {
                    agenda.idle(&time, crashes.points());
                }
            }
        })
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let from = world.now();
    world.crashes.begin(crash_at);
    let lives = world.notes.lock().lives.len();
    world.provider.next_life(lives);
    world.servers.next_life(lives);
    let ended = runtime.block_on(until_end(world));
    // Whatever is still on its way ends here, before anything is opened again.
    drop(runtime);
    world.agenda.moving(false);
    world.notes.lock().lives.push(Life {
        from,
        to: world.now(),
        crash: world.crashes.place(),
    });
    let evidence = ended?;
    Ok(evidence.map(|evidence| Evidence {
        lives: world.notes.lock().lives.clone(),
        ..evidence
    }))
}

async fn until_end(world: &World) -> Result<Option<Evidence>, String> {
    let (store, log) = open(world).await?;
    let suppression = SuppressionList::load(store.clone())
        .await
        .map_err(|error| format!("the suppression list: {error}"))?;
    let mut settings = Settings::new("http://beckon.example");
    settings.in_flight_max = world.plan.in_flight_max;
    settings.called_max = world.plan.in_flight_max;
    let engine = Engine::new(Parts {
        store: store.clone(),
        log: log.clone(),
        email: Arc::new(world.provider.clone()),
        inbox: Arc::new(world.provider.clone()),
        messages: Arc::new(world.provider.clone()),
        callees: Arc::new(world.servers.clone()),
        suppression,
        signer: Signer::new([9; 32]),
        clock: world.clock.clone(),
        settings,
    });
    let script = Script {
        plan: Arc::clone(&world.plan),
        app: world.app.clone(),
        clock: world.clock.clone(),
        crashes: Arc::clone(&world.crashes),
        agenda: Arc::clone(&world.agenda),
        notes: Arc::clone(&world.notes),
        store: store.clone(),
        log: log.clone(),
        engine: engine.clone(),
    };
    world.agenda.moving(true);
    let played = tokio::spawn(script.play());
    let rest = tokio::select! {
        biased;
        _ = world.crashes.crashed() => return Ok(None),
        rest = played => rest.map_err(|error| format!("the script: {error}"))?,
    };
    rest?;
    tokio::select! {
        biased;
        _ = world.crashes.crashed() => return Ok(None),
        () = engine.shutdown() => {}
    }
    world.agenda.moving(false);
    gather::gather(world, &store, &log).await.map(Some)
}

async fn open(world: &World) -> Result<(Store, Log), String> {
    let mut options = store_embedded::Options::new(world.dir.path().join("data"));
    options.master_key = Some([7; 32]);
    options.cache_bytes = CACHE_BYTES;
    let opened = store_embedded::open(options, world.clock.clone())
        .await
        .map_err(|error| format!("the store does not open: {error}"))?;
    let store = Store {
        documents: Arc::new(Watched {
            inner: opened.documents,
            clock: world.clock.clone(),
            agenda: Arc::clone(&world.agenda),
        }),
        endpoints: Arc::new(Spread {
            inner: opened.endpoints,
            clock: world.clock.clone(),
            ranges: world.plan.spread.max(1),
        }),
        secrets: opened.secrets,
        backup: opened.backup,
    };
    let events = world.dir.path().join("events");
    let log = Log::open(&events, world.clock.clone(), events::Options::default())
        .map_err(|error| format!("the log does not open: {error}"))?;
    Ok((store, log))
}
