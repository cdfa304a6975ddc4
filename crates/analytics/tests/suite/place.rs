//! Analytics over a log in a folder, writing files only when it is told to.

use std::path::Path;
use std::time::Duration;

use analytics::{Analytics, Options};
use clock::{Clock, SimulatedTime};
use events::Log;
use model::Event;

use crate::world;

pub struct Place {
    pub log: Log,
    pub analytics: Analytics,
    pub clock: Clock,
    pub time: SimulatedTime,
}

impl Place {
    /// Opens what is in `dir` and waits until the log is followed to its end.
    pub async fn open(dir: &Path) -> Self {
        let (clock, time) = world::clock();
        let log = Log::open(
            &dir.join("events"),
            clock.clone(),
            events::Options::default(),
        )
        .unwrap();
        let options = Options {
            flush_after: Duration::from_secs(3600),
            ..Options::default()
        };
        let folder = dir.join("analytics");
        let analytics = Analytics::open(folder, log.clone(), clock.clone(), options)
            .await
            .unwrap();
        analytics.caught_up(log.end()).await.unwrap();
        Self {
            log,
            analytics,
            clock,
            time,
        }
    }

    pub async fn append(&self, events: &[Event]) {
        for chunk in events.chunks(97) {
            self.log.append(chunk.to_vec()).await.unwrap();
        }
        self.analytics.caught_up(self.log.end()).await.unwrap();
    }
}
