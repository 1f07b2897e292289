//! What waits for the writer: live commands first, imports after, both bounded.

use crate::limits::{MAX_BATCH, MAX_QUEUE};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A queue with two lanes.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    lanes: Mutex<Lanes<T>>,
    filled: Condvar,
    room: Condvar,
}

#[derive(Debug)]
struct Lanes<T> {
    live: VecDeque<T>,
    bulk: VecDeque<T>,
    open: bool,
}

/// How much of a batch something takes.
pub(crate) trait Weighed {
    /// How many commands it holds, at least 1.
    fn weight(&self) -> usize;
}

/// Which lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Live,
    Bulk,
}

/// Why something was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Full,
    Stopped,
}

impl<T: Weighed> Queue<T> {
    pub(crate) fn new() -> Queue<T> {
        let lanes = Lanes { live: VecDeque::new(), bulk: VecDeque::new(), open: true };
        Queue { lanes: Mutex::new(lanes), filled: Condvar::new(), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes<T>> {
        // A panic elsewhere leaves whole entries only: what waits can still be served.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `job`, or hands it back. A full live lane refuses; a full bulk lane makes the importer wait.
    pub(crate) fn push(&self, lane: Lane, job: T) -> Result<(), (T, Closed)> {
        let mut lanes = self.lock();
        while lane == Lane::Bulk && lanes.open && lanes.bulk.len() >= MAX_QUEUE {
            lanes = self.room.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
        if !lanes.open {
            return Err((job, Closed::Stopped));
        }
        if lane == Lane::Live && lanes.live.len() >= MAX_QUEUE {
            return Err((job, Closed::Full));
        }
        let lane = if lane == Lane::Live { &mut lanes.live } else { &mut lanes.bulk };
        lane.push_back(job);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes what waits, up to a batch by weight and live first; imports fill what room the live ones
    /// leave; waits up to `patience` for the first. `None` when the queue is closed and empty.
    pub(crate) fn drain(&self, patience: Duration) -> Option<Vec<T>> {
        let mut lanes = self.lock();
        if lanes.live.is_empty() && lanes.bulk.is_empty() && lanes.open {
            lanes = self.filled.wait_timeout(lanes, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        if lanes.live.is_empty() && lanes.bulk.is_empty() && !lanes.open {
            return None;
        }
        let (mut jobs, mut weight) = (Vec::new(), 0);
        while weight < MAX_BATCH {
            let next = lanes.live.pop_front().or_else(|| lanes.bulk.pop_front());
            let Some(job) = next else { break };
            weight += job.weight();
            jobs.push(job);
        }
        self.room.notify_all();
        Some(jobs)
    }

    /// Takes nothing more; what waits is still served.
    pub(crate) fn close(&self) {
        self.lock().open = false;
        self.filled.notify_all();
        self.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighed for usize {
        fn weight(&self) -> usize {
            1
        }
    }

    #[test]
    fn live_goes_before_bulk_and_a_full_lane_refuses() {
        let queue = Queue::new();
        queue.push(Lane::Bulk, 1).unwrap();
        for n in 0..MAX_QUEUE {
            queue.push(Lane::Live, n).unwrap();
        }
        assert_eq!(queue.push(Lane::Live, 0), Err((0, Closed::Full)));
        let first = queue.drain(Duration::ZERO).unwrap();
        assert_eq!((first.len(), first[0]), (MAX_BATCH, 0));
        queue.close();
        assert_eq!(queue.push(Lane::Live, 0), Err((0, Closed::Stopped)));
        let mut rest = 0;
        while let Some(jobs) = queue.drain(Duration::ZERO) {
            rest += jobs.len();
        }
        assert_eq!(rest, MAX_QUEUE + 1 - MAX_BATCH);
    }
}
