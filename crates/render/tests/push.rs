//! The payloads of the push services, as a person can check them against `docs/spec/channels.md §3`.

use std::collections::BTreeMap;

use model::{CampaignRef, ChannelType, EndpointId, JourneyRef};
use render::{
    MissingPolicy, PayloadError, PushAction, PushContent, PushDraft, PushOrigin, PushPriority,
    RenderedPush, Variables,
};

fn draft() -> PushDraft {
    PushDraft {
        title: Some("Sale".to_owned()),
        body: Some("Today, {{Name}}".to_owned()),
        ..PushDraft::default()
    }
}

fn try_render(
    channel: ChannelType,
    draft: PushDraft,
    origin: &PushOrigin<'_>,
) -> Result<RenderedPush, PayloadError> {
    let values = BTreeMap::from([("Name".to_owned(), vec!["\"Ana\"\n".to_owned()])]);
    let variables = Variables {
        recipient: Some(&values),
        ..Variables::default()
    };
    PushContent::compile(draft, &BTreeMap::new(), MissingPolicy::Blank)?
        .render(channel, &variables, origin)
}

#[track_caller]
fn direct(channel: ChannelType, draft: PushDraft) -> RenderedPush {
    let context = BTreeMap::from([("order".to_owned(), "7".to_owned())]);
    try_render(channel, draft, &PushOrigin::Direct(&context)).expect("a message")
}

fn campaign() -> CampaignRef {
    CampaignRef {
        campaign: "5d1e".into(),
        activity: Some("c0".into()),
        treatment: Some("0".to_owned()),
    }
}

fn pretty(rendered: &RenderedPush) -> String {
    serde_json::to_string_pretty(&rendered.payload).expect("JSON")
}

#[test]
fn google() {
    let rendered = direct(
        ChannelType::Gcm,
        PushDraft {
            image_url: Some("https://img.example/a.png".to_owned()),
            json_body: Some(r#"{"a":1}"#.to_owned()),
            sound: Some("default".to_owned()),
            time_to_live: Some(3_600),
            priority: PushPriority::parse("10"),
            collapse: Some("promo".to_owned()),
            restricted_package: Some("com.example.shop".to_owned()),
            ..draft()
        },
    );
    insta::assert_snapshot!(pretty(&rendered), @r#"
    {
      "android": {
        "collapse_key": "promo",
        "priority": "HIGH",
        "restricted_package_name": "com.example.shop",
        "ttl": "3600s"
      },
      "data": {
        "pinpoint.campaign.campaign_id": "_DIRECT",
        "pinpoint.jsonBody": "{\"a\":1}",
        "pinpoint.notification.body": "Today, \"Ana\"\n",
        "pinpoint.notification.imageUrl": "https://img.example/a.png",
        "pinpoint.notification.silentPush": "0",
        "pinpoint.notification.sound": "default",
        "pinpoint.notification.title": "Sale",
        "pinpoint.openApp": "true",
        "pinpoint.order": "7"
      }
    }
    "#);
    assert_eq!(rendered.body.as_deref(), Some("Today, \"Ana\"\n"));
}

#[test]
fn google_for_campaigns_and_journeys() {
    let endpoint = EndpointId::from("ep-1");
    let campaign = campaign();
    let draft = PushDraft {
        action: PushAction::DeepLink,
        url: Some("shop://x".to_owned()),
        silent: true,
        ..draft()
    };
    let rendered = try_render(
        ChannelType::Gcm,
        draft.clone(),
        &PushOrigin::Campaign(&campaign, &endpoint),
    );
    insta::assert_snapshot!(pretty(&rendered.expect("a message")), @r#"
    {
      "data": {
        "data": "{\"pinpoint\":{\"endpointId\":\"ep-1\"}}",
        "pinpoint.campaign.campaign_activity_id": "c0",
        "pinpoint.campaign.campaign_id": "5d1e",
        "pinpoint.campaign.treatment_id": "0",
        "pinpoint.deeplink": "shop://x",
        "pinpoint.notification.body": "Today, \"Ana\"\n",
        "pinpoint.notification.silentPush": "1",
        "pinpoint.notification.title": "Sale"
      }
    }
    "#);
    let journey = JourneyRef {
        journey: "j".to_owned(),
        run: Some("r".to_owned()),
        activity: Some("a".to_owned()),
    };
    let rendered = try_render(
        ChannelType::Gcm,
        draft,
        &PushOrigin::Journey(&journey, &endpoint),
    );
    let data = &rendered.expect("a message").payload["data"];
    assert_eq!(
        data["pinpoint"],
        r#"{"journey":{"journey_activity_id":"a","journey_id":"j","journey_run_id":"r"}}"#
    );
    assert_eq!(data.get("pinpoint.campaign.campaign_id"), None);
}

#[test]
fn apple() {
    let endpoint = EndpointId::from("ep-1");
    let rendered = try_render(
        ChannelType::Apns,
        PushDraft {
            action: PushAction::DeepLink,
            url: Some("shop://x".to_owned()),
            media_url: Some("https://img.example/a.png".to_owned()),
            sound: Some("default".to_owned()),
            badge: Some(2),
            category: Some("PROMO".to_owned()),
            thread_id: Some("t".to_owned()),
            json_body: Some(r#"{"a":1}"#.to_owned()),
            collapse: Some("c".to_owned()),
            ..draft()
        },
        &PushOrigin::Campaign(&campaign(), &endpoint),
    )
    .expect("a message");
    insta::assert_snapshot!(pretty(&rendered), @r#"
    {
      "aps": {
        "alert": {
          "body": "Today, \"Ana\"\n",
          "title": "Sale"
        },
        "badge": 2,
        "category": "PROMO",
        "content-available": 0,
        "mutable-content": 1,
        "sound": "default",
        "thread-id": "t"
      },
      "data": {
        "jsonBody": {
          "a": 1
        },
        "media-url": "https://img.example/a.png",
        "pinpoint": {
          "campaign": {
            "campaign_activity_id": "c0",
            "campaign_id": "5d1e",
            "treatment_id": "0"
          },
          "deeplink": "shop://x",
          "endpointId": "ep-1",
          "jsonBody": {
            "a": 1
          }
        }
      }
    }
    "#);
    insta::assert_debug_snapshot!(rendered.headers, @r#"
    {
        "apns-collapse-id": "c",
        "apns-priority": "10",
        "apns-push-type": "alert",
    }
    "#);
}

#[test]
fn silent_messages_of_apple() {
    let silent = PushDraft {
        silent: true,
        ..draft()
    };
    let rendered = direct(ChannelType::ApnsSandbox, silent);
    insta::assert_snapshot!(pretty(&rendered), @r#"
    {
      "aps": {
        "content-available": 1
      },
      "data": {
        "pinpoint": {
          "campaign": {
            "campaign_id": "_DIRECT"
          },
          "order": "7"
        }
      }
    }
    "#);
    insta::assert_debug_snapshot!(rendered.headers, @r#"
    {
        "apns-priority": "5",
        "apns-push-type": "background",
    }
    "#);
    let voip = direct(ChannelType::ApnsVoip, draft());
    assert_eq!(voip.headers["apns-push-type"], "voip");
}

#[test]
fn amazon_and_baidu() {
    let adm = direct(
        ChannelType::Adm,
        PushDraft {
            action: PushAction::Url,
            url: Some("https://shop.example".to_owned()),
            consolidation_key: Some("k".to_owned()),
            expires_after: Some("3600".to_owned()),
            ..draft()
        },
    );
    insta::assert_snapshot!(pretty(&adm), @r#"
    {
      "consolidationKey": "k",
      "data": {
        "pinpoint.campaign.campaign_id": "_DIRECT",
        "pinpoint.notification.body": "Today, \"Ana\"\n",
        "pinpoint.notification.silentPush": "0",
        "pinpoint.notification.title": "Sale",
        "pinpoint.order": "7",
        "pinpoint.url": "https://shop.example"
      },
      "expiresAfter": "3600"
    }
    "#);
    let baidu = direct(ChannelType::Baidu, draft());
    assert_eq!(baidu.payload["msg_expires"], 604_800);
    assert_eq!(baidu.payload["msg"]["title"], "Sale");
    let custom = &baidu.payload["msg"]["custom_content"];
    assert_eq!(custom["pinpoint.campaign.campaign_id"], "_DIRECT");
}

#[test]
fn raw_content() {
    #[track_caller]
    fn check(channel: ChannelType, raw: &str, want: &str) {
        let draft = PushDraft {
            raw: Some(raw.to_owned()),
            ..PushDraft::default()
        };
        let context = BTreeMap::new();
        let got = match try_render(channel, draft, &PushOrigin::Direct(&context)) {
            Ok(rendered) => rendered.payload.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, want);
    }
    check(
        ChannelType::Apns,
        r#"{"aps":{"alert":"Hi {{Name}}","content-available":0},"x":1}"#,
        r#"{"aps":{"alert":"Hi \"Ana\"\n","content-available":0},"data":{"pinpoint":{"campaign":{"campaign_id":"_DIRECT"}}},"x":1}"#,
    );
    check(
        ChannelType::Apns,
        r#"{"aps":{"alert":"Hi"}}"#,
        "RawContent: expected aps.content-available to be 0 or 1",
    );
    check(
        ChannelType::Apns,
        r#"{"aps":{"alert":"Hi","content-available":1}}"#,
        "RawContent: a silent message (aps.content-available 1) has no alert, badge or sound",
    );
    check(
        ChannelType::Gcm,
        r#"{"fcmV1Message":{"message":{"token":"x","notification":{"title":"T"},"data":{"pinpoint.campaign.campaign_id":"own"}}}}"#,
        r#"{"data":{"pinpoint.campaign.campaign_id":"own"},"notification":{"title":"T"}}"#,
    );
    check(
        ChannelType::Gcm,
        r#"{"to":"x","notification":{"title":"T","android_channel_id":"c","color":"red"},"data":{"n":1},"time_to_live":60,"priority":"high","collapse_key":"k"}"#,
        r#"{"android":{"collapse_key":"k","notification":{"channel_id":"c","color":"red"},"priority":"HIGH","ttl":"60s"},"data":{"n":"1","pinpoint.campaign.campaign_id":"_DIRECT"},"notification":{"title":"T"}}"#,
    );
    check(
        ChannelType::Adm,
        r#"{"data":{"a":"b"}}"#,
        r#"{"data":{"a":"b"}}"#,
    );
    check(ChannelType::Gcm, "[]", "RawContent: expected a JSON object");
    check(
        ChannelType::Gcm,
        "{",
        "RawContent: it is no JSON: EOF while parsing an object at line 1 column 1",
    );
}

#[test]
fn payloads_have_a_limit() {
    let draft = |bytes: usize| PushDraft {
        body: Some("x".repeat(bytes)),
        ..PushDraft::default()
    };
    let context = BTreeMap::new();
    let fits =
        |channel, bytes| try_render(channel, draft(bytes), &PushOrigin::Direct(&context)).is_ok();
    assert!(fits(ChannelType::Gcm, 3_000) && !fits(ChannelType::Gcm, 4_096));
    assert!(fits(ChannelType::Adm, 5_000) && !fits(ChannelType::Adm, 6_144));
}
