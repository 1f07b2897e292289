//! A request as handlers read it: headers, query parameters, address, JSON object.

use crate::app::App;
use crate::fields::shown;
use crate::limits::{KEY_DIGITS, KEY_VARIETY, MAX_BODY_BYTES, MAX_KEY};
use crate::problem::{FieldProblem, Kind, Problem};
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use huying_core::time::Time;
use huying_engine::Key;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;

/// The address at the other end of a connection, as the accept loop saw it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The parts of a request that handlers look at.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    headers: HeaderMap,
    query: Vec<(String, String)>,
    faults: Vec<FieldProblem>,
    /// The address the request comes from; behind a proxy, the one it was sent to the proxy from.
    pub(crate) from: IpAddr,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Call, Problem> {
        let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|e| Problem::new(Kind::BadRequest, format!("the query cannot be read: {e}")))?;
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |p| p.0);
        let from = if app.proxies.contains(&peer) { forwarded(&parts.headers).unwrap_or(peer) } else { peer };
        Ok(Call { headers: parts.headers.clone(), query, faults: Vec::new(), from })
    }
}

/// The last address a proxy wrote down: those before it are the client's own words.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

impl Call {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Whether a proxy handed the request on, known or not: a header of one came with it.
    pub(crate) fn is_handed_on(&self) -> bool {
        ["x-forwarded-for", "forwarded", "x-real-ip"].iter().any(|name| self.headers.contains_key(*name))
    }

    /// The token of a bearer.
    pub(crate) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Whether an `Authorization` header came at all.
    pub(crate) fn signs_in(&self) -> bool {
        self.headers.contains_key(header::AUTHORIZATION)
    }

    /// The query code of a resident, from the header or, for a link, from the query.
    pub(crate) fn code(&mut self) -> Option<String> {
        let in_query = self.take("query_code");
        self.header("x-huying-query-code").map(str::to_owned).or(in_query)
    }

    /// The key under which a request is done once, hashed with its sender's scope.
    pub(crate) fn key(&self, scope: &str) -> Result<Option<Key>, Problem> {
        let Some(value) = self.headers.get("idempotency-key") else { return Ok(None) };
        let text = value.to_str().unwrap_or_default();
        if text.is_empty() || text.len() > MAX_KEY {
            let accepted = format!("1 to {MAX_KEY} visible characters, such as a random UUID");
            let detail = "the header Idempotency-Key is not accepted";
            return Err(Problem::new(Kind::BadRequest, detail).accept(accepted));
        }
        let hash = Sha256::new().chain_update((scope.len() as u64).to_be_bytes());
        Ok(Some(hash.chain_update(scope).chain_update(text).finalize().into()))
    }

    /// The key of a sender without account. All of them share one scope, so a key must be one that nobody
    /// else has: 128 random bits as hexadecimal digits, or a UUID.
    pub(crate) fn random_key(&self, scope: &str) -> Result<Option<Key>, Problem> {
        let Some(value) = self.headers.get("idempotency-key") else { return Ok(None) };
        if !value.to_str().is_ok_and(looks_random) {
            let accepted = format!(
                "a random UUID, or {KEY_DIGITS} random hexadecimal digits; an account may use any key of its own"
            );
            let detail = "the header Idempotency-Key is not accepted: without an account it must be random";
            return Err(Problem::new(Kind::BadRequest, detail).accept(accepted));
        }
        self.key(scope)
    }

    /// Notes that a query parameter is not accepted.
    pub(crate) fn fault(&mut self, field: &str, problem: impl Into<String>, accepted: impl Into<String>) {
        self.faults.push(FieldProblem::new(field, problem, accepted));
    }

    /// Takes a query parameter out; an empty one is as good as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.query.iter().position(|(n, _)| n == name)?;
        Some(self.query.remove(at).1).filter(|v| !v.is_empty())
    }

    /// Takes a query parameter that `T` reads.
    pub(crate) fn parse<T: FromStr>(&mut self, name: &str, accepted: &str) -> Option<T> {
        let text = self.take(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.fault(name, format!("`{}` is not accepted", shown(&text)), accepted);
        }
        value
    }

    /// Takes an instant.
    pub(crate) fn time(&mut self, name: &str) -> Option<Time> {
        self.parse::<Timestamp>(name, crate::fields::INSTANT).map(Time::from)
    }

    /// Takes yes or no.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.parse(name, "true or false").unwrap_or(false)
    }

    /// Takes one of some words.
    pub(crate) fn word(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let text = self.take(name)?;
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        self.fault(name, format!("`{}` is not accepted", shown(&text)), words.join(", "));
        None
    }

    /// Ends the reading of the query; `known` are the parameters there are.
    ///
    /// # Errors
    /// A problem that names every parameter at fault, unknown and repeated ones among them.
    pub(crate) fn end(&mut self, known: &[&str]) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.query) {
            let problem = if known.contains(&name.as_str()) { "is given twice" } else { "is unknown" };
            let accepted = if known.is_empty() { "no parameters".to_owned() } else { known.join(", ") };
            self.fault(&shown(&name), problem, accepted);
        }
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() { Ok(()) } else { Err(Problem::query(faults)) }
    }
}

/// Whether a key has the form of 128 random bits.
fn looks_random(key: &str) -> bool {
    let bytes = key.as_bytes();
    // Where a UUID has its hyphens (RFC 9562).
    let uuid = bytes.len() == KEY_DIGITS + 4 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-');
    let digits: Vec<u8> = bytes.iter().copied().filter(|b| !uuid || *b != b'-').collect();
    let mut different: Vec<u8> = digits.to_ascii_lowercase();
    different.sort_unstable();
    different.dedup();
    digits.len() == KEY_DIGITS && digits.iter().all(u8::is_ascii_hexdigit) && different.len() >= KEY_VARIETY
}

/// A body that is a JSON object.
#[derive(Debug)]
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl FromRequest<Arc<App>> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Body, Problem> {
        let content = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let media = content.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/json") {
            let detail = format!("the body is `{}`", shown(media));
            return Err(Problem::new(Kind::MediaType, detail).accept("Content-Type: application/json"));
        }
        let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let declared: usize = declared.and_then(|n| n.parse().ok()).unwrap_or(0);
        if declared > MAX_BODY_BYTES {
            return Err(too_large());
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await.map_err(|_| too_large())?;
        object(&bytes).map(Body)
    }
}

fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, "the body is too large").accept(format!("at most {MAX_BODY_BYTES} bytes"))
}

fn object(bytes: &Bytes) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Problem::new(Kind::BadRequest, "the body is no JSON object").accept("a JSON object")),
        Err(e) => {
            let detail = format!("the body is no JSON, line {} column {}", e.line(), e.column());
            Err(Problem::new(Kind::BadRequest, detail).accept("a JSON object in UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_everybody_s_scope_has_the_form_of_128_random_bits() {
        let digits = "0193a7c9e3b47d218f5ac06e9b1d4f28";
        let uuid = "0193a7c9-e3b4-7d21-8f5a-c06e9b1d4f28";
        for good in [digits, uuid, &digits.to_uppercase(), &uuid.to_uppercase()] {
            assert!(looks_random(good), "{good}");
        }
        let short = &digits[1..];
        let long = format!("{digits}0");
        let misplaced = "0193a7c9e-3b4-7d21-8f5a-c06e9b1d4f28";
        let zeros = "0".repeat(32);
        let date = "20261124202611242026112420261124";
        for bad in ["", "k-1", "1", short, &long, misplaced, &zeros, date, &digits.replace('a', "g")] {
            assert!(!looks_random(bad), "{bad}");
        }
    }
}
