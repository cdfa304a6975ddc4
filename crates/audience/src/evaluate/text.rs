//! Tests of members that have a single value (`docs/spec/audience.md §10.4`).

use std::borrow::Cow;

use model::{ChannelType, Endpoint, SetDimension, SetOperator};

use super::explain::listed;
use crate::country;

/// A member of an endpoint that a set dimension looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextMember {
    AppVersion,
    Channel,
    Country,
    Make,
    Model,
    Platform,
}

/// Whether a single value is wanted or unwanted.
#[derive(Debug)]
pub(crate) struct TextTest<'a> {
    values: Vec<Cow<'a, str>>,
    inclusive: bool,
    member: TextMember,
}

impl TextMember {
    /// The number of members.
    pub(crate) const COUNT: usize = 6;

    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::AppVersion,
        Self::Channel,
        Self::Country,
        Self::Make,
        Self::Model,
        Self::Platform,
    ];

    pub(crate) fn of(self, endpoint: &Endpoint) -> Option<&str> {
        let demographic = &endpoint.demographic;
        match self {
            Self::AppVersion => demographic.app_version.as_deref(),
            Self::Channel => endpoint.channel.map(ChannelType::as_str),
            Self::Country => endpoint.location.country.as_deref(),
            Self::Make => demographic.make.as_deref(),
            Self::Model => demographic.model.as_deref(),
            Self::Platform => demographic.platform.as_deref(),
        }
    }
}

impl<'a> TextTest<'a> {
    pub(crate) fn new(member: TextMember, dimension: &'a SetDimension) -> Self {
        let values = dimension.values.iter().map(|value| match member {
            TextMember::Country => country::normal(value),
            _ => Cow::Borrowed(value.as_str()),
        });
        Self {
            values: values.collect(),
            inclusive: dimension.operator != Some(SetOperator::Exclusive),
            member,
        }
    }

    /// What is asked, and for which values.
    pub(super) fn words(&self) -> (&'static str, Vec<String>) {
        let operator = if self.inclusive {
            "INCLUSIVE"
        } else {
            "EXCLUSIVE"
        };
        (operator, listed(&self.values))
    }

    pub(crate) fn holds(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| self.lists(value)) == self.inclusive
    }

    fn lists(&self, value: &str) -> bool {
        match self.member {
            TextMember::Channel => self
                .values
                .iter()
                .any(|listed| listed == value || (listed == PUSH && is_push(value))),
            TextMember::Country => self.values.contains(&country::normal(value)),
            _ => self.values.iter().any(|listed| listed == value),
        }
    }
}

/// The word that stands for every push channel.
const PUSH: &str = ChannelType::Push.as_str();

fn is_push(channel: &str) -> bool {
    ChannelType::parse(channel).is_some_and(ChannelType::is_push)
}
