//! Counters of this process, as Prometheus text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::MessageKey;
use parking_lot::RwLock;

/// Upper bounds of the histogram's buckets, in seconds.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// What is counted. Labels are operation names and statuses, so their number is bounded.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: RwLock<BTreeMap<(&'static str, u16), AtomicU64>>,
    durations: RwLock<BTreeMap<&'static str, Histogram>>,
    pub(crate) events_appended: AtomicU64,
    pub(crate) events_repeated: AtomicU64,
    pub(crate) events_refused: AtomicU64,
}

#[derive(Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    nanos: AtomicU64,
}

/// A value that is read when metrics are asked for.
pub(crate) struct Gauge {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// Label and value pairs, already written as `{label="value"}` or empty.
    pub(crate) values: Vec<(String, f64)>,
}

impl Metrics {
    /// Notes an answered request.
    pub(crate) fn answered(&self, operation: &'static str, status: u16, took: Duration) {
        let key = (operation, status);
        let known = self.requests.read().get(&key).map(increment).is_some();
        if !known {
            increment(self.requests.write().entry(key).or_default());
        }
        let known = self
            .durations
            .read()
            .get(operation)
            .map(|h| h.note(took))
            .is_some();
        if !known {
            self.durations
                .write()
                .entry(operation)
                .or_default()
                .note(took);
        }
    }

    /// Everything as Prometheus text.
    pub(crate) fn render(&self, gauges: &[Gauge], messages: &BTreeMap<MessageKey, u64>) -> String {
        let mut text = String::new();
        heading(
            &mut text,
            "beckon_requests_total",
            "counter",
            "Answered requests.",
        );
        for ((operation, status), count) in self.requests.read().iter() {
            let _ = writeln!(
                text,
                "beckon_requests_total{{operation=\"{operation}\",status=\"{status}\"}} {}",
                count.load(Ordering::Relaxed)
            );
        }
        heading(
            &mut text,
            "beckon_request_duration_seconds",
            "histogram",
            "Time from a request's headers to its answer.",
        );
        for (operation, histogram) in self.durations.read().iter() {
            histogram.render(&mut text, operation);
        }
        for (name, help, counter) in [
            (
                "beckon_events_appended_total",
                "Client events made durable.",
                &self.events_appended,
            ),
            (
                "beckon_events_repeated_total",
                "Client events seen before.",
                &self.events_repeated,
            ),
            (
                "beckon_events_refused_total",
                "Client events refused.",
                &self.events_refused,
            ),
        ] {
            heading(&mut text, name, "counter", help);
            let _ = writeln!(text, "{name} {}", counter.load(Ordering::Relaxed));
        }
        heading(
            &mut text,
            "beckon_messages_total",
            "counter",
            "Events of messages, by type and send status.",
        );
        for ((kind, status), count) in messages {
            let status = status.as_deref().unwrap_or_default();
            let _ = writeln!(
                text,
                "beckon_messages_total{{type=\"{kind}\",status=\"{status}\"}} {count}"
            );
        }
        for gauge in gauges {
            heading(&mut text, gauge.name, "gauge", gauge.help);
            for (labels, value) in &gauge.values {
                let _ = writeln!(text, "{}{labels} {value}", gauge.name);
            }
        }
        text
    }
}

impl Histogram {
    fn note(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BUCKETS.iter().position(|bound| seconds <= *bound) {
            increment(&self.buckets[bucket]);
        }
        increment(&self.count);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn render(&self, text: &mut String, operation: &str) {
        let name = "beckon_request_duration_seconds";
        let mut below = 0;
        for (bucket, bound) in self.buckets.iter().zip(BUCKETS) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "{name}_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {below}"
            );
        }
        let count = self.count.load(Ordering::Relaxed);
        let seconds = Duration::from_nanos(self.nanos.load(Ordering::Relaxed)).as_secs_f64();
        let _ = write!(
            text,
            "{name}_bucket{{operation=\"{operation}\",le=\"+Inf\"}} {count}\n\
             {name}_sum{{operation=\"{operation}\"}} {seconds}\n\
             {name}_count{{operation=\"{operation}\"}} {count}\n"
        );
    }
}

fn heading(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative() {
        let metrics = Metrics::default();
        metrics.answered("GetApp", 200, Duration::from_millis(2));
        metrics.answered("GetApp", 200, Duration::from_secs(60));
        let gauge = Gauge {
            name: "beckon_endpoints",
            help: "Endpoints.",
            values: vec![(String::new(), 7.0)],
        };
        let sent = ("_email.send".to_owned(), None);
        let skipped = ("_campaign.send".to_owned(), Some("DAILY_CAP".to_owned()));
        let text = metrics.render(&[gauge], &[(sent, 3), (skipped, 1)].into());
        for line in [
            "beckon_requests_total{operation=\"GetApp\",status=\"200\"} 2",
            "beckon_request_duration_seconds_bucket{operation=\"GetApp\",le=\"0.001\"} 0",
            "beckon_request_duration_seconds_bucket{operation=\"GetApp\",le=\"10\"} 1",
            "beckon_request_duration_seconds_bucket{operation=\"GetApp\",le=\"+Inf\"} 2",
            "beckon_messages_total{type=\"_email.send\",status=\"\"} 3",
            "beckon_messages_total{type=\"_campaign.send\",status=\"DAILY_CAP\"} 1",
            "beckon_endpoints 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
