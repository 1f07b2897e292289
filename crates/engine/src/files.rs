//! Files of a case: what is taken, what is stripped from it, and how it is sealed and found again.
//!
//! A picture tells where and when it was taken, and with whose device; none of that is kept. A file is
//! sealed under the key of its case and durable before a record may name it, so that a crash leaves at most
//! an unnamed file.

use crate::engine::{Engine, plain};
use crate::error::{EngineError, Rejected};
use crate::limits::MAX_FILE_BYTES;
use crate::sealing::{CASE_SUBJECT, random};
use crate::submission::{Answer, Key, Submission};
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Event};
use huying_core::case::refusal::Refusal;
use huying_core::ids::{CaseId, ThreadNo};
use huying_store::{AccessEntry, FileRow, StoreError, open_file, seal_file};
use img_parts::{Bytes, ImageEXIF, ImageICC, jpeg, png};
use sha2::{Digest as _, Sha256};

/// A file to be attached.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its bytes as they came.
    pub bytes: Vec<u8>,
    /// The thread it belongs to.
    pub thread: Option<ThreadNo>,
    /// As what: `before`, `after`, `close_up`, …
    pub label: Option<CompactString>,
}

/// Parts of a JPEG that say nothing of the picture: APP1 to APP15 but for colour (APP14), and comments.
fn is_metadata(marker: u8) -> bool {
    matches!(marker, 0xE1..=0xED | 0xEF | 0xFE)
}

/// Chunks of a PNG that say nothing of the picture.
const PNG_METADATA: [&[u8; 4]; 5] = [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"];

fn refuse(why: &str) -> Rejected {
    Rejected::Refused(Refusal::new("file.kind", why, "a JPEG, PNG or WebP picture, or a PDF"))
}

/// The bytes to keep: pictures without their metadata, other accepted kinds as they are.
pub(crate) fn stripped(bytes: &[u8]) -> Result<Vec<u8>, Rejected> {
    let broken = |_| refuse("the picture cannot be read");
    let encoded = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => {
            let mut picture = jpeg::Jpeg::from_bytes(Bytes::copy_from_slice(bytes)).map_err(broken)?;
            let turn = upright(picture.exif());
            picture.segments_mut().retain(|s| !is_metadata(s.marker()));
            picture.set_exif(turn);
            picture.encoder().bytes()
        }
        [0x89, b'P', b'N', b'G', ..] => {
            let mut picture = png::Png::from_bytes(Bytes::copy_from_slice(bytes)).map_err(broken)?;
            let turn = upright(picture.exif());
            picture.chunks_mut().retain(|c| !PNG_METADATA.contains(&&c.kind()));
            picture.set_exif(turn);
            picture.encoder().bytes()
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            let mut picture =
                img_parts::webp::WebP::from_bytes(Bytes::copy_from_slice(bytes)).map_err(broken)?;
            picture.set_exif(upright(picture.exif()));
            picture.set_icc_profile(None);
            picture.remove_chunks_by_id(*b"XMP ");
            picture.encoder().bytes()
        }
        [b'%', b'P', b'D', b'F', ..] => return Ok(bytes.to_vec()),
        _ => return Err(refuse("the file is of no accepted kind")),
    };
    Ok(encoded.to_vec())
}

/// The one thing in EXIF without which a picture is shown wrongly: which way up it is. Made anew, with
/// nothing else.
fn upright(exif: Option<Bytes>) -> Option<Bytes> {
    let turn = orientation(&exif?)?;
    let mut made = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    made.push(turn);
    made.extend([0; 6]);
    Some(Bytes::from(made))
}

/// The orientation, 1 to 8, of the first directory of a TIFF header (EXIF 2.3, tag 0x0112).
fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(usize::from(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }))
    };
    let first = if little { two(4)? } else { two(6)? };
    let entries = (0..two(first)?).map(|n| first + 2 + n * 12);
    let value = entries.into_iter().find(|at| two(*at) == Some(0x0112)).and_then(|at| two(at + 8))?;
    u8::try_from(value).ok().filter(|v| (1..=8).contains(v))
}

impl Engine {
    /// Strips, seals and keeps a file, then appends that it was attached.
    ///
    /// # Errors
    /// A refusal for a kind that is not taken or by `decide`, `TooLarge`, `NoCase`, the store's faults.
    pub fn attach(&self, actor: Actor, case: CaseId, file: &Attachment) -> Answer {
        self.attach_once(None, actor, case, file)
    }

    /// The same under an idempotency key: the file sent again is answered and not kept twice.
    ///
    /// # Errors
    /// As for [`Engine::attach`]; `KeyReused` when the key came with something else.
    pub fn attach_once(&self, id: Option<Key>, actor: Actor, case: CaseId, file: &Attachment) -> Answer {
        let body = body_of(case, file);
        let named = |files| Submission {
            key: id,
            ..plain(actor, case, Command::Attach { files, thread: file.thread, label: file.label.clone() })
        };
        if let Some(id) = id
            && self.is_known(&id)?
        {
            return self.submit_with_files(named(Vec::new()), body, Vec::new());
        }
        if file.bytes.len() > MAX_FILE_BYTES {
            let given = file.bytes.len();
            return Err(Rejected::TooLarge { what: "bytes of a file", given, limit: MAX_FILE_BYTES });
        }
        let bytes = stripped(&file.bytes)?;
        let key = self.case_key(case)?;
        let kept = seal_file(&key, case, CASE_SUBJECT, random()?, &bytes)?;
        let digest = self.folder().files().put(&kept)?;
        let name: CompactString = huying_store::hex(&digest).into();
        let row = FileRow { digest, case_id: case, subject: CASE_SUBJECT, bytes: kept.len() as u64 };
        let answer = self.submit_with_files(named(vec![name]), body, vec![row]);
        let unnamed = match &answer {
            Ok(accepted) => accepted.repeated,
            // After any other failure nobody knows yet whether a record names the file.
            Err(error) => matches!(error, Rejected::Refused(_) | Rejected::KeyReused | Rejected::Busy),
        };
        if unnamed {
            // What cannot be removed stays sealed and is named by nothing.
            let _ = self.folder().files().remove(&digest);
        }
        answer
    }

    /// Reads a file of a case in clear. The reading stands in the access ledger first.
    ///
    /// # Errors
    /// A refusal when the file is not of that case; the store's faults; `case.erased` when it was destroyed.
    pub fn read_file(&self, mut entry: AccessEntry, name: &str) -> Result<Vec<u8>, Rejected> {
        let case = entry.case_id;
        let digest = digest_of(name).ok_or_else(|| Rejected::NoCase(name.to_owned()))?;
        let of_case = self
            .history(case)?
            .is_some_and(|h| h.records.iter().flat_map(|(_, r)| &r.events).any(|e| names(e, name)));
        if !of_case {
            return Err(Rejected::NoCase(name.to_owned()));
        }
        entry.purpose = compact_str::format_compact!("{} file {name}", entry.purpose);
        self.read_clear(entry, Vec::new())?;
        let key = self.case_key(case)?;
        let kept = self.folder().files().get(&digest)?;
        Ok(open_file(&key, case, CASE_SUBJECT, &kept)?)
    }

    fn case_key(&self, case: CaseId) -> Result<huying_store::DataKey, Rejected> {
        match self.data_key(case) {
            Ok(key) => Ok(key),
            Err(StoreError::Missing { .. }) => Err(Rejected::NoCase(case.to_string())),
            Err(StoreError::Erased { .. }) => Err(crate::engine::erased()),
            Err(error) => Err(EngineError::from(error).into()),
        }
    }
}

/// What was sent, hashed; a file is sealed anew each time and never has the same bytes twice.
fn body_of(case: CaseId, file: &Attachment) -> [u8; 32] {
    let thread = file.thread.map_or(0, |t| t.0);
    let label = file.label.as_deref().unwrap_or_default();
    Sha256::new()
        .chain_update(b"huying attach\n")
        .chain_update(case.0.to_be_bytes())
        .chain_update(thread.to_be_bytes())
        .chain_update((label.len() as u64).to_be_bytes())
        .chain_update(label)
        .chain_update(&file.bytes)
        .finalize()
        .into()
}

fn names(event: &Event, name: &str) -> bool {
    matches!(event, Event::Attached { files, .. } if files.iter().any(|f| f == name))
}

fn digest_of(name: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if name.len() != 2 * digest.len() || !name.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..name.len()).step_by(2)) {
        *byte = u8::from_str_radix(name.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of one marker segment each: an APP1 with a position in it, a comment, and the end.
    fn jpeg() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        for (marker, body) in
            [(0xE0_u8, &b"JFIF\0"[..]), (0xE1, b"Exif\0\0GPS 30.66,104.06"), (0xFE, b"by somebody")]
        {
            bytes.extend([0xFF, marker]);
            bytes.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
            bytes.extend(body);
        }
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    fn holds(bytes: &[u8], what: &[u8]) -> bool {
        bytes.windows(what.len()).any(|w| w == what)
    }

    #[test]
    fn a_picture_loses_where_and_by_whom_it_was_taken() {
        let kept = stripped(&jpeg()).unwrap();
        assert!(holds(&kept, b"JFIF") && !holds(&kept, b"GPS") && !holds(&kept, b"somebody"));
    }

    #[test]
    fn a_picture_stays_the_right_way_up() {
        for (header, turn) in [
            (&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0GPS"[..], 6),
            (b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0GPS", 8),
        ] {
            assert_eq!(orientation(header), Some(turn));
            let kept = upright(Some(Bytes::from_static(header))).unwrap();
            assert_eq!(orientation(&kept), Some(turn));
            assert!(!holds(&kept, b"GPS"));
        }
        assert_eq!(orientation(b"MM\0*"), None);
    }

    #[test]
    fn what_is_no_accepted_kind_is_refused() {
        assert!(matches!(stripped(b"#!/bin/sh"), Err(Rejected::Refused(_))));
        assert!(stripped(&[]).is_err());
        assert!(stripped(&[0x89, b'P', b'N', b'G', 1, 2]).is_err());
        assert_eq!(stripped(b"%PDF-1.7 x").unwrap(), b"%PDF-1.7 x");
    }
}
