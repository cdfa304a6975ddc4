//! How large an endpoint may be (`docs/spec/audience.md §6.4`, point 7).

use std::io;

use model::{Attributes, Endpoint};

use super::content::invalid;
use crate::{EndpointLimits, Violation};

/// Bytes of everything in the text of an endpoint that is not counted one by one: names of
/// members, enumerated words, numbers and dates.
const FRAME_BYTES_MAX: usize = 1024;
/// Bytes that one byte of text takes at most when it is escaped.
const ESCAPED_BYTES_MAX: usize = 6;
/// Quotes, separators and brackets around one name with its values, or around one value.
const ITEM_BYTES_MAX: usize = 8;
/// Digits of a number at most.
const NUMBER_BYTES_MAX: usize = 32;

/// Whether `endpoint`, with the attributes of its user, is small enough as text.
///
/// # Errors
/// It is larger than `limits.bytes`.
pub fn check_size(endpoint: &Endpoint, limits: &EndpointLimits) -> Result<(), Violation> {
    if bytes_at_most(endpoint) <= limits.bytes {
        return Ok(());
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, endpoint)
        .map_err(|error| invalid("Endpoint", error.to_string()))?;
    if counter.0 <= limits.bytes {
        return Ok(());
    }
    let problem = format!("at most {} bytes, found {}", limits.bytes, counter.0);
    Err(invalid("Endpoint", problem))
}

/// A cheap bound, so that ordinary endpoints are not written out to be measured.
fn bytes_at_most(endpoint: &Endpoint) -> usize {
    let demographic = &endpoint.demographic;
    let location = &endpoint.location;
    let texts = [
        endpoint.address.as_ref(),
        demographic.app_version.as_ref(),
        demographic.locale.as_ref(),
        demographic.make.as_ref(),
        demographic.model.as_ref(),
        demographic.model_version.as_ref(),
        demographic.platform.as_ref(),
        demographic.platform_version.as_ref(),
        demographic.timezone.as_ref(),
        location.city.as_ref(),
        location.country.as_ref(),
        location.postal_code.as_ref(),
        location.region.as_ref(),
    ];
    let members: usize = texts.into_iter().flatten().map(String::len).sum();
    let names: usize = endpoint.metrics.keys().map(String::len).sum();
    let ids = endpoint.id.as_str().len()
        + endpoint.app.as_str().len()
        + endpoint.request_id.len()
        + endpoint.user.as_ref().map_or(0, |user| user.as_str().len());
    let (text, items) = [&endpoint.attributes, &endpoint.user_attributes]
        .into_iter()
        .map(measure)
        .fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
    FRAME_BYTES_MAX
        + ESCAPED_BYTES_MAX * (members + names + ids + text)
        + ITEM_BYTES_MAX * items
        + NUMBER_BYTES_MAX * endpoint.metrics.len()
}

/// The bytes of names and values, and how many of both there are.
fn measure(attributes: &Attributes) -> (usize, usize) {
    attributes
        .iter()
        .fold((0, 0), |(text, items), (name, values)| {
            let bytes: usize = values.iter().map(String::len).sum();
            (text + name.len() + bytes, items + 1 + values.len())
        })
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
