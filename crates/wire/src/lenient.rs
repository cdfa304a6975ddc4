//! Readers for the members that clients write in more than one way.
//!
//! A bare scalar stands for a list of one string, numbers and booleans for
//! their text (`docs/spec/audience.md §6.1`), and `null` entries of lists and
//! maps count as absent (`§1.1`).

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

/// Largest number of elements reserved ahead of reading them.
const RESERVED_MAX: usize = 1_024;

/// A list of strings, or one scalar.
///
/// # Errors
/// If the value is neither.
pub fn strings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    Ok(Option::<Strings>::deserialize(deserializer)?.map(|strings| strings.0))
}

/// A map of strings.
///
/// # Errors
/// If the value is not a map, or a value of it neither scalar nor `null`.
pub fn string_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    Ok(Option::<Map<Text>>::deserialize(deserializer)?
        .map(|map| map.0.into_iter().map(|(key, text)| (key, text.0)).collect()))
}

/// A map of lists of strings.
///
/// # Errors
/// If the value is not a map, or a value of it not a list, scalar or `null`.
pub fn strings_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Vec<String>>>, D::Error> {
    Ok(Option::<Map<Strings>>::deserialize(deserializer)?
        .map(|map| map.0.into_iter().map(|(key, list)| (key, list.0)).collect()))
}

/// A list whose `null` elements are left out.
///
/// # Errors
/// If the value is not a list, or an element cannot be read.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Option::<List<T>>::deserialize(deserializer)?.map(|list| list.0))
}

/// A map whose `null` values are left out.
///
/// # Errors
/// If the value is not a map, or a value of it cannot be read.
pub fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, T>>, D::Error> {
    Ok(Option::<Map<T>>::deserialize(deserializer)?.map(|map| map.0))
}

/// A whole number, also when it is written with a fraction of zero.
///
/// # Errors
/// If the value is not a number or has a fraction.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|whole| whole.0))
}

/// `number` as an integer, unless it has a fraction or lies beyond the
/// integers that a double holds exactly.
#[must_use]
pub(crate) fn whole_number(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the guard admits only integers below 2^53"
    )]
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

/// Text, or the text of a number or boolean.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
                Ok(Text(value.to_owned()))
            }
            fn visit_string<E: Error>(self, value: String) -> Result<Text, E> {
                Ok(Text(value))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A list of texts, or one text.
struct Strings(Vec<String>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringsVisitor;
        impl<'de> Visitor<'de> for StringsVisitor {
            type Value = Strings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of strings")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Strings, A::Error> {
                let list = List::<Text>::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Strings(list.0.into_iter().map(|text| text.0).collect()))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_owned()]))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
        }
        deserializer.deserialize_any(StringsVisitor)
    }
}

/// A list without its `null` elements.
struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let reserved = seq.size_hint().unwrap_or(0).min(RESERVED_MAX);
                let mut list = Vec::with_capacity(reserved);
                while let Some(element) = seq.next_element::<Option<T>>()? {
                    list.extend(element);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// A map without its `null` values.
struct Map<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
            type Value = Map<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map<T>, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = access.next_entry::<String, Option<T>>()? {
                    match value {
                        Some(value) => map.insert(key, value),
                        None => map.remove(&key),
                    };
                }
                Ok(Map(map))
            }
        }
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

/// A whole number.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;
        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Whole, E> {
                Ok(Whole(value))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Whole, E> {
                i64::try_from(value)
                    .map(Whole)
                    .map_err(|_| E::custom(format_args!("{value} exceeds 64 bits")))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Whole, E> {
                whole_number(value)
                    .map(Whole)
                    .ok_or_else(|| E::custom(format_args!("{value} is not a whole number")))
            }
        }
        deserializer.deserialize_any(WholeVisitor)
    }
}
