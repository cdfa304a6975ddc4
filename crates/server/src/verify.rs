//! `beckon verify`: recounts a run of a campaign.

use std::fmt::Write as _;

use clock::Clock;
use engine::verify::Verification;
use model::{App, Campaign, EndpointId, Run};
use serde::{Deserialize, Serialize};
use store::{Resource, Store, StoreError, version_parent};
use store_embedded::OpenError;

use crate::backup::{BackupError, ask_report};
use crate::cli::VerifyArguments;
use crate::error::ServerError;
use crate::parts::Server;

/// Documents read at a time.
const PAGE: usize = 256;

/// A recount in words.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    text: String,
    differences: usize,
}

/// Recounts a run and prints what it found: by itself, or through the server that works in the data
/// folder.
///
/// # Errors
/// The data folder cannot be used, there is no such run, or its numbers do not add up.
pub async fn verify(arguments: &VerifyArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let data = &arguments.data.data;
    if !data.join("meta").is_dir() {
        return Err(BackupError::NoData(data.clone()).into());
    }
    let found = match Server::open(&config, data, Clock::real()).await {
        Ok(server) => {
            let found = report(&server.parts, &arguments.run).await;
            server.parts.streams.shutdown().await;
            server.parts.analytics.close().await?;
            found?
        }
        Err(ServerError::Open(OpenError::Locked(_))) => ask_report(data, &arguments.run).await?,
        Err(error) => return Err(error),
    };
    print!("{}", found.text);
    match found.differences {
        0 => Ok(()),
        count => Err(ServerError::RunDiffers(count)),
    }
}

/// Recounts the run with this identifier.
///
/// # Errors
/// There is none, or reading failed.
pub async fn report(parts: &api::Parts, run: &str) -> Result<Report, ServerError> {
    let run = find(&parts.store, run)
        .await?
        .ok_or_else(|| ServerError::NoRun(run.to_owned()))?;
    let found = api::verify(&parts.store, &parts.log, &parts.analytics, run).await?;
    Ok(Report {
        text: words(&found),
        differences: found.differences.len(),
    })
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

fn words(found: &Verification) -> String {
    let mut lines = vec![
        format!("Run {}", found.run),
        format!("{:>12}  planned", found.planned),
    ];
    for (outcome, count) in &found.sets {
        let word = outcome.as_str();
        let records = found.log.get(word).copied().unwrap_or(0);
        lines.push(if outcome.recorded() && found.recorded {
            format!("{count:>12}  {word}, {records} records")
        } else {
            format!("{count:>12}  {word}")
        });
    }
    lines.push(format!("{:>12}  remaining", found.remaining));
    if !found.recorded {
        let apart = "Its records are older than the retention: the sets stand alone.";
        lines.push(apart.to_owned());
    }
    for (difference, sample) in &found.differences {
        let mut line = difference.kind.as_str().to_owned();
        if let Some(outcome) = &difference.outcome {
            let _ = write!(line, " ({outcome})");
        }
        let _ = write!(line, ": {} people", difference.count);
        let names: Vec<&str> = sample.iter().map(EndpointId::as_str).collect();
        if !names.is_empty() {
            let _ = write!(line, ", such as {}", names.join(", "));
        }
        lines.push(line);
    }
    if found.differences.is_empty() {
        lines.push("Everything adds up.".to_owned());
    }
    lines.join("\n") + "\n"
}
