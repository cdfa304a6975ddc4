//! What messages say, by channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::TemplateName;

/// Messages by channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the channels")]
pub struct MessageConfiguration {
    pub default: Option<PushMessage>,
    pub adm: Option<PushMessage>,
    pub apns: Option<PushMessage>,
    pub baidu: Option<PushMessage>,
    pub gcm: Option<PushMessage>,
    pub email: Option<EmailMessage>,
    pub sms: Option<SmsMessage>,
    pub custom: Option<CustomMessage>,
    #[serde(default)]
    pub in_app: Option<InAppMessage>,
}

/// A push message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct PushMessage {
    pub action: Option<String>,
    pub body: Option<String>,
    pub image_icon_url: Option<String>,
    pub image_small_icon_url: Option<String>,
    pub image_url: Option<String>,
    pub json_body: Option<String>,
    pub media_url: Option<String>,
    pub raw_content: Option<String>,
    pub silent_push: Option<bool>,
    #[serde(default)]
    pub sound: Option<String>,
    pub time_to_live: Option<u32>,
    pub title: Option<String>,
    pub url: Option<String>,
}

/// An email.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailMessage {
    /// Plain text.
    pub body: Option<String>,
    /// Sender; absent means the channel's.
    pub from_address: Option<String>,
    /// Extra headers, at most 15.
    pub headers: Vec<Header>,
    /// HTML.
    pub html_body: Option<String>,
    /// Subject.
    pub title: Option<String>,
}

/// A header line of an email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// At most 126 characters.
    pub name: String,
    /// At most 870 characters once rendered.
    pub value: String,
}

/// A text message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct SmsMessage {
    pub body: Option<String>,
    pub message_type: Option<String>,
    pub origination_number: Option<String>,
    pub sender_id: Option<String>,
    pub entity_id: Option<String>,
    pub template_id: Option<String>,
}

/// A message for a function or webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomMessage {
    /// JSON text, at most 5 KB.
    pub data: Option<String>,
}

/// A telephone call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct VoiceMessage {
    pub body: Option<String>,
    pub language_code: Option<String>,
    pub origination_number: Option<String>,
    pub voice_id: Option<String>,
}

/// A message that the application fetches and shows by itself (`docs/spec/templates.md §1`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InAppMessage {
    /// Words without form; campaigns only.
    pub body: Option<String>,
    /// At most five cards.
    pub content: Vec<InAppCard>,
    /// Pairs for the application, at most ten.
    pub custom_config: BTreeMap<String, String>,
    /// Where on the screen.
    pub layout: Option<InAppLayout>,
}

/// One card of an in-app message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the reference's own words")]
pub struct InAppCard {
    pub background_color: Option<String>,
    pub image_url: Option<String>,
    pub header: Option<InAppText>,
    pub body: Option<InAppText>,
    pub primary_button: Option<InAppButton>,
    pub secondary_button: Option<InAppButton>,
}

/// Header or body of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct InAppText {
    pub text: String,
    pub alignment: InAppAlignment,
    pub text_color: String,
}

/// A button of a card, and what differs per platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the platforms")]
pub struct InAppButton {
    pub default: Option<InAppButtonForm>,
    pub android: Option<InAppButtonAction>,
    pub ios: Option<InAppButtonAction>,
    pub web: Option<InAppButtonAction>,
}

/// How a button looks, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct InAppButtonForm {
    pub action: InAppButtonAction,
    pub text: String,
    pub background_color: Option<String>,
    pub border_radius: Option<i32>,
    pub text_color: Option<String>,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InAppButtonAction {
    /// The deed.
    pub action: InAppAction,
    /// Where it leads.
    pub link: Option<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What this word stands for.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// What a button of an in-app message does when it is pressed.
    InAppAction:
    /// Opens a web page.
    Link = "LINK",
    /// Opens a place in an application.
    DeepLink = "DEEP_LINK",
    /// Closes the message.
    Close = "CLOSE",
}

words! {
    /// Where an in-app message shows.
    InAppLayout:
    /// At the lower edge.
    BottomBanner = "BOTTOM_BANNER",
    /// At the upper edge.
    TopBanner = "TOP_BANNER",
    /// Over the whole screen.
    Overlays = "OVERLAYS",
    /// In a feed.
    MobileFeed = "MOBILE_FEED",
    /// In the middle.
    MiddleBanner = "MIDDLE_BANNER",
    /// Several cards beside each other.
    Carousel = "CAROUSEL",
}

words! {
    /// How a text of a card is aligned.
    InAppAlignment:
    /// To the left.
    Left = "LEFT",
    /// In the middle.
    Center = "CENTER",
    /// To the right.
    Right = "RIGHT",
}

/// Templates by channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the channels")]
pub struct TemplateConfiguration {
    pub email: Option<TemplateRef>,
    pub push: Option<TemplateRef>,
    pub sms: Option<TemplateRef>,
    pub in_app: Option<TemplateRef>,
    #[serde(default)]
    pub voice: Option<TemplateRef>,
}

/// A reference to a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// The template.
    pub name: TemplateName,
    /// The version; absent means the active one when the message goes out.
    pub version: Option<u32>,
}
