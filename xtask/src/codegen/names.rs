//! Names of the model in the spelling of each output language.

/// `EventsItemResponse` → `events_item_response`, `APNSPushType` →
/// `apns_push_type`, `application-id` → `application_id`.
pub fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, &c) in characters.iter().enumerate() {
        if c == '-' {
            out.push('_');
            continue;
        }
        let before = index.checked_sub(1).map(|i| characters[i]);
        let after = characters.get(index + 1);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The name of a constant or static: `EVENTS_ITEM_RESPONSE`.
pub fn constant(name: &str) -> String {
    snake(name.trim_start_matches('_')).to_ascii_uppercase()
}

/// The name of a struct field; Rust's keywords are written raw.
pub fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "type" | "ref" | "use" | "match" | "mod" | "move" | "where" | "in" | "final" | "static" => {
            format!("r#{name}")
        }
        _ => name,
    }
}

/// The name of a type for a shape: `__EndpointTypesElement` →
/// `EndpointTypesElement`.
pub fn type_name(shape: &str) -> &str {
    shape.trim_start_matches('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_at_case_changes() {
        for (name, want) in [
            ("EventsItemResponse", "events_item_response"),
            ("APNSPushType", "apns_push_type"),
            ("RequestID", "request_id"),
            ("GPSPoint", "gps_point"),
            ("MD5", "md5"),
            ("application-id", "application_id"),
            ("tagKeys", "tag_keys"),
            ("VerifyOTPMessage", "verify_otp_message"),
        ] {
            assert_eq!(snake(name), want);
        }
        assert_eq!(field("Type"), "r#type");
    }
}
