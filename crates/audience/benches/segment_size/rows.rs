//! Synthetic endpoints: the same for the same ordinal, with believable numbers of values.

use std::io::{self, Write};

use clock::Timestamp;
use model::{
    ChannelType, Demographic, Endpoint, EndpointStatus, Location, Metrics, OptOut, Ordinal,
};

/// The instant of the question.
pub const NOW: Timestamp = Timestamp::from_millis(1_772_600_000_000);

const HOUR_MS: i64 = 3_600_000;
pub const PLANS: &[&str] = &["free", "basic", "gold", "platinum"];
pub const COUNTRIES: &[&str] = &[
    "US", "DE", "GB", "FR", "BR", "IN", "JP", "ES", "IT", "CA", "MX", "AU", "NL", "PL", "SE", "TR",
    "KR", "ID", "AR", "ZA", "NG", "EG", "PK", "VN", "PH", "TH", "CO", "CL", "PE", "UA",
];
const INTERESTS: &[&str] = &[
    "music",
    "sport",
    "travel",
    "food",
    "games",
    "film",
    "books",
    "cars",
    "garden",
    "pets",
    "fashion",
    "science",
    "art",
    "hiking",
    "cycling",
    "chess",
    "sailing",
    "astronomy",
    "opera",
    "fencing",
];
const LANGUAGES: &[&str] = &[
    "en", "de", "es", "fr", "pt", "hi", "ja", "it", "nl", "pl", "tr", "ko",
];
const PLATFORMS: &[&str] = &["Android", "iOS", "Web"];
const MAKES: &[&str] = &["Acme", "Bolt", "Cirrus", "Delta", "Echo", "Fjord"];
const CHANNELS: &[ChannelType] = &[
    ChannelType::Email,
    ChannelType::Gcm,
    ChannelType::Sms,
    ChannelType::Apns,
];

/// Makes one endpoint at a time, in the same memory.
pub struct Rows {
    row: Endpoint,
}

/// A sequence of numbers that depends on its start alone.
struct Numbers(u64);

impl Numbers {
    /// 0 up to but without 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0 up to but without `end`, small numbers far more often.
    fn skewed(&mut self, end: usize) -> usize {
        let share = self.share();
        ((share * share * share) * end as f64) as usize
    }

    fn even(&mut self, end: usize) -> usize {
        (self.share() * end as f64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.skewed(from.len())]
    }
}

impl Rows {
    pub fn new() -> Self {
        Self {
            row: Endpoint {
                app: "app".into(),
                id: "e".into(),
                ordinal: 0,
                channel: None,
                address: None,
                attributes: model::Attributes::new(),
                metrics: Metrics::new(),
                demographic: Demographic::default(),
                location: Location::default(),
                user: None,
                user_attributes: model::Attributes::new(),
                opt_out: OptOut::None,
                status: EndpointStatus::Active,
                effective: NOW,
                request_id: String::new(),
                cohort: 0,
                created: NOW,
                last_active: None,
            },
        }
    }

    /// The endpoint with this ordinal.
    pub fn row(&mut self, ordinal: Ordinal) -> &Endpoint {
        let mut numbers = Numbers(u64::from(ordinal) << 20);
        let row = &mut self.row;
        row.ordinal = ordinal;
        row.channel = Some(numbers.pick(CHANNELS));
        row.address = Some(format!("person{ordinal}@example.com"));

        row.attributes.clear();
        let mut attribute = |name: &str, values: Vec<String>| {
            row.attributes.insert(name.to_owned(), values);
        };
        attribute("plan", vec![numbers.pick(PLANS).to_owned()]);
        let interests = 1 + numbers.skewed(3);
        let interests = (0..interests).map(|_| numbers.pick(INTERESTS).to_owned());
        attribute("interests", interests.collect());
        attribute("language", vec![numbers.pick(LANGUAGES).to_owned()]);
        attribute("store", vec![format!("store-{:04}", numbers.skewed(2000))]);
        attribute("source", vec![format!("campaign-{}", numbers.skewed(50))]);
        if numbers.share() < 0.7 {
            let day = 1 + numbers.even(28);
            let month = 1 + numbers.even(12);
            let year = 2020 + numbers.even(6);
            attribute("signup", vec![format!("{year}-{month:02}-{day:02}")]);
        }

        row.user_attributes.clear();
        let first_name = format!("Name{}", numbers.skewed(5000));
        row.user_attributes
            .insert("FirstName".to_owned(), vec![first_name]);
        let tier = format!("tier-{}", numbers.skewed(5));
        row.user_attributes.insert("Tier".to_owned(), vec![tier]);

        row.metrics.clear();
        let orders = numbers.skewed(200) as f64;
        row.metrics.insert("orders".to_owned(), orders);
        let spent = (orders * 3000.0 * numbers.share()).round() / 100.0;
        row.metrics.insert("spent".to_owned(), spent);

        let platform = numbers.pick(PLATFORMS);
        let make = numbers.pick(MAKES);
        row.demographic = Demographic {
            app_version: Some(format!("3.{}", numbers.skewed(60))),
            make: Some(make.to_owned()),
            model: Some(format!("{make} {}", numbers.skewed(130))),
            platform: Some(platform.to_owned()),
            ..Demographic::default()
        };
        let town = numbers.skewed(20_000) as f64;
        row.location = Location {
            country: Some(numbers.pick(COUNTRIES).to_owned()),
            latitude: Some((town * 7.0 % 1200.0 - 500.0).round() / 10.0),
            longitude: Some((town * 13.0 % 3600.0 - 1800.0).round() / 10.0),
            ..Location::default()
        };
        let hours = i64::try_from(numbers.skewed(400 * 24)).unwrap_or(0);
        let active = numbers.share() < 0.9;
        row.last_active = active.then(|| Timestamp::from_millis(NOW.as_millis() - hours * HOUR_MS));
        row
    }
}

/// Writes an endpoint as a line for an SQL engine.
pub fn write(to: &mut impl Write, row: &Endpoint) -> io::Result<()> {
    let line = serde_json::json!({
        "id": row.ordinal,
        "channel": row.channel.map(ChannelType::as_str),
        "address": row.address,
        "attributes": row.attributes,
        "user_attributes": row.user_attributes,
        "metrics": row.metrics,
        "app_version": row.demographic.app_version,
        "make": row.demographic.make,
        "model": row.demographic.model,
        "platform": row.demographic.platform,
        "country": row.location.country,
        "latitude": row.location.latitude,
        "longitude": row.location.longitude,
        "last_active_ms": row.last_active.map(Timestamp::as_millis),
    });
    serde_json::to_writer(&mut *to, &line)?;
    to.write_all(b"\n")
}
