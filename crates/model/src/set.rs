//! Sets as text, for documents: the portable Roaring form in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::EndpointSet;

/// The portable Roaring bytes of `set`.
#[must_use]
pub fn to_bytes(set: &EndpointSet) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(set.serialized_size());
    set.serialize_into(&mut bytes)
        .expect("writing to memory does not fail");
    bytes
}

/// The set with these portable Roaring bytes.
///
/// # Errors
/// The bytes are not a set.
pub fn from_bytes(bytes: &[u8]) -> std::io::Result<EndpointSet> {
    EndpointSet::deserialize_from(bytes)
}

fn encode(set: &EndpointSet) -> String {
    STANDARD.encode(to_bytes(set))
}

fn decode<E: serde::de::Error>(text: &str) -> Result<EndpointSet, E> {
    let bytes = STANDARD.decode(text).map_err(E::custom)?;
    from_bytes(&bytes).map_err(E::custom)
}

/// A set as text; for `#[serde(with)]`.
pub mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::EndpointSet;

    /// Writes the set as text.
    ///
    /// # Errors
    /// The serializer failed.
    pub fn serialize<S: Serializer>(set: &EndpointSet, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::encode(set))
    }

    /// Reads a set from text.
    ///
    /// # Errors
    /// The text is not a set.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<EndpointSet, D::Error> {
        super::decode(&String::deserialize(input)?)
    }
}

/// Sets by key, each as text; for `#[serde(with)]`.
pub mod text_map {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::EndpointSet;

    /// Writes each set as text.
    ///
    /// # Errors
    /// The serializer failed.
    pub fn serialize<K: Serialize, S: Serializer>(
        sets: &BTreeMap<K, EndpointSet>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(sets.iter().map(|(key, set)| (key, super::encode(set))))
    }

    /// Reads each set from text.
    ///
    /// # Errors
    /// A text is not a set.
    pub fn deserialize<'de, K, D>(input: D) -> Result<BTreeMap<K, EndpointSet>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        D: Deserializer<'de>,
    {
        BTreeMap::<K, String>::deserialize(input)?
            .into_iter()
            .map(|(key, text)| Ok((key, super::decode(&text)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Outcome, RunBatch};

    #[test]
    fn a_batch_keeps_its_sets() {
        let batch = RunBatch {
            in_flight: [5, 6].into_iter().collect(),
            outcomes: [(Outcome::Success, (0..5).collect())].into(),
            assigned: [(0, (0..5).collect())].into(),
            deferred: [7].into_iter().collect(),
            deferrals: 1,
            fencing_token: 1,
            ..RunBatch::new("r".into(), 3, (0..1000).collect(), 9)
        };
        let text = serde_json::to_string(&batch).expect("encodes");
        assert_eq!(
            serde_json::from_str::<RunBatch>(&text).expect("decodes"),
            batch
        );
    }
}
