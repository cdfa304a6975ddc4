//! The stored forms of endpoints and users: a version byte, then Postcard.
//!
//! These structures are frozen: a change is a new version beside the old one, so that everything
//! ever written stays readable.

use std::borrow::Cow;

use clock::Timestamp;
use model::{
    AppId, Attributes, ChannelType, Demographic, Endpoint, EndpointId, EndpointStatus, Location,
    Metrics, OptOut, Ordinal, UserId,
};
use serde::{Deserialize, Serialize};
use store::StoreError;

/// The first byte of a record of this version.
const V1: u8 = 1;

#[derive(Serialize, Deserialize)]
struct EndpointV1<'a> {
    id: Cow<'a, str>,
    channel: Option<Cow<'a, str>>,
    address: Option<Cow<'a, str>>,
    attributes: Cow<'a, Attributes>,
    metrics: Cow<'a, Metrics>,
    demographic: [Option<Cow<'a, str>>; 8],
    place: [Option<Cow<'a, str>>; 4],
    coordinates: Option<(f64, f64)>,
    user: Option<Cow<'a, str>>,
    /// Held until the endpoint has a user; empty while it has one.
    held_attributes: Cow<'a, Attributes>,
    opted_out: bool,
    inactive: bool,
    effective: i64,
    request_id: Cow<'a, str>,
    cohort: u8,
    created: i64,
    last_active: Option<i64>,
}

/// A user as kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct UserRecord {
    pub attributes: Attributes,
    /// The linked endpoints, ascending.
    pub linked: Vec<Ordinal>,
}

#[derive(Serialize, Deserialize)]
struct UserV1<'a> {
    attributes: Cow<'a, Attributes>,
    linked: Cow<'a, [Ordinal]>,
}

fn borrowed(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|text| Cow::Borrowed(text.as_str()))
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

/// Replaces the content of `into` by the stored form of `endpoint`. The attributes of a user are
/// kept with the user, unless `with_user` asks for them here, as snapshots do.
pub(super) fn write_endpoint(
    endpoint: &Endpoint,
    with_user: bool,
    into: &mut Vec<u8>,
) -> Result<(), StoreError> {
    let none = Attributes::new();
    let held = endpoint.user.is_none() || with_user;
    let demographic = &endpoint.demographic;
    let location = &endpoint.location;
    let form = EndpointV1 {
        id: Cow::Borrowed(endpoint.id.as_str()),
        channel: endpoint.channel.map(|channel| channel.as_str().into()),
        address: borrowed(endpoint.address.as_ref()),
        attributes: Cow::Borrowed(&endpoint.attributes),
        metrics: Cow::Borrowed(&endpoint.metrics),
        demographic: [
            borrowed(demographic.app_version.as_ref()),
            borrowed(demographic.locale.as_ref()),
            borrowed(demographic.make.as_ref()),
            borrowed(demographic.model.as_ref()),
            borrowed(demographic.model_version.as_ref()),
            borrowed(demographic.platform.as_ref()),
            borrowed(demographic.platform_version.as_ref()),
            borrowed(demographic.timezone.as_ref()),
        ],
        place: [
            borrowed(location.city.as_ref()),
            borrowed(location.country.as_ref()),
            borrowed(location.postal_code.as_ref()),
            borrowed(location.region.as_ref()),
        ],
        coordinates: location.latitude.zip(location.longitude),
        user: endpoint.user.as_ref().map(|user| user.as_str().into()),
        held_attributes: Cow::Borrowed(if held {
            &endpoint.user_attributes
        } else {
            &none
        }),
        opted_out: endpoint.opt_out == OptOut::All,
        inactive: endpoint.status == EndpointStatus::Inactive,
        effective: endpoint.effective.as_millis(),
        request_id: Cow::Borrowed(&endpoint.request_id),
        cohort: endpoint.cohort,
        created: endpoint.created.as_millis(),
        last_active: endpoint.last_active.map(Timestamp::as_millis),
    };
    write(&form, into)
}

pub(super) fn read_endpoint(
    bytes: &[u8],
    app: &AppId,
    ordinal: Ordinal,
) -> Result<Endpoint, StoreError> {
    let form: EndpointV1<'_> = read(bytes, "endpoint")?;
    let [
        app_version,
        locale,
        make,
        model,
        model_version,
        platform,
        platform_version,
        timezone,
    ] = form.demographic.map(owned);
    let [city, country, postal_code, region] = form.place.map(owned);
    let (latitude, longitude) = form.coordinates.unzip();
    let channel = form
        .channel
        .map(|word| ChannelType::parse(&word).ok_or_else(|| damaged("endpoint", "its channel")))
        .transpose()?;
    Ok(Endpoint {
        app: app.clone(),
        id: EndpointId::new(form.id),
        ordinal,
        channel,
        address: owned(form.address),
        attributes: form.attributes.into_owned(),
        metrics: form.metrics.into_owned(),
        demographic: Demographic {
            app_version,
            locale,
            make,
            model,
            model_version,
            platform,
            platform_version,
            timezone,
        },
        location: Location {
            city,
            country,
            postal_code,
            region,
            latitude,
            longitude,
        },
        user: form.user.map(UserId::new),
        user_attributes: form.held_attributes.into_owned(),
        opt_out: if form.opted_out {
            OptOut::All
        } else {
            OptOut::None
        },
        status: if form.inactive {
            EndpointStatus::Inactive
        } else {
            EndpointStatus::Active
        },
        effective: Timestamp::from_millis(form.effective),
        request_id: form.request_id.into_owned(),
        cohort: form.cohort,
        created: Timestamp::from_millis(form.created),
        last_active: form.last_active.map(Timestamp::from_millis),
    })
}

pub(super) fn write_user(user: &UserRecord, into: &mut Vec<u8>) -> Result<(), StoreError> {
    let form = UserV1 {
        attributes: Cow::Borrowed(&user.attributes),
        linked: Cow::Borrowed(&user.linked),
    };
    write(&form, into)
}

pub(super) fn read_user(bytes: &[u8]) -> Result<UserRecord, StoreError> {
    let form: UserV1<'_> = read(bytes, "user")?;
    Ok(UserRecord {
        attributes: form.attributes.into_owned(),
        linked: form.linked.into_owned(),
    })
}

pub(super) fn instant_bytes(instant: Timestamp) -> [u8; 8] {
    instant.as_millis().to_be_bytes()
}

pub(super) fn read_instant(bytes: &[u8]) -> Result<Timestamp, StoreError> {
    <[u8; 8]>::try_from(bytes)
        .map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes)))
        .map_err(|_| damaged("activity", "its length"))
}

fn write(form: &impl Serialize, into: &mut Vec<u8>) -> Result<(), StoreError> {
    into.clear();
    into.push(V1);
    *into = postcard::to_extend(form, std::mem::take(into))
        .map_err(|error| damaged("record", &error.to_string()))?;
    Ok(())
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&V1, form)) => {
            postcard::from_bytes(form).map_err(|error| damaged(what, &error.to_string()))
        }
        Some((version, _)) => Err(damaged(what, &format!("version {version} is not known"))),
        None => Err(damaged(what, "it is empty")),
    }
}

pub(super) fn damaged(what: &str, reason: &str) -> StoreError {
    StoreError::Damaged {
        what: what.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint {
            app: "a".into(),
            id: "Dev-1".into(),
            ordinal: 7,
            channel: Some(ChannelType::Email),
            address: Some("ada@example.com".to_owned()),
            attributes: [("plan".to_owned(), vec!["gold".to_owned(), String::new()])].into(),
            metrics: [("orders".to_owned(), 2.5)].into(),
            demographic: Demographic {
                make: Some("Apple".to_owned()),
                timezone: Some("Europe/Berlin".to_owned()),
                ..Demographic::default()
            },
            location: Location {
                country: Some("DE".to_owned()),
                latitude: Some(47.6),
                longitude: Some(-0.1),
                ..Location::default()
            },
            user: Some("u".into()),
            user_attributes: [("n".to_owned(), vec![])].into(),
            opt_out: OptOut::All,
            status: EndpointStatus::Inactive,
            effective: Timestamp::from_millis(5),
            request_id: "r".to_owned(),
            cohort: 99,
            created: Timestamp::from_millis(-4),
            last_active: Some(Timestamp::from_millis(6)),
        }
    }

    #[test]
    fn an_endpoint_returns_as_it_was_without_its_users_attributes() {
        let mut bytes = b"old".to_vec();
        let mut kept = endpoint();
        write_endpoint(&kept, true, &mut bytes).unwrap();
        assert_eq!(read_endpoint(&bytes, &"a".into(), 7).unwrap(), kept);

        write_endpoint(&kept, false, &mut bytes).unwrap();
        kept.user_attributes.clear();
        assert_eq!(read_endpoint(&bytes, &"a".into(), 7).unwrap(), kept);
    }

    #[test]
    fn damage_is_an_error() {
        let app = AppId::from("a");
        let mut bytes = Vec::new();
        write_endpoint(&endpoint(), false, &mut bytes).unwrap();
        for cut in [0, 1, 5, bytes.len() - 1] {
            assert!(read_endpoint(&bytes[..cut], &app, 7).is_err(), "{cut}");
        }
        bytes[0] = 9;
        assert!(read_endpoint(&bytes, &app, 7).is_err());
    }

    /// The bytes of version 1, so that a change of the structures does not pass unseen.
    #[test]
    fn version_1_keeps_its_form() {
        let mut bytes = Vec::new();
        let user = UserRecord {
            attributes: [("n".to_owned(), vec!["v".to_owned()])].into(),
            linked: vec![1, 300],
        };
        write_user(&user, &mut bytes).unwrap();
        assert_eq!(
            hex::encode(&bytes),
            "0101016e01017602 01ac02".replace(' ', "")
        );
        assert_eq!(read_user(&bytes).unwrap(), user);

        write_endpoint(&endpoint(), false, &mut bytes).unwrap();
        assert_eq!(
            hex::encode(&bytes),
            concat!(
                "01054465762d31",
                "0105454d41494c",
                "010f616461406578616d706c652e636f6d",
                "0104706c616e0204676f6c6400",
                "01066f72646572730000000000000440",
                "000001054170706c650000000",
                "0010d4575726f70652f4265726c696e",
                "0001024445000001cdcccccccccc47409a9999999999b9bf",
                "010175",
                "00",
                "01",
                "01",
                "0a",
                "0172",
                "63",
                "07",
                "010c",
            )
        );
    }
}
