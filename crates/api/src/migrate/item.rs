//! Recognises the responses in a file.

use clock::Timestamp;
use model::{Tags, TemplateKind};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::report::{Outcome, Report};
use crate::error::ApiError;

/// How deep lists and wrappers may stand in one another.
const DEPTH_MAX: usize = 8;

/// One resource in a file.
pub(super) struct Item {
    pub(super) source: String,
    pub(super) kind: Kind,
    /// An object.
    pub(super) json: Value,
}

/// What an item is, in the order in which references allow items to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    App,
    Settings,
    Channel,
    EventStream,
    Recommender,
    Template(TemplateKind),
    Segment,
    Campaign,
    Journey,
}

/// Members that hold a response, or the items of one.
const WRAPPERS: [(&str, Kind); 27] = [
    ("ApplicationResponse", Kind::App),
    ("ApplicationsResponse", Kind::App),
    ("ApplicationSettingsResource", Kind::Settings),
    ("ADMChannelResponse", Kind::Channel),
    ("APNSChannelResponse", Kind::Channel),
    ("APNSSandboxChannelResponse", Kind::Channel),
    ("APNSVoipChannelResponse", Kind::Channel),
    ("APNSVoipSandboxChannelResponse", Kind::Channel),
    ("BaiduChannelResponse", Kind::Channel),
    ("EmailChannelResponse", Kind::Channel),
    ("GCMChannelResponse", Kind::Channel),
    ("SMSChannelResponse", Kind::Channel),
    ("VoiceChannelResponse", Kind::Channel),
    ("EventStream", Kind::EventStream),
    ("RecommenderConfigurationResponse", Kind::Recommender),
    ("ListRecommenderConfigurationsResponse", Kind::Recommender),
    ("EmailTemplateResponse", Kind::Template(TemplateKind::Email)),
    (
        "PushNotificationTemplateResponse",
        Kind::Template(TemplateKind::Push),
    ),
    ("SMSTemplateResponse", Kind::Template(TemplateKind::Sms)),
    ("VoiceTemplateResponse", Kind::Template(TemplateKind::Voice)),
    ("InAppTemplateResponse", Kind::Template(TemplateKind::InApp)),
    ("SegmentResponse", Kind::Segment),
    ("SegmentsResponse", Kind::Segment),
    ("CampaignResponse", Kind::Campaign),
    ("CampaignsResponse", Kind::Campaign),
    ("JourneyResponse", Kind::Journey),
    ("JourneysResponse", Kind::Journey),
];

/// The member that holds templates of all kinds.
const LISTED_TEMPLATES: &str = "TemplatesResponse";

/// Adds what `json` holds to `items`; what is not recognised is refused in the report.
pub(super) fn collect(source: &str, json: Value, items: &mut Vec<Item>, report: &mut Report) {
    Collector {
        source,
        items,
        report,
    }
    .any(json, None, 0);
}

struct Collector<'a> {
    source: &'a str,
    items: &'a mut Vec<Item>,
    report: &'a mut Report,
}

impl Collector<'_> {
    fn any(&mut self, json: Value, kind: Option<Kind>, depth: usize) {
        match json {
            Value::Array(list) if depth < DEPTH_MAX => {
                for element in list {
                    self.any(element, kind, depth + 1);
                }
            }
            Value::Object(object) if depth < DEPTH_MAX => self.object(object, kind, depth),
            _ => self.refuse("", "expected an object or a list of objects"),
        }
    }

    fn object(&mut self, mut object: Map<String, Value>, kind: Option<Kind>, depth: usize) {
        object.remove("ResponseMetadata");
        let mut wrapped = false;
        for (member, kind) in WRAPPERS {
            if let Some(inner) = object.remove(member) {
                wrapped = true;
                self.any(inner, Some(kind), depth + 1);
            }
        }
        if let Some(inner) = object.remove(LISTED_TEMPLATES) {
            wrapped = true;
            self.any(inner, None, depth + 1);
        }
        if wrapped {
            return;
        }
        if let Some(list @ Value::Array(_)) = object.remove("Item") {
            if object.get("NextToken").is_some_and(Value::is_string) {
                let reason = "more items follow on the next page, which is not in this file";
                self.refuse("NextToken", reason);
            }
            return self.any(list, kind, depth + 1);
        }
        match kind.or_else(|| recognise(&object)) {
            Some(kind) if kind.has_content(&object) => self.items.push(Item {
                source: self.source.to_owned(),
                kind,
                json: Value::Object(object),
            }),
            Some(kind) => {
                let name = name_of(&object);
                let reason = format!(
                    "only its name is in this file; add what the Get operation of a {} returns",
                    kind.word()
                );
                self.refuse(&name, &reason);
            }
            None => {
                let name = name_of(&object);
                self.refuse(&name, "not a response that can be taken");
            }
        }
    }

    fn refuse(&mut self, name: &str, reason: &str) {
        let outcome = Outcome::Refused(reason.to_owned());
        self.report.add(self.source, "item", name, outcome);
    }
}

/// What an object without a wrapper is, by the members that only this kind has.
fn recognise(object: &Map<String, Value>) -> Option<Kind> {
    let has = |member: &str| object.contains_key(member);
    if let Some(kind) = object.get("TemplateType").and_then(Value::as_str) {
        return TemplateKind::parse(kind).map(Kind::Template);
    }
    if has("SegmentType") {
        return Some(Kind::Segment);
    }
    if has("SegmentId") && has("Schedule") {
        return Some(Kind::Campaign);
    }
    if has("Id") && has("ApplicationId") && object.get("State").is_some_and(Value::is_string) {
        return Some(Kind::Journey);
    }
    if !has("Id") && has("ApplicationId") && (has("QuietTime") || has("CampaignHook")) {
        return Some(Kind::Settings);
    }
    if has("Platform") && has("ApplicationId") {
        return Some(Kind::Channel);
    }
    if has("DestinationStreamArn") {
        return Some(Kind::EventStream);
    }
    if has("RecommendationProviderUri") {
        return Some(Kind::Recommender);
    }
    let arn = object.get("Arn").and_then(Value::as_str)?;
    let suffix = arn.splitn(6, ':').nth(5)?;
    match suffix.split('/').collect::<Vec<_>>().as_slice() {
        ["apps", _] => Some(Kind::App),
        ["apps", _, "segments", _] => Some(Kind::Segment),
        ["apps", _, "campaigns", _] => Some(Kind::Campaign),
        _ => None,
    }
}

/// Name and identifier, for the report.
fn name_of(object: &Map<String, Value>) -> String {
    let text = |member: &str| object.get(member).and_then(Value::as_str);
    let id = text("Id")
        .or_else(|| text("TemplateName"))
        .or_else(|| text("ApplicationId"));
    let words = [id, text("Name"), text("Platform")];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    words.join(" ").chars().take(200).collect()
}

impl Kind {
    /// What the report calls it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::App => "application",
            Self::Settings => "application settings",
            Self::Channel => "channel",
            Self::EventStream => "event stream",
            Self::Recommender => "recommender configuration",
            Self::Template(TemplateKind::Email) => "email template",
            Self::Template(TemplateKind::Push) => "push template",
            Self::Template(TemplateKind::Sms) => "SMS template",
            Self::Template(TemplateKind::Voice) => "voice template",
            Self::Template(TemplateKind::InApp) => "in-app template",
            Self::Segment => "segment",
            Self::Campaign => "campaign",
            Self::Journey => "journey",
        }
    }

    /// Whether the object says more than a list of names does.
    fn has_content(self, object: &Map<String, Value>) -> bool {
        let members: &[&str] = match self {
            Self::Template(TemplateKind::Email) => &["Subject", "HtmlPart", "TextPart", "Headers"],
            Self::Template(TemplateKind::Push) => &["Default", "ADM", "APNS", "Baidu", "GCM"],
            Self::Template(TemplateKind::Sms | TemplateKind::Voice) => &["Body"],
            Self::Template(TemplateKind::InApp) => &["Content", "CustomConfig", "Layout"],
            _ => return true,
        };
        members.iter().any(|member| object.contains_key(*member))
    }
}

impl Item {
    /// Identifier and name, for the report.
    pub(super) fn name(&self) -> String {
        self.json.as_object().map(name_of).unwrap_or_default()
    }

    /// A text.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        let text = self.json.get(member).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    }

    /// The item without one of its members.
    pub(super) fn without(&self, member: &str) -> Self {
        let mut json = self.json.clone();
        if let Some(object) = json.as_object_mut() {
            object.remove(member);
        }
        Self {
            source: self.source.clone(),
            kind: self.kind,
            json,
        }
    }

    /// The labels.
    ///
    /// # Errors
    /// They are no map of texts.
    pub(super) fn tags(&self) -> Result<Option<Tags>, ApiError> {
        match self.json.get("tags") {
            None | Some(Value::Null) => Ok(None),
            Some(tags) => Tags::deserialize(tags)
                .map(Some)
                .map_err(|error| ApiError::bad_request(format!("tags: {error}"))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn needed(&self, member: &str) -> Result<&str, ApiError> {
        self.text(member)
            .ok_or_else(|| ApiError::bad_request(format!("Missing {member}")))
    }

    /// The version, as a number or a text; 1 if there is none.
    ///
    /// # Errors
    /// It is not a number from 1.
    pub(super) fn version(&self) -> Result<u32, ApiError> {
        let version = match self.json.get("Version") {
            None | Some(Value::Null) => return Ok(1),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        version
            .filter(|version| *version > 0)
            .ok_or_else(|| ApiError::bad_request("Version: expected a number from 1"))
    }

    /// A date; `default` if it is not there or cannot be read.
    pub(super) fn date(&self, member: &str, default: Timestamp) -> Timestamp {
        self.text(member)
            .and_then(|text| Timestamp::parse(text).ok())
            .unwrap_or(default)
    }

    /// Whether a member is there and not empty.
    pub(super) fn has(&self, member: &str) -> bool {
        match self.json.get(member) {
            None | Some(Value::Null) => false,
            Some(Value::Object(object)) => !object.is_empty(),
            Some(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What the report and the items say about a file.
    fn read(file: Value) -> (Vec<String>, Vec<String>) {
        let (mut items, mut report) = (Vec::new(), Report::default());
        collect("f", file, &mut items, &mut report);
        let items = items
            .iter()
            .map(|item| format!("{} {}", item.kind.word(), item.name()));
        let refused = report.items.iter().map(ToString::to_string);
        (items.collect(), refused.collect())
    }

    #[track_caller]
    fn check(file: Value, want: &[&str]) {
        assert_eq!(read(file).0, want);
    }

    #[test]
    fn responses_are_recognised_with_and_without_their_wrapper() {
        let metadata = json!({"HTTPStatusCode": 200});
        check(
            json!({"ApplicationResponse": {"Id": "a", "Name": "n"}, "ResponseMetadata": metadata}),
            &["application a n"],
        );
        check(
            json!({"Id": "a", "Name": "n", "Arn": "arn:aws:mobiletargeting:us-east-1:1:apps/a"}),
            &["application a n"],
        );
        check(
            json!({"ApplicationId": "a", "Limits": {}, "QuietTime": {}, "CampaignHook": {}}),
            &["application settings a"],
        );
        check(
            json!({"SegmentsResponse": {"Item": [{"Id": "1"}, {"Id": "2"}]}}),
            &["segment 1", "segment 2"],
        );
        check(
            json!([{"Id": "s", "SegmentType": "DIMENSIONAL"},
                   {"Id": "c", "SegmentId": "s", "Schedule": {}, "State": {"CampaignStatus": "PAUSED"}},
                   {"Id": "j", "ApplicationId": "a", "Name": "n", "State": "DRAFT"}]),
            &["segment s", "campaign c", "journey j n"],
        );
        check(
            json!({"ApplicationId": "a", "Platform": "SMS", "Enabled": true, "Version": 1}),
            &["channel a SMS"],
        );
        check(
            json!({"TemplateName": "t", "TemplateType": "VOICE", "Body": "b"}),
            &["voice template t"],
        );
    }

    #[test]
    fn what_is_not_recognised_is_refused() {
        let reasons = |file: Value| {
            let (items, refused) = read(file);
            assert!(items.is_empty(), "{items:?}");
            refused
        };
        for file in [
            json!(1),
            json!({}),
            json!({"Colour": "red"}),
            json!({"TemplatesResponse": {"Item": [{"TemplateName": "t", "TemplateType": "SMS"}]}}),
        ] {
            assert_eq!(reasons(file.clone()).len(), 1, "{file}");
        }
        let mut deep = json!({"Id": "s", "SegmentType": "DIMENSIONAL"});
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert_eq!(reasons(deep).len(), 1);
        assert!(reasons(json!([])).is_empty());
    }
}
