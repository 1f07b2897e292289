//! What anybody learns without an account, through the built binary: figures of public cases alone, over
//! whole days and places that are told apart, and nothing of the server itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Ground, Server, complaint};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const STREET: &str = "510104017";
const COMMUNITY: &str = "510104017001";

/// Changes lines of the profile; each must be there.
fn profile(ground: &Ground, changes: &[(&str, &str)]) {
    ground.edit("profile.toml", |mut text| {
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        text
    });
}

/// A city whose counts are not masked and that tells nothing apart below a district; and a token of its
/// administrator.
fn served(changes: &[(&str, &str)]) -> (Ground, Server, String) {
    let ground = Ground::new();
    profile(&ground, &[("smallest_cell = 5", "smallest_cell = 1")]);
    profile(&ground, changes);
    assert!(Server::start(&ground).stop().0.success());
    let admin = ground.token(&ground.person("administrator", |u| u.starts_with("u510100")));
    let server = Server::with(&ground.data, &[]);
    (ground, server, admin)
}

fn take_in(server: &Server, more: &Value) -> String {
    let mut call = complaint();
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if call["identity"] == "anonymous" {
        call.as_object_mut().unwrap().remove("contact");
    }
    let answer = server.call("POST", "/api/v1/cases").json(&call).send();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["number"].as_str().unwrap().to_owned()
}

fn received(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["total"]["received"].clone()
}

#[test]
fn figures_for_anybody_count_what_anybody_may_know() {
    let (_ground, server, admin) = served(&[("unnamed = true", "unnamed = false")]);
    take_in(&server, &json!({}));
    take_in(&server, &json!({ "place": STREET }));
    take_in(&server, &json!({ "request_type": "report" }));
    take_in(&server, &json!({ "about": "u510105" }));
    take_in(&server, &json!({ "identity": "anonymous" }));
    assert_eq!(received(&server.get(&admin, "/api/v1/figures")), 5);
    assert_eq!(received(&server.get("", "/api/v1/figures")), 2);
    let types = server.get("", "/api/v1/figures?by=request-type").body["rows"].to_string();
    assert!(types.contains("complaint") && !types.contains("report"), "{types}");
}

#[test]
fn callers_who_wish_not_to_be_known_are_counted_where_the_profile_says_so() {
    let (_ground, server, _) = served(&[]);
    take_in(&server, &json!({}));
    take_in(&server, &json!({ "identity": "anonymous" }));
    take_in(&server, &json!({ "identity": "confidential" }));
    assert_eq!(received(&server.get("", "/api/v1/figures")), 3);
}

#[test]
fn periods_and_places_of_public_figures_are_whole() {
    let (_ground, server, admin) = served(&[("level = \"grid\"\npoints", "level = \"street\"\npoints")]);
    take_in(&server, &json!({ "place": COMMUNITY }));
    let get = |token: &str, query: &str| server.get(token, &format!("/api/v1/figures?{query}"));
    // Midnight in Chengdu, in two writings; what the page asks.
    for from in ["2020-02-29T16:00:00.000Z", "2020-03-01T00:00:00%2B08:00"] {
        for by in ["matter", "hour"] {
            for under in ["510104", STREET] {
                let query = format!("by={by}&under={under}&from={from}");
                assert_eq!(received(&get("", &query)), 1, "{query}");
            }
        }
    }
    for (query, field) in [
        ("from=2020-02-29T16:00:00.001Z", "from"),
        ("from=2020-03-01T00:00:00Z", "from"),
        ("to=2099-12-31T15:59:59.999Z", "to"),
        (&*format!("under={COMMUNITY}"), "under"),
    ] {
        let refused = get("", query);
        assert_eq!((refused.status, refused.fields()), (400, vec![field]), "{query}: {}", refused.body);
        assert!(refused.body["fields"][0]["accepted"].as_str().unwrap().len() > 10);
        assert_eq!(get(&admin, query).status, 200, "an account may: {query}");
    }
    // What is asked more exactly by rows is lifted.
    let rows = get("", "by=place&level=community").body["rows"].clone();
    assert_eq!(rows[0]["key"], STREET, "{rows}");
}

#[test]
fn a_profile_may_tell_months_alone() {
    let (_ground, server, _) = served(&[("period = \"day\"", "period = \"month\"")]);
    let get = |from: &str| server.get("", &format!("/api/v1/figures?from={from}%2B08:00")).status;
    assert_eq!((get("2026-01-01T00:00:00"), get("2026-01-02T00:00:00")), (200, 400));
}

#[test]
fn open_cases_are_counted_for_places_that_are_told_apart() {
    let (_ground, server, _) = served(&[("level = \"grid\"\npoints", "level = \"street\"\npoints")]);
    take_in(&server, &json!({ "place": COMMUNITY }));
    let child = |of: &str, id: &str| -> Value {
        let place = server.get("", &format!("/api/v1/places/{of}"));
        assert_eq!(place.status, 200);
        let children = place.body["children"].as_array().unwrap().clone();
        children.into_iter().find(|c| c["id"] == id).unwrap()["open"].clone()
    };
    let until = Instant::now() + Duration::from_secs(20);
    while child("510104", STREET) != 1 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child("510104", STREET), 1);
    assert_eq!(child("510104", "510104018"), 0);
    assert_eq!(child(STREET, COMMUNITY), Value::Null);
}

#[test]
fn an_administrator_gives_tokens_to_whom_lies_in_the_territory() {
    let ground = Ground::new();
    let deputy = ground.person("intake", |u| u == "u510100-hotline");
    let handler = ground.person("handler", |u| u == "u510104-city-management");
    let chief = ground.person("administrator", |u| u == "u510100-hotline");
    let local = ground.person("dispatcher", |u| u == "u510104-hotline");
    let both = ground.person("handler", |u| u == "u510104-housing");
    ground.edit("posts.csv", |text| {
        format!(
            "{text}local-1,{local},u510104-hotline,administrator\nfar-1,{both},u510105-hotline,dispatcher\n"
        )
    });
    assert!(Server::start(&ground).stop().0.success());
    let (local, whole) = (ground.token(&local), ground.token(&chief));
    let server = Server::with(&ground.data, &[]);
    let ask = |method: &str, token: &str, post: &str, person: &str| {
        let path = format!("/api/v1/accounts/{person}/tokens");
        let call = server.call(method, &path).token(token).header("x-huying-post", post);
        if method == "POST" { call.json(&json!({})).send() } else { call.send() }
    };
    for person in [&chief, &deputy, &both] {
        for method in ["POST", "DELETE"] {
            let refused = ask(method, &local, "local-1", person);
            assert_eq!(
                (refused.status, &refused.body["rule"]),
                (403, &json!("powers.territory")),
                "{person}"
            );
        }
    }
    assert_eq!(server.get(&whole, "/api/v1/me").status, 200, "nothing was taken back");
    assert_eq!(ask("POST", &local, "local-1", &handler).status, 201);
    assert_eq!(ask("DELETE", &local, "local-1", &handler).body["revoked"], 1);
    let post = ground.posts().into_iter().find(|p| p[1] == chief).unwrap();
    assert_eq!(ask("POST", &whole, &post[0], &both).status, 201);
}

/// Sends a request line of one's own making and reads the status.
fn raw(server: &Server, line: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(format!("{line}\r\nhost: test\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_a_client_writes_is_no_label_and_no_word_of_the_log() {
    let ground = Ground::new();
    let server = Server::start(&ground);
    for n in 0..3 {
        raw(&server, &format!("BREW{n} /healthz HTTP/1.1"));
    }
    let counts = raw(&server, "GET /metrics HTTP/1.1");
    assert!(counts.contains("method=\"other\"") && !counts.contains("BREW"), "{counts}");
    let (_, log) = server.stop();
    assert!(log.contains("other /healthz 405") && !log.contains("BREW"), "{log}");
}

#[test]
fn behind_a_proxy_of_this_machine_the_counts_are_for_administrators() {
    let (_ground, server, admin) = served(&[]);
    let get = |header: &str, token: &str| {
        server.call("GET", "/metrics").header(header, "203.0.113.7").token(token).send().status
    };
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        assert_eq!((get(header, ""), get(header, &admin)), (401, 200), "{header}");
    }
    assert_eq!(server.get("", "/metrics").status, 200);
}

#[test]
fn where_the_page_lies_is_told_to_the_operator_alone() {
    let ground = Ground::new();
    let nowhere = ground.city.with_file_name("nowhere");
    let (city, nowhere) = (ground.city.to_str().unwrap(), nowhere.to_str().unwrap());
    let server = Server::with(&ground.data, &["--city", city, "--web", nowhere]);
    let answer = server.get("", "/");
    assert!(answer.status == 404 && !answer.body.to_string().contains("nowhere"), "{}", answer.body);
    assert!(server.stop().1.contains(nowhere));
}
