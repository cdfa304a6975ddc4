//! Direct sends: recorded before they leave, finished though nobody waits, never repeated; codes
//! that are good once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use channels::email::Delivery;
use channels::inbox::{Inbox, InboxOptions, InboxQuery};
use channels::message::{MessageTransport, OutboundMessage, Payload};
use channels::outbound::{Guard, HttpCaller};
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::{Clock, SimulatedTime, Timestamp};
use engine::callees::{HttpCallees, LambdaSettings};
use engine::direct::{
    Addressee, DirectMessages, DirectSend, DirectSms, OtpRequest, Overrides, SendStatus, Target,
    Worded,
};
use engine::{Engine, Parts, Settings};
use events::Log;
use model::{
    AppId, Channel, ChannelSettings, ChannelType, DirectIntent, OneTimePassword, SmsSenders,
    TemplateConfiguration,
};
use store::Store;
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// Lets messages pass to the inbox one permit at a time, and notes the intents it saw.
struct Gate {
    inbox: Inbox,
    store: Store,
    permits: Semaphore,
    recorded: parking_lot::Mutex<Vec<bool>>,
}

#[async_trait]
impl MessageTransport for Gate {
    async fn hand_over(&self, message: OutboundMessage) -> Delivery {
        let intents = self.store.of::<DirectIntent>();
        let page = intents.list(message.app.as_str(), None, 10).await;
        let known = page.expect("the store reads").items.iter().any(|intent| {
            let mut recipients = intent.recipients.iter();
            recipients.any(|it| it.message_id == message.message_id)
        });
        self.recorded.lock().push(known);
        let permit = self.permits.acquire().await.expect("open");
        permit.forget();
        self.inbox.hand_over(message).await
    }
}

struct Bench {
    _dir: TempDir,
    engine: Engine,
    store: Store,
    log: Log,
    inbox: Inbox,
    gate: Arc<Gate>,
    time: SimulatedTime,
    clock: Clock,
    app: AppId,
}

async fn bench() -> Bench {
    let dir = TempDir::new().expect("a folder");
    let (clock, time) = Clock::simulated(Timestamp::from_millis(1_772_000_000_000), 7);
    let mut options = store_embedded::Options::new(dir.path().join("data"));
    options.master_key = Some([7; 32]);
    let opened = store_embedded::open(options, clock.clone()).await;
    let store = opened.expect("the store opens");
    let log = Log::open(
        &dir.path().join("events"),
        clock.clone(),
        events::Options::default(),
    );
    let log = log.expect("the log opens");
    let inbox = Inbox::open(InboxOptions::new(dir.path().join("inbox")), clock.clone());
    let inbox = inbox.expect("the inbox opens");
    let gate = Arc::new(Gate {
        inbox: inbox.clone(),
        store: store.clone(),
        permits: Semaphore::new(0),
        recorded: parking_lot::Mutex::default(),
    });
    let suppression = SuppressionList::load(store.clone())
        .await
        .expect("it loads");
    let engine = Engine::new(Parts {
        store: store.clone(),
        log: log.clone(),
        email: Arc::new(inbox.clone()),
        inbox: Arc::new(inbox.clone()),
        messages: Arc::clone(&gate) as Arc<dyn MessageTransport>,
        callees: Arc::new(nobody()),
        suppression,
        signer: Signer::new([9; 32]),
        clock: clock.clone(),
        settings: Settings::new("http://beckon.example"),
    });
    let app = AppId::from("a");
    let sms = ChannelSettings::Sms(SmsSenders::default());
    let channel = Channel::new(app.clone(), ChannelType::Sms, sms, clock.now());
    let created = store.of::<Channel>().create(&channel).await;
    created.expect("the channel");
    Bench {
        _dir: dir,
        engine,
        store,
        log,
        inbox,
        gate,
        time,
        clock,
        app,
    }
}

impl Bench {
    fn send(&self, numbers: &[&str]) -> (DirectSend, Vec<Addressee>) {
        let send = DirectSend {
            app: self.app.clone(),
            request_id: "r-1".to_owned(),
            messages: DirectMessages {
                sms: Some(Worded {
                    message: DirectSms {
                        body: Some("Hi".to_owned()),
                        ..DirectSms::default()
                    },
                    ..Worded::default()
                }),
                ..DirectMessages::default()
            },
            template: TemplateConfiguration::default(),
            context: [("order".to_owned(), "7".to_owned())].into(),
            trace_id: Some("t-1".to_owned()),
        };
        let to = numbers.iter().map(|number| Addressee {
            target: Target::Address((*number).to_owned(), Some(ChannelType::Sms)),
            own: Overrides::default(),
        });
        (send, to.collect())
    }

    /// The kinds of the events so far.
    fn events(&self) -> Vec<String> {
        let read = self.log.read_blocking(self.log.start(), 1_000);
        let read = read.expect("the log reads");
        read.into_iter()
            .map(|(_, event)| event.kind.clone())
            .collect()
    }

    async fn intents(&self) -> usize {
        let intents = self.store.of::<DirectIntent>();
        let page = intents.list(self.app.as_str(), None, 10).await;
        page.expect("the store reads").items.len()
    }

    async fn code(&self) -> String {
        let query = InboxQuery {
            limit: 1,
            ..InboxQuery::default()
        };
        let page = self.inbox.list(&query).await.expect("a page");
        let detail = self.inbox.get(page.items[0].id).await.expect("reads");
        let Some(Payload::Sms(sms)) = detail.expect("kept").payload else {
            panic!("no text message");
        };
        sms.text.text.chars().filter(char::is_ascii_digit).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_before_and_after() {
    let bench = bench().await;
    bench.gate.permits.add_permits(3);
    let (send, to) = bench.send(&["+4791234567", "+14255550102", "+14254147167"]);
    let results = bench.engine.send_messages(send, to).await.expect("sent");
    let statuses: Vec<_> = results.iter().map(|result| result.status).collect();
    assert_eq!(
        statuses,
        [
            SendStatus::Successful,
            SendStatus::Throttled,
            SendStatus::Successful
        ]
    );
    assert_eq!(*bench.gate.recorded.lock(), [true, true, true]);
    let mut kinds = bench.events();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "_SMS.BUFFERED",
            "_SMS.BUFFERED",
            "_SMS.FAILURE",
            "_SMS.SUCCESS"
        ]
    );
    assert_eq!(bench.intents().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_changes_nothing() {
    let bench = bench().await;
    let (send, to) = bench.send(&["+4791234567"]);
    let engine = bench.engine.clone();
    let call = tokio::spawn(async move { engine.send_messages(send, to).await });
    while bench.gate.recorded.lock().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call.abort();
    assert_eq!(bench.intents().await, 1);
    bench.gate.permits.add_permits(1);
    while bench.intents().await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(bench.events(), ["_SMS.BUFFERED", "_SMS.SUCCESS"]);
}

fn otp(app: &AppId) -> OtpRequest {
    OtpRequest {
        app: app.clone(),
        request_id: "r-1".to_owned(),
        brand: "Shop".to_owned(),
        destination: "+47 912 34 567".to_owned(),
        origination: "SHOP".to_owned(),
        reference: "ref".to_owned(),
        length: None,
        minutes: None,
        attempts: Some(3),
        language: None,
        entity_id: None,
        template_id: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_counts_once_however_many_ask_at_once() {
    let bench = bench().await;
    bench.gate.permits.add_permits(1);
    bench.engine.send_otp(otp(&bench.app)).await.expect("sent");
    let code = bench.code().await;
    assert_eq!(code.len(), 6);
    let stored = bench.store.of::<OneTimePassword>();
    let kept = stored.list(bench.app.as_str(), None, 10).await;
    let kept = kept.expect("the store reads").items;
    assert_eq!(kept.len(), 1);
    let text = serde_json::to_string(&kept[0].value).expect("JSON");
    assert!(!text.contains(&code), "{text}");
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (engine, app, code) = (bench.engine.clone(), bench.app.clone(), code.clone());
            tokio::spawn(async move { engine.verify_otp(&app, "+4791234567", "ref", &code).await })
        })
        .collect();
    let mut right = 0;
    for one in tries {
        right += usize::from(one.await.expect("no panic").expect("checked"));
    }
    assert_eq!(right, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_are_counted_one_by_one() {
    let bench = bench().await;
    bench.gate.permits.add_permits(1);
    bench.engine.send_otp(otp(&bench.app)).await.expect("sent");
    let code = bench.code().await;
    let tries: Vec<_> = (0..3)
        .map(|_| {
            let (engine, app) = (bench.engine.clone(), bench.app.clone());
            tokio::spawn(async move { engine.verify_otp(&app, "+4791234567", "ref", "x").await })
        })
        .collect();
    for one in tries {
        assert!(!one.await.expect("no panic").expect("checked"));
    }
    let late = bench
        .engine
        .verify_otp(&bench.app, "+4791234567", "ref", &code);
    assert!(!late.await.expect("checked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_forgotten() {
    let bench = bench().await;
    bench.gate.permits.add_permits(1);
    bench.engine.send_otp(otp(&bench.app)).await.expect("sent");
    let code = bench.code().await;
    let left = DirectIntent {
        app: bench.app.clone(),
        id: "old".to_owned(),
        request_id: "r".to_owned(),
        trace_id: None,
        created: bench.clock.now(),
        recipients: Vec::new(),
    };
    let intents = bench.store.of::<DirectIntent>();
    intents.create(&left).await.expect("written");
    bench.time.advance(Duration::from_secs(15 * 60));
    let late = bench
        .engine
        .verify_otp(&bench.app, "+4791234567", "ref", &code);
    assert!(!late.await.expect("checked"));
    bench.engine.tick().await.expect("a tick");
    let codes = bench.store.of::<OneTimePassword>();
    assert_eq!(codes.count(bench.app.as_str()).await.expect("counts"), 0);
    assert_eq!(bench.intents().await, 1);
    bench.time.advance(Duration::from_secs(7 * 86_400));
    bench.engine.tick().await.expect("a tick");
    assert_eq!(bench.intents().await, 0);
}

/// Nobody whom a campaign could call is known.
fn nobody() -> HttpCallees {
    let http = HttpCaller::new(Guard::default(), None).expect("a caller");
    let lambda = LambdaSettings {
        endpoint_url: None,
        region: "us-east-1".to_owned(),
    };
    HttpCallees::new(http, [].into(), lambda, "000000000000".to_owned())
}
