//! How fast an export is read: `cargo run --release -p huying-engine --example import_speed -- MAP.toml
//! EXPORT.csv [N]` reads the export N times over (100 by default) and prints rows a second, without a sink
//! behind it.

use huying_engine::import::{Job, Map, NoSink, Registry, SinkError, run};
use std::io::Read;

/// The header once, the rows several times.
struct Repeat<'a> {
    header: &'a [u8],
    body: &'a [u8],
    at: usize,
    left: usize,
}

impl Read for Repeat<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if !self.header.is_empty() {
            return self.header.read(out);
        }
        if self.at == self.body.len() {
            self.left = self.left.saturating_sub(1);
            self.at = 0;
        }
        if self.left == 0 {
            return Ok(0);
        }
        let n = self.body.get(self.at..).unwrap_or_default().read(out)?;
        self.at += n;
        Ok(n)
    }
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn main() -> Result<(), SinkError> {
    let mut args = std::env::args().skip(1);
    let (Some(map), Some(export)) = (args.next(), args.next()) else {
        return Err("MAP.toml EXPORT.csv [N]".into());
    };
    let times: usize = args.next().map_or(Ok(100), |n| n.parse())?;
    let map = Map::parse(&map, &std::fs::read_to_string(&map)?).map_err(|faults| format!("{faults:?}"))?;
    let mut text = std::fs::read(&export)?;
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let body = text.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (header, body) = text.split_at(body);
    let started = std::time::Instant::now();
    let report = run(Job {
        file: &export,
        input: Repeat { header, body, at: 0, left: times },
        map,
        registry: &mut Registry::new(true),
        sink: &mut NoSink::default(),
        rejects: std::io::sink(),
        list: std::io::sink(),
        progress: &mut |_| {},
    })?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} rows, {} rejected, {seconds:.2} s, {:.0} rows/s",
        report.rows,
        report.rejected,
        report.rows as f64 / seconds
    );
    Ok(())
}
