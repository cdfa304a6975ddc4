//! When messages of a journey may go out (`docs/spec/journeys.md §6`).

use serde::{Deserialize, Serialize};

use super::words;

words! {
    /// A channel as open hours and closed days name it; voice governs contact centers.
    JourneyChannel {
        Custom = "CUSTOM",
        Email = "EMAIL",
        Push = "PUSH",
        Sms = "SMS",
        Voice = "VOICE",
    }
}

words! {
    /// A day of the week.
    Weekday {
        Monday = "MONDAY",
        Tuesday = "TUESDAY",
        Wednesday = "WEDNESDAY",
        Thursday = "THURSDAY",
        Friday = "FRIDAY",
        Saturday = "SATURDAY",
        Sunday = "SUNDAY",
    }
}

/// Hours of a day in which messages may go out: clock times as written, such as `09:00`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct OpenRange {
    pub start: Option<String>,
    pub end: Option<String>,
}

/// Days without messages: local date-times without offset, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedDay {
    /// Words for people.
    pub name: Option<String>,
    /// The first moment without messages.
    pub start: Option<String>,
    /// The last moment without messages.
    pub end: Option<String>,
}
