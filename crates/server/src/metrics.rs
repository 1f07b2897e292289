//! What the server counts of itself, for Prometheus. No place, person or word of a case is in it.

use crate::app::App;
use crate::problem::Problem;
use axum::http::Method;
use huying_engine::store::Reader;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// A request as it is counted: its path is the template, never what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    path: String,
    status: u16,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    Failed,
}

/// A delivery as it is counted; subscriptions are few, and named by administrators.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    subscription: String,
    fate: &'static str,
}

/// A subscription as it is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Subscriber {
    subscription: String,
    state: String,
}

/// The counts since the start.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Route, Counter>,
    seconds: Histogram,
    position: Gauge,
    lists: Gauge,
    edition: Gauge,
    watchers: Gauge,
    memory: Gauge,
    deliveries: Family<Delivery, Counter>,
    waiting: Family<Subscriber, Gauge>,
    oldest: Family<Subscriber, Gauge>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        /// The first bucket in seconds, the factor to the next, how many: half a millisecond to 8 seconds.
        const BUCKETS: (f64, f64, u16) = (0.0005, 2.0, 15);
        let mut registry = Registry::with_prefix("huying");
        let requests = Family::default();
        let seconds = Histogram::new(exponential_buckets(BUCKETS.0, BUCKETS.1, BUCKETS.2));
        registry.register("requests", "Requests answered, by path template and status", requests.clone());
        registry.register_with_unit("request", "Time to answer", Unit::Seconds, seconds.clone());
        let mut gauge = |name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let position = gauge("journal_position", "The last durable record");
        let lists = gauge("lists_position", "The record up to which lists and figures show");
        let edition = gauge("city_edition", "The edition of the city in force");
        let watchers = gauge("live_streams", "Live streams open now");
        let memory = gauge("resident_memory_bytes", "Memory held by the process");
        let (deliveries, waiting, oldest) = (Family::default(), Family::default(), Family::default());
        registry.register(
            "deliveries",
            "Deliveries of notices, by subscription and what came of them",
            deliveries.clone(),
        );
        registry.register("notices_waiting", "Notices a subscription is still to pass", waiting.clone());
        registry.register(
            "notices_oldest_seconds",
            "Age of the first notice a subscription is still to pass",
            oldest.clone(),
        );
        Metrics {
            registry,
            requests,
            seconds,
            position,
            lists,
            edition,
            watchers,
            memory,
            deliveries,
            waiting,
            oldest,
        }
    }
}

/// The method as it is counted and logged: a client may send any word, and each would be a series of its own
/// for ever.
pub(crate) fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|k| *k == method.as_str()).unwrap_or("other")
}

impl Metrics {
    /// Counts an answer. `method` is what [`known`] gives.
    pub(crate) fn count(&self, method: &'static str, path: &str, status: u16, seconds: f64) {
        let route = Route { method, path: path.to_owned(), status };
        self.requests.get_or_create(&route).inc();
        self.seconds.observe(seconds);
    }

    /// Counts a delivery.
    pub(crate) fn delivered(&self, subscription: &str, fate: Fate) {
        let fate = if fate == Fate::Taken { "taken" } else { "failed" };
        let delivery = Delivery { subscription: subscription.to_owned(), fate };
        self.deliveries.get_or_create(&delivery).inc();
    }

    /// Measures how far behind every subscription is.
    fn measure(&self, app: &App) -> Result<(), Problem> {
        self.waiting.clear();
        self.oldest.clear();
        let now = app.engine.now();
        for row in app.engine.read(Reader::subscriptions)? {
            let (first, count) = app.engine.read(|r| r.notices_waiting(row.position))?;
            let of = Subscriber { subscription: row.name.to_string(), state: row.state.to_string() };
            self.waiting.get_or_create(&of).set(count.cast_signed());
            self.oldest.get_or_create(&of).set(first.map_or(0, |at| now.since(at).max(0) / 1_000));
        }
        Ok(())
    }

    /// All counts in the text format of OpenMetrics.
    ///
    /// # Errors
    /// The store's faults.
    pub(crate) fn text(&self, app: &App) -> Result<String, Problem> {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(value.cast_signed());
        };
        set(&self.position, app.engine.read(Reader::position)?.0);
        set(&self.lists, app.engine.views(None, |v| v.watermark())?.0);
        set(&self.edition, u64::from(app.rules().edition.0));
        set(&self.watchers, app.watchers.open() as u64);
        set(&self.memory, resident_bytes().unwrap_or(0));
        self.measure(app)?;
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(|e| Problem::internal(e.to_string()))?;
        Ok(text)
    }
}

/// What the kernel says this process holds; none where it does not say.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
