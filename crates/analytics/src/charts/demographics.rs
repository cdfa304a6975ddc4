//! Who the active endpoints are (`docs/spec/analytics.md §7.5`).

use std::collections::{BTreeMap, HashMap};

use model::Origin;

use super::OPENED_APP;
use crate::state::View;
use crate::table::{Columns, Scan, Texts};
use crate::{AnalyticsError, Window};

/// Values that are told apart.
const VALUES_MAX: usize = 20;

/// A fact of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Facet {
    Platform,
    PlatformVersion,
    AppVersion,
    Make,
    Model,
    Country,
    Locale,
}

/// How many endpoints have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The value; `Unknown` where there is none, `Other` for the rest.
    pub value: String,
    /// Endpoints whose latest event in the window says so.
    pub endpoints: u64,
}

impl Facet {
    const fn column(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::PlatformVersion => "platform_version",
            Self::AppVersion => "app_version",
            Self::Make => "make",
            Self::Model => "model",
            Self::Country => "country",
            Self::Locale => "locale",
        }
    }
}

/// The endpoints that opened the application in `window`, by their latest value. Blocks.
pub(crate) fn demographics(
    view: &View<'_>,
    window: Window,
    facet: Facet,
) -> Result<Vec<Share>, AnalyticsError> {
    let scan = Scan {
        windows: vec![window],
        kinds: vec![OPENED_APP.to_owned()],
        origin: Some(Origin::Client),
        columns: vec!["t", "rid", "endpoint_no", facet.column()],
    };
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut latest: HashMap<u32, (i64, String, u32)> = HashMap::new();
    view.rows(&scan, &mut |batch| {
        let columns = Columns(batch);
        let (t, rid) = (columns.instant("t"), columns.text("rid"));
        let endpoint = columns.number("endpoint_no");
        let value = columns.text(facet.column());
        for (row, t) in t.iter().enumerate() {
            let value = value.get(row).unwrap_or("Unknown");
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = match numbers.get(value) {
                Some(number) => *number,
                None => *numbers.entry(value.to_owned()).or_insert(next),
            };
            let known = latest.get(&endpoint.value(row));
            if known.is_none_or(|(at, of, _)| (*at, of.as_str()) < (*t, rid.value(row))) {
                let of = (*t, rid.value(row).to_owned(), number);
                latest.insert(endpoint.value(row), of);
            }
        }
    })?;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, _, number) in latest.into_values() {
        *counts.entry(number).or_default() += 1;
    }
    let mut shares: Vec<Share> = numbers
        .into_iter()
        .filter_map(|(value, number)| {
            let endpoints = *counts.get(&number)?;
            Some(Share { value, endpoints })
        })
        .collect();
    shares.sort_by(|a, b| {
        b.endpoints
            .cmp(&a.endpoints)
            .then_with(|| a.value.cmp(&b.value))
    });
    let rest: u64 = shares
        .iter()
        .skip(VALUES_MAX)
        .map(|share| share.endpoints)
        .sum();
    shares.truncate(VALUES_MAX);
    if rest > 0 {
        shares.push(Share {
            value: "Other".to_owned(),
            endpoints: rest,
        });
    }
    Ok(shares)
}
