//! A provider of every channel that remembers what it got, and has bad days.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use channels::email::{Delivery, EmailTransport, OutboundEmail, Refusal};
use channels::message::{MessageTransport, OutboundMessage};
use clock::Clock;
use model::{CampaignRef, ChannelType};
use parking_lot::Mutex;

use super::crash::Crashes;
use crate::dice::Dice;
use crate::evidence::{Answer, HandOver};
use crate::plan::{Habits, Plan};

const HAND_OVER: &str = "hand over";

/// Outlives the process; cheap to clone.
#[derive(Clone)]
pub(super) struct Provider(Arc<Inner>);

struct Inner {
    seed: u64,
    habits: Habits,
    clock: Clock,
    crashes: Arc<Crashes>,
    life: AtomicUsize,
    attempts: Mutex<HashMap<String, u32>>,
    hand_overs: Mutex<Vec<HandOver>>,
}

impl Provider {
    pub fn new(plan: &Plan, clock: Clock, crashes: Arc<Crashes>) -> Self {
        Self(Arc::new(Inner {
            seed: plan.seed,
            habits: plan.habits.clone(),
            clock,
            crashes,
            life: AtomicUsize::new(0),
            attempts: Mutex::default(),
            hand_overs: Mutex::default(),
        }))
    }

    /// A new life of the process begins.
    pub fn next_life(&self, number: usize) {
        self.0.life.store(number, Ordering::Relaxed);
    }

    /// Everything that was handed over.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.0.hand_overs.lock().clone()
    }

    async fn take(&self, key: &str, campaign: Option<CampaignRef>, noted: HandOver) -> Delivery {
        let inner = &self.0;
        if !inner.crashes.pass(HAND_OVER) {
            return pending().await;
        }
        let attempt = {
            let mut attempts = inner.attempts.lock();
            let attempt = attempts.entry(key.to_owned()).or_default();
            *attempt += 1;
            *attempt
        };
        let mut dice = Dice::about(inner.seed, &format!("{key} {attempt}"));
        let number = campaign.map(|campaign| inner.note(noted, key, campaign));
        inner.dawdle(&mut dice).await;
        let answer = inner.decide(&mut dice);
        if let Some(number) = number
            && let Some(noted) = inner.hand_overs.lock().get_mut(number)
        {
            noted.answer = Some(answer);
        }
        if !inner.crashes.pass(HAND_OVER) {
            return pending().await;
        }
        inner.dawdle(&mut dice).await;
        delivery(answer)
    }
}

impl Inner {
    /// Notes a hand-over, and answers its number.
    fn note(&self, mut noted: HandOver, key: &str, campaign: CampaignRef) -> usize {
        noted.key = key.to_owned();
        noted.at = self.clock.now();
        noted.life = self.life.load(Ordering::Relaxed);
        noted.campaign = campaign.campaign;
        noted.activity = campaign.activity.unwrap_or_else(|| "".into());
        let mut all = self.hand_overs.lock();
        all.push(noted);
        all.len() - 1
    }

    /// Takes half of the time that a hand-over takes.
    async fn dawdle(&self, dice: &mut Dice) {
        let (least, most) = self.habits.latency_ms;
        let millis = dice.between(least, most) / 2;
        if millis > 0 {
            self.clock.sleep(Duration::from_millis(millis)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }

    fn decide(&self, dice: &mut Dice) -> Answer {
        let (habits, now) = (&self.habits, self.clock.now());
        let mut outages = habits.outages.iter();
        if outages.any(|(from, to)| *from <= now && now < *to) {
            return Answer::Unreachable;
        }
        let mut rest = dice.roll(1_000);
        for (answer, share) in [
            (Answer::Never, habits.never),
            (Answer::NotNow, habits.not_now),
            (Answer::Slower, habits.slower),
            (Answer::TakeSilently, habits.lost),
        ] {
            if rest < share {
                return answer;
            }
            rest -= share;
        }
        Answer::Take
    }
}

fn delivery(answer: Answer) -> Delivery {
    let refusal = |code| Refusal {
        code,
        status: None,
        diagnostic: "a bad day".to_owned(),
        mta: "sim".to_owned(),
    };
    match answer {
        Answer::Take => Delivery::Accepted {
            provider_response: "250 taken".to_owned(),
            mta: "sim".to_owned(),
            report: None,
        },
        Answer::TakeSilently => Delivery::Unknown {
            reason: "connection lost".to_owned(),
        },
        Answer::Never => Delivery::Permanent(refusal(Some(550))),
        Answer::NotNow => Delivery::Transient(refusal(Some(451))),
        Answer::Slower => Delivery::Throttled(refusal(Some(421))),
        Answer::Unreachable => Delivery::Transient(refusal(None)),
    }
}

/// A note that still lacks when, in which life, under which key and for which campaign.
fn note(endpoint: &str, channel: ChannelType, to: &str, words: &str) -> HandOver {
    HandOver {
        at: clock::Timestamp::default(),
        life: 0,
        key: String::new(),
        endpoint: endpoint.to_owned(),
        campaign: "".into(),
        activity: "".into(),
        channel,
        to: to.to_owned(),
        words: words.to_owned(),
        answer: None,
    }
}

#[async_trait]
impl EmailTransport for Provider {
    async fn send(&self, mail: OutboundEmail) -> Delivery {
        let noted = note(
            mail.endpoint.as_str(),
            ChannelType::Email,
            &mail.to,
            &mail.subject,
        );
        self.take(&mail.key, mail.campaign, noted).await
    }
}

#[async_trait]
impl MessageTransport for Provider {
    async fn hand_over(&self, message: OutboundMessage) -> Delivery {
        let noted = note(
            message.endpoint.as_str(),
            message.channel,
            &message.to,
            message.payload.headline(),
        );
        self.take(&message.key, message.campaign, noted).await
    }
}
