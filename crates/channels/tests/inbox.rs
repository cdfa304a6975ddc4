//! The inbox: what is taken is kept, found and shown.

use std::fs;
use std::path::Path;

use channels::email::{Delivery, EmailTransport, OutboundEmail, Report};
use channels::inbox::{Inbox, InboxMessage, InboxOptions, InboxQuery, InboxState};
use channels::message::{
    Custom, MessageTransport, OutboundMessage, Payload, Sms, SmsKind, SmsOrigin,
};
use clock::{Clock, Timestamp};
use model::ChannelType;
use tempfile::TempDir;

fn mail(app: &str, to: &str, subject: &str) -> OutboundEmail {
    OutboundEmail {
        key: format!("run/{to}"),
        message_id: "m-1".to_owned(),
        from: "news@shop.example".to_owned(),
        to: to.to_owned(),
        mime: format!(
            "From: news@shop.example\r\nTo: {to}\r\nSubject: {subject}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Dear {to}</p>\r\n"
        )
        .into(),
        app: app.into(),
        endpoint: "ep-1".into(),
        user: Some("u-1".into()),
        campaign: None,
        journey: None,
        subject: subject.to_owned(),
        test: false,
    }
}

fn open(dir: &Path) -> Inbox {
    open_with(InboxOptions::new(dir))
}

fn open_with(options: InboxOptions) -> Inbox {
    let (clock, _) = Clock::simulated(Timestamp::from_millis(1_000), 1);
    Inbox::open(options, clock).expect("an inbox")
}

/// Sends `count` mails at once; they become few frames.
async fn fill(inbox: &Inbox, app: &str, count: usize) {
    let sends: Vec<_> = (0..count)
        .map(|number| {
            let (inbox, mail) = (
                inbox.clone(),
                mail(app, &format!("p{number}@mail.example"), "Sale"),
            );
            tokio::spawn(async move { inbox.send(mail).await })
        })
        .collect();
    for send in sends {
        let delivery = send.await.expect("no panic");
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{delivery:?}"
        );
    }
}

async fn list(inbox: &Inbox, query: InboxQuery) -> (Vec<InboxMessage>, Option<u64>) {
    let page = inbox.list(&query).await.expect("a page");
    (page.items, page.next)
}

fn all() -> InboxQuery {
    InboxQuery {
        limit: 1_000,
        ..InboxQuery::default()
    }
}

#[tokio::test]
async fn simulated_recipients_have_their_fate() {
    let dir = TempDir::new().expect("a folder");
    let inbox = open(dir.path());
    for (name, state) in [
        ("success", InboxState::Delivered),
        ("bounce", InboxState::Bounced),
        ("softbounce", InboxState::SoftBounced),
        ("complaint", InboxState::Complained),
        ("suppressionlist", InboxState::Suppressed),
    ] {
        let delivery = inbox
            .send(mail("a", &format!("{name}@simulator.beckon.test"), "Hi"))
            .await;
        let right = match state {
            InboxState::Delivered => matches!(
                delivery,
                Delivery::Accepted {
                    report: Some(Report::Arrived),
                    ..
                }
            ),
            InboxState::Complained => matches!(
                delivery,
                Delivery::Accepted {
                    report: Some(Report::Complained),
                    ..
                }
            ),
            InboxState::Bounced => matches!(delivery, Delivery::Permanent(_)),
            InboxState::SoftBounced => matches!(delivery, Delivery::Transient(_)),
            InboxState::Suppressed => delivery == Delivery::Suppressed,
            _ => false,
        };
        assert!(right, "{name}: {delivery:?}");
        let (items, _) = list(
            &inbox,
            InboxQuery {
                limit: 1,
                ..InboxQuery::default()
            },
        )
        .await;
        assert_eq!(items[0].state, state, "{name}");
    }
}

#[tokio::test]
async fn lists_page_and_filter() {
    let dir = TempDir::new().expect("a folder");
    let inbox = open(dir.path());
    fill(&inbox, "a", 250).await;
    inbox.send(mail("b", "Zoe@mail.example", "Other")).await;
    fill(&inbox, "a", 50).await;
    let (items, next) = list(&inbox, all()).await;
    assert_eq!((items.len(), next), (301, None));
    assert!(items.is_sorted_by(|a, b| a.id > b.id));
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let (items, next) = list(
            &inbox,
            InboxQuery {
                limit: 7,
                before,
                ..InboxQuery::default()
            },
        )
        .await;
        assert!(items.len() == 7 || next.is_none());
        paged.extend(items);
        before = next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, items);
    let only = |app: Option<&str>, text: Option<&str>| InboxQuery {
        app: app.map(Into::into),
        text: text.map(str::to_owned),
        ..all()
    };
    assert_eq!(list(&inbox, only(Some("b"), None)).await.0.len(), 1);
    assert_eq!(list(&inbox, only(None, Some("zoe@"))).await.0.len(), 1);
    assert_eq!(list(&inbox, only(Some("a"), Some("ZOE@"))).await.0.len(), 0);
    assert_eq!(
        list(&inbox, only(Some("a"), Some("sale"))).await.0.len(),
        300
    );
    assert_eq!(list(&inbox, only(None, Some("p249@"))).await.0.len(), 1);
}

#[tokio::test]
async fn content_is_shown_and_given_back_as_it_came() {
    let dir = TempDir::new().expect("a folder");
    let inbox = open(dir.path());
    fill(&inbox, "a", 30).await;
    for message in list(&inbox, all()).await.0 {
        let detail = inbox
            .get(message.id)
            .await
            .expect("reads")
            .expect("is there");
        assert_eq!(detail.message, message);
        assert_eq!(
            detail.html.as_deref().map(str::trim_end),
            Some(&*format!("<p>Dear {}</p>", message.to))
        );
        assert_eq!(detail.text, None);
        assert_eq!(
            (&*detail.headers[2].name, &*detail.headers[2].value),
            ("Subject", "Sale")
        );
        let raw = inbox
            .raw(message.id)
            .await
            .expect("reads")
            .expect("is there");
        let mime = mail("a", &message.to, "Sale").mime;
        assert_eq!(raw, (ChannelType::Email, mime));
    }
    assert_eq!(inbox.get(0).await.expect("reads"), None);
    assert_eq!(inbox.get(31).await.expect("reads"), None);
    assert_eq!(inbox.raw(u64::MAX).await.expect("reads"), None);
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_a_torn_end_is_cut() {
    let dir = TempDir::new().expect("a folder");
    let before = {
        let inbox = open(dir.path());
        for _ in 0..3 {
            fill(&inbox, "a", 20).await;
        }
        list(&inbox, all()).await.0
    };
    assert_eq!(list(&open(dir.path()), all()).await.0, before);
    let file = fs::read_dir(dir.path())
        .expect("a folder")
        .next()
        .expect("a file")
        .expect("readable")
        .path();
    let whole = fs::read(&file).expect("a file");
    // A write that was under way when the power went.
    for garbage in [&b"BKI1"[..], &whole[..50], &[0; 100]] {
        fs::write(&file, [&whole[..], garbage].concat()).expect("writes");
        let inbox = open(dir.path());
        assert_eq!(list(&inbox, all()).await.0, before);
        drop(inbox);
        assert_eq!(fs::read(&file).expect("a file"), whole);
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    fs::write(&file, flipped).expect("writes");
    let inbox = open(dir.path());
    let (items, _) = list(&inbox, all()).await;
    assert!(!items.is_empty() && items.len() < 60, "{}", items.len());
    fill(&inbox, "a", 1).await;
    assert_eq!(list(&inbox, all()).await.0.len(), items.len() + 1);
}

#[tokio::test]
async fn old_messages_go() {
    let dir = TempDir::new().expect("a folder");
    let options = InboxOptions {
        messages_max: 25,
        ..InboxOptions::new(dir.path())
    };
    let inbox = open_with(options.clone());
    fill(&inbox, "a", 60).await;
    let ids = |items: &[InboxMessage]| items.iter().map(|m| m.id).collect::<Vec<_>>();
    let kept: Vec<u64> = (36..=60).rev().collect();
    assert_eq!(ids(&list(&inbox, all()).await.0), kept);
    assert_eq!(inbox.get(35).await.expect("reads"), None);
    drop(inbox);
    assert_eq!(ids(&list(&open_with(options), all()).await.0), kept);

    // Incompressible content, so that files fill up.
    let dir = TempDir::new().expect("a folder");
    let inbox = open_with(InboxOptions {
        bytes_max: 20 << 20,
        ..InboxOptions::new(dir.path())
    });
    let clock = Clock::real();
    for _ in 0..12 {
        let noise: Vec<u8> = (0..700)
            .flat_map(|_| clock.random_bytes::<8_192>())
            .collect();
        inbox
            .send(OutboundEmail {
                mime: noise.into(),
                ..mail("a", "x@y", "")
            })
            .await;
    }
    let bytes: u64 = fs::read_dir(dir.path())
        .expect("a folder")
        .map(|f| f.expect("a file").metadata().expect("readable").len())
        .sum();
    assert!(bytes <= (20 << 20) + (16 << 20), "{bytes}");
    let (items, _) = list(&inbox, all()).await;
    assert!(items.len() < 12 && items[0].id == 12, "{}", items.len());
}

#[tokio::test]
async fn clearing_keeps_identifiers_growing() {
    let dir = TempDir::new().expect("a folder");
    let inbox = open(dir.path());
    fill(&inbox, "a", 10).await;
    inbox.clear().await.expect("clears");
    inbox.clear().await.expect("clears again");
    assert_eq!(list(&inbox, all()).await.0, []);
    drop(inbox);
    let inbox = open(dir.path());
    fill(&inbox, "a", 1).await;
    let (items, _) = list(&inbox, all()).await;
    assert_eq!((items.len(), items[0].id), (1, 11));
}

#[tokio::test]
async fn subscribers_hear_of_messages() {
    let dir = TempDir::new().expect("a folder");
    let inbox = open(dir.path());
    let mut live = inbox.subscribe();
    fill(&inbox, "a", 2).await;
    let first = live.recv().await.expect("a message");
    let second = live.recv().await.expect("a message");
    assert_eq!((first.id, second.id), (1, 2));
    assert_eq!(first.received, Timestamp::from_millis(1_000));
}

fn message(channel: ChannelType, to: &str, payload: Payload) -> OutboundMessage {
    OutboundMessage {
        key: format!("direct/{to}"),
        message_id: "m-2".to_owned(),
        channel,
        to: to.to_owned(),
        payload,
        app: "a".into(),
        endpoint: "ep-1".into(),
        user: None,
        campaign: None,
        journey: None,
        test: false,
    }
}

fn sms(text: &str) -> Payload {
    Payload::Sms(Sms {
        text: render::sms_text(text.to_owned()).expect("a text"),
        kind: SmsKind::Transactional,
        origin: SmsOrigin {
            sender_id: Some("SHOP".to_owned()),
            ..SmsOrigin::default()
        },
    })
}

#[tokio::test]
async fn every_channel_is_kept() {
    let dir = TempDir::new().expect("a folder");
    let custom = Payload::Custom(Custom {
        uri: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        body: "{}".to_owned(),
    });
    {
        let inbox = open(dir.path());
        inbox.send(mail("a", "ana@mail.example", "Sale")).await;
        let text = message(ChannelType::Sms, "+4791234567", sms("Your order has left"));
        let taken = inbox.hand_over(text).await;
        assert!(matches!(taken, Delivery::Accepted { .. }), "{taken:?}");
        let opted_out = message(ChannelType::Sms, "+14255550101", sms("Hi"));
        let refused = inbox.hand_over(opted_out).await;
        assert!(matches!(refused, Delivery::Permanent(_)), "{refused:?}");
        let call = message(ChannelType::Custom, "x", custom.clone());
        inbox.hand_over(call).await;
    }
    let inbox = open(dir.path());
    let (items, _) = list(&inbox, all()).await;
    let shown: Vec<_> = items
        .iter()
        .map(|it| (it.channel, &*it.from, &*it.to, &*it.subject, it.state))
        .collect();
    assert_eq!(
        shown,
        [
            (
                ChannelType::Custom,
                "arn:aws:lambda:us-east-1:000000000000:function:f",
                "x",
                "{}",
                InboxState::Delivered
            ),
            (
                ChannelType::Sms,
                "SHOP",
                "+14255550101",
                "Hi",
                InboxState::OptedOut
            ),
            (
                ChannelType::Sms,
                "SHOP",
                "+4791234567",
                "Your order has left",
                InboxState::Delivered
            ),
            (
                ChannelType::Email,
                "news@shop.example",
                "ana@mail.example",
                "Sale",
                InboxState::Delivered
            ),
        ]
    );
    let first = inbox.get(items[0].id).await.expect("reads").expect("kept");
    assert_eq!((first.payload, first.text), (Some(custom), None));
    let texts = InboxQuery {
        channels: vec![ChannelType::Sms],
        ..all()
    };
    assert_eq!(list(&inbox, texts).await.0.len(), 2);
}
