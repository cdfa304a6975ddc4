//! A small world to run campaigns in: an embedded store in a temporary folder, a clock that runs
//! many times faster than real time, and a mail server that remembers what it took. The engine in
//! it can be killed at any instant and started again.

#![allow(dead_code, reason = "each test uses a part of the world")]

pub mod callee;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use async_trait::async_trait;
use channels::email::{Delivery, EmailTransport, OutboundEmail, Refusal};
use channels::message::{MessageTransport, OutboundMessage};
use channels::suppression::SuppressionList;
use channels::token::Signer;
use clock::{Clock, SimulatedTime, Timestamp};
use engine::activities::{self, RunProgress};
use engine::campaigns::{self, CampaignDraft, ScheduleDraft};
use engine::verify::{Records, Sets, Verification};
use engine::{Engine, Parts, Settings};
use events::Log;
use model::{
    App, AppId, Campaign, CampaignId, CampaignStatus, Channel, ChannelSettings, ChannelType,
    EmailMessage, EmailSettings, EndpointSet, EndpointUpdate, Event, MailFacet,
    MessageConfiguration, Outcome, Run, RunBatch, Segment, SegmentCriteria, SegmentId, Tags,
};
use parking_lot::Mutex;
use store::{
    ApplyMode, EndpointWrite, SegmentVersion, Store, WriteContext, WriteOrigin, version_parent,
};
use tokio::runtime::Runtime;

use callee::Callee;

pub const IN_FLIGHT: usize = 64;

/// What the mail server does with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Take,
    /// Not for now, with this code; `None` stands for no connection at all.
    NotNow(Option<u16>),
    Slower,
    Never,
    /// Takes the message, and the answer gets lost.
    TakeSilently,
}

/// What a provider looks at.
#[derive(Debug, Clone)]
pub struct Letter {
    pub key: String,
    pub to: String,
    pub subject: String,
}

type Script = dyn Fn(&Letter, u32) -> Answer + Send + Sync;

/// A mail server, and a provider of every other channel, that outlives the engine.
#[derive(Clone)]
pub struct MailServer(Arc<ServerState>);

struct ServerState {
    script: Mutex<Arc<Script>>,
    taken: Mutex<BTreeMap<String, u32>>,
    attempts: Mutex<HashMap<String, u32>>,
    instants: Mutex<Vec<Duration>>,
    handed_over: AtomicUsize,
    open: AtomicUsize,
    open_most: AtomicUsize,
    alarm: Mutex<Option<(usize, mpsc::Sender<()>)>>,
    clock: Clock,
    delay: Mutex<Duration>,
}

impl MailServer {
    fn new(clock: Clock) -> Self {
        Self(Arc::new(ServerState {
            script: Mutex::new(Arc::new(|_, _| Answer::Take)),
            taken: Mutex::default(),
            attempts: Mutex::default(),
            instants: Mutex::default(),
            handed_over: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            open_most: AtomicUsize::new(0),
            alarm: Mutex::default(),
            clock,
            delay: Mutex::new(Duration::ZERO),
        }))
    }

    pub fn behave(&self, script: impl Fn(&Letter, u32) -> Answer + Send + Sync + 'static) {
        *self.0.script.lock() = Arc::new(script);
    }

    /// How long, in real time, the server thinks before and after it takes a message.
    pub fn slow_down(&self, delay: Duration) {
        *self.0.delay.lock() = delay;
    }

    /// How often each recipient's message was taken.
    pub fn taken(&self) -> BTreeMap<String, u32> {
        self.0.taken.lock().clone()
    }

    pub fn handed_over(&self) -> usize {
        self.0.handed_over.load(Ordering::SeqCst)
    }

    /// Instants at which messages were handed over.
    pub fn instants(&self) -> Vec<Duration> {
        self.0.instants.lock().clone()
    }

    /// Most messages that were under way at once.
    pub fn open_most(&self) -> usize {
        self.0.open_most.load(Ordering::SeqCst)
    }

    /// Rings once `count` more messages have been handed over.
    fn alarm(&self, count: usize) -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        *self.0.alarm.lock() = Some((self.handed_over() + count, sender));
        receiver
    }
}

struct Guard<'a>(&'a AtomicUsize);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl EmailTransport for MailServer {
    async fn send(&self, mail: OutboundEmail) -> Delivery {
        self.answer(Letter {
            key: mail.key,
            to: mail.to,
            subject: mail.subject,
        })
        .await
    }
}

#[async_trait]
impl MessageTransport for MailServer {
    async fn hand_over(&self, message: OutboundMessage) -> Delivery {
        self.answer(Letter {
            key: message.key,
            to: message.to,
            subject: message.payload.headline().to_owned(),
        })
        .await
    }
}

impl MailServer {
    async fn answer(&self, mail: Letter) -> Delivery {
        let state = &self.0;
        let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
        let _guard = Guard(&state.open);
        state.open_most.fetch_max(open, Ordering::SeqCst);
        state.instants.lock().push(state.clock.monotonic());
        let count = state.handed_over.fetch_add(1, Ordering::SeqCst) + 1;
        {
            let mut alarm = state.alarm.lock();
            if alarm.as_ref().is_some_and(|(at, _)| count >= *at)
                && let Some((_, sender)) = alarm.take()
            {
                let _ = sender.send(());
            }
        }
        let attempt = {
            let mut attempts = state.attempts.lock();
            let attempt = attempts.entry(mail.key.clone()).or_default();
            *attempt += 1;
            *attempt
        };
        let delay = *state.delay.lock();
        pause(delay).await;
        let script = Arc::clone(&state.script.lock());
        let answer = script(&mail, attempt);
        if matches!(answer, Answer::Take | Answer::TakeSilently) {
            *state.taken.lock().entry(mail.to.clone()).or_default() += 1;
        }
        pause(delay).await;
        let refusal = |code| Refusal {
            code,
            status: None,
            diagnostic: "scripted".to_owned(),
            mta: "sink".to_owned(),
        };
        match answer {
            Answer::Take => Delivery::Accepted {
                provider_response: "250 taken".to_owned(),
                mta: "sink".to_owned(),
                report: None,
            },
            Answer::NotNow(code) => Delivery::Transient(refusal(code)),
            Answer::Slower => Delivery::Throttled(refusal(Some(421))),
            Answer::Never => Delivery::Permanent(refusal(Some(550))),
            Answer::TakeSilently => Delivery::Unknown {
                reason: "connection lost".to_owned(),
            },
        }
    }
}

async fn pause(delay: Duration) {
    if delay.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(delay).await;
    }
}

/// The engine while it lives.
struct Life {
    runtime: Runtime,
    engine: Engine,
    store: Store,
    log: Log,
    suppression: SuppressionList,
}

pub struct World {
    dir: tempfile::TempDir,
    pub clock: Clock,
    pub server: MailServer,
    pub inbox: MailServer,
    pub callee: Callee,
    pub app: AppId,
    /// People whom calls may be about at once, from the next life on.
    pub called_max: usize,
    time: SimulatedTime,
    /// Batches of a run that an engine works on at once, if not the default; counts from the next
    /// start on.
    pub workers: Option<usize>,
    life: Option<Life>,
    ended: Arc<AtomicBool>,
}

impl World {
    /// A world whose clock runs `speed` times as fast as the real one.
    pub fn new(seed: u64) -> Self {
        Self::with_speed(seed, 200)
    }

    pub fn with_speed(seed: u64, speed: u32) -> Self {
        let start = Timestamp::parse("2031-03-01T09:00:00Z").expect("an instant");
        let (clock, time) = Clock::simulated(start, seed);
        let ended = Arc::new(AtomicBool::new(false));
        run_clock(time.clone(), speed, Arc::clone(&ended));
        let mut world = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
            server: MailServer::new(clock.clone()),
            inbox: MailServer::new(clock.clone()),
            callee: Callee::new(clock.clone()),
            clock,
            app: "0123456789abcdef0123456789abcdef".into(),
            called_max: IN_FLIGHT,
            time,
            workers: None,
            life: None,
            ended,
        };
        world.begin(false);
        world.make_app();
        world
    }

    /// Moves the clock to `instant` at once, if it has not passed.
    pub fn jump_to(&self, instant: Timestamp) {
        self.time.advance(instant.since(self.clock.now()));
    }

    /// Sets the clock, forwards or backwards, as an operator would: no time passes.
    pub fn set_clock(&self, instant: Timestamp) {
        self.time.jump(instant);
    }

    /// Has the engine look for work once more; what is due by then has begun when it returns.
    pub fn tick(&self) {
        self.block(self.engine().tick()).expect("the store works");
    }

    /// The runs of a campaign, newest first.
    pub fn runs(&self, id: &CampaignId) -> Vec<Run> {
        let store = self.store();
        let parent = version_parent(self.app.as_str(), id.as_str());
        let page = self.block(store.of::<Run>().list(&parent, None, 100));
        let items = page.expect("the store works").items;
        items.into_iter().map(|stored| stored.value).collect()
    }

    /// Opens everything; with `run`, the engine's loops start.
    fn begin(&mut self, run: bool) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let mut options = store_embedded::Options::new(self.dir.path().join("data"));
        options.master_key = Some([7; 32]);
        let clock = self.clock.clone();
        let (store, suppression) = runtime.block_on(async {
            let store = store_embedded::open(options, clock)
                .await
                .expect("the store opens");
            let suppression = SuppressionList::load(store.clone())
                .await
                .expect("it loads");
            (store, suppression)
        });
        let log = Log::open(
            &self.dir.path().join("events"),
            self.clock.clone(),
            events::Options::default(),
        )
        .expect("the log opens");
        let engine = self.engine_over(&store, &log, &suppression);
        if run {
            let _guard = runtime.enter();
            engine.start();
        }
        self.life = Some(Life {
            runtime,
            engine,
            store,
            log,
            suppression,
        });
    }

    fn engine_over(&self, store: &Store, log: &Log, suppression: &SuppressionList) -> Engine {
        let mut settings = Settings::new("http://beckon.example");
        settings.in_flight_max = IN_FLIGHT;
        settings.called_max = self.called_max;
        settings.workers_max = self.workers.unwrap_or(settings.workers_max);
        Engine::new(Parts {
            store: store.clone(),
            log: log.clone(),
            email: Arc::new(self.server.clone()),
            inbox: Arc::new(self.inbox.clone()),
            messages: Arc::new(self.server.clone()),
            callees: Arc::new(self.callee.clone()),
            suppression: suppression.clone(),
            signer: Signer::new([9; 32]),
            clock: self.clock.clone(),
            settings,
        })
    }

    /// Starts a second engine over the same store and log, as no server does; it dies with the
    /// first.
    pub fn start_rival(&self) -> Engine {
        let life = self.life();
        let rival = self.engine_over(&life.store, &life.log, &life.suppression);
        let _guard = life.runtime.enter();
        rival.start();
        rival
    }

    fn make_app(&mut self) {
        let now = self.clock.now();
        let app = App {
            id: self.app.clone(),
            name: "world".to_owned(),
            tags: Tags::new(),
            region: "us-east-1".to_owned(),
            created: now,
        };
        let settings = ChannelSettings::Email(EmailSettings {
            from_address: "News <news@shop.example>".to_owned(),
            identity: "arn".to_owned(),
            configuration_set: None,
            role_arn: None,
            orchestration_role_arn: None,
        });
        let channel = Channel::new(self.app.clone(), ChannelType::Email, settings, now);
        let store = self.store();
        self.block(async move {
            store.of::<App>().create(&app).await.expect("the app");
            store
                .of::<Channel>()
                .create(&channel)
                .await
                .expect("the channel");
        });
    }

    pub fn store(&self) -> Store {
        self.life().store.clone()
    }

    pub fn log(&self) -> Log {
        self.life().log.clone()
    }

    pub fn engine(&self) -> Engine {
        self.life().engine.clone()
    }

    fn life(&self) -> &Life {
        self.life.as_ref().expect("the world is alive")
    }

    pub fn block<T>(&self, future: impl Future<Output = T>) -> T {
        self.life().runtime.block_on(future)
    }

    /// Starts the loops.
    pub fn start(&self) {
        let _guard = self.life().runtime.enter();
        self.life().engine.start();
    }

    /// Ends the process at this very instant, and opens everything again; with `run`, the loops
    /// start.
    pub fn kill(&mut self, run: bool) {
        let life = self.life.take().expect("the world is alive");
        life.runtime.shutdown_timeout(Duration::from_secs(20));
        drop((life.engine, life.store, life.log, life.suppression));
        self.begin(run);
    }

    /// Ends the process in good order, and opens everything again; the loops rest.
    pub fn shut_down(&mut self) {
        let life = self.life.take().expect("the world is alive");
        life.runtime.block_on(life.engine.shutdown());
        life.runtime.shutdown_timeout(Duration::from_secs(20));
        drop((life.engine, life.store, life.log, life.suppression));
        self.begin(false);
    }

    /// Waits until `count` more messages have been handed over, or the campaign has ended.
    pub fn wait_for_messages(&self, count: usize, campaign: &CampaignId) {
        let alarm = self.server.alarm(count);
        while alarm.recv_timeout(Duration::from_millis(20)).is_err() {
            if self.campaign(campaign).is_none_or(|c| c.status.is_final()) {
                return;
            }
        }
    }

    pub fn add(&self, endpoints: Vec<(String, EndpointUpdate)>) {
        let store = self.store();
        let context = WriteContext {
            now: self.clock.now(),
            request_id: "r".to_owned(),
            origin: WriteOrigin::Client,
        };
        let writes: Vec<EndpointWrite> = endpoints
            .into_iter()
            .map(|(id, update)| EndpointWrite {
                id: id.as_str().into(),
                update,
            })
            .collect();
        for part in writes.chunks(2000) {
            let applied = self.block(store.endpoints.apply(
                &self.app,
                part.to_vec(),
                ApplyMode::Each,
                &context,
            ));
            for result in applied.expect("the store works") {
                result.expect("the endpoint is valid");
            }
        }
    }

    /// Adds people `p0`, `p1`, … with addresses of their own.
    pub fn add_people(&self, count: usize) {
        self.add((0..count).map(|n| (format!("p{n}"), person(n))).collect());
    }

    /// A segment with these criteria.
    pub fn segment(&self, criteria: SegmentCriteria) -> SegmentId {
        let segment = Segment {
            app: self.app.clone(),
            id: SegmentId::new(self.clock.id()),
            name: Some("s".to_owned()),
            criteria,
            version: 1,
            tags: Tags::new(),
            created: self.clock.now(),
            modified: self.clock.now(),
        };
        let store = self.store();
        self.block(async {
            store
                .of::<Segment>()
                .create(&segment)
                .await
                .expect("the segment");
            store
                .of::<SegmentVersion>()
                .create(&SegmentVersion(segment.clone()))
                .await
                .expect("its version");
        });
        segment.id
    }

    /// Sets and enables channels.
    pub fn enable(&self, channels: &[(ChannelType, ChannelSettings)]) {
        let store = self.store();
        for (kind, settings) in channels.iter().cloned() {
            let channel = Channel::new(self.app.clone(), kind, settings, self.clock.now());
            let created = self.block(store.of::<Channel>().create(&channel));
            created.expect("the channel");
        }
    }

    /// An immediate campaign to everyone.
    pub fn draft(&self) -> CampaignDraft {
        CampaignDraft {
            name: Some("world".to_owned()),
            segment: Some(self.segment(SegmentCriteria::Everyone)),
            message: Some(says("Hello {{User.UserAttributes.Name}}")),
            schedule: Some(ScheduleDraft {
                start: "IMMEDIATE".to_owned(),
                ..ScheduleDraft::default()
            }),
            ..CampaignDraft::default()
        }
    }

    /// A campaign to everyone that sweeps, from `begins` on in UTC.
    pub fn sweeping(&self, begins: Timestamp) -> CampaignDraft {
        CampaignDraft {
            schedule: Some(ScheduleDraft {
                start: begins.to_string(),
                local_time: true,
                ..ScheduleDraft::default()
            }),
            ..self.draft()
        }
    }

    pub fn create(&self, draft: &CampaignDraft) -> CampaignId {
        let store = self.store();
        let created = self.block(campaigns::create(
            &store,
            &self.clock,
            &self.app,
            draft,
            campaigns::ACTIVE_MAX,
        ));
        let id = created.expect("the campaign is valid").id;
        self.engine().wake();
        id
    }

    pub fn update(&self, id: &CampaignId, draft: &CampaignDraft) -> Campaign {
        let store = self.store();
        let updated = self.block(campaigns::update(&store, &self.clock, &self.app, id, draft));
        self.engine().wake();
        updated.expect("the update is valid")
    }

    pub fn campaign(&self, id: &CampaignId) -> Option<Campaign> {
        let store = self.store();
        self.block(store.of::<Campaign>().get(self.app.as_str(), id.as_str()))
            .expect("the store works")
            .map(|stored| stored.value)
    }

    pub fn run(&self, id: &CampaignId) -> Option<Run> {
        let store = self.store();
        let parent = version_parent(self.app.as_str(), id.as_str());
        let page = self.block(store.of::<Run>().list(&parent, None, 1));
        let mut items = page.expect("the store works").items;
        items.pop().map(|stored| stored.value)
    }

    pub fn batches(&self, run: &Run) -> Vec<RunBatch> {
        let store = self.store();
        let id = run.activities[0].as_str();
        let page = self.block(store.of::<RunBatch>().list(id, None, 1000));
        let items = page.expect("the store works").items;
        items.into_iter().map(|stored| stored.value).collect()
    }

    pub fn progress(&self, id: &CampaignId) -> RunProgress {
        let campaign = self.campaign(id).expect("the campaign is there");
        let store = self.store();
        let mut runs = self
            .block(activities::progress(&store, &campaign, 10))
            .expect("the store works");
        runs.remove(0)
    }

    #[track_caller]
    pub fn wait_for(&self, id: &CampaignId, status: CampaignStatus) {
        self.wait(&format!("{status:?}"), || {
            self.campaign(id)
                .is_some_and(|campaign| campaign.status == status)
        });
    }

    /// Waits until `done`; gives up once nothing was handed over for a minute of real time.
    #[track_caller]
    pub fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let (mut seen, mut idle) = (self.server.handed_over(), 0);
        while idle < 6000 {
            if done() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
            let now = self.server.handed_over();
            idle = if now == seen { idle + 1 } else { 0 };
            seen = now;
        }
        panic!("waited in vain for {what}");
    }

    /// Everybody in the run by outcome, as endpoint identifiers.
    pub fn everybody(&self, id: &CampaignId) -> BTreeMap<Outcome, BTreeSet<String>> {
        let store = self.store();
        let mut all = BTreeMap::new();
        for outcome in Outcome::ALL {
            let mut after = None;
            let mut found = BTreeSet::new();
            loop {
                let page = activities::people(&store, &self.app, id, *outcome, after.as_ref(), 700);
                let (people, next) = self.block(page).expect("the store works");
                for person in people {
                    let endpoint = person.endpoint.expect("nobody was deleted").into_string();
                    assert!(found.insert(endpoint), "listed twice");
                }
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            if !found.is_empty() {
                all.insert(*outcome, found);
            }
        }
        all
    }

    /// Has these people complain about the messages of a campaign's newest run that they got.
    pub fn complain(&self, id: &CampaignId, people: std::ops::Range<usize>) {
        let names: BTreeSet<String> = people.map(|n| format!("p{n}")).collect();
        let sends = self.events().into_iter().filter(|event| {
            event.kind == "_email.send"
                && event.campaign.as_ref().is_some_and(|c| c.campaign == *id)
                && names.contains(event.endpoint.as_str())
        });
        let complaints: Vec<Event> = sends
            .map(|mut event| {
                event.kind = "_email.complaint".to_owned();
                event.mail.as_mut().expect("a mail").facet = MailFacet::Complaint {
                    feedback_id: String::new(),
                    feedback_type: None,
                    user_agent: None,
                };
                event
            })
            .collect();
        assert!(!complaints.is_empty(), "nobody can complain");
        self.block(self.log().append(complaints))
            .expect("the log takes them");
    }

    pub fn events(&self) -> Vec<Event> {
        let log = self.log();
        let mut all = Vec::new();
        let mut position = log.start();
        loop {
            let events = log.read_blocking(position, 10_000).expect("the log reads");
            let Some((last, _)) = events.last() else {
                return all;
            };
            position = *last;
            all.extend(
                events
                    .into_iter()
                    .map(|(_, event)| Arc::unwrap_or_clone(event)),
            );
        }
    }

    /// The records that the log holds of a run.
    pub fn records(&self, run: &Run) -> Records {
        let mut records = Records::default();
        let mut seen = EndpointSet::new();
        for event in self.events() {
            if !is_send_of(&event, run) {
                continue;
            }
            let status = event.status.expect("a status");
            let ordinal = event.ordinal.expect("a member");
            if !seen.insert(ordinal) {
                records.repeated.insert(ordinal);
            }
            *records.records.entry(status.clone()).or_default() += 1;
            records.endpoints.entry(status).or_default().insert(ordinal);
        }
        records
    }

    /// Recounts the newest run of a campaign.
    pub fn verify(&self, id: &CampaignId) -> Verification {
        let run = self.run(id).expect("there is a run");
        let store = self.store();
        let sets = self.block(Sets::read(&store, run.clone()));
        let sets = sets.expect("the store works");
        let records = self.records(&run);
        let found = self.block(sets.compare(&store, Some(&records)));
        found.expect("the store works")
    }

    /// Holds the ended run of a campaign against the mail server, the log and itself. Answers how
    /// many are in doubt.
    #[track_caller]
    pub fn audit(&self, id: &CampaignId) -> u64 {
        let progress = self.progress(id);
        let tally = &progress.tally;
        assert_eq!(progress.remaining, 0);
        assert_eq!(
            tally.planned,
            tally.sent + tally.skipped + tally.failed + tally.in_doubt
        );
        let run = self.run(id).expect("there is a run");
        for batch in self.batches(&run) {
            let mut together = model::EndpointSet::new();
            for set in batch.outcomes.values() {
                assert!(
                    !set.is_empty() && together.is_disjoint(set),
                    "outcomes overlap"
                );
                together |= set;
            }
            assert_eq!(
                together, batch.members,
                "outcomes and the frozen set differ"
            );
            assert!(batch.closed && batch.in_flight.is_empty() && batch.leased_until.is_none());
        }
        assert_eq!(self.verify(id).differences, []);
        let everybody = self.everybody(id);
        let none = BTreeSet::new();
        let doubt = everybody.get(&Outcome::InDoubt).unwrap_or(&none);
        // The mail server took each message at most once, and just those of the right people.
        let taken = self.server.taken();
        let twice: Vec<_> = taken.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "got it twice: {twice:?}");
        let took: BTreeSet<String> = taken.keys().map(|to| who(to)).collect();
        let sent = everybody.get(&Outcome::Success).unwrap_or(&none);
        let unknown = everybody.get(&Outcome::Unknown).unwrap_or(&none);
        for person in sent {
            assert!(
                took.contains(person.as_str()),
                "{person} counts as sent and got nothing"
            );
        }
        for person in &took {
            let known = sent.contains(person) || doubt.contains(person) || unknown.contains(person);
            assert!(known, "{person} got a message and counts otherwise");
        }
        // The log holds one record for each outcome that has one.
        let mut recorded: BTreeMap<String, String> = BTreeMap::new();
        for event in self.events() {
            let ours = event.campaign.as_ref().is_some_and(|c| {
                c.campaign == *id
                    && c.activity
                        .as_ref()
                        .is_some_and(|a| run.activities.contains(a))
            });
            if ours && event.kind == "_campaign.send" {
                let status = event.status.clone().expect("a status");
                let before = recorded.insert(event.endpoint.to_string(), status);
                assert_eq!(before, None, "{} is recorded twice", event.endpoint);
            }
        }
        let mut want = BTreeMap::new();
        for (outcome, people) in everybody.iter().filter(|(outcome, _)| outcome.recorded()) {
            for person in people {
                want.insert(person.clone(), outcome.as_str().to_owned());
            }
        }
        assert_eq!(recorded, want);
        doubt.len() as u64
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(life) = self.life.take() {
            life.runtime.shutdown_background();
        }
    }
}

fn run_clock(time: SimulatedTime, speed: u32, ended: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let step = Duration::from_millis(1);
        while !ended.load(Ordering::SeqCst) {
            std::thread::sleep(step);
            time.advance(step * speed);
        }
    });
}

/// Whether `event` is the record of a hand-over in `run`.
pub fn is_send_of(event: &Event, run: &Run) -> bool {
    let activity = event.campaign.as_ref().and_then(|c| c.activity.as_ref());
    event.kind == "_campaign.send" && activity.is_some_and(|a| run.activities.contains(a))
}

/// The person behind an address.
fn who(to: &str) -> String {
    match to.strip_prefix(NUMBERS) {
        Some(digits) => format!("p{}", digits.trim_start_matches('0')),
        None => to.split('@').next().unwrap_or_default().to_owned(),
    }
}

/// What telephone numbers of people begin with; seven digits follow.
const NUMBERS: &str = "+4791";

/// Person number `n`, whose clock is that of `zone`; empty for none.
pub fn person_in(n: usize, zone: &str) -> (String, EndpointUpdate) {
    let mut update = person(n);
    update.demographic.timezone = Some(zone.to_owned());
    (format!("p{n}"), update)
}

/// Person number `n`, who is reached on `channel`; numbers begin with 1.
pub fn person_on(n: usize, channel: ChannelType) -> EndpointUpdate {
    let address = match channel {
        ChannelType::Sms => format!("{NUMBERS}{n:07}"),
        _ => format!("p{n}@device"),
    };
    EndpointUpdate {
        channel: Some(channel),
        address: Some(address),
        ..person(n)
    }
}

/// Person number `n`.
pub fn person(n: usize) -> EndpointUpdate {
    EndpointUpdate {
        channel: Some(ChannelType::Email),
        address: Some(format!("p{n}@mail.example")),
        user: model::UserLink::Link(model::UserId::new(format!("u{n}"))),
        user_attributes: [("Name".to_owned(), vec![format!("N{n}")])].into(),
        ..EndpointUpdate::default()
    }
}

pub fn says(title: &str) -> MessageConfiguration {
    MessageConfiguration {
        email: Some(EmailMessage {
            title: Some(title.to_owned()),
            html_body: Some("<p><a href=\"https://shop.example/\">x</a></p>".to_owned()),
            ..EmailMessage::default()
        }),
        ..MessageConfiguration::default()
    }
}
