//! The columns of attributes, by name.

use std::collections::BTreeMap;

use model::{Attributes, EndpointSet, Ordinal};

use super::coded::Coded;
use super::frequency;
use super::lane_test::{CodeTest, Picked};
use super::list::{decode, encode, push};
use crate::evaluate::ListTest;

/// The columns of one kind of attribute. An empty list is a missing attribute.
#[derive(Debug, Default)]
pub(super) struct ListColumns {
    columns: BTreeMap<String, ListColumn>,
    key: Vec<u8>,
}

/// The column of one attribute.
#[derive(Debug, Default)]
pub(super) struct ListColumn {
    lists: Coded,
    /// Codes of lists with more than one value; a list of one is found by its value.
    plural: EndpointSet,
}

impl ListColumns {
    /// Sets every attribute of an endpoint.
    pub(super) fn set(&mut self, ordinal: Ordinal, attributes: &Attributes) {
        let mut emptied = false;
        for (name, column) in &mut self.columns {
            let values = attributes.get(name).map_or(&[][..], Vec::as_slice);
            column.set(ordinal, values, &mut self.key);
            emptied |= column.is_empty();
        }
        for (name, values) in attributes {
            if !values.is_empty() && !self.columns.contains_key(name) {
                let mut column = ListColumn::default();
                column.set(ordinal, values, &mut self.key);
                self.columns.insert(name.clone(), column);
            }
        }
        if emptied {
            self.columns.retain(|_, column| !column.is_empty());
        }
    }

    /// Forgets every attribute of an endpoint.
    pub(super) fn clear(&mut self, ordinal: Ordinal) {
        self.set(ordinal, &Attributes::new());
    }

    /// The column of an attribute; `None` if no endpoint has it.
    pub(super) fn get(&self, name: &str) -> Option<&ListColumn> {
        self.columns.get(name)
    }

    pub(super) fn frequencies(&self, name: &str, limit: usize) -> Vec<(String, u64)> {
        self.get(name)
            .map(|column| frequency::of_values(column.lists.dictionary(), &column.plural, limit))
            .unwrap_or_default()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.columns.values().map(ListColumn::memory_bytes).sum()
    }
}

impl ListColumn {
    fn set(&mut self, ordinal: Ordinal, values: &[String], key: &mut Vec<u8>) {
        encode(values, key);
        let value = (!values.is_empty()).then_some(key.as_slice());
        let change = self.lists.set(ordinal, value);
        if let Some(code) = change.given_up {
            self.plural.remove(code);
        }
        if decode(key).nth(1).is_some() {
            self.plural.insert(change.now);
        }
    }

    fn is_empty(&self) -> bool {
        self.lists.dictionary().uses_of_all() == 0
    }

    /// The scan's form of `test`.
    pub(super) fn test(&self, test: &ListTest<'_>) -> CodeTest<'_> {
        let picked = match test.whole_values() {
            Some(values) => {
                // An exclusive test holds exactly where the inclusive one does not.
                let inverted = test.holds(std::iter::empty());
                Picked {
                    codes: self.having(values, |list| test.holds(decode(list)) != inverted),
                    inverted,
                }
            }
            None => Picked {
                codes: self.lists.pick(|list| test.holds(decode(list))),
                inverted: false,
            },
        };
        self.lists.test(picked)
    }

    /// The codes of lists that `holds`, all of which have one of `values`.
    fn having(&self, values: &[&str], holds: impl Fn(&[u8]) -> bool) -> Vec<u32> {
        let dictionary = self.lists.dictionary();
        let mut key = Vec::new();
        let singles = values.iter().filter_map(|value| {
            key.clear();
            push(value, &mut key);
            dictionary.find(&key)
        });
        singles
            .collect::<Vec<u32>>()
            .into_iter()
            .chain(&self.plural)
            .filter(|code| holds(dictionary.value(*code)))
            .collect()
    }

    fn memory_bytes(&self) -> usize {
        self.lists.memory_bytes() + self.plural.serialized_size()
    }
}
