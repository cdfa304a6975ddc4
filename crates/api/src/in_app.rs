//! In-app messages, between the wire and the model (`docs/spec/templates.md §1`). Templates,
//! campaigns and the answer to applications say them in the same members.

use model::{
    InAppAction, InAppAlignment, InAppButton, InAppButtonAction, InAppButtonForm, InAppCard,
    InAppLayout, InAppMessage, InAppText,
};
use wire::shapes;

use crate::error::ApiError;

/// Cards of one message.
const CARDS_MAX: usize = 5;
/// Characters of a header, and of a button.
const HEADER_CHARS_MAX: usize = 64;
/// Characters of a body.
const BODY_CHARS_MAX: usize = 150;
/// Pairs for the application.
const CUSTOM_PAIRS_MAX: usize = 10;

/// Reads a message; `path` is the member that holds it, empty for a body as a whole. Campaigns add
/// the body without form.
///
/// # Errors
/// The content breaks a rule.
pub(crate) fn read(path: &str, message: shapes::InAppMessage) -> Result<InAppMessage, ApiError> {
    let cards = message.content.unwrap_or_default();
    if cards.len() > CARDS_MAX {
        let found = cards.len();
        let place = join(path, "Content");
        return Err(refusal(
            &place,
            format!("at most {CARDS_MAX} cards, found {found}"),
        ));
    }
    let custom_config = message.custom_config.unwrap_or_default();
    if custom_config.len() > CUSTOM_PAIRS_MAX {
        let found = custom_config.len();
        let place = join(path, "CustomConfig");
        return Err(refusal(
            &place,
            format!("at most {CUSTOM_PAIRS_MAX} pairs, found {found}"),
        ));
    }
    let place = join(path, "Content");
    Ok(InAppMessage {
        body: None,
        content: cards
            .into_iter()
            .enumerate()
            .map(|(index, card)| read_card(&format!("{place}[{index}]"), card))
            .collect::<Result<_, _>>()?,
        custom_config,
        layout: word(&join(path, "Layout"), message.layout, InAppLayout::parse)?,
    })
}

fn read_card(path: &str, card: shapes::InAppMessageContent) -> Result<InAppCard, ApiError> {
    let header = card.header_config.map(|it| {
        let text = ("Header", it.header, HEADER_CHARS_MAX);
        let path = join(path, "HeaderConfig");
        read_text(&path, text, it.alignment, it.text_color)
    });
    let body = card.body_config.map(|it| {
        let text = ("Body", it.body, BODY_CHARS_MAX);
        let path = join(path, "BodyConfig");
        read_text(&path, text, it.alignment, it.text_color)
    });
    let button = |name, button: Option<_>| {
        button
            .map(|button| read_button(&join(path, name), button))
            .transpose()
    };
    Ok(InAppCard {
        background_color: card.background_color,
        image_url: card.image_url,
        header: header.transpose()?,
        body: body.transpose()?,
        primary_button: button("PrimaryBtn", card.primary_btn)?,
        secondary_button: button("SecondaryBtn", card.secondary_btn)?,
    })
}

fn read_text(
    path: &str,
    (name, text, chars_max): (&str, Option<String>, usize),
    alignment: Option<String>,
    text_color: Option<String>,
) -> Result<InAppText, ApiError> {
    let alignment_path = join(path, "Alignment");
    Ok(InAppText {
        text: limited(&join(path, name), text, chars_max)?,
        alignment: word(&alignment_path, alignment, InAppAlignment::parse)?
            .ok_or_else(|| missing(&alignment_path))?,
        text_color: text_color.ok_or_else(|| missing(&join(path, "TextColor")))?,
    })
}

fn read_button(path: &str, button: shapes::InAppMessageButton) -> Result<InAppButton, ApiError> {
    let form = |it| read_form(&join(path, "DefaultConfig"), it);
    let other = |name, it: Option<shapes::OverrideButtonConfiguration>| {
        it.map(|it| read_action(&join(path, name), it.button_action, it.link))
            .transpose()
    };
    Ok(InAppButton {
        default: button.default_config.map(form).transpose()?,
        android: other("Android", button.android)?,
        ios: other("IOS", button.ios)?,
        web: other("Web", button.web)?,
    })
}

fn read_form(
    path: &str,
    form: shapes::DefaultButtonConfiguration,
) -> Result<InAppButtonForm, ApiError> {
    let radius = form.border_radius.map(|radius| {
        i32::try_from(radius)
            .map_err(|_| refusal(&join(path, "BorderRadius"), "expected a number in 32 bits"))
    });
    Ok(InAppButtonForm {
        action: read_action(path, form.button_action, form.link)?,
        text: limited(&join(path, "Text"), form.text, HEADER_CHARS_MAX)?,
        background_color: form.background_color,
        border_radius: radius.transpose()?,
        text_color: form.text_color,
    })
}

fn read_action(
    path: &str,
    action: Option<String>,
    link: Option<String>,
) -> Result<InAppButtonAction, ApiError> {
    let path = join(path, "ButtonAction");
    Ok(InAppButtonAction {
        action: word(&path, action, InAppAction::parse)?.ok_or_else(|| missing(&path))?,
        link,
    })
}

/// The value of an enum member; an empty text counts as absent.
fn word<T>(
    path: &str,
    text: Option<String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| {
        parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(50).collect();
            refusal(path, format!("'{shown}' is unknown"))
        })
    })
    .transpose()
}

fn limited(path: &str, text: Option<String>, chars_max: usize) -> Result<String, ApiError> {
    let text = text.ok_or_else(|| missing(path))?;
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(refusal(
            path,
            format!("at most {chars_max} characters, found {chars}"),
        ));
    }
    Ok(text)
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() {
        member.to_owned()
    } else {
        format!("{path}.{member}")
    }
}

fn missing(path: &str) -> ApiError {
    ApiError::bad_request(format!("Missing {path}"))
}

fn refusal(path: &str, problem: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("{path}: {problem}"))
}

/// A message as callers see it, without a campaign's body.
pub(crate) fn write(message: &InAppMessage) -> shapes::InAppMessage {
    let cards = message.content.iter().map(card);
    shapes::InAppMessage {
        content: Some(cards.collect()).filter(|cards: &Vec<_>| !cards.is_empty()),
        custom_config: Some(message.custom_config.clone()).filter(|pairs| !pairs.is_empty()),
        layout: message.layout.map(|layout| layout.as_str().to_owned()),
    }
}

fn card(card: &InAppCard) -> shapes::InAppMessageContent {
    let alignment = |text: &InAppText| Some(text.alignment.as_str().to_owned());
    shapes::InAppMessageContent {
        background_color: card.background_color.clone(),
        body_config: card
            .body
            .as_ref()
            .map(|body| shapes::InAppMessageBodyConfig {
                alignment: alignment(body),
                body: Some(body.text.clone()),
                text_color: Some(body.text_color.clone()),
            }),
        header_config: card
            .header
            .as_ref()
            .map(|header| shapes::InAppMessageHeaderConfig {
                alignment: alignment(header),
                header: Some(header.text.clone()),
                text_color: Some(header.text_color.clone()),
            }),
        image_url: card.image_url.clone(),
        primary_btn: card.primary_button.as_ref().map(button),
        secondary_btn: card.secondary_button.as_ref().map(button),
    }
}

fn button(button: &InAppButton) -> shapes::InAppMessageButton {
    let action = |it: &InAppButtonAction| Some(it.action.as_str().to_owned());
    let other = |it: &Option<InAppButtonAction>| {
        it.as_ref().map(|it| shapes::OverrideButtonConfiguration {
            button_action: action(it),
            link: it.link.clone(),
        })
    };
    shapes::InAppMessageButton {
        android: other(&button.android),
        default_config: button
            .default
            .as_ref()
            .map(|form| shapes::DefaultButtonConfiguration {
                background_color: form.background_color.clone(),
                border_radius: form.border_radius.map(i64::from),
                button_action: action(&form.action),
                link: form.action.link.clone(),
                text: Some(form.text.clone()),
                text_color: form.text_color.clone(),
            }),
        ios: other(&button.ios),
        web: other(&button.web),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn round_trip(message: &Value) -> Result<Value, ApiError> {
        let message = serde_json::from_value(message.clone()).expect("a message");
        let message = read("M", message)?;
        Ok(serde_json::to_value(write(&message)).expect("encodes"))
    }

    #[track_caller]
    fn refuse(message: &Value, want: &str) {
        let error = round_trip(message).expect_err("a refusal");
        assert!(format!("{error:?}").contains(want), "{error:?}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let button = json!({
            "Android": {"ButtonAction": "DEEP_LINK", "Link": "shop://sale"},
            "DefaultConfig": {
                "BackgroundColor": "#ffffff", "BorderRadius": 6, "ButtonAction": "LINK",
                "Link": "https://shop.example", "Text": "Go", "TextColor": "#000000"
            },
            "IOS": {"ButtonAction": "CLOSE"},
            "Web": {"ButtonAction": "LINK", "Link": "https://shop.example/web"}
        });
        let message = json!({
            "Content": [{
                "BackgroundColor": "#eeeeee",
                "BodyConfig": {"Alignment": "CENTER", "Body": "b", "TextColor": "#111111"},
                "HeaderConfig": {"Alignment": "RIGHT", "Header": "h", "TextColor": "#222222"},
                "ImageUrl": "https://shop.example/i.png",
                "PrimaryBtn": button,
                "SecondaryBtn": {"DefaultConfig": {"ButtonAction": "CLOSE", "Text": "x"}}
            }],
            "CustomConfig": {"theme": "dark"},
            "Layout": "MOBILE_FEED"
        });
        assert_eq!(round_trip(&message).expect("accepted"), message);
        assert_eq!(round_trip(&json!({})).expect("accepted"), json!({}));
    }

    #[test]
    fn rules_name_the_member() {
        let header = |header: Value| json!({"Content": [{}, {"HeaderConfig": header}]});
        refuse(
            &header(json!({"Alignment": "LEFT", "TextColor": "#0"})),
            "Missing M.Content[1].HeaderConfig.Header",
        );
        refuse(
            &header(json!({"Alignment": "", "Header": "h", "TextColor": "#0"})),
            "Missing M.Content[1].HeaderConfig.Alignment",
        );
        refuse(
            &header(json!({"Alignment": "LEFT", "Header": "h".repeat(65), "TextColor": "#0"})),
            "M.Content[1].HeaderConfig.Header: at most 64 characters, found 65",
        );
        let body = json!({"Alignment": "LEFT", "Body": "b".repeat(151), "TextColor": "#0"});
        refuse(
            &json!({"Content": [{"BodyConfig": body}]}),
            "M.Content[0].BodyConfig.Body: at most 150 characters, found 151",
        );
        refuse(
            &json!({"Content": [{"PrimaryBtn": {"Web": {"ButtonAction": "JUMP"}}}]}),
            "M.Content[0].PrimaryBtn.Web.ButtonAction: 'JUMP' is unknown",
        );
        refuse(
            &json!({"Content": [{"SecondaryBtn": {"DefaultConfig": {"ButtonAction": "CLOSE"}}}]}),
            "Missing M.Content[0].SecondaryBtn.DefaultConfig.Text",
        );
        refuse(
            &json!({"Content": [{}, {}, {}, {}, {}, {}]}),
            "M.Content: at most 5 cards, found 6",
        );
        let pairs: std::collections::BTreeMap<String, &str> =
            (0..11).map(|n| (n.to_string(), "")).collect();
        refuse(
            &json!({"CustomConfig": pairs}),
            "M.CustomConfig: at most 10 pairs, found 11",
        );
    }
}
