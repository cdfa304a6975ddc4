//! The forms of ARNs of destinations and roles.

/// Whether `arn` names a Kinesis stream or a Firehose delivery stream
/// (`docs/spec/events.md §4`).
#[must_use]
pub fn is_destination(arn: &str) -> bool {
    let Some([service, region, account, resource]) = parts(arn) else {
        return false;
    };
    let name = match service {
        "kinesis" => resource.strip_prefix("stream/"),
        "firehose" => resource.strip_prefix("deliverystream/"),
        _ => None,
    };
    !region.is_empty() && is_account(account) && name.is_some_and(|name| is_name(name, ""))
}

/// Whether `arn` names a role.
#[must_use]
pub fn is_role(arn: &str) -> bool {
    let Some([service, region, account, resource]) = parts(arn) else {
        return false;
    };
    let name = resource.strip_prefix("role/");
    service == "iam"
        && region.is_empty()
        && is_account(account)
        && name.is_some_and(|name| is_name(name, "/+=,@"))
}

/// Service, region, account and resource.
fn parts(arn: &str) -> Option<[&str; 4]> {
    let mut parts = arn.splitn(6, ':');
    let (scheme, partition) = (parts.next()?, parts.next()?);
    let rest = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_aws = partition == "aws" || partition.starts_with("aws-");
    (scheme == "arn" && is_aws).then_some(rest)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is 1 to 128 letters, digits, `_`, `.`, `-` or others of `more`.
fn is_name(text: &str, more: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c) || more.contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_have_their_forms() {
        for good in [
            "arn:aws:kinesis:us-east-1:000000000000:stream/shop",
            "arn:aws-cn:firehose:cn-north-1:000000000000:deliverystream/shop_events.v1",
        ] {
            assert!(is_destination(good), "{good}");
        }
        for bad in [
            "",
            "shop",
            "arn:aws:kinesis:us-east-1:000000000000:stream/",
            "arn:aws:kinesis:us-east-1:000000000000:stream/a/b",
            "arn:aws:kinesis:us-east-1:000000000000:deliverystream/a",
            "arn:aws:kinesis:us-east-1:1:stream/a",
            "arn:aws:kinesis::000000000000:stream/a",
            "arn:aws:s3:us-east-1:000000000000:stream/a",
            "arn:other:kinesis:us-east-1:000000000000:stream/a",
        ] {
            assert!(!is_destination(bad), "{bad}");
        }
        assert!(is_role(
            "arn:aws:iam::000000000000:role/service-role/stream@1"
        ));
        for bad in [
            "role",
            "arn:aws:iam::000000000000:user/a",
            "arn:aws:iam::1:role/a",
        ] {
            assert!(!is_role(bad), "{bad}");
        }
    }
}
