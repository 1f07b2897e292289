//! The physical limit: the same bytes appended to a plain file, synced after the same batches.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Appends `per_batch` bytes and syncs, `batches` times; says how long that took.
pub(super) fn append(path: &Path, per_batch: usize, batches: usize) -> io::Result<Duration> {
    let mut file = File::create(path)?;
    // Not all zeros, so that no layer below can save itself the work.
    let bytes: Vec<u8> =
        (0..per_batch).map(|i| u8::try_from((i * 131 + i / 251) % 251).unwrap_or(1)).collect();
    let start = Instant::now();
    for _ in 0..batches {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    let took = start.elapsed();
    drop(file);
    std::fs::remove_file(path)?;
    Ok(took)
}
