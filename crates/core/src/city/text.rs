//! From bytes to text: encoding, byte-order mark and line ends, with a fault for each thing that is off.

use super::folder::Folder;
use super::limits::MAX_FILE_BYTES;
use crate::fault::Fault;
use std::borrow::Cow;

/// The text of a file, with what is wrong with its encoding reported; `None` when there is no such file or it
/// is too large to read.
pub(super) fn read<'a>(folder: &'a Folder, file: &str, faults: &mut Vec<Fault>) -> Option<Cow<'a, str>> {
    let bytes = folder.get(file)?;
    if bytes.len() > MAX_FILE_BYTES {
        let problem = format!("the file has {} bytes", bytes.len());
        faults.push(Fault::error(file, 0, "", problem, format!("up to {MAX_FILE_BYTES} bytes")));
        return None;
    }
    let bytes = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => {
            faults.push(Fault::warning(
                file,
                1,
                "",
                "the file begins with a byte-order mark",
                "UTF-8 without it",
            ));
            rest
        }
        None => bytes,
    };
    if let Some(at) = bytes.windows(2).position(|w| w == b"\r\n") {
        let line = bytes[..at].iter().filter(|b| **b == b'\n').count() as u32 + 1;
        faults.push(Fault::warning(file, line, "", "lines end in CR LF", "LF"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => {
            report_bad_lines(file, bytes, faults);
            Some(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
        }
    }
}

fn report_bad_lines(file: &str, bytes: &[u8], faults: &mut Vec<Fault>) {
    for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if let Err(e) = std::str::from_utf8(line) {
            let problem = format!("byte {} of the line is not UTF-8", e.valid_up_to() + 1);
            faults.push(Fault::error(
                file,
                i as u32 + 1,
                "",
                problem,
                "UTF-8 (in Excel: save as “CSV UTF-8”)",
            ));
        }
    }
}

/// The number of the line on which the byte at `offset` stands.
pub(super) fn line_at(text: &str, offset: usize) -> u32 {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() as u32 + 1
}
