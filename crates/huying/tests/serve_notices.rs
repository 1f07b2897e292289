//! Notices through the built binary: boxes, webhooks with their signatures, and every fault a receiver can
//! have. Nothing is lost, everything keeps its id, and a dead receiver holds up nobody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::receiver::{Delivery, Manner, Receiver};
use serving::{Ground, Server, complaint, huying};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

const DISTRICT: &str = "u510104-hotline";

/// A city whose pauses are short enough to be waited for.
fn ground() -> Ground {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| {
        let quick = text.replace("answer_seconds = 10", "answer_seconds = 1");
        let quick = quick.replace("retry_seconds = 2", "retry_seconds = 1");
        quick.replace("retry_most_seconds = 600", "retry_most_seconds = 1")
    });
    // The city in force is made by the first start.
    assert!(Server::start(&ground).stop().0.success());
    ground
}

fn administrator(ground: &Ground) -> String {
    ground.token(&ground.person("administrator", |unit| unit.starts_with("u510100")))
}

fn dispatcher(ground: &Ground) -> String {
    ground.token(&ground.person("dispatcher", |unit| unit.starts_with("u510104")))
}

/// Adds a subscription beside the data folder; hands back its secret.
fn add(ground: &Ground, name: &str, url: &str, more: &[&str]) -> String {
    let data = ground.data.to_str().unwrap();
    let args = [&["webhook", "add", "--data", data, "--name", name, "--url", url], more].concat();
    let (code, out, err) = huying(&args);
    assert_eq!(code, 0, "{err}");
    out.trim().to_owned()
}

fn report(server: &Server) -> String {
    let made = server.call("POST", "/api/v1/cases").json(&complaint()).send();
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["number"].as_str().unwrap().to_owned()
}

fn hook(server: &Server, token: &str, name: &str) -> Value {
    let all = server.get(token, "/api/v1/webhooks");
    assert_eq!(all.status, 200, "{}", all.body);
    let found = all.body["webhooks"].as_array().unwrap().iter().find(|w| w["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("no {name}: {}", all.body))
}

fn hook_until(server: &Server, token: &str, name: &str, enough: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let found = hook(server, token, name);
        if enough(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{found}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn of(deliveries: &[Delivery], number: &str) -> Vec<Delivery> {
    deliveries.iter().filter(|d| d.body["data"]["number"] == number).cloned().collect()
}

/// Python's own HMAC over what docs/notices.md says is signed.
fn signature(secret: &str, delivery: &Delivery) -> String {
    let script = "import sys,hmac,hashlib,base64\n\
        key=base64.b64decode(sys.argv[1].removeprefix('whsec_'))\n\
        said=f'{sys.argv[2]}.{sys.argv[3]}.'.encode()+bytes.fromhex(sys.argv[4])\n\
        print('v1,'+base64.b64encode(hmac.new(key,said,hashlib.sha256).digest()).decode())";
    let hex: String = delivery.bytes.iter().map(|b| format!("{b:02x}")).collect();
    let args = [secret, delivery.header("webhook-id"), delivery.header("webhook-timestamp"), &hex];
    let out = Command::new("python3").arg("-c").arg(script).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_is_promised_lies_in_the_box_and_arrives_signed_under_the_same_id() {
    let ground = ground();
    let (admin, desk) = (administrator(&ground), dispatcher(&ground));
    let server = Server::start(&ground);
    let receiver = Receiver::new();
    let made = server
        .call("POST", "/api/v1/webhooks")
        .token(&admin)
        .json(&json!({"name": "desk", "url": receiver.url(), "unit": DISTRICT, "kinds": ["assigned"]}))
        .send();
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.body["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(hook(&server, &admin, "desk").get("secret"), None, "shown once");

    let number = report(&server);
    let got = receiver.until(|got| !of(got, &number).is_empty());
    let delivery = &of(&got, &number)[0];
    assert_eq!(delivery.path, "/hook");
    assert_eq!(delivery.header("webhook-id"), delivery.id());
    assert_eq!(delivery.header("webhook-signature"), signature(&secret, delivery));
    let data = &delivery.body["data"];
    assert_eq!(
        (&delivery.body["type"], &data["to"]),
        (&json!("notice.assigned"), &json!({"unit": DISTRICT}))
    );
    assert!(data["text"]["zh"].as_str().unwrap().contains(&number) && data["due"].is_string(), "{data}");
    let words = String::from_utf8(delivery.bytes.clone()).unwrap();
    for word in ["张三", "13800000000", "路灯"] {
        assert!(!words.contains(word), "{words}");
    }

    let listed = server.get(&desk, "/api/v1/notices?unread=true");
    let notices = listed.body["notices"].as_array().unwrap();
    let mine = notices.iter().find(|n| n["number"] == number.as_str()).unwrap();
    assert_eq!(
        (&mine["id"], &mine["kind"], &mine["read"]),
        (&json!(delivery.id()), &json!("assigned"), &json!(false))
    );
    let mark = |positions: Value| {
        server.call("POST", "/api/v1/notices/read").token(&desk).json(&json!({"positions": positions})).send()
    };
    assert_eq!(mark(json!([mine["position"]])).body, json!({"marked": 1}));
    assert_eq!(
        mark(json!([mine["position"], 999_999])).body,
        json!({"marked": 0}),
        "the same again, and none"
    );
    assert_eq!(mark(json!([])).fields(), ["positions"]);
    assert_eq!(mark(json!(["1"])).fields(), ["positions"]);
    let unread = server.get(&desk, "/api/v1/notices?unread=true").body;
    assert!(
        unread["notices"].as_array().unwrap().iter().all(|n| n["position"] != mine["position"]),
        "{unread}"
    );
    let all = server.get(&desk, "/api/v1/notices").body;
    assert!(all["notices"].as_array().unwrap().iter().any(|n| n["read"] == true), "{all}");
}

#[test]
fn a_box_is_turned_page_by_page_and_is_nobody_else_s() {
    let ground = ground();
    let desk = dispatcher(&ground);
    let other = ground.token(&ground.person("handler", |unit| unit == "u510104-city-management"));
    let server = Server::start(&ground);
    let numbers: Vec<String> = (0..3).map(|_| report(&server)).collect();
    let mut seen = Vec::new();
    let mut path = "/api/v1/notices?limit=1".to_owned();
    loop {
        let page = server.get(&desk, &path).body;
        let notices = page["notices"].as_array().unwrap().clone();
        seen.extend(notices.iter().map(|n| n["number"].as_str().unwrap().to_owned()));
        match page["next"].as_u64() {
            Some(next) => path = format!("/api/v1/notices?limit=1&before={next}"),
            None => break,
        }
    }
    let newest: Vec<String> = numbers.into_iter().rev().collect();
    assert_eq!(seen, newest, "newest first, each once");
    let theirs = server.get(&other, "/api/v1/notices").body;
    assert_eq!(theirs["notices"], json!([]));
    assert_eq!(server.get("", "/api/v1/notices").status, 401);
    assert_eq!(server.get(&desk, "/api/v1/notices?limit=501").status, 400);
    assert_eq!(server.get(&desk, "/api/v1/notices?of=all").status, 400);
}

#[test]
fn subscriptions_are_administrators_within_their_territory() {
    let ground = ground();
    let (admin, desk) = (administrator(&ground), dispatcher(&ground));
    let server = Server::start(&ground);
    let make =
        |token: &str, body: &Value| server.call("POST", "/api/v1/webhooks").token(token).json(body).send();
    let good = json!({"name": "a", "url": "http://127.0.0.1:9/"});
    assert_eq!((make("", &good).status, make(&desk, &good).status), (401, 403));
    assert_eq!(server.get(&desk, "/api/v1/webhooks").status, 403);
    let bad =
        json!({"url": "https://x/", "unit": "u1", "place": "9", "kinds": ["tea"], "callers": 1, "x": 1});
    assert_eq!(make(&admin, &bad).fields(), ["name", "url", "unit", "place", "kinds", "callers", "x"]);
    assert_eq!(make(&admin, &good).status, 201);
    assert_eq!(make(&admin, &good).status, 409, "a name lives once");
    let state = |name: &str, state: &str| {
        let path = format!("/api/v1/webhooks/{name}/state");
        server.call("PUT", &path).token(&admin).json(&json!({"state": state})).send()
    };
    assert_eq!(state("a", "paused").body["state"], "paused");
    assert!(state("a", "paused").body["reason"].as_str().unwrap().starts_with("paused by"));
    assert_eq!((state("a", "dead").status, state("b", "live").status), (422, 404));
    assert_eq!(server.call("DELETE", "/api/v1/webhooks/a").token(&desk).send().status, 403);
    assert_eq!(server.call("DELETE", "/api/v1/webhooks/a").token(&admin).send().status, 200);
    assert_eq!(server.call("DELETE", "/api/v1/webhooks/a").token(&admin).send().status, 404);
    assert_eq!(make(&admin, &good).status, 201, "the name is free again");
}

#[test]
fn a_receiver_that_fails_gets_everything_again_under_the_same_ids_and_in_order() {
    let ground = ground();
    let admin = administrator(&ground);
    let receiver = Receiver::new();
    add(&ground, "desk", &receiver.url(), &["--unit", DISTRICT]);
    let mut tries = 0;
    receiver.answers(move |_| {
        tries += 1;
        match tries {
            1 => Manner::Status(500, String::new()),
            2 => Manner::Cut,
            3 => Manner::Slow(Duration::from_secs(3)),
            _ => Manner::Status(200, "{}".into()),
        }
    });
    let server = Server::start(&ground);
    let numbers: Vec<String> = (0..4).map(|_| report(&server)).collect();
    let got = receiver.until(|got| of(got, &numbers[3]).len() == 1);
    let first = &of(&got, &numbers[0]);
    assert_eq!(first.len(), 4, "500, cut off, too slow, taken");
    assert!(first.iter().all(|d| d.id() == first[0].id()), "one notice has one id");
    let order: Vec<&Value> = got[3..].iter().map(|d| &d.body["data"]["number"]).collect();
    assert_eq!(order, numbers.iter().collect::<Vec<_>>());
    let row = hook_until(&server, &admin, "desk", |w| w["delivered"] == 4);
    assert_eq!((&row["failed"], &row["failures"], &row["state"]), (&json!(3), &json!(0), &json!("live")));
    let metrics = String::from_utf8(server.call("GET", "/metrics").send().bytes).unwrap();
    for line in [
        r#"huying_deliveries_total{subscription="desk",fate="taken"} 4"#,
        r#"huying_deliveries_total{subscription="desk",fate="failed"} 3"#,
        r#"huying_notices_oldest_seconds{subscription="desk",state="live"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[test]
fn a_receiver_that_is_gone_is_paused_and_goes_on_when_it_is_let() {
    let ground = ground();
    let admin = administrator(&ground);
    let receiver = Receiver::new();
    add(&ground, "desk", &receiver.url(), &["--unit", DISTRICT]);
    receiver.answers(|_| Manner::Status(410, String::new()));
    let server = Server::start(&ground);
    let number = report(&server);
    let row = hook_until(&server, &admin, "desk", |w| w["state"] == "paused");
    assert!(row["reason"].as_str().unwrap().contains("410"), "{row}");
    receiver.answers(|_| Manner::Status(200, String::new()));
    let second = report(&server);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(receiver.got().len(), 1, "nothing is sent to one that is paused");
    let path = "/api/v1/webhooks/desk/state";
    let live = server.call("PUT", path).token(&admin).json(&json!({"state": "live"})).send();
    assert_eq!((live.status, &live.body["reason"]), (200, &Value::Null), "{}", live.body);
    let got = receiver.until(|got| !of(got, &second).is_empty());
    assert_eq!(of(&got, &number).len(), 2, "what was refused as gone comes first, again");
    assert!(server.log().contains("the subscription `desk` is paused"), "{}", server.log());
}

#[test]
fn a_dead_subscriber_holds_up_nobody() {
    let ground = ground();
    let admin = administrator(&ground);
    let (alive, silent) = (Receiver::new(), Receiver::new());
    silent.answers(|_| Manner::Slow(Duration::from_secs(20)));
    add(&ground, "dead", "http://127.0.0.1:1/", &["--unit", DISTRICT]);
    add(&ground, "silent", &silent.url(), &["--unit", DISTRICT]);
    add(&ground, "alive", &alive.url(), &["--unit", DISTRICT]);
    let server = Server::start(&ground);
    let numbers: Vec<String> = (0..20).map(|_| report(&server)).collect();
    let got = alive.until(|got| got.len() >= numbers.len());
    let order: Vec<&Value> = got.iter().map(|d| &d.body["data"]["number"]).collect();
    assert_eq!(order, numbers.iter().collect::<Vec<_>>());
    let dead = hook_until(&server, &admin, "dead", |w| w["failed"].as_u64() > Some(0));
    assert!(dead["reason"].as_str().unwrap().contains("cannot be reached"), "{dead}");
    assert_eq!(dead["behind"], 20, "{dead}");
}

#[test]
fn a_server_killed_between_commit_and_delivery_loses_nothing() {
    let ground = ground();
    // A port that nobody listens on for now.
    let address = Receiver::new().address;
    add(&ground, "desk", &format!("http://{address}/"), &["--unit", DISTRICT]);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let server = Server::start(&ground);
        numbers.extend((0..3).map(|_| report(&server)));
        // Dropped: killed, not asked to stop.
        drop(server);
    }
    let receiver = Receiver::at(address);
    let server = Server::start(&ground);
    numbers.push(report(&server));
    let got = receiver.until(|got| of(got, numbers.last().unwrap()).len() == 1);
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    got.iter().for_each(|d| *ids.entry(d.id()).or_default() += 1);
    assert!(ids.values().all(|n| *n == 1), "{ids:?}");
    let order: Vec<&Value> = got.iter().map(|d| &d.body["data"]["number"]).collect();
    assert_eq!(order, numbers.iter().collect::<Vec<_>>(), "all of them, in their order");

    // Killed while it delivers: what was not written down comes again, and nothing is missing.
    receiver.answers(|_| Manner::Slow(Duration::from_millis(200)));
    let more: Vec<String> = (0..3).map(|_| report(&server)).collect();
    receiver.until(|got| !of(got, &more[0]).is_empty());
    drop(server);
    receiver.answers(|_| Manner::Status(200, String::new()));
    let _server = Server::start(&ground);
    let got = receiver.until(|got| !of(got, &more[2]).is_empty());
    for number in &more {
        let all = of(&got, number);
        assert!(!all.is_empty() && all.iter().all(|d| d.id() == all[0].id()), "{number}");
    }
}

#[test]
fn subscriptions_are_made_and_taken_back_at_the_terminal() {
    let ground = ground();
    let data = ground.data.to_str().unwrap();
    assert!(
        add(&ground, "sms", "http://127.0.0.1:9/", &["--callers", "--kind", "answered"])
            .starts_with("whsec_")
    );
    for bad in [
        ["--url", "https://x/", "--kind", "answered"],
        ["--url", "http://127.0.0.1:9/", "--kind", "tea"],
        ["--url", "http://127.0.0.1:9/", "--unit", "u1"],
        ["--url", "http://127.0.0.1:9/", "--place", "9"],
    ] {
        let (code, _, err) = huying(&[&["webhook", "add", "--data", data, "--name", "x"], &bad[..]].concat());
        assert!(code == 2 && err.contains("accepted"), "{bad:?}: {err}");
    }
    let listed = || huying(&["webhook", "list", "--data", data]).1;
    let of = |what: &str| huying(&["webhook", what, "--data", data, "--name", "sms"]).0;
    assert!(listed().contains("sms") && listed().contains("live"), "{}", listed());
    assert_eq!(of("pause"), 0);
    assert!(listed().contains("paused at the terminal"), "{}", listed());
    assert_eq!((of("resume"), of("remove"), of("remove")), (0, 0, 2));
    assert!(!listed().contains("sms"), "{}", listed());
}
