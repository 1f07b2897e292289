//! The API's edges through the built binary: bad input, idempotency, pages, quotas, accounts, an orderly end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Ground, Server, complaint, huying};
use std::collections::BTreeSet;
use std::io::{Read, Write};

/// A key as a sender without account must bring it.
const KEY: &str = "0193a7c9-e3b4-7d21-8f5a-c06e9b1d4f28";

fn token(ground: &Ground, role: &str) -> String {
    let person = ground.person(role, |unit| unit.starts_with("u510100"));
    let data = ground.data.to_str().unwrap();
    let (code, out, err) = huying(&["account", "token", "--data", data, "--person", &person]);
    assert_eq!(code, 0, "{err}");
    out.trim().to_owned()
}

/// A served city and the token of an administrator.
fn served() -> (Ground, Server, String) {
    let ground = Ground::new();
    assert!(Server::start(&ground).stop().0.success());
    let token = token(&ground, "administrator");
    let server = Server::with(&ground.data, &[]);
    (ground, server, token)
}

#[test]
fn every_bad_field_is_named_with_what_is_accepted() {
    let (_ground, server, _) = served();
    let bad = [
        ("title", json!("")),
        ("title", json!("呼".repeat(201))),
        ("title", json!(7)),
        ("body", json!("应".repeat(12_001))),
        ("body", json!("a\u{0}b")),
        ("request_type", json!("rant")),
        ("channel", json!("pigeon")),
        ("matter", json!("matter.99999")),
        ("urgency", json!("very")),
        ("identity", json!("hidden")),
        ("contact", json!({})),
        ("contact.phone", json!({"phone": ""})),
        ("contact.fax", json!({"phone": "1", "fax": "2"})),
        ("place", json!("519999")),
        ("lon", json!(181)),
        ("lat", json!(-90.5)),
        ("datum", json!("mars")),
        ("address", json!([])),
        ("about", json!("nobody")),
        ("occurred_at", json!("yesterday")),
        ("occurred_at", json!("2999-01-01T00:00:00Z")),
        ("source", json!("patrol")),
        ("colour", json!("red")),
    ];
    for (field, value) in bad {
        let mut body = complaint();
        body[field.split('.').next().unwrap()] = value.clone();
        let answer = server.call("POST", "/api/v1/cases").json(&body).send();
        assert_eq!(answer.status, 422, "{field} {value}: {}", answer.body);
        assert!(answer.fields().contains(&field), "{field}: {}", answer.body);
        assert!(answer.body["fields"][0]["accepted"].as_str().unwrap().len() > 2, "{field}");
    }
    let all = server.call("POST", "/api/v1/cases").json(&json!({})).send();
    assert_eq!(all.fields(), ["title", "body", "request_type", "channel"]);
    let at_the_limit = json!({"title": "呼".repeat(200), "body": "应".repeat(12_000), "request_type": "help",
                              "channel": "web", "lon": 104.06, "lat": 30.67, "datum": "gcj02"});
    assert_eq!(server.call("POST", "/api/v1/cases").json(&at_the_limit).send().status, 201);
}

#[test]
fn what_is_no_request_is_a_problem_too() {
    let (_ground, server, token) = served();
    let post = |media: &str, body: &[u8]| {
        server.call("POST", "/api/v1/cases").header("content-type", media).bytes(body.to_vec()).send()
    };
    assert_eq!(post("application/json", b"{").status, 400);
    assert_eq!(post("application/json", b"[]").status, 400);
    assert_eq!(post("application/json", b"\xff").status, 400);
    assert_eq!(post("text/plain", b"{}").status, 415);
    assert_eq!(post("application/json", &vec![b' '; 128 * 1024 + 1]).status, 413);
    assert_eq!(post("application/json", &vec![b' '; 128 * 1024]).status, 400);
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("DELETE", "/api/v1/cases", 405),
        ("GET", "/api/v1/places/%ff", 400),
        ("GET", "/api/v1/places/519999", 404),
        ("GET", "/api/v1/cases/20260101510100000001", 404),
        ("GET", "/api/v1/cases?limit=501", 400),
        ("GET", "/api/v1/cases?limit=0", 400),
        ("GET", "/api/v1/cases?colour=red", 400),
        ("GET", "/api/v1/cases?state=open&state=closed", 400),
        ("GET", "/api/v1/cases?cursor=abc", 400),
        ("GET", "/api/v1/cases?place=519999", 400),
        ("GET", "/api/v1/cases?opened_from=2026", 400),
        ("GET", "/api/v1/figures?by=colour", 400),
        ("GET", "/api/v1/figures?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 400),
    ] {
        let answer = server.call(method, path).token(&token).send();
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(answer.body["status"], status, "{path}");
        assert!(answer.body["type"].as_str().unwrap().starts_with("urn:huying:problem:"), "{path}");
    }
    // Figures are for everybody, but a token that is nobody's is no token.
    assert_eq!(server.get("", "/api/v1/figures").status, 200);
    assert_eq!(server.get("0123", "/api/v1/figures").status, 401);
    for path in ["/api/v1/cases", "/api/v1/inbox", "/api/v1/me"] {
        for token in ["", "0123", &token[1..]] {
            let answer = server.get(token, path);
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{path}");
        }
    }
    let healthy = server.call("GET", "/healthz").send();
    assert_eq!((healthy.status, &healthy.body["status"]), (200, &json!("ok")));
    assert_eq!(healthy.header("x-content-type-options"), Some("nosniff"));
    let api = server.call("GET", "/openapi.json").send().body;
    let committed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json")).unwrap();
    assert!(
        api == serde_json::from_slice::<Value>(&committed).unwrap(),
        "docs/openapi.json is not what is served"
    );
}

#[test]
fn a_key_sent_again_brings_the_same_answer_and_another_body_is_refused() {
    let (ground, server, _) = served();
    drop(server);
    let token = token(&ground, "intake");
    let server = Server::with(&ground.data, &[]);
    let send = |body: &Value, key: &str| {
        server.call("POST", "/api/v1/cases").header("idempotency-key", key).json(body).send()
    };
    let (first, again) = (send(&complaint(), KEY), send(&complaint(), KEY));
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.body, again.body);
    let mut other = complaint();
    other["title"] = json!("另一件事");
    let refused = send(&other, KEY);
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("urn:huying:problem:key-reused")));
    assert_eq!(send(&other, "0193a7c9e3b47d218f5ac06e9b1d4f29").status, 201);
    // Everybody without an account shares one scope, so a key must be one that nobody else has.
    for guessable in ["", "1", "k-1", &"k".repeat(32), &"0".repeat(32), "20261124202611242026112420261124"] {
        let refused = send(&other, guessable);
        assert_eq!(refused.status, 400, "{guessable}");
        assert!(refused.body["accepted"].as_str().unwrap().contains("UUID"));
    }
    let keyed = |key: &str| {
        let call = server.call("POST", "/api/v1/cases").token(&token).header("idempotency-key", key);
        call.json(&other).send().status
    };
    assert_eq!((keyed(&"k".repeat(201)), keyed(&"k".repeat(200))), (400, 201));
}

#[test]
fn pages_cover_every_case_once_and_filters_narrow() {
    let (_ground, server, token) = served();
    let mut last = Value::Null;
    for i in 0..23 {
        let mut body = complaint();
        (body["title"], body["place"]) =
            (json!(format!("第{i}件")), json!(["510104", "510104017", "510105"][i % 3]));
        body["channel"] = json!(if i % 2 == 0 { "web" } else { "app" });
        last = server.call("POST", "/api/v1/cases").json(&body).send().body;
        assert!(last["number"].is_string(), "{last}");
    }
    let position = last["position"].as_u64().unwrap();
    let pages = |query: &str| -> Vec<String> {
        let (mut numbers, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/cases?limit=5&min_position={position}{query}{cursor}");
            let page = server.get(&token, &path);
            assert_eq!(page.status, 200, "{}", page.body);
            assert!(page.body["position"].as_u64().unwrap() >= position);
            let cases = page.body["cases"].as_array().unwrap();
            assert!(cases.len() <= 5 && cases.iter().all(|c| c.get("title").is_none()));
            numbers.extend(cases.iter().map(|c| c["number"].as_str().unwrap().to_owned()));
            match page.body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return numbers,
            }
        }
    };
    let all = pages("");
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (23, 23));
    assert_eq!(pages("&channel=web").len(), 12);
    // The district with its streets: two of every three.
    assert_eq!((pages("&place=510104").len(), pages("&place=510105").len()), (16, 7));
    assert_eq!((pages("&state=closed").len(), pages("&open=true").len()), (0, 23));
    assert_eq!(pages("&overdue=true").len(), 0);
    let number = last["number"].as_str().unwrap();
    assert_eq!(pages(&format!("&number={number}")), [number]);
    let opened = "&opened_from=2020-01-01T00:00:00%2B08:00&opened_to=2999-01-01T00:00:00Z";
    assert_eq!(pages(opened).len(), 23);
    assert_eq!(pages("&opened_to=2020-01-01T00:00:00Z").len(), 0);
}

#[test]
fn a_day_has_only_so_many_calls_from_one_address_and_codes_are_not_guessed() {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| {
        let text = text.replace("calls_per_day = 50", "calls_per_day = 2");
        text.replace("wrong_codes_per_day = 20", "wrong_codes_per_day = 3")
    });
    let more = ["--city", ground.city.to_str().unwrap(), "--proxy", "127.0.0.1"];
    let server = Server::with(&ground.data, &more);
    let send = |body: &Value, from: &str| {
        server.call("POST", "/api/v1/cases").header("x-forwarded-for", from).json(body).send()
    };
    let with_key = || {
        let call = server.call("POST", "/api/v1/cases").header("idempotency-key", KEY);
        call.header("x-forwarded-for", "203.0.113.7").json(&complaint()).send()
    };
    let first = with_key();
    assert_eq!(send(&json!({}), "203.0.113.7").status, 422, "what is refused does not count");
    assert_eq!(send(&complaint(), "10.9.9.9, 203.0.113.7").status, 201);
    let third = send(&complaint(), "203.0.113.7");
    assert_eq!(third.status, 429);
    assert_eq!(with_key().status, 200, "what was taken in can be asked for again");
    let wait: u64 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait));
    assert_eq!(send(&complaint(), "203.0.113.8").status, 201);
    let path = format!("/api/v1/cases/{}", first.body["number"].as_str().unwrap());
    let guess = |code: &str| server.call("GET", &path).header("x-huying-query-code", code).send().status;
    for _ in 0..3 {
        assert_eq!(guess("AAAAAAAAAA"), 404);
    }
    assert_eq!(guess("AAAAAAAAAA"), 429);
    let right = first.body["query_code"].as_str().unwrap();
    assert_eq!(guess(right), 200, "a neighbour's guesses lock nobody out");
    // A restart goes on where the day stood.
    assert!(server.stop().0.success());
    let server = Server::with(&ground.data, &["--proxy", "127.0.0.1"]);
    let guess = |code: &str| server.call("GET", &path).header("x-huying-query-code", code).send().status;
    assert_eq!((guess("AAAAAAAAAA"), guess(right)), (429, 200));
    let from = |address: &str| {
        let call = server.call("POST", "/api/v1/cases").header("x-forwarded-for", address);
        call.json(&complaint()).send().status
    };
    assert_eq!((from("203.0.113.7"), from("203.0.113.8"), from("203.0.113.8")), (429, 201, 429));
    assert!(server.stop().0.success());
    let ledger = std::fs::read(ground.data.join("ledger.db")).unwrap();
    assert!(!ledger.windows(11).any(|w| w == b"203.0.113.7"), "no address is kept");
}

#[test]
fn tokens_are_shown_once_end_and_are_taken_back() {
    let (ground, server, admin) = served();
    let data = ground.data.to_str().unwrap();
    let (code, _, err) = huying(&["account", "list", "--data", data]);
    assert!(code == 2 && err.contains("a server holds the data folder"), "{err}");
    let dispatcher = ground.person("dispatcher", |_| true);
    let path = format!("/api/v1/accounts/{dispatcher}/tokens");
    let make = |token: &str, body: Value| server.call("POST", &path).token(token).json(&body).send();
    let made = make(&admin, json!({"label": "desk", "days": 7}));
    assert_eq!((made.status, &made.body["person"]), (201, &json!(dispatcher)), "{}", made.body);
    let token = made.body["token"].as_str().unwrap();
    let me = server.get(token, "/api/v1/me");
    assert_eq!(
        (&me.body["person"], &me.body["posts"][0]["role"]),
        (&json!(dispatcher), &json!("dispatcher"))
    );
    let refused = make(token, json!({}));
    assert_eq!((refused.status, &refused.body["rule"]), (403, &json!("powers.role")));
    assert_eq!(make(&admin, json!({"days": 0})).fields(), ["days"]);
    let other =
        server.call("GET", "/api/v1/inbox").token(token).header("x-huying-post", "no-such-post").send();
    assert_eq!((other.status, &other.body["rule"]), (403, &json!("powers.post")));
    assert_eq!(server.get(token, "/api/v1/inbox").status, 200);
    let nobody =
        server.call("POST", "/api/v1/accounts/p9999999/tokens").token(&admin).json(&json!({})).send();
    assert_eq!(nobody.status, 404);
    let revoked = server.call("DELETE", &path).token(&admin).send();
    assert_eq!(revoked.body["revoked"], 1);
    assert_eq!(server.get(token, "/api/v1/me").status, 401);
    assert!(!std::fs::read_dir(&ground.data).unwrap().any(|f| {
        std::fs::read(f.unwrap().path()).is_ok_and(|b| b.windows(64).any(|w| w == token.as_bytes()))
    }));
    assert!(server.stop().0.success());
    let (code, out, _) = huying(&["account", "list", "--data", data]);
    assert!(code == 0 && out.contains(&dispatcher), "{out}");
    // Who made and took back which tokens stands in a ledger of its own; no token does.
    let (code, out, _) = huying(&["account", "log", "--data", data]);
    let rows: Vec<Vec<&str>> = out.lines().skip(1).map(|l| l.split_whitespace().skip(1).collect()).collect();
    let admin_id = ground.person("administrator", |unit| unit.starts_with("u510100"));
    assert_eq!((code, rows.len()), (0, 3), "{out}");
    assert!(rows[0][0] == "terminal" && rows[0].contains(&"made") && rows[0].contains(&&*admin_id), "{out}");
    assert!(rows[1][0] == admin_id && rows[1].contains(&"made") && rows[1].contains(&&*dispatcher), "{out}");
    assert!(rows[2][0] == admin_id && rows[2].contains(&"revoked") && rows[2].contains(&"1"), "{out}");
    assert!(!out.contains(&token[..16]));
    let verified = huying(&["journal", "verify", "--data", data]);
    assert_eq!(verified.0, 0, "{}{}", verified.1, verified.2);
    let add = |person: &str| huying(&["account", "add", "--data", data, "--person", person]);
    assert!(add("p9999999").2.contains("no person of the city"));
    assert!(add(&dispatcher).1.contains("had an account already"));
    assert_eq!(huying(&["account", "revoke", "--data", data, "--person", &dispatcher]).0, 1);
}

#[test]
fn a_deputy_stands_in_and_powers_stay_apart_through_all_posts_of_a_person() {
    let ground = Ground::new();
    let person = ground.person("dispatcher", |u| u.starts_with("u510104"));
    let posts = ground.posts();
    let [post, _, unit, _] = posts.iter().find(|p| p[1] == person).unwrap();
    let handler = ground.person("handler", |u| u.starts_with("u510105"));
    let header = "id,person,unit,role,deputy_of";
    ground.edit("posts.csv", |text| {
        let rest: String = text.lines().skip(1).map(|l| format!("{l},\n")).collect();
        format!(
            "{header}\n{rest}deputy-1,{handler},{unit},dispatcher,{post}\ncloser-1,{handler},{unit},closer,\n"
        )
    });
    assert!(Server::start(&ground).stop().0.success());
    let data = ground.data.to_str().unwrap();
    let (_, out, _) = huying(&["account", "token", "--data", data, "--person", &handler]);
    let token = out.trim();
    let server = Server::with(&ground.data, &[]);
    let several = server.get(token, "/api/v1/inbox");
    assert_eq!(several.status, 400);
    assert!(several.body["accepted"].as_str().unwrap().contains("deputy-1"), "{}", several.body);
    let me = server.get(token, "/api/v1/me");
    let deputy =
        me.body["posts"].as_array().unwrap().iter().find(|p| p["post"] == "deputy-1").unwrap().clone();
    assert_eq!(deputy["deputy_of"], json!(person));
    let number = server.call("POST", "/api/v1/cases").json(&complaint()).send().body["number"].clone();
    let path = format!("/api/v1/cases/{}/commands", number.as_str().unwrap());
    let order = json!({"name": "dispatch", "thread": 1, "lead": "u510104-city-management"});
    let sent =
        server.call("POST", &path).token(token).header("x-huying-post", "deputy-1").json(&order).send();
    assert_eq!(sent.status, 200, "{}", sent.body);
    // Who dispatched does not close, whatever post they come back with.
    let close = json!({"name": "close", "ground": "done"});
    let closed =
        server.call("POST", &path).token(token).header("x-huying-post", "closer-1").json(&close).send();
    assert_eq!((closed.status, &closed.body["rule"]), (403, &json!("powers.apart")), "{}", closed.body);
    assert!(closed.body["basis"].as_str().unwrap().contains("派遣人员不得结案"));
    assert!(closed.body["basis_en"].as_str().unwrap().contains("does not close"));
    assert_eq!(closed.body["accepted"], "another person");
}

#[test]
fn it_listens_on_loopback_only_and_finishes_what_it_accepted() {
    let (ground, server, _) = served();
    let data = ground.data.to_str().unwrap();
    // A request whose body is still on its way when the signal comes is answered, durably.
    let body = complaint().to_string();
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /api/v1/cases HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let (first, rest) = body.as_bytes().split_at(20);
    stream.write_all(first).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let stopping = std::thread::spawn(move || server.stop());
    std::thread::sleep(std::time::Duration::from_millis(300));
    stream.write_all(rest).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (status, log) = stopping.join().unwrap();
    assert!(status.success() && log.contains("stopping"), "{log}");
    let (code, _, err) = huying(&["serve", "--data", data, "--listen", "0.0.0.0:0"]);
    assert!(code == 2 && err.contains("--allow-remote"), "{err}");
    let server = Server::with(&ground.data, &[]);
    let health = server.call("GET", "/healthz").send();
    assert_eq!(health.body["position"], 2);
    let (code, _, err) =
        huying(&["serve", "--data", ground.city.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(code == 2 && err.contains("holds no city"), "{err}");
}
