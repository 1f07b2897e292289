//! A department's whistle over HTTP, through the built binary: refused, ruled on, answered, signed off, with
//! every line in the inbox of whoever must act next; and what is asked of an order beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Ground, Server, complaint};

const CITY_MANAGEMENT: &str = "u510104-city-management";
const WATER: &str = "u510104-water";
const DESK: &str = "u510104-hotline";

/// Tokens of the posts that a whistle passes.
struct Posts {
    dispatcher: String,
    convener: String,
    water: String,
    supervisor: String,
    approver: String,
    leader: String,
}

fn posts(ground: &Ground) -> Posts {
    // The city in force is made by the first start.
    assert!(Server::start(ground).stop().0.success());
    let of = |role: &str, unit: &str| ground.token(&ground.person(role, |u| u == unit));
    Posts {
        dispatcher: of("dispatcher", DESK),
        convener: of("handler", CITY_MANAGEMENT),
        water: of("handler", WATER),
        supervisor: of("supervisor", DESK),
        approver: of("approver", DESK),
        leader: of("leader", "u510104"),
    }
}

/// An order with the department that convenes.
fn ordered(server: &Server, posts: &Posts) -> String {
    let mut body = complaint();
    body["place"] = json!("510104017");
    let created = server.call("POST", "/api/v1/cases").json(&body).send();
    assert_eq!(created.status, 201, "{}", created.body);
    let number = created.body["number"].as_str().unwrap().to_owned();
    let thread = server.thread(&posts.dispatcher, &number, "dispatch")["thread"].clone();
    let order = json!({"name": "dispatch", "thread": thread, "lead": CITY_MANAGEMENT});
    server.give(&posts.dispatcher, &number, &order);
    number
}

/// The lines of a case in somebody's inbox: kind and what it says of the step.
fn lines(server: &Server, token: &str, number: &str, after: &Value) -> Vec<(String, String)> {
    let inbox = server.get(token, &format!("/api/v1/inbox?limit=500&min_position={}", after["position"]));
    assert_eq!(inbox.status, 200, "{}", inbox.body);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let all = inbox.body["threads"].as_array().unwrap().iter();
    all.filter(|t| t["number"] == number).map(|t| (text(&t["kind"]), text(&t["step_words"]["zh"]))).collect()
}

#[test]
fn a_department_is_called_refuses_reports_in_and_is_signed_off() {
    let ground = Ground::new();
    let posts = posts(&ground);
    let server = Server::start(&ground);
    let number = ordered(&server, &posts);
    let blow = json!({"name": "whistle", "kind": "everyday", "units": [WATER], "text": "请到现场"});
    let unknown = json!({"name": "whistle", "kind": "loud", "units": [WATER], "text": "请到现场"});
    assert_eq!(server.try_give(&posts.convener, &number, &unknown).status, 422);
    server.give(&posts.convener, &number, &blow);
    let thread = server.thread(&posts.water, &number, "summons")["thread"].clone();
    let give = |token: &str, name: &str, more: Value| {
        let mut command = json!({"name": name, "thread": thread});
        command.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        server.give(token, &number, &command)
    };
    give(&posts.water, "refuse", json!({"ground": "other_unit", "text": "非我局职责"}));
    let ruling = server.thread(&posts.supervisor, &number, "ruling")["thread"].clone();
    let rule = json!({"name": "rule", "thread": ruling, "upheld": false, "text": "由水务局办理"});
    assert_eq!(server.try_give(&posts.convener, &number, &rule).status, 403, "not in their own cause");
    server.give(&posts.supervisor, &number, &rule);
    give(&posts.water, "acknowledge", json!({}));
    let early = json!({"name": "finish", "thread": thread, "text": "好了"});
    let refused = server.try_give(&posts.water, &number, &early);
    assert_eq!((refused.status, &refused.body["rule"]), (409, &json!("summons.on-site-first")));
    give(&posts.water, "arrive", json!({}));
    let stated = give(&posts.water, "state_measure", json!({"measure": "repaired", "text": "当场修复"}));
    let seen = lines(&server, &posts.water, &number, &stated);
    assert!(seen.len() == 1 && seen[0].0 == "summons", "{seen:?}");
    // What the department says is done waits for the convener, and no more for the department.
    let done = give(&posts.water, "finish", json!({"text": "已修复"}));
    assert!(lines(&server, &posts.water, &number, &done).is_empty());
    let waits = ("summons".to_owned(), "待确认".to_owned());
    assert!(lines(&server, &posts.convener, &number, &done).contains(&waits));
    let own = json!({"name": "confirm", "thread": thread, "confirmed": true});
    assert_eq!(server.try_give(&posts.water, &number, &own).status, 403, "nobody signs their own work off");
    let back = give(&posts.convener, "confirm", json!({"confirmed": false, "text": "仍在渗水"}));
    assert_eq!(lines(&server, &posts.water, &number, &back).len(), 1, "it is the department's again");
    give(&posts.water, "state_measure", json!({"text": "重新焊接"}));
    give(&posts.water, "finish", json!({"text": "已修复"}));
    let signed = give(&posts.convener, "confirm", json!({"confirmed": true, "grade": "good"}));
    assert!(!lines(&server, &posts.convener, &number, &signed).contains(&waits));
    give(&posts.water, "grade", json!({"grade": "warranted"}));
    // The whistle is over with its last summons.
    let case = server.get(&posts.convener, &format!("/api/v1/cases/{number}")).body;
    let all = case["threads"].as_array().unwrap().iter();
    let whistle: Vec<&Value> = all.filter(|t| t["kind"] == "whistle").collect();
    assert_eq!((whistle.len(), &whistle[0]["step_words"]["zh"]), (1, &json!("已结哨")));
}

#[test]
fn an_order_is_urged_watched_hung_and_instructed_about() {
    let ground = Ground::new();
    let posts = posts(&ground);
    let server = Server::start(&ground);
    let number = ordered(&server, &posts);
    let thread = server.thread(&posts.convener, &number, "handling")["thread"].clone();
    server.give(&posts.convener, &number, &json!({"name": "sign", "thread": thread}));
    server.give(&posts.dispatcher, &number, &json!({"name": "urge", "thread": thread, "text": "请抓紧"}));
    server.give(&posts.supervisor, &number, &json!({"name": "supervise", "text": "重点督办"}));
    let watch = server.thread(&posts.supervisor, &number, "supervision")["thread"].clone();
    let instruct = json!({"name": "instruct", "units": [CITY_MANAGEMENT], "text": "三日内回复"});
    server.give(&posts.leader, &number, &instruct);
    let note = server.thread(&posts.convener, &number, "instruction")["thread"].clone();
    server.give(&posts.convener, &number, &json!({"name": "sign", "thread": note}));
    let said = json!({"name": "finish", "thread": note, "text": "已安排"});
    let said = server.give(&posts.convener, &number, &said);
    let waits = ("instruction".to_owned(), "待确认".to_owned());
    assert!(lines(&server, &posts.leader, &number, &said).contains(&waits));
    server.give(&posts.leader, &number, &json!({"name": "confirm", "thread": note, "confirmed": true}));
    // A lawful wait, granted by somebody else and taken up before its date.
    let wait = json!({"name": "ask_suspension", "thread": thread, "text": "等待产权单位",
        "reexamine": "2099-01-01T09:00:00+08:00"});
    server.give(&posts.convener, &number, &wait);
    let hung = server.thread(&posts.approver, &number, "suspension")["thread"].clone();
    let grant = json!({"name": "decide_suspension", "thread": hung, "granted": true});
    assert_eq!(server.try_give(&posts.convener, &number, &grant).status, 403, "nobody grants their own");
    server.give(&posts.approver, &number, &grant);
    server.give(&posts.convener, &number, &json!({"name": "resume", "thread": hung}));
    let over = json!({"name": "end_supervision", "thread": watch, "text": "已按期推进"});
    let over = server.give(&posts.supervisor, &number, &over);
    assert!(lines(&server, &posts.supervisor, &number, &over).iter().all(|l| l.0 != "supervision"));
}
