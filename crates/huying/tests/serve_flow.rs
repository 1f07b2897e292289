//! A call from the first word to closing by rule, through the built binary: residents and five posts,
//! powers kept apart, words sealed, masked, logged and erased.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Ground, Server, complaint};

/// Tokens of the posts a case passes.
struct Desks {
    dispatcher: String,
    handler: String,
    approver: String,
    callback: String,
    supervisor: String,
    administrator: String,
    handler_unit: String,
}

fn desks(ground: &Ground) -> Desks {
    // The city in force is made by the first start.
    let (status, _) = Server::start(ground).stop();
    assert!(status.success());
    let city = |unit: &str| unit.starts_with("u510100");
    let handler_unit = "u510104-city-management";
    let one = |role: &str| ground.token(&ground.person(role, city));
    Desks {
        dispatcher: ground.token(&ground.person("dispatcher", |u| u.starts_with("u510104"))),
        handler: ground.token(&ground.person("handler", |u| u == handler_unit)),
        approver: ground.token(&ground.person("approver", |u| u.starts_with("u510104"))),
        callback: ground.token(&ground.person("callback", |u| u.starts_with("u510104"))),
        supervisor: one("supervisor"),
        administrator: one("administrator"),
        handler_unit: handler_unit.to_owned(),
    }
}

fn create(server: &Server, body: &Value) -> Answer {
    server.call("POST", "/api/v1/cases").json(body).send()
}

fn follow(server: &Server, number: &str, code: &str) -> Value {
    let answer =
        server.call("GET", &format!("/api/v1/cases/{number}")).header("x-huying-query-code", code).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Takes a call through every desk until the caller has an answer. Who may know the caller contacts them
/// first.
fn handle(server: &Server, desks: &Desks, number: &str, named: bool) {
    let no = |token: &str, kind: &str| server.thread(token, number, kind)["thread"].clone();
    let thread = no(&desks.dispatcher, "dispatch");
    let order =
        json!({"name": "dispatch", "thread": thread, "lead": desks.handler_unit, "text": "请尽快处理"});
    server.give(&desks.dispatcher, number, &order);
    let thread = no(&desks.handler, "handling");
    server.give(&desks.handler, number, &json!({"name": "sign", "thread": thread}));
    if named {
        let early = server.try_give(
            &desks.handler,
            number,
            &json!({"name": "finish", "thread": thread, "text": "好了"}),
        );
        assert_eq!(
            (early.status, &early.body["rule"]),
            (409, &json!("handling.contact-first")),
            "{}",
            early.body
        );
        assert!(early.body["basis"].as_str().unwrap().contains("先行联系"));
    }
    server.give(&desks.handler, number, &json!({"name": "contact", "thread": thread, "text": "已电话联系"}));
    let done = json!({"name": "finish", "thread": thread, "text": "已更换灯泡", "effort": {"minutes": 40}});
    server.give(&desks.handler, number, &done);
    server.give(&desks.handler, number, &json!({"name": "reply", "text": "路灯已于今日修复,感谢反映。"}));
    let thread = no(&desks.approver, "approval");
    server.give(&desks.approver, number, &json!({"name": "decide_reply", "thread": thread, "granted": true}));
}

#[test]
fn a_call_is_taken_handled_judged_and_closed_by_rule() {
    let ground = Ground::new();
    let desks = desks(&ground);
    let server = Server::start(&ground);
    let created = create(&server, &complaint());
    assert_eq!(created.status, 201, "{}", created.body);
    let (number, code) =
        (created.body["number"].as_str().unwrap(), created.body["query_code"].as_str().unwrap());
    assert!(created.body["due"].is_string() && code.len() == 10);

    let own = follow(&server, number, code);
    assert_eq!((&own["state"], own["answers"].as_array().unwrap().len()), (&json!("open"), 0));
    assert!(own["with"]["zh"].is_string() && own["due"].is_string());
    let path = format!("/api/v1/cases/{number}");
    assert_eq!(server.call("GET", &path).header("x-huying-query-code", "AAAAAAAAAA").send().status, 404);
    assert_eq!(server.call("GET", &path).send().status, 401);

    handle(&server, &desks, number, true);
    let own = follow(&server, number, code);
    assert_eq!(own["answers"][0]["reply"]["text"], "路灯已于今日修复,感谢反映。");
    check_powers(&server, &desks, number);
    check_words(&server, &desks, number);

    let thread = server.thread(&desks.callback, number, "callback")["thread"].clone();
    let verdict = json!({"solved": "solved", "satisfied": "very"});
    let call = json!({"name": "callback", "thread": thread, "reached": true, "verdict": verdict});
    let closed = server.give(&desks.callback, number, &call);
    assert_eq!(closed["state"], "closed");
    let own = follow(&server, number, code);
    assert_eq!((&own["state"], &own["why"]["zh"]), (&json!("closed"), &json!("办结")));
    check_accesses(&server, &desks, number);
    check_erased(&server, &desks, number, code);

    let figures = server.get(&desks.supervisor, "/api/v1/figures?by=unit");
    assert_eq!((figures.status, &figures.body["total"]["received"]), (200, &json!(1)), "{}", figures.body);
    assert_eq!(figures.body["rows"][0]["key"], desks.handler_unit.as_str());
    let (status, log) = server.stop();
    assert!(status.success());
    assert!(log.contains("POST /api/v1/cases/{number}/commands 200"), "{log}");
    assert!(!log.contains(number) && !log.contains(code) && !log.contains("error"), "{log}");
}

/// Who handled does not call back, a dispatcher does not sign, and each refusal says by which rule and basis.
fn check_powers(server: &Server, desks: &Desks, number: &str) {
    let thread = server.thread(&desks.callback, number, "callback")["thread"].clone();
    let call =
        json!({"name": "callback", "thread": thread, "reached": true, "verdict": {"solved": "solved"}});
    let refused = server.try_give(&desks.handler, number, &call);
    assert_eq!((refused.status, &refused.body["rule"]), (403, &json!("powers.role")));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert!(refused.body["basis"].as_str().unwrap().contains("岗位职责"));
    assert!(refused.body["accepted"].as_str().unwrap().contains("callback"));
    assert!(refused.body["allowed"].is_array());
    assert_eq!(refused.body["title"], "无权办理");
    let english = server
        .call("POST", &format!("/api/v1/cases/{number}/commands"))
        .token(&desks.handler)
        .header("accept-language", "en")
        .json(&call)
        .send();
    assert_eq!(english.body["title"], "This is not yours to do");
}

/// Words are masked without a purpose and for desks without the right, and clear with both.
fn check_words(server: &Server, desks: &Desks, number: &str) {
    let texts = |token: &str, query: &str| -> Value {
        let case = server.get(token, &format!("/api/v1/cases/{number}{query}"));
        assert_eq!(case.status, 200, "{}", case.body);
        case.body["timeline"][0]["events"][0]["texts"].clone()
    };
    let masked = texts(&desks.handler, "");
    assert_eq!((&masked[0]["state"], &masked[0]["text"]), (&json!("masked"), &json!("•••")));
    assert!(masked[0]["reason"].as_str().unwrap().contains("purpose"));
    let clear = texts(&desks.handler, "?purpose=handling");
    assert_eq!(clear[0]["text"]["title"], "路灯不亮");
    assert_eq!(clear[1]["text"]["phone"], "13800000000");
    let half = texts(&desks.supervisor, "?purpose=inspection");
    assert_eq!((&half[0]["state"], &half[1]["state"]), (&json!("clear"), &json!("masked")));
    assert_eq!(half[1]["class"], "contact");
    let nothing = texts(&desks.administrator, "?purpose=curiosity");
    assert_eq!(nothing[0]["state"], "masked");
}

fn check_accesses(server: &Server, desks: &Desks, number: &str) {
    let path = format!("/api/v1/cases/{number}/accesses");
    assert_eq!(server.get(&desks.handler, &path).status, 403);
    let rows = server.get(&desks.supervisor, &path);
    assert_eq!(rows.status, 200, "{}", rows.body);
    let rows = rows.body["accesses"].as_array().unwrap();
    let purposes: Vec<&str> = rows.iter().map(|r| r["purpose"].as_str().unwrap()).collect();
    // One row for each clear reading and none for a masked one; the resident's own readings stand there too.
    assert_eq!(purposes.iter().filter(|p| **p == "handling").count(), 1, "{purposes:?}");
    assert_eq!(purposes.iter().filter(|p| **p == "inspection").count(), 1, "{purposes:?}");
    assert!(!purposes.contains(&"curiosity") && purposes.contains(&"own case"), "{purposes:?}");
    assert!(rows.iter().all(|r| !r["items"].as_array().unwrap().is_empty()));
}

fn check_erased(server: &Server, desks: &Desks, number: &str, code: &str) {
    let bad = server.try_give(&desks.administrator, number, &json!({"name": "erase", "ground": "because"}));
    assert_eq!((bad.status, bad.fields()), (422, vec!["ground"]));
    server.give(&desks.administrator, number, &json!({"name": "erase", "ground": "request"}));
    let case = server.get(&desks.handler, &format!("/api/v1/cases/{number}?purpose=after"));
    let text = &case.body["timeline"][0]["events"][0]["texts"][0];
    assert_eq!((&text["state"], &text["text"]), (&json!("erased"), &json!("•••")));
    assert_eq!(follow(server, number, code)["answers"][0]["reply"]["state"], "erased");
    let late = server.try_give(&desks.callback, number, &json!({"name": "note", "text": "再记一笔"}));
    assert_eq!((late.status, &late.body["rule"]), (409, &json!("case.erased")), "{}", late.body);
}

#[test]
fn a_confidential_report_stays_from_handlers_and_from_whom_it_accuses() {
    let ground = Ground::new();
    let desks = desks(&ground);
    let server = Server::start(&ground);
    let mut body = complaint();
    (body["identity"], body["request_type"]) = (json!("confidential"), json!("report"));
    let created = create(&server, &body);
    let number = created.body["number"].as_str().unwrap().to_owned();
    handle(&server, &desks, &number, false);
    let texts = |token: &str| {
        let case = server.get(token, &format!("/api/v1/cases/{number}?purpose=work"));
        case.body["timeline"][0]["events"][0]["texts"].clone()
    };
    let handler = texts(&desks.handler);
    assert_eq!((&handler[0]["state"], &handler[1]["state"]), (&json!("clear"), &json!("masked")));
    assert!(handler[1]["reason"].as_str().unwrap().contains("confidential"));
    assert_eq!(texts(&desks.callback)[1]["text"]["name"], "张三");

    (body["identity"], body["about"]) = (json!("anonymous"), json!(desks.handler_unit));
    let refused = create(&server, &body);
    assert_eq!((refused.status, refused.fields()), (422, vec!["contact"]));
    body.as_object_mut().unwrap().remove("contact");
    let created = create(&server, &body);
    assert_eq!(created.status, 201, "{}", created.body);
    let number = created.body["number"].as_str().unwrap();
    // For the accused unit there is no such case: the answer is that to a number that was never given out.
    let like_none = |method: &str, path: &str, body: &Value| {
        let ask = |number: &str| {
            let path = path.replace('#', number);
            let call = server.call(method, &path).token(&desks.handler);
            let answer = if method == "GET" { call.send() } else { call.json(body).send() };
            (answer.status, answer.body.to_string().replace(number, "#"))
        };
        let never = format!("{}99999", &number[..number.len() - 5]);
        assert_eq!(ask(number), ask(&never), "{method} {path}");
        assert_eq!(ask(number).0, 404, "{method} {path}");
    };
    like_none("GET", "/api/v1/cases/#?purpose=curiosity", &Value::Null);
    like_none("GET", "/api/v1/cases/#/accesses", &Value::Null);
    like_none("GET", "/api/v1/cases/#/files/0f?purpose=curiosity", &Value::Null);
    like_none("POST", "/api/v1/cases/#/commands", &json!({"name": "note", "text": "x"}));
    let watching = server.get(&desks.supervisor, &format!("/api/v1/cases/{number}?purpose=work"));
    let texts = watching.body["timeline"][0]["events"][0]["texts"].as_array().unwrap().clone();
    assert!(texts.iter().all(|t| t["class"] != "contact"), "{texts:?}");
}

/// Words of an address say who called, and an exact point says where they live: of a confidential call both
/// are for those who have to go there, of any call the point is.
#[test]
fn where_a_caller_lives_is_for_whoever_has_to_go_there() {
    let ground = Ground::new();
    let desks = desks(&ground);
    let server = Server::start(&ground);
    for identity in ["confidential", "named"] {
        let mut body = complaint();
        body["identity"] = json!(identity);
        body["address"] = json!("东大街12号3单元501");
        (body["lon"], body["lat"]) = (json!(104.065_712_3), json!(30.659_876_5));
        let created = create(&server, &body);
        assert_eq!(created.status, 201, "{}", created.body);
        let number = created.body["number"].as_str().unwrap().to_owned();
        handle(&server, &desks, &number, identity == "named");
        let read = |token: &str| -> Vec<(String, bool)> {
            let case = server.get(token, &format!("/api/v1/cases/{number}?purpose=work"));
            assert_eq!(case.status, 200, "{}", case.body);
            let texts = case.body["timeline"][0]["events"][0]["texts"].as_array().unwrap().clone();
            let shown = |t: &Value| (t["class"].as_str().unwrap().to_owned(), t["state"] == "clear");
            for text in texts.iter().filter(|t| t["class"] == "point" && t["state"] == "clear") {
                assert_eq!(text["text"], json!({"lon": 1_040_657_123, "lat": 306_598_765, "datum": "wgs84"}));
            }
            assert_eq!(texts.len(), 4, "{texts:?}");
            texts.iter().skip(2).map(shown).collect()
        };
        let both =
            |address: bool, point: bool| vec![("address".to_owned(), address), ("point".to_owned(), point)];
        let named = identity == "named";
        assert_eq!(read(&desks.handler), both(true, true), "{identity}");
        assert_eq!(read(&desks.approver), both(named, false), "{identity}");
        assert_eq!(read(&desks.supervisor), both(named, false), "{identity}");
        assert_eq!(read(&desks.callback), both(true, false), "{identity}: they read who called");
    }
}

#[test]
fn a_resident_rates_with_the_code_and_an_unsolved_case_goes_back() {
    let ground = Ground::new();
    let desks = desks(&ground);
    let server = Server::start(&ground);
    let created = create(&server, &complaint());
    let (number, code) =
        (created.body["number"].as_str().unwrap(), created.body["query_code"].as_str().unwrap());
    handle(&server, &desks, number, true);
    let give = |command: &Value| {
        let path = format!("/api/v1/cases/{number}/commands?query_code={code}");
        server.call("POST", &path).json(command).send()
    };
    let other = give(&json!({"name": "close", "ground": "done"}));
    assert_eq!((other.status, &other.body["fields"][0]["accepted"]), (422, &json!("rate, note, urge")));
    assert_eq!(give(&json!({"name": "note", "text": "还有一盏也不亮"})).status, 200);
    let rated =
        give(&json!({"name": "rate", "verdict": {"solved": "not-solved", "satisfied": "not-satisfied"}}));
    assert_eq!((rated.status, &rated.body["state"]), (200, &json!("open")), "{}", rated.body);
    let handling = server.thread(&desks.handler, number, "handling");
    assert_eq!(handling["round"], 1);
    let inbox = server.get(&desks.handler, &format!("/api/v1/inbox?min_position={}", rated.body["position"]));
    let waiting = inbox.body["threads"].as_array().unwrap();
    assert!(waiting.iter().any(|t| t["number"] == number && t["due"].is_string()), "{waiting:?}");
}

#[test]
fn a_burst_pipe_is_timed_by_the_circumstance_it_was_met_under() {
    let ground = Ground::new();
    let desks = desks(&ground);
    let server = Server::start(&ground);
    let matters = server.call("GET", "/api/v1/matters?kind=request").send().body;
    let water = matters["matters"].as_array().unwrap().iter().find(|m| m["code"] == "request.0401").unwrap();
    let met: Vec<&Value> = water["circumstances"].as_array().unwrap().iter().map(|c| &c["code"]).collect();
    assert_eq!(met, ["not-fenced", "fenced"]);

    let mut call = complaint();
    (call["matter"], call["request_type"]) = (json!("request.0401"), json!("help"));
    let number = create(&server, &call).body["number"].as_str().unwrap().to_owned();
    let thread = server.thread(&desks.dispatcher, &number, "dispatch")["thread"].clone();
    let order = json!({"name": "dispatch", "thread": thread, "lead": desks.handler_unit});
    server.give(&desks.dispatcher, &number, &order);
    let path = format!("/api/v1/cases/{number}");
    let handling = || {
        let case = server.get(&desks.dispatcher, &path).body;
        let clocks = case["clocks"].as_array().unwrap().clone();
        let clock = clocks.into_iter().find(|c| c["stage"] == "handle").unwrap();
        (case["circumstance"]["name"]["zh"].clone(), clock["due"].as_str().unwrap().to_owned())
    };
    let (none, ordinary) = handling();
    assert!(none.is_null());
    let class = |word: &str| json!({"name": "reclassify", "circumstance": word});
    let wrong = server.try_give(&desks.dispatcher, &number, &class("flooded"));
    assert_eq!((wrong.status, &wrong.body["rule"]), (422, &json!("circumstance.unknown")), "{}", wrong.body);
    assert_eq!(wrong.body["accepted"], "not-fenced, fenced");
    server.give(&desks.dispatcher, &number, &class("fenced"));
    let (name, repaired) = handling();
    server.give(&desks.dispatcher, &number, &class("not-fenced"));
    let (_, fenced) = handling();
    assert_eq!(name, "爆管、已围挡");
    assert!(fenced < repaired && repaired < ordinary, "{fenced} {repaired} {ordinary}");
}
