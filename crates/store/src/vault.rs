//! The vault's sealing, as pure functions that take their randomness as an argument, so that the engine can
//! seal off the writer's thread. Where sealed things lie is `sqlite.rs`; who may open them is `access.rs`.
//!
//! An item is XChaCha20-Poly1305 over salt ‖ text under the key of its (case, subject), bound to its place
//! by the associated data. The event holds the commitment SHA-256(salt ‖ class ‖ 0x00 ‖ text), which says
//! nothing without the salt. Keys are wrapped the same way under the folder's master key.

use crate::batch::Digest;
use crate::error::{StoreError, within};
use crate::limits::{MAX_FILE_BYTES, MAX_VAULT_ITEM_BYTES};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use compact_str::CompactString;
use hmac::{Hmac, Mac as _};
use huying_core::ids::{CaseId, ItemId};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes of salt in front of every text.
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// What sealing adds to a file: the nonce and the tag.
const SEAL_BYTES: usize = NONCE_BYTES + 16;

/// Where an item belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPlace {
    /// The item, minted by the engine, growing.
    pub item: ItemId,
    /// The case (or stream) it belongs to.
    pub case_id: CaseId,
    /// The subject within the case; 0 is the case as such.
    pub subject: u32,
    /// What kind of text: `title`, `body`, `phone`…
    pub class: CompactString,
}

/// A sealed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultItem {
    /// Where it belongs.
    pub place: ItemPlace,
    /// The nonce it was sealed with.
    pub nonce: [u8; NONCE_BYTES],
    /// The sealed salt and text.
    pub ciphertext: Vec<u8>,
}

/// The key of one (case, subject), wrapped under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultKey {
    /// The case.
    pub case_id: CaseId,
    /// The subject within the case.
    pub subject: u32,
    /// Nonce and sealed key.
    pub wrapped: Vec<u8>,
}

/// An opened item.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The salt of its commitment.
    pub salt: [u8; SALT_BYTES],
    /// The text.
    pub text: Vec<u8>,
}

/// The key that seals the items of one (case, subject). Does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

/// The key that wraps data keys. Does not show itself.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(…)")
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl DataKey {
    /// A key of 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl MasterKey {
    /// A key of 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Wraps the key of (case, subject). `nonce` is random and never used twice.
    pub fn wrap(
        &self,
        case_id: CaseId,
        subject: u32,
        key: &DataKey,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<VaultKey, StoreError> {
        let sealed = encrypt(&self.0, &nonce, &key_aad(case_id, subject), &key.0)
            .ok_or_else(|| sealed_error(format!("the key of case {case_id}, subject {subject}")))?;
        let mut wrapped = nonce.to_vec();
        wrapped.extend_from_slice(&sealed);
        Ok(VaultKey { case_id, subject, wrapped })
    }

    /// A keyed hash of `parts`, each with its length in front: HMAC-SHA256 under a key made of this one for
    /// `purpose` alone. Whoever has the hash but not the folder's key cannot try words against it.
    pub fn mac<'a>(&self, purpose: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
        let own = keyed(&self.0).chain_update("huying mac\n").chain_update(purpose).finalize();
        let mut hash = keyed(&own.into_bytes().into());
        for part in parts {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into_bytes().into()
    }

    /// Unwraps a key.
    pub fn unwrap_key(&self, key: &VaultKey) -> Result<DataKey, StoreError> {
        let open = || {
            let (nonce, sealed) = key.wrapped.split_first_chunk::<NONCE_BYTES>()?;
            let opened = decrypt(&self.0, nonce, &key_aad(key.case_id, key.subject), sealed)?;
            opened.try_into().ok().map(DataKey)
        };
        open()
            .ok_or_else(|| sealed_error(format!("the key of case {}, subject {}", key.case_id, key.subject)))
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // As long a block as the hash takes, so that no length can be wrong: RFC 2104 fills a key with zeros.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (byte, own) in block.iter_mut().zip(key) {
        *byte = *own;
    }
    KeyInit::new(&block)
}

/// Seals a text; hands back the item and the commitment for the event. `salt` and `nonce` are random.
///
/// # Errors
/// A text over [`MAX_VAULT_ITEM_BYTES`].
pub fn seal(
    key: &DataKey,
    place: ItemPlace,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    text: &[u8],
) -> Result<(VaultItem, Digest), StoreError> {
    within("the text of a vault item", text.len(), MAX_VAULT_ITEM_BYTES)?;
    let mut clear = Vec::with_capacity(SALT_BYTES + text.len());
    clear.extend_from_slice(&salt);
    clear.extend_from_slice(text);
    let ciphertext = encrypt(&key.0, &nonce, &item_aad(&place), &clear)
        .ok_or_else(|| sealed_error(format!("vault item {}", place.item)))?;
    let commits = commitment(&salt, &place.class, text);
    Ok((VaultItem { place, nonce, ciphertext }, commits))
}

/// Opens an item with the key of its (case, subject).
pub fn open_item(key: &DataKey, item: &VaultItem) -> Result<Opened, StoreError> {
    let open = || {
        let clear = decrypt(&key.0, &item.nonce, &item_aad(&item.place), &item.ciphertext)?;
        let (salt, text) = clear.split_first_chunk::<SALT_BYTES>()?;
        Some(Opened { salt: *salt, text: text.to_vec() })
    };
    open().ok_or_else(|| sealed_error(format!("vault item {}", item.place.item)))
}

/// Seals the bytes of a file under the key of (case, subject); nonce and sealed bytes are what the file
/// store keeps.
///
/// # Errors
/// A file over [`MAX_FILE_BYTES`].
pub fn seal_file(
    key: &DataKey,
    case_id: CaseId,
    subject: u32,
    nonce: [u8; NONCE_BYTES],
    bytes: &[u8],
) -> Result<Vec<u8>, StoreError> {
    within("a file", bytes.len(), MAX_FILE_BYTES - SEAL_BYTES)?;
    let sealed = encrypt(&key.0, &nonce, &file_aad(case_id, subject), bytes);
    let sealed = sealed.ok_or_else(|| sealed_error(format!("a file of case {case_id}")))?;
    let mut kept = Vec::with_capacity(sealed.len() + NONCE_BYTES);
    kept.extend_from_slice(&nonce);
    kept.extend_from_slice(&sealed);
    Ok(kept)
}

/// Opens what [`seal_file`] sealed.
///
/// # Errors
/// `Sealed` for bytes that were altered, or sealed for another case.
pub fn open_file(key: &DataKey, case_id: CaseId, subject: u32, kept: &[u8]) -> Result<Vec<u8>, StoreError> {
    let open = || {
        let (nonce, sealed) = kept.split_first_chunk::<NONCE_BYTES>()?;
        decrypt(&key.0, nonce, &file_aad(case_id, subject), sealed)
    };
    open().ok_or_else(|| sealed_error(format!("a file of case {case_id}")))
}

/// What the event says of a text: SHA-256(salt ‖ class ‖ 0x00 ‖ text).
pub fn commitment(salt: &[u8; SALT_BYTES], class: &str, text: &[u8]) -> Digest {
    Sha256::new()
        .chain_update(salt)
        .chain_update(class.as_bytes())
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .into()
}

fn sealed_error(what: String) -> StoreError {
    StoreError::Sealed { what }
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE_BYTES], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(&Key::from(*key)).encrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
}

fn decrypt(key: &[u8; 32], nonce: &[u8; NONCE_BYTES], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(&Key::from(*key)).decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
}

fn key_aad(case_id: CaseId, subject: u32) -> Vec<u8> {
    [&b"huying key\n"[..], &case_id.0.to_be_bytes(), &subject.to_be_bytes()].concat()
}

fn file_aad(case_id: CaseId, subject: u32) -> Vec<u8> {
    [&b"huying file\n"[..], &case_id.0.to_be_bytes(), &subject.to_be_bytes()].concat()
}

fn item_aad(place: &ItemPlace) -> Vec<u8> {
    [
        &b"huying item\n"[..],
        &place.item.0.to_be_bytes(),
        &place.case_id.0.to_be_bytes(),
        &place.subject.to_be_bytes(),
        place.class.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> ItemPlace {
        ItemPlace { item: ItemId(9), case_id: CaseId(4), subject: 1, class: "body".into() }
    }

    #[test]
    fn a_sealed_text_opens_with_its_key_in_its_place_only() {
        let key = DataKey::from_bytes([7; 32]);
        let (item, commits) = seal(&key, place(), [1; 16], [2; 24], "水管爆了".as_bytes()).unwrap();
        let opened = open_item(&key, &item).unwrap();
        assert_eq!(opened.text, "水管爆了".as_bytes());
        assert_eq!(commitment(&opened.salt, "body", &opened.text), commits);
        assert!(open_item(&DataKey::from_bytes([8; 32]), &item).is_err());
        let mut moved = item.clone();
        moved.place.case_id = CaseId(5);
        assert!(open_item(&key, &moved).is_err());
        let mut other = item;
        other.ciphertext[3] ^= 1;
        assert!(open_item(&key, &other).is_err());
    }

    #[test]
    fn a_wrapped_key_opens_under_its_master_and_for_its_subject_only() {
        let (master, key) = (MasterKey::from_bytes([1; 32]), DataKey::from_bytes([2; 32]));
        let mut wrapped = master.wrap(CaseId(1), 2, &key, [3; 24]).unwrap();
        assert_eq!(master.unwrap_key(&wrapped).unwrap(), key);
        assert!(MasterKey::from_bytes([9; 32]).unwrap_key(&wrapped).is_err());
        wrapped.subject = 3;
        assert!(master.unwrap_key(&wrapped).is_err());
    }

    #[test]
    fn a_keyed_hash_is_the_keys_the_purposes_and_the_parts() {
        let (one, other) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
        let known = one.mac("idempotency", [&b"ab"[..], b"c"]);
        assert_eq!(known, one.mac("idempotency", [&b"ab"[..], b"c"]));
        for different in [
            other.mac("idempotency", [&b"ab"[..], b"c"]),
            one.mac("another", [&b"ab"[..], b"c"]),
            one.mac("idempotency", [&b"a"[..], b"bc"]),
        ] {
            assert_ne!(known, different);
        }
        // RFC 4231, case 1: the key is twenty bytes 0x0b, filled with zeros as HMAC itself fills it.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let tag = keyed(&key).chain_update("Hi There").finalize().into_bytes();
        assert!(
            crate::hex(&<[u8; 32]>::from(tag))
                .starts_with("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da7")
        );
    }

    #[test]
    fn a_sealed_file_opens_for_its_case_only() {
        let key = DataKey::from_bytes([7; 32]);
        let kept = seal_file(&key, CaseId(4), 0, [2; 24], b"picture").unwrap();
        assert_eq!(open_file(&key, CaseId(4), 0, &kept).unwrap(), b"picture");
        assert!(open_file(&key, CaseId(5), 0, &kept).is_err());
        assert!(open_file(&DataKey::from_bytes([8; 32]), CaseId(4), 0, &kept).is_err());
    }

    #[test]
    fn a_text_at_the_limit_is_taken_and_one_over_is_not() {
        let key = DataKey::from_bytes([7; 32]);
        let text = vec![b'a'; MAX_VAULT_ITEM_BYTES + 1];
        assert!(seal(&key, place(), [1; 16], [2; 24], &text[1..]).is_ok());
        assert!(seal(&key, place(), [1; 16], [2; 24], &text).is_err());
    }
}
