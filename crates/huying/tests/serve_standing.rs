//! Standing orders over HTTP, through the built binary: duty, modes, admission, and `huying duty show`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Ground, Server, huying};

const DESK: &str = "u510104-hotline";

struct Town {
    ground: Ground,
    server: Server,
}

fn tokens(ground: &Ground, people: &[(&str, &str)]) -> Vec<String> {
    let data = ground.data.to_str().unwrap();
    let token = |(role, of): &(&str, &str)| {
        let person = ground.person(role, |unit| unit == *of);
        let (code, out, err) = huying(&["account", "token", "--data", data, "--person", &person]);
        assert_eq!(code, 0, "{err}");
        out.trim().to_owned()
    };
    people.iter().map(token).collect()
}

fn served(people: &[(&str, &str)]) -> (Town, Vec<String>) {
    let ground = Ground::new();
    assert!(Server::start(&ground).stop().0.success());
    let tokens = tokens(&ground, people);
    let server = Server::with(&ground.data, &[]);
    (Town { ground, server }, tokens)
}

impl Town {
    fn order(&self, token: &str, order: &Value) -> Answer {
        self.server.call("POST", "/api/v1/standing").token(token).json(order).send()
    }

    fn gives(&self, token: &str, order: &Value) -> u64 {
        let answer = self.order(token, order);
        assert_eq!(answer.status, 200, "{order}: {}", answer.body);
        answer.body["no"].as_u64().unwrap()
    }

    fn refuses(&self, token: &str, order: &Value, status: u16, rule: &str) {
        let answer = self.order(token, order);
        assert_eq!((answer.status, answer.body["rule"].as_str()), (status, Some(rule)), "{}", answer.body);
        assert!(answer.body["basis"].is_string() && answer.body["accepted"].is_string(), "{}", answer.body);
    }
}

fn in_hours(n: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(n)).to_string()
}

#[test]
fn duty_is_shown_swapped_and_handed_on() {
    let (town, tokens) = served(&[("closer", DESK), ("callback", DESK), ("callback", "u510105-hotline")]);
    let [head, callback, other] = tokens.as_slice() else { panic!() };
    let shown = town.server.get(callback, "/api/v1/duty");
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.body["seats"].as_array().unwrap().len(), 1);
    assert_eq!(shown.body["gaps"], json!([]));
    let person = town.ground.person("callback", |u| u == DESK);
    let (from, to) = (in_hours(-1), in_hours(30));
    let swap = json!({"order": "swap_duty", "unit": DESK, "seat": "duty-desk",
        "swap": {"from": from, "to": to, "person": person}});
    town.gives(head, &swap);
    town.refuses(callback, &swap, 403, "powers.role");
    town.refuses(other, &swap, 403, "powers.role");
    let shown = town.server.get(callback, "/api/v1/duty?unit=u510104-hotline").body;
    assert_eq!(shown["seats"][0]["person"], json!(person));
    let all = town.server.get(callback, "/api/v1/duty?place=510100").body;
    assert_eq!(all["seats"].as_array().unwrap().len(), 24);

    let open = json!(["2026030251010400001"]);
    let note =
        json!({"order": "hand_over", "unit": DESK, "seat": "duty-desk", "open": open, "text": "两件在办"});
    let no = town.gives(callback, &note);
    town.refuses(callback, &note, 409, "duty.signed");
    let path = format!("/api/v1/standing/{no}");
    let masked = town.server.get(callback, &path).body;
    assert!(masked["text"].is_null() && masked["masked"].is_string(), "{masked}");
    let clear = town.server.get(callback, &format!("{path}?purpose=duty")).body;
    assert_eq!(clear["text"], json!("两件在办"));
    assert_eq!(town.server.get(other, &path).status, 403);
    assert_eq!(town.server.get(callback, "/api/v1/standing/1").status, 404, "an edition is no order");
    let seat = town.server.get(callback, "/api/v1/duty").body["seats"][0].clone();
    assert_eq!(seat["open"], open);

    let data = town.ground.data.to_str().unwrap();
    let (code, out, _) = huying(&["duty", "show", "--data", data, "--unit", DESK]);
    assert!(code == 0 && out.contains(&person), "{out}");
    town.gives(head, &json!({"order": "end_duty", "unit": DESK, "seat": "duty-desk"}));
    let (code, out, _) = huying(&["duty", "show", "--data", data, "--place", "510104"]);
    assert!(code == 1 && out.contains("nobody sits in `duty-desk` of u510104-hotline"), "{out}");
    assert_eq!(huying(&["duty", "show", "--data", data, "--unit", "nobody"]).0, 2);
}

#[test]
fn a_mode_is_declared_shown_to_everybody_and_ended() {
    let (town, tokens) = served(&[("supervisor", DESK), ("callback", DESK)]);
    let [supervisor, callback] = tokens.as_slice() else { panic!() };
    let mode = |place: &str| {
        let shown = town.server.get("", &format!("/api/v1/places/{place}")).body;
        shown["mode"]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(mode("510104"), "everyday");
    let declare = |to: String| {
        let (order, text) = ("declare_mode", "聚集性疫情");
        json!({"order": order, "mode": "epidemic", "place": "510104", "to": to, "text": text})
    };
    town.refuses(callback, &declare(in_hours(24)), 409, "mode.authority");
    town.refuses(supervisor, &declare(in_hours(24 * 40)), 409, "mode.time");
    let no = town.gives(supervisor, &declare(in_hours(24)));
    assert_eq!((mode("510104").as_str(), mode("510105").as_str()), ("epidemic", "everyday"));
    let shown = town.server.get("", "/api/v1/modes?place=510104017").body;
    assert_eq!((&shown["here"]["id"], &shown["declared"][0]["no"]), (&json!("epidemic"), &json!(no)));
    town.gives(supervisor, &json!({"order": "end_mode", "no": no, "text": "解除"}));
    assert_eq!(mode("510104"), "everyday");
}

#[test]
fn a_body_at_fault_is_named_by_field() {
    let (town, tokens) = served(&[("supervisor", DESK)]);
    let fields = |body: Value| {
        let answer = town.order(&tokens[0], &body);
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.fields().join(" ")
    };
    assert_eq!(fields(json!({"order": "dance"})), "text");
    assert_eq!(fields(json!({"order": "dance", "text": "x"})), "order");
    assert_eq!(fields(json!({"order": "end_mode", "no": 3})), "text");
    let to =
        json!({"order": "declare_mode", "mode": "epidemic", "place": "510104", "to": "soon", "text": "x"});
    assert_eq!(fields(to), "to");
    let swap = json!({"order": "swap_duty", "unit": DESK, "seat": "duty-desk", "swap": {"instead": 3}});
    assert_eq!(fields(swap), "swap.instead");
    assert_eq!(fields(json!({"order": "end_duty", "unit": DESK})), "seat");
    assert_eq!(fields(json!({"order": "end_duty", "unit": DESK, "seat": "duty-desk", "shift": 1})), "shift");
    let shift = json!({"name": "白班", "start": "08:00", "minutes": "480"});
    let roster =
        json!({"unit": DESK, "seat": "duty-desk", "since": "2026-01-01", "crew": [], "shifts": [shift]});
    assert_eq!(fields(json!({"order": "set_duty", "roster": roster})), "roster.shifts[0].minutes");
    let answer = town.order(&tokens[0], &json!({"order": "end_duty", "unit": DESK}));
    assert_eq!(answer.body["fields"][0]["words"], "没有填写；可接受：见 docs/standing.md");
    assert_eq!(town.order("", &json!({"order": "end_mode", "no": 3, "text": "x"})).status, 401);
}

#[test]
fn a_task_is_asked_for_and_reviewed_once_under_one_key() {
    let office = ("community-office", "u510104");
    let (town, tokens) = served(&[("handler", "u510104-housing"), office]);
    let [department, office] = tokens.as_slice() else { panic!() };
    let day = |n: i64| in_hours(24 * n)[..10].to_owned();
    let ask = json!({"order": "ask_task", "text": "困难群众走访", "request": {
        "task": "key-person-visit", "basis": "社会救助暂行办法", "place": "510104", "from": day(-1), "to": day(90),
        "minutes": 60, "forms": 1, "quota": 20 }});
    let send = || {
        let call =
            town.server.call("POST", "/api/v1/standing").token(department).header("idempotency-key", "a1");
        call.json(&ask).send()
    };
    let (first, again) = (send(), send());
    assert_eq!((first.status, again.status), (200, 200), "{}", first.body);
    assert_eq!((&first.body["no"], &again.body["repeated"]), (&again.body["no"], &json!(true)));
    let no = first.body["no"].clone();
    let admit = json!({"admit": {"quota": 10, "minutes": 30, "to": day(60)}});
    let review = json!({"order": "review_task", "no": no, "decision": admit, "text": "同意"});
    town.refuses(department, &review, 403, "powers.role");
    town.gives(office, &review);
    town.refuses(office, &review, 409, "task.decided");
}
