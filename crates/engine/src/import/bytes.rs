//! Bytes of an export: decoded to UTF-8, and stopped when one record outgrows its limit.

use super::limits::MAX_RECORD_BYTES;
use super::map::Encoding;
use encoding_rs::{CoderResult, Decoder, GB18030};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Reads any encoding as UTF-8. Bytes that are not of a GB 18030 file's encoding become U+FFFD; those of a
/// UTF-8 file pass and are found field by field.
pub(super) enum Utf8<R> {
    Plain(R),
    Gb18030(Box<Transcoder<R>>),
}

impl<R: Read> Utf8<R> {
    pub(super) fn new(inner: R, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Utf8 => Self::Plain(inner),
            Encoding::Gb18030 => Self::Gb18030(Box::new(Transcoder::new(inner))),
        }
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(out),
            Self::Gb18030(inner) => inner.read(out),
        }
    }
}

const CHUNK: usize = 64 * 1024;

pub(super) struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    ended: bool,
    finished: bool,
    ready: Vec<u8>,
    ready_at: usize,
    ready_end: usize,
}

impl<R: Read> Transcoder<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            decoder: GB18030.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            raw_at: 0,
            raw_end: 0,
            ended: false,
            finished: false,
            ready: vec![0; CHUNK],
            ready_at: 0,
            ready_end: 0,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw_end && !self.ended {
            self.raw_end = self.inner.read(&mut self.raw)?;
            self.raw_at = 0;
            self.ended = self.raw_end == 0;
        }
        let source = self.raw.get(self.raw_at..self.raw_end).unwrap_or_default();
        let (result, read, written, _) = self.decoder.decode_to_utf8(source, &mut self.ready, self.ended);
        self.raw_at += read;
        self.ready_at = 0;
        self.ready_end = written;
        self.finished = self.ended && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready_at == self.ready_end && !self.finished {
            self.refill()?;
        }
        let ready = self.ready.get(self.ready_at..self.ready_end).unwrap_or_default();
        let n = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), ready.get(..n)) {
            to.copy_from_slice(from);
        }
        self.ready_at += n;
        Ok(n)
    }
}

/// Stops a reader that has swallowed more than one record's limit since the last record ended: memory stays
/// bounded whatever the file holds. `mark` is the byte at which the current record began.
pub(super) struct Bounded<R> {
    inner: R,
    read: u64,
    mark: Rc<Cell<u64>>,
}

/// What the CSV reader may have read ahead of the record it returns.
const READ_AHEAD: u64 = 64 * 1024;

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, mark: Rc<Cell<u64>>) -> Self {
        Self { inner, read: 0, mark }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read.saturating_sub(self.mark.get()) > MAX_RECORD_BYTES + READ_AHEAD {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "record too long"));
        }
        let n = self.inner.read(out)?;
        self.read += n as u64;
        Ok(n)
    }
}
