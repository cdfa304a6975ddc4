//! What became of every item.

use std::fmt;

/// What became of every item, in the order in which they were taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The items.
    pub items: Vec<ReportItem>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportItem {
    /// The file that it came from.
    pub source: String,
    /// What it is, such as `segment`.
    pub kind: &'static str,
    /// Its identifier, and its name if it has one.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is here as it was there.
    Taken,
    /// It is here, with differences.
    Adapted(Vec<String>),
    /// It was here before, and was left as it is.
    There,
    /// It is not here, and why.
    Refused(String),
}

impl Outcome {
    /// Taken, or adapted if there is anything to say.
    pub(super) fn with(notes: Vec<String>) -> Self {
        if notes.is_empty() {
            Self::Taken
        } else {
            Self::Adapted(notes)
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Adapted(_) => "adapted",
            Self::There => "there",
            Self::Refused(_) => "refused",
        }
    }
}

impl Report {
    pub(super) fn add(
        &mut self,
        source: &str,
        kind: &'static str,
        name: impl Into<String>,
        outcome: Outcome,
    ) {
        self.items.push(ReportItem {
            source: source.to_owned(),
            kind,
            name: name.into(),
            outcome,
        });
    }
}

/// A line for each item, and their number by outcome.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = [0_usize; 4];
        for item in &self.items {
            writeln!(f, "{item}")?;
            counts[match item.outcome {
                Outcome::Taken => 0,
                Outcome::Adapted(_) => 1,
                Outcome::There => 2,
                Outcome::Refused(_) => 3,
            }] += 1;
        }
        let [taken, adapted, there, refused] = counts;
        write!(
            f,
            "{taken} taken, {adapted} adapted, {there} there already, {refused} refused"
        )
    }
}

impl fmt::Display for ReportItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            kind,
            name,
            outcome,
        } = self;
        write!(f, "{:<8} {kind} {name} ({source})", outcome.word())?;
        match outcome {
            Outcome::Taken | Outcome::There => Ok(()),
            Outcome::Adapted(notes) => write!(f, ": {}", notes.join("; ")),
            Outcome::Refused(reason) => write!(f, ": {reason}"),
        }
    }
}
