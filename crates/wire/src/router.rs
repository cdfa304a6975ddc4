//! From a method and a raw path to an operation and its parameters.

use std::{borrow::Cow, ops::Index};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{Operation, generated::operations::ROUTES};

/// Characters that SDKs leave as they are in a path segment.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One path template with the operations behind it.
pub(crate) struct Route {
    pub(crate) segments: &'static [Segment],
    pub(crate) methods: &'static [(&'static str, Operation)],
}

/// One segment of a path template.
pub(crate) enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
    /// Everything that is left, slashes included.
    Rest(&'static str),
}

/// The decoded parameters of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathParams(Vec<(&'static str, String)>);

impl PathParams {
    /// The value of a parameter, by its name in the template, as
    /// [`parameter`](crate::parameter) lists them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Names and values, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }
}

impl Index<&str> for PathParams {
    type Output = str;

    /// # Panics
    /// If the operation's template has no such parameter: which parameters an
    /// operation has does not depend on the request.
    fn index(&self, name: &str) -> &str {
        self.get(name)
            .unwrap_or_else(|| panic!("the path template has no parameter {name}"))
    }
}

/// Why a path leads to no operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No operation has such a path.
    #[error("no operation has this path")]
    UnknownPath,
    /// The path exists, but not with this method.
    #[error("the path allows only {}", allowed.join(", "))]
    WrongMethod {
        /// The methods that it exists with.
        allowed: Vec<&'static str>,
    },
    /// A parameter decodes to bytes that are not UTF-8.
    #[error("the path parameter {parameter} is not UTF-8")]
    NotUtf8 {
        /// Name of the parameter.
        parameter: &'static str,
    },
}

/// The operation that a request means, and the parameters of its path.
///
/// `raw_path` is the path as it was sent, without the query. It is split on
/// `/` first and each parameter percent-decoded after, so that an encoded
/// slash or colon stays inside its parameter (`docs/spec/audience.md §1.1`).
/// One trailing slash is tolerated. The ARN of the tag operations may hold
/// raw slashes (`§13`).
///
/// # Errors
/// [`RouteError`] if no operation has this path and method.
pub fn route(method: &str, raw_path: &str) -> Result<(Operation, PathParams), RouteError> {
    let path = raw_path.strip_prefix('/').ok_or(RouteError::UnknownPath)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let count = path.split('/').count();

    for route in &ROUTES {
        if !matches(route.segments, path, count) {
            continue;
        }
        let Some((_, operation)) = route.methods.iter().find(|(name, _)| *name == method) else {
            return Err(RouteError::WrongMethod {
                allowed: route.methods.iter().map(|(name, _)| *name).collect(),
            });
        };
        return Ok((*operation, parameters(route.segments, path)?));
    }
    Err(RouteError::UnknownPath)
}

fn matches(segments: &[Segment], path: &str, count: usize) -> bool {
    let open_ended = matches!(segments.last(), Some(Segment::Rest(_)));
    if count != segments.len() && !(open_ended && count > segments.len()) {
        return false;
    }
    segments
        .iter()
        .zip(path.split('/'))
        .all(|(segment, text)| match segment {
            Segment::Literal(literal) => *literal == text,
            Segment::Parameter(_) | Segment::Rest(_) => !text.is_empty(),
        })
}

fn parameters(segments: &[Segment], path: &str) -> Result<PathParams, RouteError> {
    let mut params = Vec::new();
    let mut rest = path;
    for segment in segments {
        let (text, after) = match segment {
            Segment::Rest(_) => (rest, ""),
            _ => rest.split_once('/').unwrap_or((rest, "")),
        };
        if let Segment::Parameter(name) | Segment::Rest(name) = segment {
            let value = percent_decode_str(text)
                .decode_utf8()
                .map_err(|_| RouteError::NotUtf8 { parameter: name })?;
            params.push((*name, value.into_owned()));
        }
        rest = after;
    }
    Ok(PathParams(params))
}

/// `text` as one segment of a path: everything is percent-encoded but
/// letters, digits and `-_.~`.
#[must_use]
pub fn encode_segment(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, ENCODED).into()
}
