//! `beckon verify`: recounts a run of a campaign.

use clock::Clock;
use engine::verify::Verification;
use model::{App, Campaign, EndpointId, Run};
use store::{Resource, Store, StoreError, version_parent};

use crate::cli::VerifyArguments;
use crate::error::ServerError;
use crate::parts::{open_analytics, open_log, open_store};

/// Documents read at a time.
const PAGE: usize = 256;

/// Recounts a run and prints what it found.
///
/// # Errors
/// The data folder cannot be used, there is no such run, or its numbers do not add up.
pub async fn verify(arguments: &VerifyArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let dir = &arguments.data.data;
    let clock = Clock::real();
    let store = open_store(&config, dir, &clock).await?;
    let run = find(&store, &arguments.run)
        .await?
        .ok_or_else(|| ServerError::NoRun(arguments.run.clone()))?;
    let (log, _) = open_log(dir.join("events"), clock.clone()).await?;
    let analytics = open_analytics(&config, dir, &log, &clock).await?;
    let found = api::verify(&store, &log, &analytics, run).await?;
    print(&found);
    if found.differences.is_empty() {
        return Ok(());
    }
    Err(ServerError::RunDiffers(found.differences.len()))
}

/// Looks for a run in every campaign of every application.
async fn find(store: &Store, run: &str) -> Result<Option<Run>, StoreError> {
    for app in all::<App>(store, "").await? {
        for campaign in all::<Campaign>(store, app.id.as_str()).await? {
            let parent = version_parent(app.id.as_str(), campaign.id.as_str());
            if let Some(found) = store.of::<Run>().get(&parent, run).await? {
                return Ok(Some(found.value));
            }
        }
    }
    Ok(None)
}

async fn all<R: Resource>(store: &Store, parent: &str) -> Result<Vec<R>, StoreError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.of::<R>().list(parent, after.as_ref(), PAGE).await?;
        all.extend(page.items.into_iter().map(|stored| stored.value));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn print(found: &Verification) {
    println!("Run {}", found.run);
    println!("{:>12}  planned", found.planned);
    for (outcome, count) in &found.sets {
        let word = outcome.as_str();
        let records = found.log.get(word).copied().unwrap_or(0);
        if outcome.recorded() && found.recorded {
            println!("{count:>12}  {word}, {records} records");
        } else {
            println!("{count:>12}  {word}");
        }
    }
    println!("{:>12}  remaining", found.remaining);
    if !found.recorded {
        println!("Its records are older than the retention: the sets stand alone.");
    }
    for (difference, sample) in &found.differences {
        let names: Vec<&str> = sample.iter().map(EndpointId::as_str).collect();
        println!(
            "{}{}: {} people{}{}",
            difference.kind.as_str(),
            difference
                .outcome
                .as_ref()
                .map(|outcome| format!(" ({outcome})"))
                .unwrap_or_default(),
            difference.count,
            if names.is_empty() { "" } else { ", such as " },
            names.join(", ")
        );
    }
    if found.differences.is_empty() {
        println!("Everything adds up.");
    }
}
