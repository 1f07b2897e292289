//! Sealed segments: runs of batches under a signed checkpoint whose text can be handed to a witness.
//! Proofs of single cases are in `proof.rs`.

use crate::batch::{BatchHeader, Digest, NO_CHAIN, digest, hex, unhex};
use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError};
use crate::limits::MAX_SEGMENT_BATCHES;
use crate::merkle;
use crate::reader::{HEADER, Reader, header};
use crate::sqlite::Store;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use huying_core::ids::{Seq, ShardId};
use huying_core::time::Time;

const TITLE: &str = "huying checkpoint 1";

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The shard.
    pub shard: ShardId,
    /// The segment's number, counted from 1.
    pub segment: u64,
    /// The first batch of the segment.
    pub first_batch: u64,
    /// The last batch of the segment.
    pub last_batch: u64,
    /// The first record of the segment.
    pub first_seq: Seq,
    /// The last record of the segment.
    pub last_seq: Seq,
    /// The Merkle root over the headers of the segment's batches.
    pub root: Digest,
    /// The chain hash after the last batch.
    pub chain: Digest,
    /// Digest of the text of the checkpoint before, zeros for the first.
    pub previous: Digest,
    /// When it was sealed.
    pub sealed_at: Time,
    /// The ed25519 public key that signs.
    pub key: Digest,
}

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// ed25519 over the text up to the signature's line.
    pub signature: [u8; 64],
}

impl Checkpoint {
    fn body(&self) -> String {
        format!(
            "{TITLE}\nshard {}\nsegment {}\nbatches {} {}\nrecords {} {}\nroot {}\nchain {}\nprevious {}\nsealed_at {}\nkey {}\n",
            self.shard,
            self.segment,
            self.first_batch,
            self.last_batch,
            self.first_seq,
            self.last_seq,
            hex(&self.root),
            hex(&self.chain),
            hex(&self.previous),
            self.sealed_at.0,
            hex(&self.key)
        )
    }

    fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let signature = key.sign(self.body().as_bytes()).to_bytes();
        SignedCheckpoint { checkpoint: self, signature }
    }
}

/// The words after `name` in the next line.
fn field<'t>(lines: &mut impl Iterator<Item = &'t str>, name: &str) -> Option<&'t str> {
    lines.next()?.strip_prefix(name)?.strip_prefix(' ')
}

fn pair(words: &str) -> Option<(u64, u64)> {
    let (a, b) = words.split_once(' ')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

impl SignedCheckpoint {
    /// The text to keep and to hand out.
    pub fn text(&self) -> String {
        format!("{}signature {}\n", self.checkpoint.body(), hex(&self.signature))
    }

    /// The digest of the text, which the next checkpoint names.
    pub fn digest(&self) -> Digest {
        digest(self.text().as_bytes())
    }

    /// Reads the text; any other spelling of it is refused. The signature is not yet verified.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != TITLE {
            return None;
        }
        let shard = ShardId(field(&mut lines, "shard")?.parse().ok()?);
        let segment = field(&mut lines, "segment")?.parse().ok()?;
        let (first_batch, last_batch) = pair(field(&mut lines, "batches")?)?;
        let (first_seq, last_seq) = pair(field(&mut lines, "records")?)?;
        let checkpoint = Checkpoint {
            shard,
            segment,
            first_batch,
            last_batch,
            first_seq: Seq(first_seq),
            last_seq: Seq(last_seq),
            root: unhex(field(&mut lines, "root")?)?,
            chain: unhex(field(&mut lines, "chain")?)?,
            previous: unhex(field(&mut lines, "previous")?)?,
            sealed_at: Time(field(&mut lines, "sealed_at")?.parse().ok()?),
            key: unhex(field(&mut lines, "key")?)?,
        };
        let signed = Self { checkpoint, signature: unhex(field(&mut lines, "signature")?)? };
        (signed.text() == text).then_some(signed)
    }

    /// True when the signature is that of the key the checkpoint names.
    pub fn is_signed(&self) -> bool {
        let signature = Signature::from_bytes(&self.signature);
        VerifyingKey::from_bytes(&self.checkpoint.key)
            .is_ok_and(|key| key.verify_strict(self.checkpoint.body().as_bytes(), &signature).is_ok())
    }
}

impl Reader {
    /// Every checkpoint in order.
    pub fn checkpoints(&self) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let texts: Vec<Vec<u8>> =
            self.all("reading checkpoints", "SELECT text FROM checkpoint ORDER BY segment", &[], |r| {
                get(r, 0)
            })?;
        texts.iter().map(|text| read_checkpoint(text)).collect()
    }

    /// The last checkpoint, none when nothing was sealed yet.
    pub fn last_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let sql = "SELECT text FROM checkpoint ORDER BY segment DESC LIMIT 1";
        let text: Option<Vec<u8>> = self.maybe("reading the last checkpoint", sql, &[], |r| get(r, 0))?;
        text.map(|text| read_checkpoint(&text)).transpose()
    }

    /// The checkpoint that covers a record, none when it is not sealed yet.
    pub(crate) fn checkpoint_of(&self, seq: Seq) -> Result<Option<SignedCheckpoint>, StoreError> {
        let sql = "SELECT text FROM checkpoint WHERE first_seq <= ?1 AND last_seq >= ?1";
        let text: Option<Vec<u8>> = self.maybe("reading a checkpoint", sql, &[&seq.put()], |r| get(r, 0))?;
        text.map(|text| read_checkpoint(&text)).transpose()
    }

    /// The headers of a run of batches.
    pub(crate) fn headers(&self, first: u64, last: u64) -> Result<Vec<BatchHeader>, StoreError> {
        let sql = format!("SELECT {HEADER} FROM batch WHERE batch_no BETWEEN ?1 AND ?2 ORDER BY batch_no");
        self.all("reading batches", &sql, &[&first.put(), &last.put()], |r| header(r, self.shard))
    }
}

fn read_checkpoint(text: &[u8]) -> Result<SignedCheckpoint, StoreError> {
    std::str::from_utf8(text).ok().and_then(SignedCheckpoint::parse).ok_or_else(|| StoreError::Broken {
        what: "a stored checkpoint does not read: it was altered".into(),
    })
}

/// The Merkle leaves of a segment.
pub(crate) fn segment_leaves(headers: &[BatchHeader]) -> Vec<Digest> {
    headers.iter().map(|h| merkle::leaf(&h.bytes())).collect()
}

impl Store {
    /// Seals every batch that is not yet under a checkpoint; hands back the new checkpoints, none when
    /// there was nothing to seal. Each checkpoint is one transaction: cut off in the middle, what is sealed
    /// is whole, and the next sealing goes on behind it.
    pub fn seal(&mut self, at: Time) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let key = self.folder.signing_key()?;
        let mut sealed = Vec::new();
        loop {
            let last = self.last_checkpoint()?;
            let first = last.as_ref().map_or(1, |c| c.checkpoint.last_batch + 1);
            if first > self.tip.batch_no {
                return Ok(sealed);
            }
            let headers = self.headers(first, (first + MAX_SEGMENT_BATCHES - 1).min(self.tip.batch_no))?;
            let signed = checkpoint_over(&headers, last.as_ref(), at, &key)?.sign(&key);
            self.keep(&signed)?;
            sealed.push(signed);
        }
    }

    fn keep(&mut self, signed: &SignedCheckpoint) -> Result<(), StoreError> {
        let doing = "sealing a segment";
        let c = &signed.checkpoint;
        self.transact(doing, |store| {
            store.conn.execute(
                "INSERT INTO checkpoint (segment, first_batch, last_batch, first_seq, last_seq, text) VALUES (?,?,?,?,?,?)",
                (
                    c.segment.put(), c.first_batch.put(), c.last_batch.put(), c.first_seq.put(),
                    c.last_seq.put(),
                    signed.text().as_bytes(),
                ),
            )
            .doing(doing)
        })?;
        Ok(())
    }
}

fn checkpoint_over(
    headers: &[BatchHeader],
    last: Option<&SignedCheckpoint>,
    at: Time,
    key: &SigningKey,
) -> Result<Checkpoint, StoreError> {
    let (Some(head), Some(tail)) = (headers.first(), headers.last()) else {
        return Err(StoreError::Broken { what: "a segment to seal has no batches".into() });
    };
    Ok(Checkpoint {
        shard: head.shard,
        segment: last.map_or(1, |c| c.checkpoint.segment + 1),
        first_batch: head.batch_no,
        last_batch: tail.batch_no,
        first_seq: head.first_seq,
        last_seq: tail.last_seq,
        root: merkle::root(&segment_leaves(headers)),
        chain: tail.chain(),
        previous: last.map_or(NO_CHAIN, SignedCheckpoint::digest),
        sealed_at: at,
        key: key.verifying_key().to_bytes(),
    })
}
