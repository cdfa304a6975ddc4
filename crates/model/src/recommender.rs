//! Recommender configurations: where a message's recommendations come from.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RecommenderId;

/// Where recommendations come from (`docs/spec/templates.md §5`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommender {
    /// The identifier.
    pub id: RecommenderId,
    /// At most 128 characters.
    pub name: Option<String>,
    /// At most 128 characters.
    pub description: Option<String>,
    /// What the model is asked for.
    pub asked_by: RecommenderKey,
    /// The role that may ask; stored and echoed.
    pub role: String,
    /// The model: an ARN, or the URL of a local service.
    pub model: String,
    /// Recommendations of a message, 1 to 5.
    pub per_message: u8,
    /// What the recommendations become.
    pub output: RecommenderOutput,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
}

/// What a model knows people by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecommenderKey {
    /// The endpoint's identifier.
    #[default]
    Endpoint,
    /// The user's identifier; endpoints without one get no message.
    User,
}

/// What recommendations become in a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecommenderOutput {
    /// One list of items.
    Items {
        /// What it is called in the console; at most 25 characters.
        display_name: String,
    },
    /// Attributes that a function makes of the items.
    Transformed {
        /// The function: a name, an ARN or a URL.
        function: String,
        /// Attribute → what it is called in the console; 1 to 10.
        attributes: BTreeMap<String, String>,
    },
}
