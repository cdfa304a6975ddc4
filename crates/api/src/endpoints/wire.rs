//! Endpoints, between the wire and the model.

use clock::Timestamp;
use model::{
    ChannelType, Demographic, Endpoint, EndpointStatus, EndpointUpdate, Location, OptOut, UserId,
    UserLink,
};
use wire::shapes;

use crate::error::ApiError;

/// An endpoint as callers see it: five objects are always there.
pub(crate) fn endpoint(endpoint: &Endpoint) -> shapes::EndpointResponse {
    // Attributes that wait for a user are not shown (`docs/spec/audience.md §7.1`).
    let user = endpoint.user.as_ref().map(|user| shapes::EndpointUser {
        user_attributes: (!endpoint.user_attributes.is_empty())
            .then(|| endpoint.user_attributes.clone()),
        user_id: Some(user.to_string()),
    });
    shapes::EndpointResponse {
        address: endpoint.address.clone(),
        application_id: Some(endpoint.app.to_string()),
        attributes: Some(endpoint.attributes.clone()),
        channel_type: endpoint.channel.map(|channel| channel.as_str().to_owned()),
        cohort_id: Some(endpoint.cohort.to_string()),
        creation_date: Some(endpoint.created.to_string()),
        demographic: Some(demographic(&endpoint.demographic)),
        effective_date: Some(endpoint.effective.to_string()),
        endpoint_status: Some(endpoint.status.as_str().to_owned()),
        id: Some(endpoint.id.to_string()),
        location: Some(location(&endpoint.location)),
        metrics: Some(endpoint.metrics.clone()),
        opt_out: Some(endpoint.opt_out.as_str().to_owned()),
        request_id: Some(endpoint.request_id.clone()),
        user: Some(user.unwrap_or_default()),
    }
}

fn demographic(demographic: &Demographic) -> shapes::EndpointDemographic {
    let it = demographic.clone();
    shapes::EndpointDemographic {
        app_version: it.app_version,
        locale: it.locale,
        make: it.make,
        model: it.model,
        model_version: it.model_version,
        platform: it.platform,
        platform_version: it.platform_version,
        timezone: it.timezone,
    }
}

fn location(location: &Location) -> shapes::EndpointLocation {
    let it = location.clone();
    shapes::EndpointLocation {
        city: it.city,
        country: it.country,
        latitude: it.latitude,
        longitude: it.longitude,
        postal_code: it.postal_code,
        region: it.region,
    }
}

/// The change that a request means (`docs/spec/audience.md §6.2`).
///
/// # Errors
/// An enum value is unknown or the date is none.
pub(crate) fn update(request: shapes::EndpointRequest) -> Result<EndpointUpdate, ApiError> {
    let (user, user_attributes) = match request.user {
        None => (UserLink::Keep, None),
        Some(user) => {
            let link = match user.user_id {
                None => UserLink::Keep,
                Some(id) if id.is_empty() => UserLink::Unlink,
                Some(id) => UserLink::Link(UserId::new(id)),
            };
            (link, user.user_attributes)
        }
    };
    let written_but_empty = |text: Option<String>, member: &str| match text {
        Some(text) if text.is_empty() => Err(ApiError::bad_request(format!("{member}: is empty"))),
        other => Ok(other),
    };
    Ok(EndpointUpdate {
        channel: word(request.channel_type, "ChannelType", ChannelType::parse)?,
        address: request.address.filter(|address| !address.is_empty()),
        attributes: request.attributes.unwrap_or_default(),
        metrics: request.metrics.unwrap_or_default(),
        demographic: request
            .demographic
            .map(read_demographic)
            .unwrap_or_default(),
        location: request.location.map(read_location).unwrap_or_default(),
        user,
        user_attributes: user_attributes.unwrap_or_default(),
        opt_out: word(
            written_but_empty(request.opt_out, "OptOut")?,
            "OptOut",
            OptOut::parse,
        )?,
        status: word(
            written_but_empty(request.endpoint_status, "EndpointStatus")?,
            "EndpointStatus",
            EndpointStatus::parse,
        )?,
        effective: request
            .effective_date
            .map(|text| {
                Timestamp::parse(&text)
                    .map_err(|error| ApiError::bad_request(format!("EffectiveDate: {error}")))
            })
            .transpose()?,
        request_id: request.request_id,
    })
}

fn word<T>(
    text: Option<String>,
    member: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse(&text).map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(100).collect();
        ApiError::bad_request(format!("{member}: '{shown}' is not a known value"))
    })
}

fn read_demographic(it: shapes::EndpointDemographic) -> Demographic {
    Demographic {
        app_version: it.app_version,
        locale: it.locale,
        make: it.make,
        model: it.model,
        model_version: it.model_version,
        platform: it.platform,
        platform_version: it.platform_version,
        timezone: it.timezone,
    }
}

fn read_location(it: shapes::EndpointLocation) -> Location {
    Location {
        city: it.city,
        country: it.country,
        postal_code: it.postal_code,
        region: it.region,
        latitude: it.latitude,
        longitude: it.longitude,
    }
}

/// The part of a batch item that a single update has too.
pub(crate) fn of_batch_item(
    item: shapes::EndpointBatchItem,
) -> (Option<String>, shapes::EndpointRequest) {
    let request = shapes::EndpointRequest {
        address: item.address,
        attributes: item.attributes,
        channel_type: item.channel_type,
        demographic: item.demographic,
        effective_date: item.effective_date,
        endpoint_status: item.endpoint_status,
        location: item.location,
        metrics: item.metrics,
        opt_out: item.opt_out,
        request_id: item.request_id,
        user: item.user,
    };
    (item.id.filter(|id| !id.is_empty()), request)
}

/// The part of an endpoint in PutEvents that a single update has too.
pub(crate) fn of_public(endpoint: shapes::PublicEndpoint) -> shapes::EndpointRequest {
    shapes::EndpointRequest {
        address: endpoint.address,
        attributes: endpoint.attributes,
        channel_type: endpoint.channel_type,
        demographic: endpoint.demographic,
        effective_date: endpoint.effective_date,
        endpoint_status: endpoint.endpoint_status,
        location: endpoint.location,
        metrics: endpoint.metrics,
        opt_out: endpoint.opt_out,
        request_id: endpoint.request_id,
        user: endpoint.user,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<EndpointUpdate, String> {
        let request = serde_json::from_str(json).unwrap();
        update(request).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn empty_texts_mean_what_the_table_says() {
        assert_eq!(
            read(r#"{"Address":"","ChannelType":"","User":{"UserId":""}}"#).unwrap(),
            EndpointUpdate {
                user: UserLink::Unlink,
                ..EndpointUpdate::default()
            }
        );
        assert_eq!(read("{}").unwrap(), EndpointUpdate::default());
        assert_eq!(read(r#"{"OptOut":""}"#), Err("OptOut: is empty".to_owned()));
        assert!(
            read(r#"{"EffectiveDate":""}"#)
                .unwrap_err()
                .starts_with("EffectiveDate: ")
        );
        assert!(
            read(r#"{"ChannelType":"PIGEON"}"#)
                .unwrap_err()
                .contains("PIGEON")
        );
    }

    #[test]
    fn scalars_stand_for_lists() {
        let update = read(r#"{"Attributes":{"a":"x","b":[1,true],"c":[]}}"#).unwrap();
        assert_eq!(update.attributes["a"], ["x"]);
        assert_eq!(update.attributes["b"], ["1", "true"]);
        assert!(update.attributes["c"].is_empty());
    }
}
