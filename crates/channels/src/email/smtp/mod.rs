//! Mail by SMTP: pooled connections, pipelined envelopes, careful retries.

mod config;
mod connection;
mod dot;
mod pool;
mod reply;
mod stream;

pub use config::{SmtpConfig, SmtpConfigError, SmtpTls};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;
use tokio::sync::Semaphore;

use super::{Delivery, EmailTransport, OutboundEmail, Refusal};
use config::TlsSetup;
use pool::{Attempt, Pool};

/// Most messages inside the transport; further callers wait.
const IN_FLIGHT_MAX: usize = 4_096;
/// First pause before a retry.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// Longest pause before a retry.
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// Retries without a pause after a kept connection turned out to be dead.
const STALE_RETRIES_MAX: u32 = 3;

/// Delivers over pooled connections; cheap to clone.
#[derive(Clone)]
pub struct SmtpTransport {
    pool: Arc<Pool>,
    clock: Clock,
    places: Arc<Semaphore>,
    attempts_max: u32,
    retry_budget: Duration,
}

impl SmtpTransport {
    /// A transport; connections are made when there is something to send.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub fn new(config: SmtpConfig, clock: Clock) -> Result<Self, SmtpConfigError> {
        let tls = TlsSetup::from_config(&config)?;
        Ok(Self {
            attempts_max: config.attempts_max,
            retry_budget: config.retry_budget,
            places: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            pool: Pool::new(config, tls, clock.clone()),
            clock,
        })
    }

    /// Connects, greets, secures and signs in once, and quits.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn check(&self) -> Result<(), String> {
        self.pool.check().await.map_err(|lost| lost.to_string())
    }

    /// Half to all of a pause that doubles with every attempt.
    fn backoff(&self, attempt: u32) -> Duration {
        let whole = BACKOFF_MIN
            .saturating_mul(1 << attempt.min(10))
            .min(BACKOFF_MAX);
        let half = whole / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_millis(self.clock.random_u64() % spread)
    }
}

#[async_trait]
impl EmailTransport for SmtpTransport {
    async fn send(&self, mail: OutboundEmail) -> Delivery {
        let Ok(_place) = self.places.acquire().await else {
            return unreachable_server("the transport is closed".to_owned());
        };
        let started = self.clock.monotonic();
        let mut refusals = 0;
        let mut stale_retries = 0;
        for attempt in 0.. {
            let failed = match self.pool.attempt(mail.clone()).await {
                Attempt::NotTaken { stale: true, .. } if stale_retries < STALE_RETRIES_MAX => {
                    stale_retries += 1;
                    continue;
                }
                Attempt::NotTaken { why, .. } => unreachable_server(why),
                Attempt::Done(delivery @ (Delivery::Transient(_) | Delivery::Throttled(_))) => {
                    refusals += 1;
                    if refusals >= self.attempts_max {
                        return delivery;
                    }
                    delivery
                }
                Attempt::Done(delivery) => return delivery,
            };
            let pause = self.backoff(attempt);
            let spent = self.clock.monotonic().saturating_sub(started);
            if spent + pause > self.retry_budget {
                return failed;
            }
            self.clock.sleep(pause).await;
        }
        unreachable_server("no attempt was made".to_owned())
    }
}

fn unreachable_server(why: String) -> Delivery {
    Delivery::Transient(Refusal {
        code: None,
        status: None,
        diagnostic: why,
        mta: String::new(),
    })
}
