//! How functions are named. Pure.

/// The name or ARN of a function, with or without a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionName {
    /// As it was written.
    text: String,
    /// The function's own name.
    name: String,
    qualifier: Option<String>,
    region: Option<String>,
}

impl FunctionName {
    /// Reads `NAME`, `NAME:VERSION` or
    /// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`. Any other text is a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        let (name, qualifier, region) = match parts.as_slice() {
            ["arn", _, "lambda", region, _, "function", name] => (*name, None, Some(*region)),
            ["arn", _, "lambda", region, _, "function", name, version] => {
                (*name, Some(*version), Some(*region))
            }
            [name, version] => (*name, Some(*version), None),
            _ => (text, None, None),
        };
        let owned = |text: Option<&str>| text.filter(|it| !it.is_empty()).map(str::to_owned);
        Self {
            text: text.to_owned(),
            name: name.to_owned(),
            qualifier: owned(qualifier),
            region: owned(region),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The function's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version or alias.
    #[must_use]
    pub fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// The region of an ARN.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The names under which the operator may know the function, the most exact first: as it was
    /// written, without its version, by name and version, by name.
    pub fn spellings(&self) -> impl Iterator<Item = String> {
        let version = self.qualifier.as_deref();
        let unversioned = version.and_then(|version| {
            let cut = self.text.strip_suffix(version)?;
            cut.strip_suffix(':').map(str::to_owned)
        });
        let versioned = version.map(|version| format!("{}:{version}", self.name));
        [
            Some(self.text.clone()),
            unversioned,
            versioned,
            Some(self.name.clone()),
        ]
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, qualifier: Option<&str>, region: Option<&str>) {
        let got = FunctionName::parse(text);
        assert_eq!(
            (got.name(), got.qualifier(), got.region(), got.as_str()),
            (name, qualifier, region, text)
        );
    }

    #[test]
    fn names_and_arns_are_read() {
        check("offer", "offer", None, None);
        check("offer:$LATEST", "offer", Some("$LATEST"), None);
        let arn = "arn:aws:lambda:eu-west-1:000000000000:function:offer";
        check(arn, "offer", None, Some("eu-west-1"));
        let versioned = format!("{arn}:7");
        check(&versioned, "offer", Some("7"), Some("eu-west-1"));
        let china = "arn:aws-cn:lambda:cn-north-1:000000000000:function:offer";
        check(china, "offer", None, Some("cn-north-1"));
        check("arn:aws:s3:::bucket", "arn:aws:s3:::bucket", None, None);
        check("", "", None, None);
    }

    #[test]
    fn operators_may_know_a_function_by_several_names() {
        let arn = "arn:aws:lambda:eu-west-1:000000000000:function:offer";
        let spellings = |text: &str| FunctionName::parse(text).spellings().collect::<Vec<_>>();
        assert_eq!(
            spellings(&format!("{arn}:7")),
            [&format!("{arn}:7"), arn, "offer:7", "offer"]
        );
        assert_eq!(spellings(arn), [arn, "offer"]);
        assert_eq!(spellings("offer"), ["offer", "offer"]);
    }
}
