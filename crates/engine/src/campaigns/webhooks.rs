//! Whether a webhook wants an account's messages (`docs/spec/campaigns.md §9`).

use std::collections::BTreeSet;
use std::time::Duration;

use clock::Clock;
use model::Campaign;

use super::lifecycle::invalid;
use super::refusal::CampaignError;
use crate::callees::Callees;

/// How long a webhook has for its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks every webhook of `next` that `current` does not have.
pub(super) async fn prove(
    callees: Option<&dyn Callees>,
    clock: &Clock,
    current: Option<&Campaign>,
    next: &Campaign,
) -> Result<(), CampaignError> {
    let Some(callees) = callees else {
        return Ok(());
    };
    let known = current.map(webhooks).unwrap_or_default();
    for url in webhooks(next).difference(&known) {
        let problem = tokio::select! {
            proof = callees.prove(url) => match proof {
                Ok(()) => continue,
                Err(error) => error.to_string(),
            },
            () = clock.sleep(TIMEOUT) => "must answer a HEAD request within 10 seconds".to_owned(),
        };
        return Err(invalid("CustomDeliveryConfiguration.DeliveryUri", problem).into());
    }
    Ok(())
}

fn webhooks(campaign: &Campaign) -> BTreeSet<String> {
    let contents = (0..=campaign.treatments.len()).filter_map(|it| campaign.content(it));
    contents
        .filter_map(|content| content.custom_delivery)
        .map(|(uri, _)| uri)
        .filter(|uri| uri.contains("://"))
        .collect()
}
