//! The proof of one case: its records, their paths to batches, the batches' paths to segments, and the signed
//! checkpoints. [`check`] needs nothing else: no data folder and no record of anybody else.
//!
//! A proof says that these records lie in the signed journal in this order, unaltered, the first to the
//! n-th of their stream. It does not say that none came after the last checkpoint it names.

use crate::batch::{BatchHeader, Digest, SHA256, as_hex, digest, hex, unhex};
use crate::error::StoreError;
use crate::merkle;
use crate::reader::Reader;
use crate::segment::{SignedCheckpoint, segment_leaves};
use crate::sqlite::header_fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use huying_core::ids::{Seq, StreamId, Version};
use huying_core::time::Time;
use serde::{Deserialize, Serialize};

/// What a proof's file begins with.
pub const FORMAT: &str = "huying proof 1";

/// One record with its path in its batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Its place in the shard.
    pub seq: Seq,
    /// Its bytes, in base64.
    pub payload: String,
    /// The siblings up to the batch's root, in hexadecimal.
    pub path: Vec<HexDigest>,
}

/// One batch with its path in its segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchProof {
    /// The header.
    pub header: BatchHeader,
    /// The siblings up to the segment's root, in hexadecimal.
    pub path: Vec<HexDigest>,
}

/// A digest that is written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HexDigest(#[serde(with = "as_hex")] pub Digest);

/// The proof of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`FORMAT`].
    pub format: String,
    /// The stream.
    pub stream: StreamId,
    /// Its records in order.
    pub leaves: Vec<Leaf>,
    /// The batches those records lie in, in order.
    pub batches: Vec<BatchProof>,
    /// The checkpoints over those batches, in order, as text.
    pub checkpoints: Vec<String>,
}

/// What a proof that holds shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The stream.
    pub stream: StreamId,
    /// How many records are proved: versions 1 to this one.
    pub records: u32,
    /// When the first was recorded.
    pub first_at: Time,
    /// When the last was recorded.
    pub last_at: Time,
    /// Digest of each checkpoint's text, to compare with what a witness holds.
    pub checkpoints: Vec<Digest>,
    /// When the last of those was sealed.
    pub sealed_at: Time,
    /// The key that signed.
    pub key: Digest,
    /// True when the key was compared with one the reader trusts.
    pub key_trusted: bool,
}

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The file does not read.
    #[error("the proof does not read: {0}")]
    Unreadable(String),
    /// A record is not what was recorded.
    #[error("record {seq}: {problem}")]
    Record {
        /// The record.
        seq: Seq,
        /// What is wrong.
        problem: String,
    },
    /// A batch is not what was sealed.
    #[error("batch {batch_no}: {problem}")]
    Batch {
        /// The batch.
        batch_no: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// A checkpoint is not what was signed.
    #[error("checkpoint {place} of the proof: {problem}")]
    Checkpoint {
        /// Its place in the proof, counted from 1.
        place: usize,
        /// What is wrong.
        problem: String,
    },
    /// The proof as a whole does not hold together.
    #[error("{0}")]
    Whole(&'static str),
}

/// Reads a public key written in hexadecimal.
pub fn read_key(text: &str) -> Option<Digest> {
    unhex(text.trim())
}

impl Proof {
    /// The proof as JSON.
    pub fn text(&self) -> Result<String, ProofError> {
        serde_json::to_string(self).map_err(|e| ProofError::Unreadable(e.to_string()))
    }

    /// Reads a proof from JSON.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        serde_json::from_str(text).map_err(|e| ProofError::Unreadable(e.to_string()))
    }
}

/// Checks a proof from nothing but itself, and its signing key against a trusted one when given.
pub fn check(proof: &Proof, trusted: Option<&Digest>) -> Result<Report, ProofError> {
    if proof.format != FORMAT {
        let problem = format!("its format is `{}`; accepted is `{FORMAT}`", proof.format);
        return Err(ProofError::Unreadable(problem));
    }
    let checkpoints = check_checkpoints(proof, trusted)?;
    for batch in &proof.batches {
        check_batch(batch, &checkpoints)?;
    }
    check_order(proof, &checkpoints)?;
    let mut times = Vec::with_capacity(proof.leaves.len());
    for (leaf, version) in proof.leaves.iter().zip(1..) {
        times.push(check_leaf(leaf, Version(version), proof)?);
    }
    let (Some(first), Some(last), Some(checkpoint)) = (times.first(), times.last(), checkpoints.last())
    else {
        return Err(ProofError::Whole("the proof holds no record or no checkpoint"));
    };
    Ok(Report {
        stream: proof.stream,
        records: u32::try_from(times.len()).unwrap_or(u32::MAX),
        first_at: *first,
        last_at: *last,
        checkpoints: checkpoints.iter().map(SignedCheckpoint::digest).collect(),
        sealed_at: checkpoint.checkpoint.sealed_at,
        key: checkpoint.checkpoint.key,
        key_trusted: trusted.is_some(),
    })
}

fn check_checkpoints(proof: &Proof, trusted: Option<&Digest>) -> Result<Vec<SignedCheckpoint>, ProofError> {
    let mut read: Vec<SignedCheckpoint> = Vec::with_capacity(proof.checkpoints.len());
    for (text, place) in proof.checkpoints.iter().zip(1..) {
        let fault = |problem: String| ProofError::Checkpoint { place, problem };
        let signed = SignedCheckpoint::parse(text).ok_or_else(|| fault("does not read".into()))?;
        if !signed.is_signed() {
            return Err(fault("its signature does not fit".into()));
        }
        if trusted.is_some_and(|key| *key != signed.checkpoint.key) {
            return Err(fault(format!(
                "it is signed by {}, not by the trusted key",
                hex(&signed.checkpoint.key)
            )));
        }
        if read.last().is_some_and(|l| l.checkpoint.key != signed.checkpoint.key) {
            return Err(fault("it is signed by another key than the one before".into()));
        }
        read.push(signed);
    }
    Ok(read)
}

fn check_batch(batch: &BatchProof, checkpoints: &[SignedCheckpoint]) -> Result<(), ProofError> {
    let header = &batch.header;
    let fault = |problem| ProofError::Batch { batch_no: header.batch_no, problem };
    if header.algorithm != SHA256 {
        return Err(fault("its hash algorithm is not known"));
    }
    let over = checkpoints
        .iter()
        .map(|c| &c.checkpoint)
        .find(|c| c.shard == header.shard && (c.first_batch..=c.last_batch).contains(&header.batch_no))
        .ok_or_else(|| fault("no checkpoint of the proof covers it"))?;
    let path: Vec<Digest> = batch.path.iter().map(|h| h.0).collect();
    let size = (over.last_batch - over.first_batch).saturating_add(1);
    let root = merkle::climb(&merkle::leaf(&header.bytes()), header.batch_no - over.first_batch, size, &path);
    if root == Some(over.root) {
        Ok(())
    } else {
        Err(fault("its path does not lead to the checkpoint's root"))
    }
}

/// Everything is in order, nothing is there twice or for nothing.
fn check_order(proof: &Proof, checkpoints: &[SignedCheckpoint]) -> Result<(), ProofError> {
    let rising = |numbers: Vec<u64>| numbers.windows(2).all(|w| w[0] < w[1]);
    let batches: Vec<u64> = proof.batches.iter().map(|b| b.header.batch_no).collect();
    let segments: Vec<u64> = checkpoints.iter().map(|c| c.checkpoint.segment).collect();
    if !rising(proof.leaves.iter().map(|l| l.seq.0).collect())
        || !rising(batches.clone())
        || !rising(segments)
    {
        return Err(ProofError::Whole("records, batches or checkpoints are not in order"));
    }
    let used = |b: &BatchProof| {
        proof.leaves.iter().any(|l| (b.header.first_seq..=b.header.last_seq).contains(&l.seq))
    };
    let covers = |c: &SignedCheckpoint| {
        batches.iter().any(|b| (c.checkpoint.first_batch..=c.checkpoint.last_batch).contains(b))
    };
    if proof.batches.iter().all(used) && checkpoints.iter().all(covers) {
        Ok(())
    } else {
        Err(ProofError::Whole("a batch or checkpoint of the proof covers none of its records"))
    }
}

fn check_leaf(leaf: &Leaf, version: Version, proof: &Proof) -> Result<Time, ProofError> {
    let fault = |problem: String| ProofError::Record { seq: leaf.seq, problem };
    let payload =
        STANDARD.decode(&leaf.payload).map_err(|e| fault(format!("its payload is not base64: {e}")))?;
    let batch = proof
        .batches
        .iter()
        .map(|b| &b.header)
        .find(|h| (h.first_seq..=h.last_seq).contains(&leaf.seq))
        .ok_or_else(|| fault("no batch of the proof holds it".into()))?;
    let path: Vec<Digest> = leaf.path.iter().map(|h| h.0).collect();
    let size = batch.size().ok_or_else(|| fault("its batch has no size".into()))?;
    let root = merkle::climb(&merkle::leaf(&payload), leaf.seq.0 - batch.first_seq.0, size, &path);
    if root != Some(batch.root) {
        return Err(fault("its path does not lead to the batch's root: record or path was altered".into()));
    }
    match header_fault(&payload, proof.stream, version, batch.recorded_at) {
        None => Ok(batch.recorded_at),
        Some(problem) => Err(fault(format!("the payload's header {problem}"))),
    }
}

impl Reader {
    /// The proof of a stream's records.
    ///
    /// # Errors
    /// `NotSealed` when a record is not yet under a checkpoint, `Missing` for a stream without records.
    pub fn prove(&self, stream: StreamId) -> Result<Proof, StoreError> {
        let records = self.load(stream)?;
        if records.is_empty() {
            return Err(StoreError::Missing { what: format!("stream {stream}") });
        }
        let format = FORMAT.to_owned();
        let mut proof =
            Proof { format, stream, leaves: Vec::new(), batches: Vec::new(), checkpoints: Vec::new() };
        let (mut segment, mut leaves, mut headers) = (None::<SignedCheckpoint>, Vec::new(), Vec::new());
        for record in records {
            let seq = record.seq;
            if segment.as_ref().is_none_or(|s| s.checkpoint.last_seq < seq) {
                let found = self.checkpoint_of(seq)?.ok_or(StoreError::NotSealed { seq })?;
                headers = self.headers(found.checkpoint.first_batch, found.checkpoint.last_batch)?;
                proof.checkpoints.push(found.text());
                segment = Some(found);
            }
            if proof.batches.last().is_none_or(|b| b.header.last_seq < seq) {
                let batch = batch_proof(&headers, seq)?;
                leaves = self.leaves(batch.header.batch_no)?;
                proof.batches.push(batch);
            }
            let first = proof.batches.last().map_or(0, |b| b.header.first_seq.0);
            proof.leaves.push(leaf_proof(&leaves, seq, first, &record.payload)?);
        }
        Ok(proof)
    }

    /// The public key that signs this folder's checkpoints, as the last checkpoint names it.
    pub fn signing_key(&self) -> Result<Option<Digest>, StoreError> {
        Ok(self.checkpoints()?.pop().map(|c| c.checkpoint.key))
    }
}

fn batch_proof(headers: &[BatchHeader], seq: Seq) -> Result<BatchProof, StoreError> {
    let at = headers.partition_point(|h| h.last_seq < seq);
    let path = merkle::path(&segment_leaves(headers), at);
    let (Some(header), Some(path)) = (headers.get(at), path) else {
        return Err(StoreError::Broken { what: format!("no batch of its segment holds record {seq}") });
    };
    Ok(BatchProof { header: header.clone(), path: path.into_iter().map(HexDigest).collect() })
}

fn leaf_proof(leaves: &[Digest], seq: Seq, first: u64, payload: &[u8]) -> Result<Leaf, StoreError> {
    let at = usize::try_from(seq.0.saturating_sub(first)).unwrap_or(usize::MAX);
    let whole = leaves.get(at).is_some_and(|l| *l == merkle::leaf(payload));
    let path = merkle::path(leaves, at).filter(|_| whole);
    let path =
        path.ok_or_else(|| StoreError::Broken { what: format!("record {seq} is not what its batch holds") })?;
    let path = path.into_iter().map(HexDigest).collect();
    Ok(Leaf { seq, payload: STANDARD.encode(payload), path })
}

/// The digest by which a witness knows a checkpoint's text.
pub fn checkpoint_digest(text: &str) -> Digest {
    digest(text.as_bytes())
}
