//! Merging a write into an endpoint (`docs/spec/audience.md §6.2–6.4`).

use clock::Timestamp;
use model::{
    AppId, Demographic, Endpoint, EndpointId, EndpointStatus, EndpointUpdate, Location, OptOut,
    Ordinal, UserId, UserLink,
};

use crate::user::merge_attributes;
use crate::{EndpointLimits, Violation};

mod content;
mod size;

pub(crate) use content::{check_degrees, invalid, longer};
pub use content::{validate_id, validate_user_id};
pub use size::check_size;

/// What a merge needs to know besides the endpoint.
#[derive(Debug, Clone, Copy)]
pub struct MergeContext<'a> {
    /// The instant of the write.
    pub now: Timestamp,
    /// The request, used where the update names none.
    pub request_id: &'a str,
    /// Whether the write is a row of an import: a new endpoint then needs a channel and an address,
    /// a status is ignored, and only a date of its own counts as activity.
    pub import: bool,
    /// How much an endpoint may hold.
    pub limits: &'a EndpointLimits,
}

/// The permanent facts of an endpoint, used if the write creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// The application.
    pub app: AppId,
    /// The identifier as written.
    pub id: EndpointId,
    /// The dense number reserved for it.
    pub ordinal: Ordinal,
    /// The cohort drawn for it, 0 to 99.
    pub cohort: u8,
}

/// The endpoint that `update` makes of `current`, or of nothing.
///
/// `user_attributes` of `current` matter only while it has no user. `user_attributes` of the result
/// are, with a user, what the write brings to the record of that user: the caller merges them into
/// the record and projects the record back with [`merge_attributes`]. Without a user they are the
/// attributes held for a later one (`docs/spec/audience.md §7.1`).
///
/// Merging is repeatable: the same update merged twice at one instant changes nothing the second
/// time.
///
/// # Errors
/// The first rule of `docs/spec/audience.md §6.4` that the write breaks, of its points 1 to 5.
pub fn merge(
    current: Option<&Endpoint>,
    new: &NewEndpoint,
    update: &EndpointUpdate,
    context: &MergeContext<'_>,
) -> Result<Endpoint, Violation> {
    content::check_identifiers(&new.id, update)?;
    let mut endpoint = match current {
        Some(current) => current.clone(),
        None => blank(new, context),
    };
    let created = current.is_none();

    if let Some(channel) = update.channel {
        endpoint.channel = Some(channel);
    }
    if let Some(address) = given(update.address.as_ref()) {
        endpoint.address = Some(address.clone());
    }
    if (endpoint.address.is_some() || (created && context.import)) && endpoint.channel.is_none() {
        return Err(Violation::MissingChannelType);
    }
    let wants_messages = update.opt_out == Some(OptOut::None);
    if endpoint.address.is_none() && (wants_messages || (created && context.import)) {
        return Err(Violation::MissingAddress);
    }
    content::check(update, context.limits)?;

    endpoint.opt_out = match update.opt_out {
        Some(opt_out) => opt_out,
        None if !created => endpoint.opt_out,
        None if endpoint.address.is_none() => OptOut::All,
        None => OptOut::None,
    };
    endpoint.status = match update.status {
        Some(status) if !context.import => status,
        _ => EndpointStatus::Active,
    };
    merge_attributes(&mut endpoint.attributes, &update.attributes);
    for (name, value) in &update.metrics {
        endpoint.metrics.insert(name.clone(), *value);
    }
    merge_demographic(&mut endpoint.demographic, &update.demographic);
    merge_location(&mut endpoint.location, &update.location);
    link(&mut endpoint, update);
    date(&mut endpoint, update, context);
    Ok(endpoint)
}

fn blank(new: &NewEndpoint, context: &MergeContext<'_>) -> Endpoint {
    Endpoint {
        app: new.app.clone(),
        id: new.id.clone(),
        ordinal: new.ordinal,
        channel: None,
        address: None,
        attributes: model::Attributes::new(),
        metrics: model::Metrics::new(),
        demographic: Demographic::default(),
        location: Location::default(),
        user: None,
        user_attributes: model::Attributes::new(),
        opt_out: OptOut::All,
        status: EndpointStatus::Active,
        effective: context.now,
        request_id: String::new(),
        cohort: new.cohort,
        created: context.now,
        last_active: None,
    }
}

/// The text unless it is absent or empty, which is the same for channel and address.
fn given(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.is_empty())
}

fn link(endpoint: &mut Endpoint, update: &EndpointUpdate) {
    let next: Option<UserId> = match &update.user {
        UserLink::Keep => endpoint.user.clone(),
        UserLink::Unlink => None,
        UserLink::Link(user) => Some(user.clone()),
    };
    if endpoint.user.is_some() {
        endpoint.user_attributes.clear();
    }
    merge_attributes(&mut endpoint.user_attributes, &update.user_attributes);
    endpoint.user = next;
}

fn date(endpoint: &mut Endpoint, update: &EndpointUpdate, context: &MergeContext<'_>) {
    endpoint.effective = update.effective.unwrap_or(context.now);
    let request_id = update.request_id.as_deref().unwrap_or(context.request_id);
    request_id.clone_into(&mut endpoint.request_id);
    if !context.import || update.effective.is_some() {
        endpoint.last_active = endpoint.last_active.max(Some(endpoint.effective));
    }
}

fn merge_demographic(into: &mut Demographic, from: &Demographic) {
    merge_text(&mut into.app_version, from.app_version.as_ref());
    merge_text(&mut into.locale, from.locale.as_ref());
    merge_text(&mut into.make, from.make.as_ref());
    merge_text(&mut into.model, from.model.as_ref());
    merge_text(&mut into.model_version, from.model_version.as_ref());
    merge_text(&mut into.platform, from.platform.as_ref());
    merge_text(&mut into.platform_version, from.platform_version.as_ref());
    merge_text(&mut into.timezone, from.timezone.as_ref());
}

fn merge_location(into: &mut Location, from: &Location) {
    merge_text(&mut into.city, from.city.as_ref());
    merge_text(&mut into.country, from.country.as_ref());
    merge_text(&mut into.postal_code, from.postal_code.as_ref());
    merge_text(&mut into.region, from.region.as_ref());
    if let (Some(latitude), Some(longitude)) = (from.latitude, from.longitude) {
        into.latitude = Some(one_decimal(latitude));
        into.longitude = Some(one_decimal(longitude));
    }
}

/// Keeps, replaces, or clears a member that an empty text clears.
fn merge_text(into: &mut Option<String>, from: Option<&String>) {
    match from {
        None => {}
        Some(text) if text.is_empty() => *into = None,
        Some(text) => *into = Some(text.clone()),
    }
}

/// Coordinates are kept with one decimal; a negative zero becomes zero.
fn one_decimal(degrees: f64) -> f64 {
    (degrees * 10.0).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests;
