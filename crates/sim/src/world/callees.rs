//! A hook that remembers what it was asked, chooses by rules that the auditor knows, and has bad
//! days.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channels::outbound::CallError;
use clock::Clock;
use engine::callees::{CalleeError, Callees, ProofError, Target};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::crash::Crashes;
use crate::dice::Dice;
use crate::evidence::{Call, Said};
use crate::plan::{CHANGED, Plan, Trouble, Verdict, verdict};

const CALL: &str = "call";

/// Outlives the process; cheap to clone.
#[derive(Clone)]
pub(super) struct Servers(Arc<Inner>);

struct Inner {
    seed: u64,
    trouble: Trouble,
    clock: Clock,
    crashes: Arc<Crashes>,
    life: AtomicUsize,
    calls: Mutex<Vec<Call>>,
}

impl Servers {
    pub fn new(plan: &Plan, clock: Clock, crashes: Arc<Crashes>) -> Self {
        Self(Arc::new(Inner {
            seed: plan.seed,
            trouble: plan.trouble.clone(),
            clock,
            crashes,
            life: AtomicUsize::new(0),
            calls: Mutex::default(),
        }))
    }

    /// A new life of the process begins.
    pub fn next_life(&self, number: usize) {
        self.0.life.store(number, Ordering::Relaxed);
    }

    /// All calls, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().clone()
    }
}

impl Inner {
    fn decide(&self, number: usize) -> (Said, Duration) {
        let mut dice = Dice::about(self.seed, &format!("call {number}"));
        let (trouble, now) = (&self.trouble, self.clock.now());
        let (least, most) = trouble.latency_ms;
        let latency = Duration::from_millis(dice.between(least, most));
        let mut outages = trouble.outages.iter();
        if outages.any(|(from, to)| *from <= now && now < *to) {
            return (Said::Unreachable, latency);
        }
        let said = match dice.roll(1_000) {
            roll if roll >= trouble.fails => Said::Yes,
            roll if roll % 3 == 0 => Said::No,
            roll if roll % 3 == 1 => Said::Lost,
            _ => Said::Unreachable,
        };
        (said, latency)
    }

    /// What the hook makes of the endpoints of a call.
    fn choose(&self, body: &Value) -> Value {
        let mut chosen = Map::new();
        for (id, _) in body["Endpoints"].as_object().into_iter().flatten() {
            let changes = match verdict(self.seed, id) {
                Verdict::Drop => continue,
                Verdict::Keep => json!({}),
                Verdict::Change => json!({"TitleOverride": CHANGED, "BodyOverride": CHANGED}),
            };
            chosen.insert(id.clone(), changes);
        }
        Value::Object(chosen)
    }
}

#[async_trait]
impl Callees for Servers {
    fn stays_here(&self, _: &Target) -> bool {
        false
    }

    async fn call(&self, _: &Target, body: Bytes) -> Result<Bytes, CalleeError> {
        let inner = &self.0;
        if !inner.crashes.pass(CALL) {
            return pending().await;
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let endpoints = body["Endpoints"].as_object().into_iter().flatten();
        let call = Call {
            at: inner.clock.now(),
            life: inner.life.load(Ordering::Relaxed),
            activity: body["ActivityId"].as_str().unwrap_or_default().into(),
            endpoints: endpoints.map(|(id, _)| id.clone()).collect(),
            said: None,
        };
        let number = {
            let mut calls = inner.calls.lock();
            calls.push(call);
            calls.len() - 1
        };
        let (said, latency) = inner.decide(number);
        inner.clock.sleep(latency).await;
        if let Some(call) = inner.calls.lock().get_mut(number) {
            call.said = Some(said);
        }
        if !inner.crashes.pass(CALL) {
            return pending().await;
        }
        match said {
            Said::Yes => Ok(inner.choose(&body).to_string().into()),
            Said::No => Err(CalleeError::Status(500)),
            Said::Lost => Err(CallError::NoAnswer("cut".to_owned()).into()),
            Said::Unreachable => Err(CallError::NotSent("refused".to_owned()).into()),
        }
    }

    async fn prove(&self, _: &str) -> Result<(), ProofError> {
        Ok(())
    }
}
