//! A recipient for the tests.

use clock::Timestamp;
use model::{ChannelType, Demographic, Endpoint, EndpointStatus, Location, OptOut};

/// Ana, who has a bit of everything.
pub fn ana() -> Endpoint {
    let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
    Endpoint {
        app: "0f0e0d0c0b0a09080706050403020100".into(),
        id: "ep-1".into(),
        ordinal: 7,
        channel: Some(ChannelType::Email),
        address: Some("ana@mail.example".to_owned()),
        attributes: [
            ("Color".to_owned(), list(&["red"])),
            ("Sizes".to_owned(), list(&["S", "M", "L"])),
            ("Url".to_owned(), list(&["https://shop.example/a?b=1&c=2"])),
            ("Age".to_owned(), list(&["18"])),
            ("html".to_owned(), list(&["<b>7\" & 'x'</b>"])),
            ("weird name".to_owned(), list(&["w"])),
            ("Many".to_owned(), (0..20).map(|n| n.to_string()).collect()),
            ("Empty".to_owned(), Vec::new()),
        ]
        .into(),
        metrics: [("orders".to_owned(), 3.0), ("spent".to_owned(), 12.5)].into(),
        demographic: Demographic {
            locale: Some("de_DE".to_owned()),
            ..Demographic::default()
        },
        location: Location {
            city: Some("Los Angeles".to_owned()),
            latitude: Some(34.0),
            longitude: Some(-118.2),
            ..Location::default()
        },
        user: Some("u-1".into()),
        user_attributes: [
            ("FirstName".to_owned(), list(&["Ana"])),
            ("Last Name".to_owned(), list(&["O'Brien"])),
        ]
        .into(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: Timestamp::from_millis(1_772_435_704_120),
        request_id: "r-1".to_owned(),
        cohort: 37,
        created: Timestamp::from_millis(1_772_000_000_000),
        last_active: None,
    }
}
