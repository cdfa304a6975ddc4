//! The target of custom messages, between the wire and the model (`docs/spec/campaigns.md §9`).

use model::{CampaignContent, ChannelType};
use wire::shapes;

use crate::error::ApiError;

/// Characters of a target.
const URI_CHARS_MAX: usize = 2_048;

/// A target as callers see it; the list of channels is there if one was given.
pub(super) fn write(content: &CampaignContent) -> Option<shapes::CustomDeliveryConfiguration> {
    let (uri, types) = content.custom_delivery.as_ref()?;
    let types: Vec<String> = types.iter().map(|it| it.as_str().to_owned()).collect();
    Some(shapes::CustomDeliveryConfiguration {
        delivery_uri: Some(uri.clone()),
        endpoint_types: Some(types).filter(|types| !types.is_empty()),
    })
}

/// The target of a request, at `path`.
///
/// # Errors
/// The target is missing, or is neither an https URL nor the name of a function.
pub(super) fn read(
    path: &str,
    it: shapes::CustomDeliveryConfiguration,
) -> Result<(String, Vec<ChannelType>), ApiError> {
    let path = format!("{path}.DeliveryUri");
    let uri = it.delivery_uri.filter(|uri| !uri.is_empty());
    let uri = uri.ok_or_else(|| ApiError::bad_request(format!("Missing {path}")))?;
    check_uri(&path, &uri)?;
    let types = it.endpoint_types.unwrap_or_default();
    let types = types
        .iter()
        .filter_map(|word| ChannelType::parse(word))
        .collect();
    Ok((uri, types))
}

/// A webhook has `https` and a small alphabet; anything without `://` names a function.
fn check_uri(path: &str, uri: &str) -> Result<(), ApiError> {
    let refuse = |problem: &str| Err(ApiError::bad_request(format!("{path}: {problem}")));
    if uri.chars().count() > URI_CHARS_MAX {
        return refuse(&format!("at most {URI_CHARS_MAX} characters"));
    }
    let fits = |extra: &str, text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    match uri.split_once("://") {
        Some(("https", rest)) if !rest.is_empty() && fits("-._~?/#;:", rest) => Ok(()),
        Some(_) => {
            refuse("expected an https URL of letters, digits and - . _ ~ ? / # ; :, or a function")
        }
        None if fits("-_:$.", uri) => Ok(()),
        None => refuse("expected the name or ARN of a function, or an https URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, want: bool) {
        assert_eq!(check_uri("DeliveryUri", uri).is_ok(), want, "{uri}");
    }

    #[test]
    fn targets_are_webhooks_or_functions() {
        check("https://hooks.shop.example/offer?x#y;z:8443", true);
        check("my-hook", true);
        check(
            "arn:aws:lambda:us-east-1:000000000000:function:offer:$LATEST",
            true,
        );
        check("http://hooks.shop.example/offer", false);
        check("https://", false);
        check("https://shop.example/?a=b&c", false);
        check("my hook", false);
        check(&"x".repeat(URI_CHARS_MAX + 1), false);
    }
}
