//! The customers of the sample shop: believable, made up, the same at every start.

use model::{
    ChannelType, Demographic, EndpointId, EndpointUpdate, Location, OptOut, UserId, UserLink,
};

use super::chance::Chance;

/// Customers of the sample shop.
pub const PEOPLE: usize = 3_000;

const FIRST_NAMES: [&str; 48] = [
    "Ada", "Amara", "Anders", "Anna", "Bao", "Carla", "Chidi", "Clara", "Daniel", "Dario", "Elif",
    "Elena", "Emil", "Fatima", "Felix", "Freya", "Grace", "Hana", "Hugo", "Ines", "Isla", "Ivan",
    "Jonas", "Kaito", "Lars", "Leila", "Lena", "Linh", "Lucas", "Maja", "Marco", "Mateo", "Mia",
    "Nadia", "Noah", "Olga", "Omar", "Paula", "Priya", "Rosa", "Samir", "Sofia", "Tariq", "Tom",
    "Uma", "Vera", "Yara", "Zoe",
];
const LAST_NAMES: [&str; 40] = [
    "Abbott", "Almeida", "Baker", "Bauer", "Bianchi", "Brandt", "Castro", "Chen", "Dahl", "Diaz",
    "Dubois", "Eriksen", "Fischer", "Flores", "Garcia", "Haddad", "Hansen", "Ito", "Jansen",
    "Khan", "Kim", "Kowalski", "Larsen", "Lopez", "Martin", "Meyer", "Moreau", "Nguyen", "Novak",
    "Okafor", "Olsen", "Patel", "Pereira", "Rossi", "Sato", "Silva", "Tanaka", "Walker", "Weber",
    "Yilmaz",
];

struct City {
    name: &'static str,
    country: &'static str,
    timezone: &'static str,
    locale: &'static str,
    latitude: f64,
    longitude: f64,
    dialling: &'static str,
}

const CITIES: [City; 12] = [
    city(
        "Berlin",
        "DE",
        "Europe/Berlin",
        "de_DE",
        (52.5, 13.4),
        "+4915550",
    ),
    city(
        "Hamburg",
        "DE",
        "Europe/Berlin",
        "de_DE",
        (53.6, 10.0),
        "+4915551",
    ),
    city(
        "Paris",
        "FR",
        "Europe/Paris",
        "fr_FR",
        (48.9, 2.4),
        "+3363998",
    ),
    city(
        "Madrid",
        "ES",
        "Europe/Madrid",
        "es_ES",
        (40.4, -3.7),
        "+3460055",
    ),
    city(
        "Oslo",
        "NO",
        "Europe/Oslo",
        "nb_NO",
        (59.9, 10.8),
        "+4790155",
    ),
    city(
        "London",
        "GB",
        "Europe/London",
        "en_GB",
        (51.5, -0.1),
        "+447700900",
    ),
    city(
        "New York",
        "US",
        "America/New_York",
        "en_US",
        (40.7, -74.0),
        "+1212555",
    ),
    city(
        "Seattle",
        "US",
        "America/Los_Angeles",
        "en_US",
        (47.6, -122.3),
        "+1206555",
    ),
    city(
        "Chicago",
        "US",
        "America/Chicago",
        "en_US",
        (41.9, -87.6),
        "+1312555",
    ),
    city(
        "São Paulo",
        "BR",
        "America/Sao_Paulo",
        "pt_BR",
        (-23.6, -46.6),
        "+5511955",
    ),
    city(
        "Tokyo",
        "JP",
        "Asia/Tokyo",
        "ja_JP",
        (35.7, 139.7),
        "+8190555",
    ),
    city(
        "Sydney",
        "AU",
        "Australia/Sydney",
        "en_AU",
        (-33.9, 151.2),
        "+61491570",
    ),
];

const PLANS: [(&str, u64); 3] = [("free", 55), ("plus", 32), ("family", 13)];
const ROASTS: [&str; 3] = ["light", "medium", "dark"];
const PHONES: [(&str, &str, &str, &str); 5] = [
    ("Apple", "iPhone 17", "iOS", "19.2"),
    ("Apple", "iPhone 15", "iOS", "18.6"),
    ("Google", "Pixel 10", "Android", "16"),
    ("Samsung", "Galaxy S25", "Android", "16"),
    ("Fairphone", "Fairphone 6", "Android", "15"),
];

const fn city(
    name: &'static str,
    country: &'static str,
    timezone: &'static str,
    locale: &'static str,
    (latitude, longitude): (f64, f64),
    dialling: &'static str,
) -> City {
    City {
        name,
        country,
        timezone,
        locale,
        latitude,
        longitude,
        dialling,
    }
}

/// The endpoints of customer `number`: always an address for mail, sometimes a phone.
pub fn endpoints(number: usize, chance: &mut Chance) -> Vec<(EndpointId, EndpointUpdate)> {
    let first = *chance.pick(&FIRST_NAMES);
    let last = *chance.pick(&LAST_NAMES);
    let city = chance.pick(&CITIES);
    let plan = chance.weighted(&PLANS);
    let orders = chance.below(if plan == "free" { 6 } else { 30 });
    let mut attributes = vec![("plan".to_owned(), vec![plan.to_owned()])];
    let mut roasts: Vec<String> = ROASTS
        .iter()
        .filter(|_| chance.percent(45))
        .map(|roast| (*roast).to_owned())
        .collect();
    if roasts.is_empty() {
        roasts.push("medium".to_owned());
    }
    attributes.push(("roast".to_owned(), roasts));
    let common = EndpointUpdate {
        attributes: attributes.into_iter().collect(),
        metrics: [
            ("orders".to_owned(), orders as f64),
            (
                "lifetime_value".to_owned(),
                (orders * 14 + chance.below(14)) as f64,
            ),
        ]
        .into(),
        demographic: Demographic {
            locale: Some(city.locale.to_owned()),
            timezone: Some(city.timezone.to_owned()),
            ..Demographic::default()
        },
        location: Location {
            city: Some(city.name.to_owned()),
            country: Some(city.country.to_owned()),
            latitude: Some(city.latitude),
            longitude: Some(city.longitude),
            ..Location::default()
        },
        user: UserLink::Link(UserId::new(format!("customer-{number:05}"))),
        user_attributes: [
            ("FirstName".to_owned(), vec![first.to_owned()]),
            ("LastName".to_owned(), vec![last.to_owned()]),
        ]
        .into(),
        opt_out: chance.percent(4).then_some(OptOut::All),
        ..EndpointUpdate::default()
    };
    let mailbox = format!("{first}.{last}.{number}@mail.example").to_lowercase();
    let mut found = vec![(
        EndpointId::new(format!("mail-{number:05}")),
        EndpointUpdate {
            channel: Some(ChannelType::Email),
            address: Some(simulated(number).map_or(mailbox, str::to_owned)),
            ..common.clone()
        },
    )];
    if chance.percent(35) {
        found.push(phone_app(number, &common, chance));
    }
    if chance.percent(20) {
        found.push((
            EndpointId::new(format!("sms-{number:05}")),
            EndpointUpdate {
                channel: Some(ChannelType::Sms),
                address: Some(format!("{}{:04}", city.dialling, number % 10_000)),
                ..common
            },
        ));
    }
    found
}

/// Some mailboxes bounce and complain, as in life.
fn simulated(number: usize) -> Option<&'static str> {
    match number {
        17 => Some("bounce@simulator.beckon.test"),
        170 => Some("complaint@simulator.beckon.test"),
        1_700 => Some("softbounce@simulator.beckon.test"),
        _ => None,
    }
}

fn phone_app(
    number: usize,
    common: &EndpointUpdate,
    chance: &mut Chance,
) -> (EndpointId, EndpointUpdate) {
    let (make, model, platform, version) = *chance.pick(&PHONES);
    let channel = if platform == "iOS" {
        ChannelType::Apns
    } else {
        ChannelType::Gcm
    };
    let update = EndpointUpdate {
        channel: Some(channel),
        address: Some(format!("device-token-{number:05}")),
        demographic: Demographic {
            app_version: Some(["3.1.0", "3.2.0", "4.0.1"][chance.below(3)].to_owned()),
            make: Some(make.to_owned()),
            model: Some(model.to_owned()),
            platform: Some(platform.to_owned()),
            platform_version: Some(version.to_owned()),
            ..common.demographic.clone()
        },
        ..common.clone()
    };
    (EndpointId::new(format!("app-{number:05}")), update)
}
