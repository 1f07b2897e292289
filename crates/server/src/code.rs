//! Query codes: with its number and code a resident without account follows and rates their case.
//!
//! A code is derived by a keyed hash from the number and from the commitment to the words of the call, so
//! that nothing has to be stored beside the key in `keys/query.key` of the data folder. The number alone
//! would not do: after an older backup was restored numbers are given out again, and the commitment, which
//! is salted, is another one for every call. Whoever loses that file makes every code given out so far
//! worthless; it belongs into the backup of the keys.

use crate::error::ServerError;
use crate::quota::network;
use hmac::{Hmac, KeyInit as _, Mac as _};
use huying_core::case::event::Digest;
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Letters and figures of a code: base 32 of RFC 4648, which has none that look alike.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of a code: 50 bits. A right code always passes, whoever else guessed from the same address, so
/// the code itself must be too long to guess: at ten thousand guesses a second it takes a thousand years.
pub(crate) const LENGTH: usize = 10;
/// Bytes of the hash that hold that many characters of 5 bits.
const BYTES: usize = 7;
const KEY_BYTES: usize = 32;

/// The maker of query codes. Does not show its key.
pub(crate) struct QueryCodes {
    mac: Hmac<Sha256>,
}

impl QueryCodes {
    /// Reads the key of a data folder; makes it at the first start.
    pub(crate) fn open(data: &Path) -> Result<QueryCodes, ServerError> {
        let path = data.join("keys").join("query.key");
        let fault = |problem: String| ServerError::QueryKey { path: path.clone(), problem };
        let key = match fs::read_to_string(&path) {
            Ok(text) => unhex(text.trim())
                .ok_or_else(|| fault("must hold 64 hexadecimal digits and nothing else".into()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => make(&path).map_err(fault)?,
            Err(e) => return Err(fault(format!("cannot be read: {e}"))),
        };
        QueryCodes::of(&key).ok_or_else(|| fault("is no key".into()))
    }

    fn of(key: &[u8; KEY_BYTES]) -> Option<QueryCodes> {
        Some(QueryCodes { mac: Hmac::new_from_slice(key).ok()? })
    }

    /// A keyed hash of parts, told apart from every other list of parts and every other use.
    fn hash(&self, of: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        for part in std::iter::once(of.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The code of a case: of its public number and the commitment to its words.
    pub(crate) fn code(&self, number: &str, commit: &Digest) -> String {
        let bytes = self.hash("code", &[number.as_bytes(), &commit.0]);
        let bits = bytes.iter().take(BYTES).fold(0u64, |all, b| (all << 8) | u64::from(*b));
        (1..=LENGTH).map(|i| char::from(ALPHABET[(bits >> (8 * BYTES - 5 * i)) as usize & 31])).collect()
    }

    /// Who sends from an address, for counting: without the key the address cannot be told from it.
    pub(crate) fn sender(&self, address: IpAddr) -> [u8; 32] {
        self.hash("sender", &[network(address).to_string().as_bytes()])
    }

    /// Whether `code` is the case's, upper or lower case, in a time that tells nothing.
    pub(crate) fn fits(&self, number: &str, commit: &Digest, code: &str) -> bool {
        let right = self.code(number, commit);
        let given = code.trim().to_ascii_uppercase();
        let differing = right.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        given.len() == LENGTH && differing == 0
    }
}

fn unhex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(key)
}

/// Staged, synced and then placed, so that a crash leaves a whole key or none.
fn make(path: &Path) -> Result<[u8; KEY_BYTES], String> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|e| format!("cannot be made: {e}"))?;
    let staged = path.with_extension("new");
    let write = || {
        let _ = fs::remove_file(&staged);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
        writeln!(file, "{}", huying_engine::store::hex(&key))?;
        file.sync_all()?;
        fs::rename(&staged, path)?;
        path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
    };
    write().map(|()| key).map_err(|e: std::io::Error| format!("cannot be made: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const CALL: Digest = Digest([7; 32]);

    #[test]
    fn a_code_is_the_same_after_a_restart_and_fits_its_number_only() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("keys")).unwrap();
        let codes = QueryCodes::open(dir.path()).unwrap();
        let (one, two) = ("2026112351010000001", "2026112351010000002");
        let code = codes.code(one, &CALL);
        assert_eq!((code.len(), codes.fits(one, &CALL, &code.to_lowercase())), (LENGTH, true));
        assert!(!codes.fits(two, &CALL, &code));
        assert!(!codes.fits(one, &Digest([8; 32]), &code), "the same number for another call");
        for wrong in ["", "A", &code[1..], &format!("{code}A")] {
            assert!(!codes.fits(one, &CALL, wrong), "{wrong}");
        }
        let again = QueryCodes::open(dir.path()).unwrap();
        assert_eq!(again.code(one, &CALL), code);
        let key = dir.path().join("keys/query.key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&key, "short").unwrap();
        assert!(QueryCodes::open(dir.path()).is_err());
    }

    /// Computed with Python's hmac and base64 over the lengths, "code", "1" and 32 bytes of 7.
    #[test]
    fn a_code_is_the_first_fifty_bits_in_base_32() {
        assert_eq!(QueryCodes::of(&[0x0b; 32]).unwrap().code("1", &CALL), "Z7JJ4TFW3A");
    }
}
