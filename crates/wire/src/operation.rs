//! What is known of each operation besides its behaviour.

use crate::{
    Exception, Operation, generated::operations::INFO, router::encode_segment, schema::Structure,
};

/// A row of the generated table of operations.
pub(crate) struct Info {
    pub(crate) name: &'static str,
    pub(crate) action: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) success_status: u16,
    pub(crate) body: Option<&'static Structure>,
    pub(crate) answer: Option<&'static str>,
    pub(crate) path_parameters: &'static [&'static str],
    pub(crate) query: &'static [QueryParameter],
    pub(crate) errors: &'static [Exception],
}

/// A parameter that an operation takes in the query string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryParameter {
    /// Its name on the wire, such as `page-size`.
    pub name: &'static str,
    /// How its text reads.
    pub kind: QueryKind,
    /// Whether the model demands it.
    pub required: bool,
}

/// How the text of a query parameter reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryKind {
    /// Any text.
    String,
    /// `true` or `false`.
    Boolean,
    /// An ISO 8601 instant.
    Timestamp,
    /// Any text; the parameter repeats, once per value.
    Strings,
}

impl Operation {
    fn info(self) -> &'static Info {
        &INFO[self as usize]
    }

    /// The operation called `name`, such as `CreateApp`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let index = INFO.binary_search_by_key(&name, |info| info.name).ok()?;
        Some(Self::ALL[index])
    }

    /// Its name, such as `CreateApp`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The permission it needs, such as `mobiletargeting:CreateApp`.
    #[must_use]
    pub fn action(self) -> &'static str {
        self.info().action
    }

    /// Its HTTP method.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.info().method
    }

    /// Its path template, such as `/v1/apps/{application-id}`.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.info().path
    }

    /// HTTP status of its answer when it succeeds.
    #[must_use]
    pub fn success_status(self) -> u16 {
        self.info().success_status
    }

    /// The structure of its request body; `None` if it takes none.
    #[must_use]
    pub fn body(self) -> Option<&'static Structure> {
        self.info().body
    }

    /// Name of the shape it answers with; `None` if the answer is empty.
    #[must_use]
    pub fn answer(self) -> Option<&'static str> {
        self.info().answer
    }

    /// Names of the parameters in its path, in order.
    #[must_use]
    pub fn path_parameters(self) -> &'static [&'static str] {
        self.info().path_parameters
    }

    /// The parameters it takes in the query string.
    #[must_use]
    pub fn query(self) -> &'static [QueryParameter] {
        self.info().query
    }

    /// The exceptions the model declares for it.
    #[must_use]
    pub fn errors(self) -> &'static [Exception] {
        self.info().errors
    }

    /// The raw path of a request to this operation, with `values` for the
    /// parameters of its path in their order, percent-encoded as SDKs do.
    /// A missing value is written as an empty segment, which does not route.
    #[must_use]
    pub fn request_path(self, values: &[&str]) -> String {
        let mut values = values.iter();
        let mut path = String::new();
        for segment in self.path().split('/').skip(1) {
            path.push('/');
            if segment.starts_with('{') {
                path.push_str(&encode_segment(values.next().unwrap_or(&"")));
            } else {
                path.push_str(segment);
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        assert_eq!(Operation::ALL.len(), 122);
        for operation in Operation::ALL {
            assert_eq!(format!("{operation:?}"), operation.name());
            assert_eq!(Operation::from_name(operation.name()), Some(operation));
        }
        assert_eq!(Operation::from_name("CreateNothing"), None);
    }

    #[test]
    fn statuses_and_bodies_follow_the_model() {
        assert_eq!(Operation::CreateApp.success_status(), 201);
        assert_eq!(Operation::UpdateEndpoint.success_status(), 202);
        assert_eq!(Operation::TagResource.success_status(), 204);
        assert_eq!(
            Operation::UpdateEndpoint.body().map(|s| s.name),
            Some("EndpointRequest")
        );
        assert!(Operation::GetApp.body().is_none());
        assert_eq!(Operation::GetApp.answer(), Some("ApplicationResponse"));
        assert_eq!(Operation::CreateApp.action(), "mobiletargeting:CreateApp");
        assert!(Operation::GetApp.errors().contains(&Exception::NotFound));
    }
}
