//! `huying serve` over a damaged ledger: what is whole is read, writes say what to do, the damage is named.
//! And over a whole one: cases are proved and exports made beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serving::{Ground, Server, complaint, huying};
use std::path::Path;
use std::time::Duration;

fn create(server: &Server, key: &str) -> serving::Answer {
    server.call("POST", "/api/v1/cases").header("idempotency-key", key).json(&complaint()).send()
}

/// Overwrites the page that the writer cannot do without. What the write-ahead log still holds is moved into
/// the file first: a server that ends may leave it there, and it would cover the damage.
fn lose_the_remembered_answers(ledger: &Path) {
    let conn = rusqlite::Connection::open(ledger).unwrap();
    let number = |sql| usize::try_from(conn.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap()).unwrap();
    assert_eq!(number("PRAGMA wal_checkpoint(TRUNCATE)"), 0, "somebody else has the ledger open");
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'idempotency'");
    let size = number("PRAGMA page_size");
    drop(conn);
    let mut bytes = std::fs::read(ledger).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xEE);
    std::fs::write(ledger, bytes).unwrap();
}

#[test]
fn a_damaged_ledger_is_served_for_reading() {
    let ground = Ground::new();
    let server = Server::start(&ground);
    let health = server.call("GET", "/healthz").send().body;
    assert_eq!((&health["status"], &health["owed"]["behind"]), (&"ok".into(), &0.into()), "{health}");
    let taken = create(&server, "b1946ac9-2f1b-4c1e-9d0c-0d6d1a2c3e4f");
    assert_eq!(taken.status, 201, "{}", taken.body);
    assert!(server.stop().0.success());

    lose_the_remembered_answers(&ground.data.join("ledger.db"));

    let server = Server::start(&ground);
    let (number, code) = (taken.body["number"].as_str().unwrap(), taken.body["query_code"].as_str().unwrap());
    let path = format!("/api/v1/cases/{number}");
    let read = server.call("GET", &path).header("x-huying-query-code", code).send();
    assert_eq!((read.status, &read.body["number"]), (200, &number.into()), "{}", read.body);

    let refused = create(&server, "c1946ac9-2f1b-4c1e-9d0c-0d6d1a2c3e4f");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(refused.body["type"], "urn:huying:problem:unavailable");
    assert!(refused.body["detail"].as_str().unwrap().contains("damaged"), "{}", refused.body);
    assert!(refused.body["accepted"].as_str().unwrap().contains("restored"), "{}", refused.body);

    let health = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let health = server.call("GET", "/healthz").send().body;
        health["damages"].as_array().is_some_and(|d| !d.is_empty()).then_some(health)
    });
    assert_eq!(health.expect("the damage is named")["status"], "read-only");
    let (status, log) = server.stop();
    assert!(status.success());
    assert!(log.contains("READ ONLY: the ledger is damaged") && log.contains("DAMAGED: "), "{log}");
    assert!(log.contains("huying journal restore"), "{log}");
}

#[test]
fn a_case_is_proved_beside_a_running_server() {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| text.replace("seal_minutes = 60", "seal_minutes = 0"));
    let server = Server::start(&ground);
    let taken = create(&server, "d1946ac9-2f1b-4c1e-9d0c-0d6d1a2c3e4f");
    let number = taken.body["number"].as_str().unwrap().to_owned();
    let proof = ground.data.join("proof.json");
    let words =
        ["journal", "prove", &number, "-o", proof.to_str().unwrap(), "--data", ground.data.to_str().unwrap()];
    let proved = (0..40).any(|_| {
        std::thread::sleep(Duration::from_millis(250));
        huying(&words).0 == 0
    });
    assert!(proved, "{:?}", huying(&words));
    let (code, said, _) = huying(&["proof", "check", proof.to_str().unwrap()]);
    assert!(code == 0 && said.starts_with("holds: "), "{said}");
    assert!(server.stop().0.success());
}
