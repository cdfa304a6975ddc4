//! Delivery by SMTP to a server that keeps to the protocol and is unkind on demand.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use channels::email::{
    Delivery, EmailTransport, OutboundEmail, Refusal, SmtpConfig, SmtpTls, SmtpTransport,
};
use channels::testing::{Act, Features, Script, SmtpServer, Stage};
use clock::{Clock, Timestamp};
use proptest::prelude::*;

fn mail(number: usize) -> OutboundEmail {
    mail_to(&format!("p{number}@mail.example"))
}

fn mail_to(to: &str) -> OutboundEmail {
    OutboundEmail {
        key: format!("run/{to}"),
        message_id: channels::email::message_id(to),
        from: "news@shop.example".to_owned(),
        to: to.to_owned(),
        mime: format!("Subject: Hi\r\n\r\n.Dear {to}\r\n.\r\nend").into(),
        app: "a".into(),
        endpoint: "e".into(),
        user: None,
        campaign: None,
        journey: None,
        subject: "Hi".to_owned(),
        test: false,
    }
}

fn config(server: &SmtpServer) -> SmtpConfig {
    SmtpConfig {
        connections_max: 4,
        reply_timeout: Duration::from_secs(5),
        accept_timeout: Duration::from_secs(5),
        ..SmtpConfig::new("127.0.0.1", server.port())
    }
}

/// A clock whose time flies, so that pauses between retries pass at once.
fn hurried() -> Clock {
    let (clock, time) = Clock::simulated(Timestamp::from_millis(0), 7);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            time.advance(Duration::from_millis(500));
        }
    });
    clock
}

fn transport(config: SmtpConfig) -> SmtpTransport {
    SmtpTransport::new(config, hurried()).expect("a working configuration")
}

/// Sends one mail; the server's violations must stay empty.
async fn send_one(server: &SmtpServer, config: SmtpConfig) -> Delivery {
    let delivery = transport(config).send(mail(1)).await;
    assert_eq!(server.violations(), Vec::<String>::new());
    delivery
}

fn refusal(delivery: &Delivery) -> &Refusal {
    match delivery {
        Delivery::Permanent(refusal)
        | Delivery::Transient(refusal)
        | Delivery::Throttled(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delivers_many_once_each() {
    let server = SmtpServer::start().await;
    let transport = transport(config(&server));
    let mut sends = tokio::task::JoinSet::new();
    for number in 0..500 {
        let transport = transport.clone();
        sends.spawn(async move { transport.send(mail(number)).await });
    }
    while let Some(delivery) = sends.join_next().await {
        let delivery = delivery.expect("no panic");
        let Delivery::Accepted {
            provider_response,
            mta,
            report,
        } = delivery
        else {
            panic!("{delivery:?}");
        };
        assert_eq!(
            (&*provider_response, &*mta, report),
            ("250 2.0.0 taken", "sink.test", None)
        );
    }
    let mails = server.mails();
    let mut to: Vec<String> = mails.iter().map(|mail| mail.to.clone()).collect();
    to.sort();
    to.dedup();
    assert_eq!((mails.len(), to.len()), (500, 500));
    assert!(server.connections() <= 4, "{}", server.connections());
    let first = mails
        .iter()
        .find(|mail| mail.to == "p7@mail.example")
        .expect("p7");
    assert_eq!(
        first.data,
        b"Subject: Hi\r\n\r\n.Dear p7@mail.example\r\n.\r\nend\r\n"
    );
    assert_eq!(first.from, "news@shop.example");
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn servers_of_all_kinds() {
    let plain = Features {
        pipelining: false,
        ..Features::default()
    };
    let old = Features {
        extended: false,
        ..plain.clone()
    };
    for features in [plain, old] {
        let server = SmtpServer::with(features, Script::kind()).await;
        let transport = transport(config(&server));
        for number in 0..5 {
            let delivery = transport.send(mail(number)).await;
            assert!(
                matches!(delivery, Delivery::Accepted { .. }),
                "{delivery:?}"
            );
        }
        assert_eq!((server.count(), server.connections()), (5, 1));
        assert_eq!(server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn encryption() {
    for (tls, features) in [
        (
            SmtpTls::StartTls,
            Features {
                starttls: true,
                ..Features::default()
            },
        ),
        (
            SmtpTls::Tls,
            Features {
                implicit_tls: true,
                ..Features::default()
            },
        ),
    ] {
        let server = SmtpServer::with(features, Script::kind()).await;
        let trusting = SmtpConfig {
            tls,
            ca_pem: Some(server.certificate_pem().as_bytes().to_vec()),
            ..config(&server)
        };
        let delivery = send_one(&server, trusting.clone()).await;
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{delivery:?}"
        );
        assert!(server.mails()[0].encrypted);
        let distrusting = SmtpConfig {
            ca_pem: None,
            ..trusting
        };
        let delivery = transport(distrusting).send(mail(1)).await;
        assert!(
            matches!(&delivery, Delivery::Transient(r) if r.code.is_none()),
            "{delivery:?}"
        );
        assert_eq!(server.count(), 1);
    }
    let server = SmtpServer::start().await;
    let delivery = send_one(
        &server,
        SmtpConfig {
            tls: SmtpTls::StartTls,
            ..config(&server)
        },
    )
    .await;
    assert!(matches!(&delivery, Delivery::Transient(_)), "{delivery:?}");
    assert_eq!(server.count(), 0);
    let bad = SmtpConfig {
        ca_pem: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        tls: SmtpTls::Tls,
        ..config(&server)
    };
    assert!(SmtpTransport::new(bad, Clock::real()).is_err());
    assert!(SmtpTransport::new(SmtpConfig::new("a b", 25), Clock::real()).is_err());
}

#[tokio::test]
async fn signing_in() {
    let pair = |password: &str| Some(("ana".to_owned(), password.to_owned()));
    for mechanisms in [&["PLAIN", "LOGIN"][..], &["LOGIN"], &["PLAIN"]] {
        let features = Features {
            credentials: pair("secret"),
            mechanisms,
            ..Features::default()
        };
        let server = SmtpServer::with(features, Script::kind()).await;
        let delivery = send_one(
            &server,
            SmtpConfig {
                credentials: pair("secret"),
                ..config(&server)
            },
        )
        .await;
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{delivery:?}"
        );
        assert_eq!(server.mails()[0].signed_in.as_deref(), Some("ana"));
        // A wrong password or none is our trouble, never a bounce of the recipient.
        let wrong = SmtpConfig {
            credentials: pair("wrong"),
            ..config(&server)
        };
        assert!(
            transport(wrong.clone())
                .check()
                .await
                .expect_err("refused")
                .contains("sign-in failed")
        );
        for config in [wrong, config(&server)] {
            let delivery = send_one(&server, config).await;
            assert!(matches!(delivery, Delivery::Transient(_)), "{delivery:?}");
        }
        assert_eq!(server.count(), 1);
    }
    let server = SmtpServer::start().await;
    let delivery = send_one(
        &server,
        SmtpConfig {
            credentials: pair("secret"),
            ..config(&server)
        },
    )
    .await;
    assert!(
        refusal(&delivery).diagnostic.contains("offers neither"),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn refusals() {
    for pipelining in [true, false] {
        for (stage, code, text) in [
            (Stage::Mail, 550, "5.7.1 not you"),
            (Stage::Rcpt, 550, "5.1.1 nobody here"),
            (Stage::Data, 554, "5.3.0 no"),
            (Stage::End, 552, "5.2.2 full"),
        ] {
            let features = Features {
                pipelining,
                ..Features::default()
            };
            let script = Script::new(move |moment| {
                if moment.stage == stage && moment.transaction == 1 {
                    Act::Refuse(code, text)
                } else {
                    Act::Go
                }
            });
            let server = SmtpServer::with(features, script).await;
            let transport = transport(config(&server));
            let delivery = transport.send(mail(1)).await;
            assert!(
                matches!(delivery, Delivery::Permanent(_)),
                "{stage:?}: {delivery:?}"
            );
            let refusal = refusal(&delivery);
            assert_eq!(refusal.code, Some(code));
            assert_eq!(refusal.diagnostic, format!("smtp; {code} {text}"));
            assert_eq!(refusal.status.as_deref(), text.split(' ').next());
            // The connection goes on with the next message.
            let delivery = transport.send(mail(2)).await;
            assert!(
                matches!(delivery, Delivery::Accepted { .. }),
                "{stage:?}: {delivery:?}"
            );
            assert_eq!((server.count(), server.connections()), (1, 1), "{stage:?}");
            assert_eq!(server.violations(), Vec::<String>::new(), "{stage:?}");
        }
    }
}

#[tokio::test]
async fn greylisting_is_waited_out_and_long_trouble_reported() {
    let script = Script::new(|moment| match (moment.stage, moment.transaction) {
        (Stage::Rcpt, 1) => Act::Refuse(451, "4.7.1 greylisted"),
        (Stage::End, 2) => Act::Refuse(452, "4.3.1 no space"),
        (Stage::Mail, 3) => Act::Refuse(421, "4.3.2 closing"),
        _ => Act::Go,
    });
    let server = SmtpServer::with(Features::default(), script).await;
    let delivery = send_one(&server, config(&server)).await;
    assert!(
        matches!(delivery, Delivery::Accepted { .. }),
        "{delivery:?}"
    );
    assert_eq!(server.count(), 1);

    let server = SmtpServer::with(
        Features::default(),
        Script::always(Stage::Rcpt, Act::Refuse(450, "4.2.0 busy")),
    )
    .await;
    let delivery = send_one(&server, config(&server)).await;
    assert!(
        matches!(&delivery, Delivery::Transient(r) if r.code == Some(450)),
        "{delivery:?}"
    );

    let slow_down = Act::Refuse(421, "4.7.0 too fast");
    let server =
        SmtpServer::with(Features::default(), Script::always(Stage::Mail, slow_down)).await;
    let delivery = send_one(&server, config(&server)).await;
    assert!(matches!(delivery, Delivery::Throttled(_)), "{delivery:?}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_server_that_is_down_loses_nothing() {
    let first = SmtpServer::start().await;
    let port = first.port();
    let transport = transport(SmtpConfig {
        retry_budget: Duration::from_secs(600),
        ..config(&first)
    });
    assert!(matches!(
        transport.send(mail(0)).await,
        Delivery::Accepted { .. }
    ));
    drop(first);
    let sends: Vec<_> = (1..50)
        .map(|number| {
            let transport = transport.clone();
            tokio::spawn(async move { transport.send(mail(number)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let again = SmtpServer::on(
        &format!("127.0.0.1:{port}"),
        Features::default(),
        Script::kind(),
    )
    .await;
    for send in sends {
        let delivery = send.await.expect("no panic");
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{delivery:?}"
        );
    }
    assert_eq!(again.count(), 49);

    let down = SmtpConfig {
        retry_budget: Duration::from_secs(3),
        ..SmtpConfig::new("127.0.0.1", port)
    };
    drop(again);
    let delivery = SmtpTransport::new(down, hurried())
        .expect("works")
        .send(mail(1))
        .await;
    assert!(
        matches!(&delivery, Delivery::Transient(r) if r.code.is_none()),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown() {
    for (act, taken) in [
        (Act::TakeAndClose, 1),
        (Act::Close, 0),
        (Act::Wait(Duration::from_secs(60)), 0),
    ] {
        let server = SmtpServer::with(Features::default(), Script::always(Stage::End, act)).await;
        let config = SmtpConfig {
            accept_timeout: Duration::from_millis(200),
            ..config(&server)
        };
        let delivery = send_one(&server, config).await;
        assert!(
            matches!(delivery, Delivery::Unknown { .. }),
            "{act:?}: {delivery:?}"
        );
        assert_eq!(
            (server.count(), server.connections()),
            (taken, 1),
            "{act:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_end_is_replaced() {
    for stage in [
        Stage::Connect,
        Stage::Hello,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
        Stage::Content,
    ] {
        let script = Script::new(move |moment| {
            if moment.stage == stage && moment.connection == 0 {
                Act::Close
            } else {
                Act::Go
            }
        });
        let server = SmtpServer::with(Features::default(), script).await;
        let mut big = mail(1);
        // Larger than what the kernel takes without a reader.
        big.mime = "0123456789 abcdefghijklmnopqrstuvwxyz\r\n"
            .repeat(250_000)
            .into();
        let delivery = transport(config(&server)).send(big).await;
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{stage:?}: {delivery:?}"
        );
        assert_eq!((server.count(), server.connections()), (1, 2), "{stage:?}");
    }
    // A kept connection that died is replaced without a pause.
    let script = Script::new(|moment| {
        if moment.stage == Stage::Mail && moment.connection == 0 && moment.transaction > 1 {
            Act::Close
        } else {
            Act::Go
        }
    });
    let server = SmtpServer::with(Features::default(), script).await;
    let (stopped_clock, _time) = Clock::simulated(Timestamp::default(), 1);
    let transport = SmtpTransport::new(config(&server), stopped_clock).expect("works");
    for number in 0..2 {
        assert!(matches!(
            transport.send(mail(number)).await,
            Delivery::Accepted { .. }
        ));
    }
    assert_eq!((server.count(), server.connections()), (2, 2));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_here() {
    let features = Features {
        utf8: false,
        size: Some(100),
        ..Features::default()
    };
    let server = SmtpServer::with(features, Script::kind()).await;
    let transport = transport(config(&server));
    let mut big = mail(1);
    big.mime = "x".repeat(101).into();
    let mut unnamed = mail(1);
    unnamed.from = "Shop <news@shop.example>".to_owned();
    for (mail, status) in [
        (big, "5.3.4"),
        (unnamed, "5.1.7"),
        (mail_to("zoë@mail.example"), "5.6.7"),
        (mail_to("a@b>\r\nRCPT TO:<evil@x"), "5.1.3"),
        (mail_to("a b@c"), "5.1.3"),
        (mail_to(""), "5.1.3"),
    ] {
        let delivery = transport.send(mail).await;
        assert!(matches!(delivery, Delivery::Permanent(_)), "{delivery:?}");
        assert_eq!(refusal(&delivery).status.as_deref(), Some(status));
    }
    assert_eq!(server.count(), 0);
    assert!(matches!(
        transport.send(mail(1)).await,
        Delivery::Accepted { .. }
    ));
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn connections_end_after_their_share() {
    let server = SmtpServer::start().await;
    let config = SmtpConfig {
        messages_per_connection_max: 10,
        connections_max: 1,
        ..config(&server)
    };
    let transport = transport(config);
    let sends: Vec<_> = (0..35)
        .map(|number| {
            let transport = transport.clone();
            tokio::spawn(async move { transport.send(mail(number)).await })
        })
        .collect();
    for send in sends {
        assert!(matches!(
            send.await.expect("no panic"),
            Delivery::Accepted { .. }
        ));
    }
    assert_eq!((server.count(), server.connections()), (35, 4));
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_with_few_places_is_used_with_few_connections() {
    let open = Arc::new(AtomicUsize::new(0));
    let script = Script::new({
        let open = Arc::clone(&open);
        move |moment| match moment.stage {
            Stage::Connect if open.fetch_add(1, Ordering::SeqCst) >= 2 => {
                Act::Refuse(421, "too many connections")
            }
            // Slow enough for every connection to be wanted.
            Stage::End => Act::Wait(Duration::from_millis(5)),
            _ => Act::Go,
        }
    });
    let server = SmtpServer::with(Features::default(), script).await;
    let transport = transport(config(&server));
    let sends: Vec<_> = (0..60)
        .map(|number| {
            let transport = transport.clone();
            tokio::spawn(async move { transport.send(mail(number)).await })
        })
        .collect();
    for send in sends {
        let delivery = send.await.expect("no panic");
        assert!(
            matches!(delivery, Delivery::Accepted { .. }),
            "{delivery:?}"
        );
    }
    assert_eq!(server.count(), 60);
}

/// What a server does at the n-th moment.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        20 => Just(Act::Go),
        1 => Just(Act::Close),
        1 => Just(Act::TakeAndClose),
        1 => Just(Act::Refuse(421, "4.3.2 closing")),
        1 => Just(Act::Refuse(451, "4.7.1 later")),
        1 => Just(Act::Refuse(550, "5.1.1 never")),
        1 => Just(Act::Wait(Duration::from_millis(2))),
    ];
    proptest::collection::vec(act, 50..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the server does: accepted means taken once, refused means not taken, and nothing
    /// is ever taken twice.
    #[test]
    fn nothing_is_lost_and_nothing_doubled(acts in acts(), pipelining: bool) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (deliveries, mails, violations) = runtime.block_on(async move {
            let moments = AtomicUsize::new(0);
            let script = Script::new(move |_| {
                acts[moments.fetch_add(1, Ordering::SeqCst) % acts.len()]
            });
            let server = SmtpServer::with(Features { pipelining, ..Features::default() }, script).await;
            let transport = transport(SmtpConfig { connections_max: 3, ..config(&server) });
            let sends: Vec<_> = (0..80)
                .map(|number| {
                    let transport = transport.clone();
                    tokio::spawn(async move { (mail(number).to, transport.send(mail(number)).await) })
                })
                .collect();
            let mut deliveries = Vec::new();
            for send in sends {
                deliveries.push(send.await.expect("no panic"));
            }
            (deliveries, server.mails(), server.violations())
        });
        let mut taken: HashMap<&str, usize> = HashMap::new();
        for mail in &mails {
            *taken.entry(&mail.to).or_default() += 1;
        }
        for (to, delivery) in &deliveries {
            let times = taken.get(to.as_str()).copied().unwrap_or(0);
            let right = match delivery {
                Delivery::Accepted { .. } => times == 1,
                Delivery::Unknown { .. } => times <= 1,
                _ => times == 0,
            };
            prop_assert!(right, "{to} was taken {times} times: {delivery:?}");
        }
        prop_assert_eq!(violations, Vec::<String>::new());
    }
}
