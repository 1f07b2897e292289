//! How far a long reading is, on standard error: rows, rows a second, and the time left by the bytes read.

use crate::table::thousands;
use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often a line is written.
const EVERY: Duration = Duration::from_millis(500);

/// A reader that counts its bytes.
pub(crate) struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Counted<R> {
    /// The reader, and where its count can be seen.
    pub(crate) fn new(inner: R) -> (Counted<R>, Rc<Cell<u64>>) {
        let read = Rc::new(Cell::new(0));
        (Counted { inner, read: read.clone() }, read)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

/// Writes one line over itself.
pub(crate) struct Meter {
    what: &'static str,
    total: u64,
    read: Rc<Cell<u64>>,
    started: Instant,
    last: Option<Instant>,
}

impl Meter {
    /// A meter of `total` bytes, of which `read` have been read.
    pub(crate) fn new(what: &'static str, total: u64, read: Rc<Cell<u64>>) -> Meter {
        Meter { what, total, read, started: Instant::now(), last: None }
    }

    /// Shows how far the reading is, now and then.
    pub(crate) fn show(&mut self, rows: u64) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        eprint!("\r{}", line(self.what, rows, self.read.get(), self.total, self.started.elapsed()));
    }

    /// Ends the line.
    pub(crate) fn end(&self) {
        if self.last.is_some() {
            eprintln!();
        }
    }
}

fn line(what: &str, rows: u64, read: u64, total: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(0.001);
    let rate = (rows as f64 / seconds).round() as u64;
    let part = if total == 0 { 1.0 } else { (read as f64 / total as f64).min(1.0) };
    let left = if part > 0.0 { seconds * (1.0 - part) / part } else { 0.0 };
    format!(
        "{what}: {} read, {} rows/s, {:.0} %, {left:.0} s left   ",
        thousands(rows),
        thousands(rate),
        part * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_bytes() {
        let shown = line("rows", 50_000, 25, 100, Duration::from_secs(10));
        assert_eq!(shown.trim_end(), "rows: 50,000 read, 5,000 rows/s, 25 %, 30 s left");
        assert!(line("rows", 0, 0, 0, Duration::ZERO).contains("100 %, 0 s left"));
    }
}
