//! What the model says about the members of request bodies.

pub use crate::generated::schema as structures;

/// The values that an enum member may have.
pub type EnumValues = &'static [&'static str];

/// A structure of a request body.
#[derive(Debug)]
pub struct Structure {
    /// Its name in the model, such as `EndpointRequest`.
    pub name: &'static str,
    /// Its members, sorted by their name in the model.
    pub members: &'static [Member],
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name in JSON.
    pub name: &'static str,
    /// A second accepted spelling.
    pub alias: Option<&'static str>,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What its value must be.
    pub kind: Kind,
}

/// What a JSON value must be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    String,
    /// One of these strings.
    Enum(EnumValues),
    /// `true` or `false`.
    Boolean,
    /// A number.
    Double,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// An array.
    List(&'static Kind),
    /// An object with any keys.
    Map(&'static Kind),
    /// An object with these members; others are ignored.
    Structure(&'static Structure),
}

impl Structure {
    /// The structure called `name`, if a request body can hold it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        structures::STRUCTURES
            .iter()
            .find(|structure| structure.name == name)
            .copied()
    }

    /// Names in JSON of the members that a request must have.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.members.iter().filter(|m| m.required).map(|m| m.name)
    }
}
