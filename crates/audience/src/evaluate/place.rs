//! Places and circles on the globe (`docs/spec/audience.md §10.5`).

use model::{GpsPoint, Location};

/// Mean radius of the earth.
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// The radius where criteria name none.
const RANGE_KM_DEFAULT: f64 = 10.0;

/// Where an endpoint is, in tenths of a degree: the precision that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    latitude: i16,
    longitude: i16,
}

impl Place {
    pub(crate) fn of(location: &Location) -> Option<Self> {
        Some(Self {
            latitude: tenths(location.latitude?),
            longitude: tenths(location.longitude?),
        })
    }

    pub(crate) fn to_bytes(self) -> [u8; 4] {
        let [a, b] = self.latitude.to_be_bytes();
        let [c, d] = self.longitude.to_be_bytes();
        [a, b, c, d]
    }

    pub(crate) const fn from_bytes([a, b, c, d]: [u8; 4]) -> Self {
        Self {
            latitude: i16::from_be_bytes([a, b]),
            longitude: i16::from_be_bytes([c, d]),
        }
    }
}

/// Saturates: coordinates are checked where they are written.
fn tenths(degrees: f64) -> i16 {
    (degrees * 10.0).round() as i16
}

fn radians(tenths: i16) -> f64 {
    (f64::from(tenths) / 10.0).to_radians()
}

/// The places within a distance of a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circle {
    latitude: f64,
    longitude: f64,
    range_km: f64,
}

impl Circle {
    pub(crate) fn new(point: &GpsPoint) -> Self {
        Self {
            latitude: point.latitude.to_radians(),
            longitude: point.longitude.to_radians(),
            range_km: point.range_km.unwrap_or(RANGE_KM_DEFAULT),
        }
    }

    /// The circle in words.
    pub(super) fn words(&self) -> String {
        let (north, east) = (self.latitude.to_degrees(), self.longitude.to_degrees());
        format!("{} km of {north:.1}, {east:.1}", self.range_km)
    }

    pub(crate) fn holds(&self, place: Place) -> bool {
        self.distance_km(place) <= self.range_km
    }

    /// By the haversine formula.
    fn distance_km(&self, place: Place) -> f64 {
        let latitude = radians(place.latitude);
        let north = ((latitude - self.latitude) / 2.0).sin();
        let east = ((radians(place.longitude) - self.longitude) / 2.0).sin();
        let chord = north * north + self.latitude.cos() * latitude.cos() * east * east;
        2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: (f64, f64), to: (f64, f64), want_km: f64) {
        let circle = Circle::new(&GpsPoint {
            latitude: from.0,
            longitude: from.1,
            range_km: None,
        });
        let place = Place::of(&Location {
            latitude: Some(to.0),
            longitude: Some(to.1),
            ..Location::default()
        });
        let found = circle.distance_km(place.expect("has coordinates"));
        assert!((found - want_km).abs() < 0.5, "{found} km");
    }

    #[test]
    fn distances() {
        check((0.0, 0.0), (0.0, 0.0), 0.0);
        check((0.0, 0.0), (0.0, 180.0), 20_015.1);
        check((47.6, -122.3), (51.5, -0.1), 7_700.6);
        check((0.0, 179.9), (0.0, -179.9), 22.2);
        check((90.0, 12.0), (90.0, -80.0), 0.0);
    }

    #[test]
    fn a_place_survives_its_bytes() {
        for (latitude, longitude) in [(90.0, -180.0), (-90.0, 180.0), (0.1, -0.1)] {
            let place = Place::of(&Location {
                latitude: Some(latitude),
                longitude: Some(longitude),
                ..Location::default()
            });
            let place = place.expect("has coordinates");
            assert_eq!(Place::from_bytes(place.to_bytes()), place);
        }
    }
}
