//! Where the server is deliberately laxer than the model.

/// Values accepted for an enum beyond those of the model.
pub fn extra_values(shape: &str) -> &'static [&'static str] {
    match shape {
        // docs/spec/audience.md §10.2: in the REST reference, absent from SDKs.
        "AttributeType" => &["NOT_BETWEEN"],
        _ => &[],
    }
}

/// Whether the walk over a request leaves a structure's required members and
/// enum values to the operation, which answers them item by item
/// (docs/spec/events.md §1.3: a bad event or endpoint is an item with status
/// 400 in a request with status 202).
pub fn checked_per_item(shape: &str) -> bool {
    matches!(shape, "Event" | "Session" | "PublicEndpoint")
}

/// Further spellings accepted for a member whose JSON name differs from its
/// name in the model, such as `segmentDimensions`. `tags` is not among them:
/// it is lower case everywhere (docs/spec/audience.md §1.1).
pub fn alias<'a>(member: &'a str, wire: &str) -> Option<&'a str> {
    (member != wire && wire != "tags").then_some(member)
}
