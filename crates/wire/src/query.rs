//! The query string of a request.

use percent_encoding::percent_decode;

/// Most parameters that a query string may have.
const PARAMETERS_MAX: usize = 1_000;

/// The decoded parameters of a query string, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// Why a query string cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A name or value decodes to bytes that are not UTF-8.
    #[error("the query string is not UTF-8")]
    NotUtf8,
    /// More parameters than any operation takes.
    #[error("the query string has more than {PARAMETERS_MAX} parameters")]
    TooMany,
}

impl Query {
    /// Reads the part of a URI after `?`. A `+` means a space; a name without
    /// `=` has an empty value.
    ///
    /// # Errors
    /// [`QueryError`] if it is not UTF-8 or has over 1,000 parameters.
    pub fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut parameters = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == PARAMETERS_MAX {
                return Err(QueryError::TooMany);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(name)?, decode(value)?));
        }
        Ok(Self(parameters))
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a parameter, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> Result<String, QueryError> {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes())
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| QueryError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_decode_and_repeat() {
        let query = Query::parse("tagKeys=a%20b&tagKeys=c+d&page-size=5&empty&x=1%2B1").unwrap();
        assert_eq!(query.all("tagKeys").collect::<Vec<_>>(), ["a b", "c d"]);
        assert_eq!(query.get("page-size"), Some("5"));
        assert_eq!(query.get("empty"), Some(""));
        assert_eq!(query.get("x"), Some("1+1"));
        assert_eq!(query.get("token"), None);
    }

    #[test]
    fn bad_queries_are_refused() {
        assert_eq!(Query::parse("a=%FF"), Err(QueryError::NotUtf8));
        assert_eq!(
            Query::parse(&"a=1&".repeat(1_001)),
            Err(QueryError::TooMany)
        );
        assert_eq!(Query::parse(""), Ok(Query::default()));
    }
}
