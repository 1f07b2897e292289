//! What every handler has at hand: the engine, the query codes, the day's counts.

use crate::api::Recent;
use crate::code::QueryCodes;
use crate::live::{Feed, Seats};
use crate::metrics::Metrics;
use crate::problem::{Kind, Problem};
use crate::quota::{Counted, Counts};
use crate::sign_in::Desk;
use huying_core::case::decide::kept_from;
use huying_core::ids::UnitId;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{CaseFilter, CaseRow};
use huying_engine::{Answer, Engine, Rejected, Submission};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot, watch};

/// Takes one line of the log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// The server's shared state.
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
    pub(crate) codes: QueryCodes,
    pub(crate) counts: Counts,
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) proxies: Vec<IpAddr>,
    pub(crate) log: Log,
    pub(crate) feed: Arc<Feed>,
    /// Live streams open now.
    pub(crate) watchers: Arc<Seats>,
    /// Turns true when the server stops, so that what never ends by itself does.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) metrics: Metrics,
    /// Public figures of the last seconds.
    pub(crate) figures: Recent,
    /// The folder of the built page.
    pub(crate) pages: Option<PathBuf>,
    /// Whether all that is served is made up.
    pub(crate) made_up: bool,
}

impl App {
    /// Does work that waits for the store, away from the threads that serve connections.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        match tokio::task::spawn_blocking(move || work(&app)).await {
            Ok(done) => done,
            Err(error) => Err(Problem::internal(format!("a handler ended early: {error}"))),
        }
    }

    /// Submits a command; what comes back is the answer once it is durable. Does not wait for it, so that all
    /// commands that come at once are committed together.
    pub(crate) fn submit(&self, submission: Submission) -> oneshot::Receiver<Answer> {
        let (tell, told) = oneshot::channel();
        self.engine.submit_then(submission, Box::new(move |answer| drop(tell.send(answer))));
        told
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.engine.rules()
    }

    /// The row of a case by its public number.
    pub(crate) fn row(&self, number: &str) -> Result<CaseRow, Problem> {
        self.engine.by_number(number)?.ok_or_else(|| no_case(number))
    }

    /// The row of a case by its public number, for a post: a case about its person's own line of units does
    /// not exist for it, nor does a restricted one that does not name it.
    ///
    /// # Errors
    /// 404, the same for both.
    pub(crate) fn row_for(&self, desk: &Desk, number: &str) -> Result<CaseRow, Problem> {
        let row = self.row(number)?;
        let kept = self.kept_from(desk);
        if row.about.as_ref().is_some_and(|about| kept.contains(about)) || !desk.is_named(&row) {
            Err(no_case(number))
        } else {
            Ok(row)
        }
    }

    /// The units of which no case exists for a post: for lists, counts and streams.
    pub(crate) fn kept_from(&self, desk: &Desk) -> Vec<UnitId> {
        kept_from(&desk.staff, &self.rules(), self.engine.now())
    }

    /// Of the cases that `of` asks for, those that exist for a post: none about its own line of units, and of
    /// restricted ones those that name it.
    pub(crate) fn shown_to(&self, desk: &Desk, of: CaseFilter) -> CaseFilter {
        CaseFilter { kept_from: self.kept_from(desk), seen_by: Some(desk.names()), ..of }
    }

    /// Takes one of a day's `most` for an address; says the day, and nothing when all are taken.
    pub(crate) fn count(&self, kind: Counted, from: IpAddr, most: u32) -> Option<Date> {
        let today = self.today();
        self.counts.take(kind, self.codes.sender(from), today, most).then_some(today)
    }

    /// Gives one back that was not used.
    pub(crate) fn uncount(&self, kind: Counted, from: IpAddr, day: Date) {
        self.counts.give_back(kind, self.codes.sender(from), day);
    }

    /// The civil day now.
    pub(crate) fn today(&self) -> Date {
        self.rules().day(self.engine.now())
    }

    /// Whole seconds until the next civil day begins.
    pub(crate) fn until_tomorrow(&self) -> u64 {
        let zone = TimeZone::get(&self.rules().city.about.zone).unwrap_or(TimeZone::UTC);
        let now = self.engine.now();
        let next = self.today().tomorrow().and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0)));
        let ms = next.map_or(0, |midnight| Time::from(midnight).since(now));
        u64::try_from(ms / 1_000).unwrap_or(0) + 1
    }
}

/// The answer that was waited for; a channel that closed means that the engine stops.
pub(crate) fn answered(answer: Result<Answer, oneshot::error::RecvError>) -> Answer {
    answer.unwrap_or(Err(Rejected::Stopped))
}

/// There is no case of this number, or not with this code: the two are told apart to nobody.
pub(crate) fn no_case(number: &str) -> Problem {
    let number = crate::fields::shown(number);
    Problem::new(Kind::NotFound, format!("there is no case {number} that this sender may see"))
        .accept("the number as it was given out; without an account also its query code")
}
