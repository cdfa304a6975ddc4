//! Campaigns that lived elsewhere before, with their identifiers, versions and dates.

use std::time::Duration;

use clock::Timestamp;
use model::{
    AppId, Campaign, CampaignId, CampaignStatus, Start, TemplateConfiguration, TemplateKind,
};
use store::{CampaignVersion, Expect, Store, put};

use super::draft::CampaignDraft;
use super::lifecycle::{self, Facts};
use super::refusal::CampaignError;
use super::{inherited, listing, references};
use crate::segments;

/// How long before its start a campaign may have been written at the latest.
const NOTICE: Duration = Duration::from_secs(3_600);

/// A campaign as it was elsewhere.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Its identifier.
    pub id: CampaignId,
    /// What it says.
    pub draft: CampaignDraft,
    /// Where it stood.
    pub status: CampaignStatus,
    /// Its version.
    pub version: u32,
    /// When it was created.
    pub created: Timestamp,
    /// When this version was written.
    pub modified: Timestamp,
}

/// Writes a campaign that lived elsewhere, and says what had to be adapted. One that was at work,
/// or whose time has come, is paused, so that nobody gets a message because of this; one that has
/// ended stays ended. `None` if there is a campaign with this identifier already.
///
/// # Errors
/// It breaks a rule or refers to something that does not exist.
pub async fn restore(
    store: &Store,
    app: &AppId,
    mut restored: Restored,
    now: Timestamp,
) -> Result<Option<Vec<String>>, CampaignError> {
    let id = restored.id.clone();
    let campaigns = store.of::<Campaign>();
    if campaigns.get(app.as_str(), id.as_str()).await?.is_some() {
        return Ok(None);
    }
    let mut notes = Vec::new();
    unpin(store, app, &mut restored.draft, &mut notes).await?;
    let draft = &mut restored.draft;
    let choice = references::check(store, app, draft, None).await?;
    let facts = Facts {
        segment_version: choice.segment_version,
        ..Facts::default()
    };
    let inherited = inherited(store, app).await?;
    // The rules of creation hold as of the creation, when the start was still ahead.
    let start = draft.schedule.as_ref().and_then(|schedule| {
        let start = schedule::start(&schedule.start, schedule.timezone.as_deref());
        match start.ok()? {
            Start::At(at) => Some(at),
            Start::Immediately => None,
        }
    });
    let written = start.map_or(restored.created, |at| {
        restored.created.min(at.minus(NOTICE))
    });
    let make = |draft: &CampaignDraft| {
        lifecycle::create(app, id.clone(), draft, inherited.clone(), &facts, written)
    };
    let ended = restored.status.is_final();
    let ahead = restored.status == CampaignStatus::Scheduled && start.is_some_and(|at| at > now);
    let was_paused = draft.paused == Some(true) || restored.status == CampaignStatus::Paused;
    draft.paused = Some(!ahead || was_paused);
    let mut campaign = make(draft)?;
    if !ended && !ahead && !was_paused {
        notes.push(format!(
            "it is paused, because it was {} and would send at once; set IsPaused to false when \
             it may",
            restored.status.as_str()
        ));
    }
    if ended {
        campaign.status = restored.status;
        campaign.paused = was_paused;
        campaign.next_run = None;
        campaign.clocks = Vec::new();
    } else {
        references::compiles(store, &campaign).await?;
        references::suits_events(store, &campaign).await?;
    }
    campaign.version = restored.version;
    campaign.created = restored.created;
    campaign.modified = restored.modified;
    let mut writes = vec![
        put(&campaign, Expect::Absent)?,
        put(&CampaignVersion(campaign.clone()), Expect::Any)?,
    ];
    writes.extend(listing(None, Some(&campaign))?);
    store.documents.commit(writes).await?;
    Ok(Some(notes))
}

/// Lets references to versions that are not here mean the newest one.
async fn unpin(
    store: &Store,
    app: &AppId,
    draft: &mut CampaignDraft,
    notes: &mut Vec<String>,
) -> Result<(), CampaignError> {
    if let (Some(segment), Some(version)) = (&draft.segment, draft.segment_version) {
        let pinned = segments::find(store, app, segment, Some(version)).await?;
        if pinned.is_none() && segments::find(store, app, segment, None).await?.is_some() {
            notes.push(format!(
                "it uses the latest version of its segment: version {version} is not here"
            ));
            draft.segment_version = None;
        }
    }
    let treatments = draft.treatments.iter_mut().flatten();
    let of_treatments = treatments.filter_map(|treatment| treatment.template.as_mut());
    for templates in draft.template.iter_mut().chain(of_treatments) {
        unpin_templates(store, templates, notes).await?;
    }
    Ok(())
}

async fn unpin_templates(
    store: &Store,
    templates: &mut TemplateConfiguration,
    notes: &mut Vec<String>,
) -> Result<(), CampaignError> {
    let members = [
        (TemplateKind::Email, &mut templates.email),
        (TemplateKind::Push, &mut templates.push),
        (TemplateKind::Sms, &mut templates.sms),
        (TemplateKind::Voice, &mut templates.voice),
        (TemplateKind::InApp, &mut templates.in_app),
    ];
    for (kind, member) in members {
        let Some(reference) = member.as_mut().filter(|it| it.version.is_some()) else {
            continue;
        };
        if references::template(store, kind, reference)
            .await?
            .is_some()
        {
            continue;
        }
        let (name, version) = (reference.name.clone(), reference.version.take());
        if references::template(store, kind, reference)
            .await?
            .is_some()
        {
            notes.push(format!(
                "it uses the active version of template {name}: version {} is not here",
                version.unwrap_or_default()
            ));
        } else {
            reference.version = version;
        }
    }
    Ok(())
}
