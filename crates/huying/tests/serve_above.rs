//! A city hotline above, as a small HTTP server of its own: it issues orders, takes or refuses our words,
//! urges, changes due times, goes down and comes back. The built binary is driven by it end to end, and is
//! killed in between; nothing is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::receiver::{Delivery, Manner, Receiver};
use serving::{Answer, Ground, Server, huying};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const SYSTEM: &str = "hotline-12345";
const HANDLERS: &str = "u510104-city-management";

/// The city hotline above.
struct Hotline {
    token: String,
    address: SocketAddr,
    receiver: Option<Receiver>,
}

impl Hotline {
    /// Takes every well-formed word; refuses a reply that is too short, as it would one without a picture.
    fn opens(&mut self) {
        let receiver = Receiver::at(self.address);
        receiver.answers(|word| {
            let data = &word.body["data"];
            let text = data["text"].as_str().unwrap_or_default();
            let short = data["owed"] == "reply" && text.chars().count() < 12;
            let answer = json!({ "accepted": !short, "receipt": if short { "too-short" } else { "r-1" } });
            Manner::Status(200, answer.to_string())
        });
        self.receiver = Some(receiver);
    }

    fn goes_down(&mut self) {
        self.receiver = None;
        // Until the port is let go.
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(self.address).is_ok() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn heard(&self) -> &Receiver {
        self.receiver.as_ref().unwrap()
    }

    fn says(&self, server: &Server, path: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/external/{SYSTEM}/orders{path}");
        server.call("POST", &path).token(&self.token).json(body).send()
    }

    fn orders(&self, server: &Server, number: &str) -> String {
        let taken = self.says(server, "", &order(number));
        assert_eq!(taken.status, 201, "{}", taken.body);
        taken.body["number"].as_str().unwrap().to_owned()
    }
}

fn order(number: &str) -> Value {
    json!({
        "number": number,
        "due": "2036-01-05T18:00:00+08:00",
        "format": "contacted",
        "title": "路灯不亮",
        "body": "东大街一段路口的路灯连续三天不亮",
        "place": "510104",
        "contact": { "name": "张三", "phone": "13800000000" },
    })
}

struct Desks {
    dispatcher: String,
    handler: String,
    approver: String,
}

fn scene() -> (Ground, Hotline, Desks) {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| {
        let quick = text.replace("answer_seconds = 10", "answer_seconds = 1");
        let quick = quick.replace("retry_seconds = 2", "retry_seconds = 1");
        let quick = quick.replace("retry_most_seconds = 600", "retry_most_seconds = 1");
        // The due times of the system above lie years off, and more time is asked for beyond them.
        quick.replace("by = \"15 working days\"", "by = \"3650 days\"")
    });
    assert!(Server::start(&ground).stop().0.success());
    let data = ground.data.to_str().unwrap();
    let (code, out, err) = huying(&["account", "system", "--data", data, "--system", SYSTEM]);
    assert_eq!(code, 0, "{err}");
    let address = Receiver::new().address;
    let url = format!("http://{address}/replies");
    let add = ["webhook", "add", "--data", data, "--name", SYSTEM, "--url", &url, "--system", SYSTEM];
    assert_eq!(huying(&add).0, 0);
    let district = |role: &str| ground.token(&ground.person(role, |u| u.starts_with("u510104")));
    let desks = Desks {
        dispatcher: district("dispatcher"),
        handler: ground.token(&ground.person("handler", |u| u == HANDLERS)),
        approver: district("approver"),
    };
    (ground, Hotline { token: out.trim().to_owned(), address, receiver: None }, desks)
}

fn threads(server: &Server, token: &str, number: &str, label: &str) -> Vec<Value> {
    let case = server.get(token, &format!("/api/v1/cases/{number}"));
    let all = case.body["threads"].as_array().unwrap_or_else(|| panic!("{}", case.body)).clone();
    all.into_iter().filter(|t| t["kind"] == "external" && t["label"]["en"] == label).collect()
}

/// The last word of a label, once it stands on a step.
fn word(server: &Server, token: &str, number: &str, label: &str, step: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let all = threads(server, token, number, label);
        if let Some(last) = all.last().filter(|t| t["step"] == step) {
            return last.clone();
        }
        assert!(Instant::now() < end, "`{label}` does not come to {step}: {all:?}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn dispatch(server: &Server, desks: &Desks, number: &str) {
    let thread = server.thread(&desks.dispatcher, number, "dispatch")["thread"].clone();
    server.give(
        &desks.dispatcher,
        number,
        &json!({"name": "dispatch", "thread": thread, "lead": HANDLERS, "text": "请处理"}),
    );
}

fn sign(server: &Server, desks: &Desks, number: &str) -> Value {
    let thread = server.thread(&desks.handler, number, "handling")["thread"].clone();
    server.give(&desks.handler, number, &json!({"name": "sign", "thread": thread}));
    thread
}

fn reply(server: &Server, desks: &Desks, number: &str, thread: &Value, text: &str) {
    server.give(&desks.handler, number, &json!({"name": "contact", "thread": thread, "text": "已联系"}));
    let done = json!({"name": "finish", "thread": thread, "text": "已更换", "effort": {"minutes": 40}});
    server.give(&desks.handler, number, &done);
    server.give(&desks.handler, number, &json!({"name": "reply", "text": text}));
    let case = server.get(&desks.approver, &format!("/api/v1/cases/{number}")).body;
    let approval = case["threads"].as_array().unwrap().iter().find(|t| t["kind"] == "approval");
    if let Some(approval) = approval {
        let grant = json!({"name": "decide_reply", "thread": approval["thread"], "granted": true});
        server.give(&desks.approver, number, &grant);
    }
}

fn owed<'a>(words: &'a [Delivery], order: &str, label: &str) -> Vec<&'a Delivery> {
    let fits = |d: &&Delivery| d.body["data"]["order"] == order && d.body["data"]["owed"] == label;
    words.iter().filter(fits).collect()
}

#[test]
fn an_order_goes_through_two_rounds_with_the_hotline_down_and_the_server_killed() {
    let (ground, mut hotline, desks) = scene();
    let server = Server::start(&ground);
    let number = hotline.orders(&server, "CD-1");
    // The same order again is the same case, also with other words.
    assert_eq!(hotline.says(&server, "", &order("CD-1")).status, 200);
    dispatch(&server, &desks, &number);

    // Down while we sign; killed before it is back.
    let thread = sign(&server, &desks, &number);
    word(&server, &desks.dispatcher, &number, "signed", "sent");
    drop(server);
    let server = Server::start(&ground);
    let same = hotline.says(&server, "", &order("CD-1"));
    assert_eq!((same.status, same.body["number"].as_str()), (200, Some(number.as_str())), "{}", same.body);
    hotline.opens();
    word(&server, &desks.dispatcher, &number, "signed", "acknowledged");
    let heard = hotline.heard().until(|words| !owed(words, "CD-1", "signed").is_empty());
    let data = &owed(&heard, "CD-1", "signed")[0].body["data"];
    assert_eq!((&data["text"], &data["round"]), (&Value::Null, &json!(0)), "{data}");

    // An urge and another due time are inputs, told to those at work.
    let urged =
        hotline.says(&server, "/CD-1/urge", &json!({"due": "2036-01-03T18:00:00+08:00", "text": "请加快"}));
    assert_eq!(urged.status, 200, "{}", urged.body);
    let case = server.get(&desks.dispatcher, &format!("/api/v1/cases/{number}")).body;
    let promise = case["clocks"].as_array().unwrap().iter().find(|c| c["clock"] == 1).unwrap();
    assert!(promise["due"].as_str().unwrap().starts_with("2036-01-03"), "{promise}");
    let told = server.get(&desks.handler, "/api/v1/notices").body;
    assert!(told["notices"].as_array().unwrap().iter().any(|n| n["kind"] == "urged"), "{told}");

    // A reply that the hotline refuses, and a second one that it takes, after it was down once more.
    reply(&server, &desks, &number, &thread, "已修好");
    let second = word(&server, &desks.dispatcher, &number, "reply", "waiting");
    let desk = server.get(&desks.dispatcher, "/api/v1/inbox?limit=500").body;
    let waits = |t: &Value| t["number"] == number.as_str() && t["kind"] == "external";
    assert!(desk["threads"].as_array().unwrap().iter().any(waits), "the desk sees what it owes: {desk}");
    hotline.goes_down();
    let send =
        json!({"name": "send", "thread": second["thread"], "text": "路灯已于今日更换灯泡并恢复照明。"});
    server.give(&desks.dispatcher, &number, &send);
    drop(server);
    let server = Server::start(&ground);
    hotline.opens();
    word(&server, &desks.dispatcher, &number, "reply", "acknowledged");
    let heard = hotline.heard().until(|words| !owed(words, "CD-1", "reply").is_empty());
    let data = &owed(&heard, "CD-1", "reply")[0].body["data"];
    assert_eq!((&data["round"], &data["text"]), (&json!(1), &json!("路灯已于今日更换灯泡并恢复照明。")));
    // The reading of the words stands in the access ledger.
    let admin = token_of_auditor(&ground, server, &number);
    let server = Server::start(&ground);
    let read = server.get(&admin, &format!("/api/v1/cases/{number}/accesses")).body;
    let purpose = format!("report to {SYSTEM}");
    assert!(read["accesses"].as_array().unwrap().iter().any(|a| a["purpose"] == purpose.as_str()), "{read}");

    let judged = hotline.says(&server, "/CD-1/verdict", &json!({"solved": "solved", "satisfied": "very"}));
    assert_eq!((judged.status, &judged.body["state"]), (200, &json!("closed")), "{}", judged.body);
}

/// A token of who may read the access ledger; made while no server runs.
fn token_of_auditor(ground: &Ground, server: Server, _number: &str) -> String {
    assert!(server.stop().0.success());
    ground.token(&ground.person("supervisor", |u| u.starts_with("u510100")))
}

#[test]
fn a_receipt_may_come_later_and_strangers_are_refused() {
    let (ground, mut hotline, desks) = scene();
    hotline.opens();
    hotline.heard().answers(|_| Manner::Status(202, String::new()));
    let server = Server::start(&ground);
    let number = hotline.orders(&server, "CD-2");
    dispatch(&server, &desks, &number);
    sign(&server, &desks, &number);
    let heard = hotline.heard().until(|words| !owed(words, "CD-2", "signed").is_empty());
    let thread = owed(&heard, "CD-2", "signed")[0].body["data"]["thread"].clone();
    assert_eq!(word(&server, &desks.dispatcher, &number, "signed", "sent")["thread"], thread);
    let words = hotline.says(
        &server,
        "/CD-2/receipts",
        &json!({"thread": thread, "accepted": true, "receipt": "收到"}),
    );
    assert_eq!(words.fields(), ["receipt"], "a receipt is a code and no words");
    let receipt = json!({"thread": thread, "accepted": true, "receipt": "r-9"});
    for repeated in [false, true] {
        let taken = hotline.says(&server, "/CD-2/receipts", &receipt);
        assert_eq!((taken.status, &taken.body["repeated"]), (200, &json!(repeated)), "{}", taken.body);
    }
    word(&server, &desks.dispatcher, &number, "signed", "acknowledged");

    let missing = hotline.says(&server, "", &json!({"title": "x"}));
    assert_eq!(missing.fields(), ["number", "due"]);
    let mut own = order("CD-3");
    own["channel"] = json!("phone");
    assert_eq!(hotline.says(&server, "", &own).fields(), ["channel"]);
    assert_eq!(hotline.says(&server, "/CD-9/urge", &json!({"text": "快"})).status, 404);
    assert_eq!(hotline.says(&server, "/CD-2/verdict", &json!({"solved": "solved"})).status, 409);
    assert_eq!(hotline.says(&server, "/CD-2/verdict", &json!({"solved": "tea"})).status, 422);
    let path = format!("/api/v1/external/{SYSTEM}/orders");
    for (token, status) in [("", 401), (desks.dispatcher.as_str(), 403)] {
        assert_eq!(server.call("POST", &path).token(token).json(&order("CD-4")).send().status, status);
    }
    let other = "/api/v1/external/elsewhere/orders";
    assert_eq!(server.call("POST", other).token(&hotline.token).json(&order("CD-4")).send().status, 403);
    assert_eq!(server.get(&hotline.token, "/api/v1/inbox").status, 403, "a system holds no post");
}

#[test]
fn more_time_is_granted_above_and_what_is_not_ours_goes_back() {
    let (ground, mut hotline, desks) = scene();
    hotline.opens();
    let server = Server::start(&ground);
    let number = hotline.orders(&server, "CD-5");
    dispatch(&server, &desks, &number);
    let thread = sign(&server, &desks, &number);
    let ask = json!({
        "name": "ask_extension", "thread": thread, "until": "2036-01-08T18:00:00+08:00", "text": "等配件",
    });
    server.give(&desks.handler, &number, &ask);
    let asked = server.thread(&desks.approver, &number, "extension")["thread"].clone();
    let grant = json!({"name": "decide_extension", "thread": asked, "granted": true});
    server.give(&desks.approver, &number, &grant);
    word(&server, &desks.dispatcher, &number, "more-time", "acknowledged");
    let heard = hotline.heard().until(|words| !owed(words, "CD-5", "more-time").is_empty());
    let data = &owed(&heard, "CD-5", "more-time")[0].body["data"];
    assert!(data["until"].as_str().unwrap_or_default().starts_with("2036-01-08"), "{data}");
    assert_eq!(data["text"], "等配件", "the reason goes up where the approver adds nothing");
    let due = |server: &Server| {
        let case = server.get(&desks.dispatcher, &format!("/api/v1/cases/{number}")).body;
        let promise = case["clocks"].as_array().unwrap().iter().find(|c| c["clock"] == 1).unwrap().clone();
        promise["due"].as_str().unwrap()[..10].to_owned()
    };
    assert_eq!(due(&server), "2036-01-05", "a receipt moves no order; the system above does");
    let granted = hotline.says(&server, "/CD-5/urge", &json!({"due": "2036-01-08T18:00:00+08:00"}));
    assert_eq!((granted.status, due(&server).as_str()), (200, "2036-01-08"), "{}", granted.body);

    let number = hotline.orders(&server, "CD-6");
    let back = json!({"name": "return_above", "text": "不属于本区管辖"});
    server.give(&desks.dispatcher, &number, &back);
    let heard = hotline.heard().until(|words| !owed(words, "CD-6", "returned").is_empty());
    assert_eq!(owed(&heard, "CD-6", "returned")[0].body["data"]["text"], "不属于本区管辖");
    let end = Instant::now() + Duration::from_secs(30);
    let path = format!("/api/v1/cases/{number}");
    let state = || server.get(&desks.dispatcher, &path).body["case"]["state"].clone();
    while state() != "void" {
        assert!(Instant::now() < end, "{}", state());
        std::thread::sleep(Duration::from_millis(30));
    }
}
