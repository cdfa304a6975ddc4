//! The sample project of `beckon demo`: a shop that lived four weeks in a few seconds.
//!
//! Nothing is painted: the server's own parts run over the data folder under a simulated clock, so
//! campaigns fire, mail lands in the inbox, and what the readers do is recorded as in life.

mod chance;
mod content;
mod people;
mod readers;
mod shop;

use std::path::Path;
use std::time::Duration;

use clock::{Clock, SimulatedTime, Timestamp};
use config::Config;
use model::{AppId, Campaign, CampaignId};

use crate::error::ServerError;
use crate::parts::Server;
use chance::Chance;

/// Days that the shop has lived.
const DAYS: u32 = 28;
/// One day.
const DAY: Duration = Duration::from_secs(86_400);
/// How far the clock is moved while a campaign runs.
const STEP: Duration = Duration::from_millis(250);
/// Steps after which a campaign must have ended.
const STEPS_MAX: usize = 20_000;
/// Makes the same shop at every start.
const SEED: u64 = 20_261_122;

/// The campaigns: day, name, segment, template, and whether a second treatment and a holdout are
/// tried.
const CAMPAIGNS: [(u32, &str, shop::Audience, &str, bool); 3] = [
    (
        4,
        "Letter from the roastery",
        shop::Audience::Everyone,
        "monthly-letter",
        false,
    ),
    (
        13,
        "Autumn roast",
        shop::Audience::Subscribers,
        "autumn-roast",
        true,
    ),
    (
        24,
        "Autumn roast, second call",
        shop::Audience::DarkRoast,
        "autumn-roast-offer",
        false,
    ),
];

/// Lets the shop live on the data folder `dir` for the four weeks before `now`. Nobody else may
/// have the folder open.
///
/// # Errors
/// The data folder cannot be used.
pub async fn write(config: &Config, dir: &Path, now: Timestamp) -> Result<(), ServerError> {
    let opening = now.minus(DAY * DAYS);
    let (clock, time) = Clock::simulated(opening, SEED);
    let server = Server::open(config, dir, clock.clone()).await?;
    server.parts.engine.start();
    let mut chance = Chance::new(clock.clone());
    let shop = shop::found(&server, &mut chance).await?;
    for day in 0..DAYS {
        let morning = opening.plus(DAY * day);
        time.set(morning);
        readers::visit(&server, &shop, morning, &mut chance).await?;
        for (when, name, audience, template, tried) in CAMPAIGNS {
            if when == day {
                time.set(morning.plus(Duration::from_secs(9 * 3_600)));
                let campaign =
                    shop::launch(&server, &shop, name, audience, template, tried).await?;
                finish(&server, &time, &shop.app, &campaign).await?;
                readers::read(&server, &campaign, now, &mut chance).await?;
            }
        }
    }
    time.set(now);
    let end = server.parts.log.end();
    server.parts.analytics.caught_up(end).await?;
    server.parts.engine.shutdown().await;
    server.parts.analytics.close().await?;
    Ok(())
}

/// Moves the clock until the campaign has ended.
async fn finish(
    server: &Server,
    time: &SimulatedTime,
    app: &AppId,
    campaign: &CampaignId,
) -> Result<(), ServerError> {
    let campaigns = server.parts.store.of::<Campaign>();
    for _ in 0..STEPS_MAX {
        let stored = campaigns.get(app.as_str(), campaign.as_str()).await?;
        if stored.is_none_or(|campaign| campaign.status.is_final()) {
            return Ok(());
        }
        time.advance(STEP);
        // The loops do their work in real time, however fast the simulated time runs.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(ServerError::Sample(format!(
        "campaign {campaign} did not end"
    )))
}
