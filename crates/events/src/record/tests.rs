use std::sync::Arc;

use std::collections::BTreeMap;

use model::{
    ActivityId, AppId, CampaignId, CampaignRef, ChannelType, Demographic, Device, Endpoint,
    EndpointId, EndpointStatus, Header, Location, MailDetail, MailFacet, OptOut, Session, UserId,
};

use super::*;

const ACCOUNT: &str = "000000000000";

fn endpoint() -> Endpoint {
    Endpoint {
        app: AppId::new("d41c1c61a2f84d7f9a4e3c5b7e000001"),
        id: EndpointId::new("ep-7f21"),
        ordinal: 1,
        channel: Some(ChannelType::Gcm),
        address: Some("fcm-token-1".to_owned()),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        demographic: Demographic {
            platform: Some("Android".to_owned()),
            app_version: Some("3.2.0".to_owned()),
            timezone: Some("Europe/Berlin".to_owned()),
            ..Demographic::default()
        },
        location: Location {
            country: Some("DE".to_owned()),
            ..Location::default()
        },
        user: Some(UserId::new("u-88")),
        user_attributes: BTreeMap::new(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: Timestamp::from_millis(1_772_435_704_988),
        request_id: "r".to_owned(),
        cohort: 37,
        created: Timestamp::from_millis(1_768_125_600_000),
        last_active: None,
    }
}

fn event(kind: &str, origin: Origin) -> Event {
    Event {
        app: AppId::new("d41c1c61a2f84d7f9a4e3c5b7e000001"),
        kind: kind.to_owned(),
        origin,
        timestamp: Timestamp::from_millis(1_772_440_200_000),
        arrival: Timestamp::from_millis(1_772_440_203_871),
        endpoint: EndpointId::new("ep-7f21"),
        ordinal: Some(1),
        user: Some(UserId::new("u-88")),
        client_event_id: None,
        session: None,
        device: Arc::default(),
        attributes: BTreeMap::new(),
        metrics: BTreeMap::new(),
        campaign: None,
        journey: None,
        message_id: None,
        channel: None,
        status: None,
        mail: None,
        endpoint_json: None,
    }
}

fn campaign() -> Option<CampaignRef> {
    Some(CampaignRef {
        campaign: CampaignId::new("c0ffee1292d84f06b1e0c9d2f4000001"),
        activity: Some(ActivityId::new("a7c3e19b52d84f06b1e0c9d2f4000011")),
        treatment: Some("0".to_owned()),
    })
}

/// The record as people read it; read back, it says the same.
#[track_caller]
fn pretty(event: &Event) -> String {
    let written = record(event, ACCOUNT);
    let back = read(&written).expect("a record reads back");
    assert_eq!(record(&back, ACCOUNT), written);
    assert_eq!(back.origin.reporter(), event.origin);
    assert!(!back.origin.is_live());
    assert_eq!(
        (&back.campaign, &back.journey),
        (&event.campaign, &event.journey)
    );
    assert_eq!((&back.status, back.channel), (&event.status, event.channel));
    assert_eq!(
        (&back.message_id, &back.mail),
        (&event.message_id, &event.mail)
    );
    serde_json::to_string_pretty(&record(event, ACCOUNT)).expect("prints")
}

#[test]
fn what_is_no_event_says_why() {
    #[track_caller]
    fn check(change: &Value, want: &str) {
        let mut record = json!({"event_type": "x", "event_timestamp": 1, "arrival_timestamp": "2",
            "application": {"app_id": "a"}, "client": {"client_id": "c"}, "attributes": {"n": 1}});
        for (name, value) in change.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        let said = match read(&record) {
            Ok(event) => format!(
                "{}/{}",
                event.timestamp.as_millis(),
                event.arrival.as_millis()
            ),
            Err(error) => error.to_string(),
        };
        assert_eq!(said, want);
    }
    check(&json!({}), "1/2");
    check(&json!({"arrival_timestamp": null}), "1/1");
    check(&json!({"event_type": ""}), "event_type: missing");
    check(
        &json!({"event_timestamp": null}),
        "event_timestamp: missing",
    );
    let millis = "event_timestamp: expected milliseconds since 1970 as a whole number";
    check(&json!({"event_timestamp": "2026-01-01"}), millis);
    check(&json!({"event_timestamp": 1.5}), millis);
    check(&json!({"application": {}}), "application.app_id: missing");
    check(&json!({"client": []}), "client.client_id: missing");
    check(
        &json!({"attributes": {"k": {}}}),
        "attributes.k: expected a text",
    );
    check(
        &json!({"metrics": {"m": "x"}}),
        "metrics.m: expected a number",
    );
    check(&json!({"metrics": {"m": "1.5"}}), "1/2");
    assert_eq!(read(&json!([])), Err(RecordError::NotAnObject));
}

/// Clients may use the service's types; what they say of themselves tells them apart.
#[test]
fn who_reported_it() {
    let record = json!({"event_type": "_email.open", "event_timestamp": 1, "application": {"app_id": "a", "sdk": {}},
        "client": {"client_id": "c"}, "session": {}});
    assert_eq!(read(&record).unwrap().origin, Origin::ArchivedService);
    for (name, value) in [
        ("event_type", json!("_session.start")),
        ("session", json!({"session_id": "s"})),
        ("application", json!({"app_id": "a", "sdk": {"name": "js"}})),
        ("endpoint", json!({})),
    ] {
        let mut record = record.clone();
        record[name] = value;
        assert_eq!(
            read(&record).unwrap().origin,
            Origin::ArchivedClient,
            "{name}"
        );
    }
}

#[test]
fn app_event() {
    let event = Event {
        timestamp: Timestamp::from_millis(1_772_435_704_120),
        arrival: Timestamp::from_millis(1_772_435_704_988),
        session: Some(Session {
            id: "7f21aa-0302".to_owned(),
            start: Timestamp::from_millis(1_772_435_704_120),
            stop: None,
            duration_ms: None,
        }),
        device: Arc::new(Device {
            app_package_name: Some("org.example.shop".to_owned()),
            app_title: Some("Shop".to_owned()),
            app_version_code: Some("320".to_owned()),
            app_version: Some("3.2.0".to_owned()),
            sdk_name: Some("aws-sdk-android".to_owned()),
            sdk_version: Some("2.77.0".to_owned()),
            make: Some("Google".to_owned()),
            model: Some("Pixel 8".to_owned()),
            platform: Some("Android".to_owned()),
            platform_version: Some("14".to_owned()),
            locale: Some("de_DE".to_owned()),
            timezone: Some("Europe/Berlin".to_owned()),
            country: Some("DE".to_owned()),
        }),
        attributes: BTreeMap::from([("theme".to_owned(), "dark".to_owned())]),
        metrics: BTreeMap::from([("cold_start_ms".to_owned(), 412.0)]),
        endpoint_json: Some(endpoint_json(&endpoint(), &AddressKey::new([7; 32]))),
        ..event("_session.start", Origin::Client)
    };
    insta::assert_snapshot!(pretty(&event), @r#"
    {
      "application": {
        "app_id": "d41c1c61a2f84d7f9a4e3c5b7e000001",
        "package_name": "org.example.shop",
        "sdk": {
          "name": "aws-sdk-android",
          "version": "2.77.0"
        },
        "title": "Shop",
        "version_code": "320",
        "version_name": "3.2.0"
      },
      "arrival_timestamp": 1772435704988,
      "attributes": {
        "theme": "dark"
      },
      "awsAccountId": "000000000000",
      "client": {
        "client_id": "ep-7f21"
      },
      "device": {
        "locale": {
          "code": "de_DE",
          "country": "DE",
          "language": "de"
        },
        "make": "Google",
        "model": "Pixel 8",
        "platform": {
          "name": "Android",
          "version": "14"
        }
      },
      "endpoint": {
        "Address": "h:33e695fd3167aacd9e773f20b2d38860",
        "ApplicationId": "d41c1c61a2f84d7f9a4e3c5b7e000001",
        "Attributes": {},
        "ChannelType": "GCM",
        "CohortId": "37",
        "CreationDate": "2026-01-11T10:00:00.000Z",
        "Demographic": {
          "AppVersion": "3.2.0",
          "Platform": "Android",
          "Timezone": "Europe/Berlin"
        },
        "EffectiveDate": "2026-03-02T07:15:04.988Z",
        "EndpointStatus": "ACTIVE",
        "Id": "ep-7f21",
        "Location": {
          "Country": "DE"
        },
        "Metrics": {},
        "OptOut": "NONE",
        "User": {
          "UserId": "u-88"
        }
      },
      "event_timestamp": 1772435704120,
      "event_type": "_session.start",
      "event_version": "3.1",
      "metrics": {
        "cold_start_ms": 412.0
      },
      "session": {
        "session_id": "7f21aa-0302",
        "start_timestamp": 1772435704120
      }
    }
    "#);
}

#[test]
fn campaign_event() {
    let event = Event {
        campaign: campaign(),
        channel: Some(ChannelType::Gcm),
        status: Some("SUCCESS".to_owned()),
        endpoint_json: Some(context_json(&endpoint())),
        ..event("_campaign.send", Origin::Service)
    };
    insta::assert_snapshot!(pretty(&event), @r#"
    {
      "application": {
        "app_id": "d41c1c61a2f84d7f9a4e3c5b7e000001",
        "sdk": {}
      },
      "arrival_timestamp": 1772440203871,
      "attributes": {
        "campaign_activity_id": "a7c3e19b52d84f06b1e0c9d2f4000011",
        "campaign_id": "c0ffee1292d84f06b1e0c9d2f4000001",
        "campaign_send_status": "SUCCESS",
        "delivery_type": "GCM",
        "treatment_id": "0"
      },
      "awsAccountId": "000000000000",
      "client": {
        "client_id": "ep-7f21"
      },
      "client_context": {
        "custom": {
          "endpoint": "{\"ApplicationId\":\"d41c1c61a2f84d7f9a4e3c5b7e000001\",\"ChannelType\":\"GCM\",\"CohortId\":\"37\",\"EndpointStatus\":\"ACTIVE\",\"Id\":\"ep-7f21\",\"OptOut\":\"NONE\",\"User\":{\"UserId\":\"u-88\"}}"
        }
      },
      "device": {
        "platform": {}
      },
      "event_timestamp": 1772440200000,
      "event_type": "_campaign.send",
      "event_version": "3.1",
      "session": {}
    }
    "#);
}

fn mail(kind: &str, facet: MailFacet) -> Event {
    Event {
        campaign: campaign(),
        channel: Some(ChannelType::Email),
        message_id: Some("0100018a-1d2e-000000".to_owned()),
        mail: Some(Box::new(MailDetail {
            sent: Timestamp::from_millis(1_772_440_200_000),
            from: "news@shop.example".to_owned(),
            to: vec!["ana@mail.example".to_owned()],
            subject: Some("Spring".to_owned()),
            headers: vec![
                Header {
                    name: "From".to_owned(),
                    value: "news@shop.example".to_owned(),
                },
                Header {
                    name: "Subject".to_owned(),
                    value: "Spring".to_owned(),
                },
            ],
            facet,
        })),
        ..event(kind, Origin::Service)
    }
}

#[test]
fn email_event() {
    let delivered = mail(
        "_email.delivered",
        MailFacet::Delivery {
            smtp_response: "250 ok".to_owned(),
            reporting_mta: "mx.mail.example".to_owned(),
            processing_time_ms: 3871,
        },
    );
    insta::assert_snapshot!(pretty(&delivered), @r#"
    {
      "application": {
        "app_id": "d41c1c61a2f84d7f9a4e3c5b7e000001",
        "sdk": {}
      },
      "arrival_timestamp": 1772440203871,
      "attributes": {
        "campaign_activity_id": "a7c3e19b52d84f06b1e0c9d2f4000011",
        "campaign_id": "c0ffee1292d84f06b1e0c9d2f4000001",
        "feedback": "delivered",
        "treatment_id": "0"
      },
      "awsAccountId": "000000000000",
      "client": {
        "client_id": "ep-7f21"
      },
      "client_context": {
        "custom": {
          "legacy_identifier": "d41c1c61a2f84d7f9a4e3c5b7e000001"
        }
      },
      "device": {
        "platform": {}
      },
      "event_timestamp": 1772440200000,
      "event_type": "_email.delivered",
      "event_version": "3.1",
      "facets": {
        "email_channel": {
          "mail_event": {
            "delivery": {
              "processing_time_millis": 3871,
              "recipients": [
                "ana@mail.example"
              ],
              "reporting_mta": "mx.mail.example",
              "smtp_response": "250 ok"
            },
            "mail": {
              "common_headers": {
                "from": "news@shop.example",
                "subject": "Spring",
                "to": [
                  "ana@mail.example"
                ]
              },
              "destination": [
                "ana@mail.example"
              ],
              "from_address": "news@shop.example",
              "headers": [
                {
                  "name": "From",
                  "value": "news@shop.example"
                },
                {
                  "name": "Subject",
                  "value": "Spring"
                }
              ],
              "headers_truncated": false,
              "message_id": "0100018a-1d2e-000000",
              "message_send_timestamp": 1772440200000
            }
          }
        }
      },
      "metrics": {},
      "session": {}
    }
    "#);
}

/// The attributes and the second key of `mail_event`.
fn facet(kind: &str, facet: MailFacet) -> String {
    let record = record(&mail(kind, facet), ACCOUNT);
    let mut told = record["facets"]["email_channel"]["mail_event"].clone();
    told.as_object_mut().expect("an object").remove("mail");
    format!("{} {told}", record["attributes"]["feedback"])
}

#[test]
fn facets_of_mail() {
    let click = |link: &str, tags: &[(&str, &str)]| MailFacet::Click {
        ip_address: Some("192.0.2.1".to_owned()),
        user_agent: None,
        link: link.to_owned(),
        link_tags: tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect(),
    };
    let facets = [
        facet("_email.send", MailFacet::Send),
        facet(
            "_email.open",
            MailFacet::Open {
                ip_address: Some("192.0.2.1".to_owned()),
                user_agent: Some("Mail".to_owned()),
            },
        ),
        facet("_email.click", click("https://shop.example/", &[])),
        facet(
            "_email.unsubscribe",
            click("https://shop.example/u", &[("unsubscribeLinkTag", "click")]),
        ),
        facet(
            "_email.hardbounce",
            MailFacet::Bounce {
                permanent: true,
                sub_type: "General".to_owned(),
                status: Some("5.1.1".to_owned()),
                diagnostic: Some("smtp; 550 5.1.1 user unknown".to_owned()),
                reporting_mta: Some("mx.mail.example".to_owned()),
                feedback_id: "f-1".to_owned(),
            },
        ),
        facet(
            "_email.complaint",
            MailFacet::Complaint {
                feedback_id: "f-2".to_owned(),
                feedback_type: Some("abuse".to_owned()),
                user_agent: None,
            },
        ),
        facet(
            "_email.rejected",
            MailFacet::Reject {
                reason: "Bad content".to_owned(),
            },
        ),
        facet(
            "_email.rendering_failure",
            MailFacet::RenderingFailure {
                template_name: Some("spring".to_owned()),
                error: "missing Name".to_owned(),
            },
        ),
    ];
    insta::assert_snapshot!(facets.join("\n"), @r#"
    "received" {"send":{}}
    "opened" {"open":{"ip_address":"192.0.2.1","user_agent":"Mail"}}
    "https://shop.example/" {"click":{"ip_address":"192.0.2.1","link":"https://shop.example/","link_tags":{}}}
    null {"click":{"ip_address":"192.0.2.1","link":"https://shop.example/u","link_tags":{"unsubscribeLinkTag":["click"]}}}
    null {"bounce":{"bounce_sub_type":"General","bounce_type":"Permanent","bounced_recipients":[{"action":"failed","diagnostic_code":"smtp; 550 5.1.1 user unknown","email_address":"ana@mail.example","status":"5.1.1"}],"feedback_id":"f-1","reporting_mta":"mx.mail.example"}}
    null {"complaint":{"complained_recipients":[{"email_address":"ana@mail.example"}],"complaint_feedback_type":"abuse","feedback_id":"f-2"}}
    null {"reject":{"reason":"Bad content"}}
    null {"rendering_failure":{"error_message":"missing Name","template_name":"spring"}}
    "#);
}

#[test]
fn a_transactional_mail_names_no_campaign() {
    let event = Event {
        campaign: None,
        ..mail("_email.send", MailFacet::Send)
    };
    let record = record(&event, ACCOUNT);
    assert_eq!(record["attributes"], json!({"feedback": "received"}));
}

#[test]
fn a_line_is_compact_and_ends() {
    let line = line(&event("x", Origin::Client), ACCOUNT);
    assert!(line.ends_with("}\n") && !line.contains(": "));
}

#[test]
fn addresses_are_concealed_by_key() {
    let one = AddressKey::new([1; 32]);
    let two = AddressKey::new([2; 32]);
    assert_eq!(one.conceal("a"), one.conceal("a"));
    assert_ne!(one.conceal("a"), two.conceal("a"));
    assert!(!endpoint_json(&endpoint(), &one).contains("fcm-token-1"));
}
