//! The header of one Merkle batch: what a group commit puts under the chain. Next: `segment.rs`.

use huying_core::ids::{Seq, ShardId};
use huying_core::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The one hash algorithm known so far: SHA-256, trees as in RFC 6962.
pub(crate) const SHA256: u8 = 1;
/// The version of the batch format.
pub(crate) const BATCH_SCHEMA: u16 = 1;
/// What stands for the chain before the first batch.
pub(crate) const NO_CHAIN: Digest = [0; 32];

/// SHA-256 of some bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Reads lower-case hexadecimal of exactly `N` bytes; any other spelling is refused, so that a digest has
/// one text.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// Digests as lower-case hexadecimal in JSON.
pub(crate) mod as_hex {
    use super::{hex, unhex};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(from)?;
        unhex(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is not {N} bytes in lower-case hexadecimal")))
    }
}

/// The header of one batch. Its bytes are hashed into the chain and are a leaf of its segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchHeader {
    /// The shard.
    pub shard: ShardId,
    /// Its number, counted from 1 without gaps.
    pub batch_no: u64,
    /// The first record.
    pub first_seq: Seq,
    /// The last record.
    pub last_seq: Seq,
    /// When it was recorded.
    pub recorded_at: Time,
    /// The Merkle root over the records' payloads.
    #[serde(with = "as_hex")]
    pub root: Digest,
    /// The chain hash of the batch before, zeros for the first.
    #[serde(with = "as_hex")]
    pub previous: Digest,
    /// The hash algorithm; 1 is SHA-256.
    pub algorithm: u8,
    /// The version of this format.
    pub schema: u16,
}

impl BatchHeader {
    /// The bytes that are hashed: a tag, then every field big-endian in the order of the struct.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"huying batch\n");
        out.extend_from_slice(&self.shard.0.to_be_bytes());
        out.extend_from_slice(&self.batch_no.to_be_bytes());
        out.extend_from_slice(&self.first_seq.0.to_be_bytes());
        out.extend_from_slice(&self.last_seq.0.to_be_bytes());
        out.extend_from_slice(&self.recorded_at.0.to_be_bytes());
        out.extend_from_slice(&self.root);
        out.extend_from_slice(&self.previous);
        out.push(self.algorithm);
        out.extend_from_slice(&self.schema.to_be_bytes());
        out
    }

    /// The chain hash after this batch.
    pub fn chain(&self) -> Digest {
        digest(&self.bytes())
    }

    /// How many records it holds; none when its ends contradict each other.
    pub(crate) fn size(&self) -> Option<u64> {
        self.last_seq.0.checked_sub(self.first_seq.0)?.checked_add(1)
    }
}
