//! Names of resources (`docs/spec/audience.md §3`).

use model::{AppId, CampaignId, JourneyId, SegmentId, TemplateKind, TemplateName};

/// The account whose resources are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// 12 digits.
    pub(crate) id: String,
    /// The regions that the server answers for; the first is the default.
    pub(crate) regions: Vec<String>,
}

/// A resource that an ARN of this account names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    App(AppId),
    Segment(AppId, SegmentId),
    Campaign(AppId, CampaignId),
    Journey(AppId, JourneyId),
    Template(TemplateName, TemplateKind),
}

/// Why an ARN leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArnProblem {
    /// It is not an ARN, or not one of something that has tags.
    Malformed,
    /// It belongs to another account or region.
    Elsewhere,
}

impl Account {
    pub(crate) fn default_region(&self) -> &str {
        self.regions.first().map_or("us-east-1", String::as_str)
    }

    /// The ARN with this suffix, such as `apps/5f0c…`.
    pub(crate) fn arn(&self, region: &str, suffix: &str) -> String {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        format!(
            "arn:{partition}:mobiletargeting:{region}:{}:{suffix}",
            self.id
        )
    }

    /// The ARN of an access key or console user as a principal.
    pub(crate) fn principal(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:user/{name}", self.id)
    }

    pub(crate) fn app(&self, region: &str, app: &AppId) -> String {
        self.arn(region, &format!("apps/{app}"))
    }

    pub(crate) fn segment(&self, region: &str, app: &AppId, segment: &SegmentId) -> String {
        self.arn(region, &format!("apps/{app}/segments/{segment}"))
    }

    pub(crate) fn campaign(&self, region: &str, app: &AppId, campaign: &CampaignId) -> String {
        self.arn(region, &format!("apps/{app}/campaigns/{campaign}"))
    }

    pub(crate) fn template(&self, region: &str, name: &TemplateName, kind: TemplateKind) -> String {
        self.arn(region, &format!("templates/{name}/{}", kind.as_str()))
    }

    /// What an ARN of something that has tags names.
    pub(crate) fn resource(&self, arn: &str) -> Result<Resource, ArnProblem> {
        let mut parts = arn.splitn(6, ':');
        let mut part = || parts.next().ok_or(ArnProblem::Malformed);
        let (scheme, partition, service) = (part()?, part()?, part()?);
        let (region, account, suffix) = (part()?, part()?, part()?);
        if scheme != "arn" || !partition.starts_with("aws") || service != "mobiletargeting" {
            return Err(ArnProblem::Malformed);
        }
        let names: Vec<&str> = suffix.split('/').collect();
        if names.iter().any(|name| name.is_empty()) {
            return Err(ArnProblem::Malformed);
        }
        let resource = match names.as_slice() {
            ["apps", app] => Resource::App(AppId::new(*app)),
            ["apps", app, "segments", id] => {
                Resource::Segment(AppId::new(*app), SegmentId::new(*id))
            }
            ["apps", app, "campaigns", id] => {
                Resource::Campaign(AppId::new(*app), CampaignId::new(*id))
            }
            ["apps", app, "journeys", id] => {
                Resource::Journey(AppId::new(*app), JourneyId::new(*id))
            }
            ["templates", name, kind] => Resource::Template(
                TemplateName::new(*name),
                TemplateKind::parse(kind).ok_or(ArnProblem::Malformed)?,
            ),
            _ => return Err(ArnProblem::Malformed),
        };
        if account != self.id || !self.regions.iter().any(|known| known == region) {
            return Err(ArnProblem::Elsewhere);
        }
        Ok(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_as_they_are_written() {
        let account = Account {
            id: "000000000000".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
        };
        let (app, segment) = (AppId::from("5f0c"), SegmentId::from("77aa"));
        let arn = account.segment("eu-west-1", &app, &segment);
        assert_eq!(
            arn,
            "arn:aws:mobiletargeting:eu-west-1:000000000000:apps/5f0c/segments/77aa"
        );
        assert_eq!(account.resource(&arn), Ok(Resource::Segment(app, segment)));
        for (arn, problem) in [
            ("apps/5f0c", ArnProblem::Malformed),
            ("arn:aws:s3:::bucket", ArnProblem::Malformed),
            (
                "arn:aws:mobiletargeting:eu-west-1:000000000000:apps/5f0c/jobs/import/1",
                ArnProblem::Malformed,
            ),
            (
                "arn:aws:mobiletargeting:us-east-1:000000000000:apps/5f0c",
                ArnProblem::Elsewhere,
            ),
            (
                "arn:aws:mobiletargeting:eu-west-1:000000000001:apps/5f0c",
                ArnProblem::Elsewhere,
            ),
        ] {
            assert_eq!(account.resource(arn), Err(problem), "{arn}");
        }
    }
}
