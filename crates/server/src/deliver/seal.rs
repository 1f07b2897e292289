//! How a delivery is signed: as Standard Webhooks says, so that receivers verify it with a library they have.
//!
//! The signature is HMAC-SHA256 over `id.timestamp.body` under the subscription's secret; docs/notices.md
//! tells a receiver how to check it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use huying_core::time::Time;
use sha2::Sha256;

/// What stands before a secret as it is shown.
const PREFIX: &str = "whsec_";

/// A secret as it is shown once.
pub fn secret_text(secret: &[u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(secret))
}

/// The headers that name and sign a delivery.
pub(super) fn headers(secret: &[u8], id: &str, at: Time, body: &[u8]) -> [(&'static str, String); 3] {
    let seconds = at.0.div_euclid(1_000);
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", format!("v1,{}", sign(secret, id, seconds, body))),
    ]
}

fn sign(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the Standard Webhooks libraries.
    #[test]
    fn a_signature_is_what_other_implementations_compute() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_ne!(sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_331, body), signed);
    }
}
