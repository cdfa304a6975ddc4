//! Whoever hooks, webhooks and functions are: remembers what it heard and answers by a script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channels::outbound::CallError;
use clock::Clock;
use engine::callees::{CalleeError, Callees, ProofError, Target};
use parking_lot::Mutex;
use serde_json::Value;

/// What a callee says to a call.
#[derive(Debug, Clone)]
pub enum Said {
    /// This text, with a 2xx.
    Text(String),
    /// No, with this status.
    Status(u16),
    /// There is no connection.
    Unreachable,
    /// It got the call, and the answer is lost.
    Lost,
    /// Its answer is too long.
    TooLong,
    /// Nothing, for ever.
    Nothing,
    /// The same, after a while.
    Late(Duration, Box<Said>),
}

impl Said {
    pub fn json(value: &Value) -> Self {
        Self::Text(value.to_string())
    }
}

/// One call that was heard.
#[derive(Debug, Clone)]
pub struct Heard {
    pub target: String,
    pub body: Value,
    /// When, by the world's clock.
    pub at: Duration,
}

impl Heard {
    /// The endpoints that the call was about.
    pub fn endpoints(&self) -> Vec<String> {
        let endpoints = self.body["Endpoints"].as_object().expect("endpoints");
        endpoints.keys().cloned().collect()
    }
}

type Script = dyn Fn(&Heard, usize) -> Said + Send + Sync;

#[derive(Clone)]
pub struct Callee(Arc<State>);

struct State {
    clock: Clock,
    script: Mutex<Arc<Script>>,
    heard: Mutex<Vec<Heard>>,
    open: Mutex<(usize, usize)>,
}

impl Callee {
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(State {
            clock,
            script: Mutex::new(Arc::new(|_, _| Said::Text("{}".to_owned()))),
            heard: Mutex::default(),
            open: Mutex::default(),
        }))
    }

    /// Answers by `script`, which gets the call and how many there were before.
    pub fn behave(&self, script: impl Fn(&Heard, usize) -> Said + Send + Sync + 'static) {
        *self.0.script.lock() = Arc::new(script);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.0.heard.lock().clone()
    }

    /// Most calls that were under way at once.
    pub fn open_most(&self) -> usize {
        self.0.open.lock().1
    }

    /// In how many calls each endpoint was.
    pub fn told(&self) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for endpoint in self.heard().iter().flat_map(Heard::endpoints) {
            *told.entry(endpoint).or_default() += 1;
        }
        told
    }
}

struct Open<'a>(&'a State);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.lock().0 -= 1;
    }
}

#[async_trait]
impl Callees for Callee {
    /// Functions whose names begin with `my-` stand for the inbox.
    fn stays_here(&self, target: &Target) -> bool {
        matches!(target, Target::Function(name) if name.name().starts_with("my-"))
    }

    async fn call(&self, target: &Target, body: Bytes) -> Result<Bytes, CalleeError> {
        let heard = Heard {
            target: match target {
                Target::Function(name) => name.as_str().to_owned(),
                Target::Url(url) => url.clone(),
            },
            body: serde_json::from_slice(&body).expect("the call is JSON"),
            at: self.0.clock.monotonic(),
        };
        let before = {
            let mut all = self.0.heard.lock();
            all.push(heard.clone());
            all.len() - 1
        };
        let _open = {
            let mut open = self.0.open.lock();
            open.0 += 1;
            open.1 = open.1.max(open.0);
            Open(&self.0)
        };
        let script = Arc::clone(&self.0.script.lock());
        let mut said = script(&heard, before);
        while let Said::Late(delay, then) = said {
            self.0.clock.sleep(delay).await;
            said = *then;
        }
        match said {
            Said::Text(text) => Ok(text.into()),
            Said::Status(status) => Err(CalleeError::Status(status)),
            Said::Unreachable => Err(CallError::NotSent("refused".to_owned()).into()),
            Said::Lost => Err(CallError::NoAnswer("cut".to_owned()).into()),
            Said::TooLong => Err(CallError::Unusable {
                status: 200,
                problem: "has more than 6291456 bytes".to_owned(),
            }
            .into()),
            Said::Nothing | Said::Late(..) => std::future::pending().await,
        }
    }

    async fn prove(&self, url: &str) -> Result<(), ProofError> {
        if url.contains("stranger") {
            return Err(ProofError::OtherAccount("it is a stranger".to_owned()));
        }
        Ok(())
    }
}
