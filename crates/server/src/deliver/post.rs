//! One delivery: a connection, a POST, an answer within its time. Plain HTTP: TLS begins in a gateway of the
//! same machine or network, as it ends in a proxy before the server.

use crate::limits::{MAX_ANSWER_BYTES, MAX_URL};
use axum::http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::TcpStream;

/// What came of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken, with the body of the answer.
    Taken(Vec<u8>),
    /// There is nobody any more who wants it.
    Gone,
    /// Not taken, for this reason.
    Failed(String),
}

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    host: String,
    port: u16,
    path: String,
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Target, &'static str> {
        const ACCEPTED: &str = "an address such as http://127.0.0.1:8080/path; for https, the address of a \
                                gateway of your own that speaks TLS from there";
        let uri: Uri = text.parse().map_err(|_| ACCEPTED)?;
        let authority = uri.authority().ok_or(ACCEPTED)?;
        let plain = uri.scheme_str() == Some("http") && !authority.as_str().contains('@');
        if !plain || text.len() > MAX_URL || authority.host().is_empty() {
            return Err(ACCEPTED);
        }
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        Ok(Target { host: authority.host().to_owned(), port: authority.port_u16().unwrap_or(80), path })
    }
}

/// Sends `body` and waits for the answer, `patience` for all of it.
pub(super) async fn post(
    to: &Target,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    body: Vec<u8>,
    patience: Duration,
) -> Outcome {
    let late = || Outcome::Failed(format!("no answer within {} s", patience.as_secs()));
    tokio::time::timeout(patience, exchange(to, headers, body)).await.unwrap_or_else(|_| late())
}

async fn exchange(
    to: &Target,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    body: Vec<u8>,
) -> Outcome {
    match answer(to, headers, body).await {
        Ok((StatusCode::GONE, _)) => Outcome::Gone,
        Ok((status, body)) if status.is_success() => Outcome::Taken(body),
        Ok((status, _)) => Outcome::Failed(format!("it answered {status}")),
        Err(why) => Outcome::Failed(why),
    }
}

async fn answer(
    to: &Target,
    headers: impl IntoIterator<Item = (&'static str, String)>,
    body: Vec<u8>,
) -> Result<(StatusCode, Vec<u8>), String> {
    let host = to.host.trim_start_matches('[').trim_end_matches(']');
    let stream =
        TcpStream::connect((host, to.port)).await.map_err(|e| format!("it cannot be reached: {e}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| format!("no connection: {e}"))?;
    let connection = tokio::spawn(connection);
    let mut request = Request::post(&to.path)
        .header(header::HOST, format!("{}:{}", to.host, to.port))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .header(header::USER_AGENT, concat!("huying/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|e| e.to_string())?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|e| format!("no answer: {e}"))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        let body = body.collect().await.map_err(|e| format!("the answer broke off: {e}"))?;
        Ok((status, body.to_bytes().to_vec()))
    };
    let answered = answered.await;
    connection.abort();
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_http_and_whole() {
        let target = |text: &str| text.parse::<Target>();
        let full = target("http://127.0.0.1:8080/hook?a=1").unwrap();
        assert_eq!((full.host.as_str(), full.port, full.path.as_str()), ("127.0.0.1", 8080, "/hook?a=1"));
        assert_eq!(target("http://gateway").unwrap().port, 80);
        assert_eq!(target("http://[::1]:9/").unwrap().host, "[::1]");
        let long = format!("http://h/{}", "a".repeat(MAX_URL));
        for bad in ["", "hook", "/hook", "https://h/", "ftp://h/", "http://u:p@h/", "http:///x", &long] {
            assert!(target(bad).is_err(), "{bad}");
        }
    }
}
