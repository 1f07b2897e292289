//! Routines over HTTP, through the built binary: given, listed, done, found, counted against their admission,
//! and never among calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use serde_json::{Value, json};
use serving::{Ground, Server};

const GRID: &str = "510104017001G01";

fn add(ground: &Ground, file: &str, rows: &[&str]) {
    ground.edit(file, |text| format!("{}\n{}\n", text.trim_end(), rows.join("\n")));
}

/// The city with a grid, a worker in it, and somebody in the community over it.
fn ground() -> Ground {
    let ground = Ground::new();
    add(&ground, "places.csv", &["510104017001G01,510104017001G01,一网格,,grid,general,510104017001,,,,,"]);
    add(&ground, "units.csv", &["u-grid-1,水井坊一网格,,grid,u510104017001,510104017001G01,,"]);
    add(&ground, "people.csv", &["qg1,staff,虚构,yes", "qc1,staff,虚构,yes"]);
    add(&ground, "posts.csv", &["q-g1,qg1,u-grid-1,grid-worker", "q-c1,qc1,u510104017001,community"]);
    ground
}

fn day(n: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * n)).to_string()[..10].to_owned()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn a_task_is_given_done_and_found_on_and_is_no_call() {
    let ground = ground();
    assert!(Server::start(&ground).stop().0.success());
    let housing = ground.person("handler", |u| u == "u510104-housing");
    let office = ground.person("community-office", |u| u == "u510104");
    let people = ["qc1".to_owned(), "qg1".to_owned(), housing, office];
    let [community, worker, housing, office] = people.map(|p| ground.token(&p));
    let server = Server::with(&ground.data, &[]);
    let begin = |by: &str, body: &Value| server.call("POST", "/api/v1/routines").token(by).json(body).send();
    let patrol =
        json!({"task": "patrol", "place": GRID, "unit": "u-grid-1", "person": "qg1", "text": "看井盖"});

    // The community gives its own people what it will.
    let given = begin(&community, &patrol);
    assert_eq!(given.status, 201, "{}", given.body);
    let number = given.body["number"].as_str().unwrap().to_owned();
    let refused = begin(&worker, &patrol);
    assert_eq!((refused.status, refused.body["rule"].as_str()), (403, Some("powers.role")));
    let faults = begin(&community, &json!({"task": "nonsense", "place": "nowhere"}));
    assert_eq!(faults.fields(), ["task", "place", "unit", "text"]);

    // A department only what was admitted, and as often.
    let visit = json!({"task": "key-person-visit", "place": GRID, "unit": "u-grid-1",
        "whom": {"name": "王大妈", "address": "一单元"}, "text": "独居"});
    let refused = begin(&housing, &visit);
    assert_eq!((refused.status, refused.body["rule"].as_str()), (409, Some("task.not-admitted")));
    assert!(refused.body["basis"].is_string(), "{}", refused.body);
    let order = |by: &str, body: Value| {
        let answer = server.call("POST", "/api/v1/standing").token(by).json(&body).send();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["no"].clone()
    };
    let request = json!({"task": "key-person-visit", "basis": "社会救助暂行办法", "place": "510104",
        "from": day(-1), "to": day(90), "minutes": 60, "forms": 0, "quota": 1});
    let no = order(&housing, json!({"order": "ask_task", "text": "走访", "request": request}));
    let admit = json!({"admit": {"quota": 1, "minutes": 60, "to": day(60)}});
    order(&office, json!({"order": "review_task", "no": no, "decision": admit, "text": "同意"}));
    let mut visit = visit;
    visit["admission"] = no.clone();
    let given = begin(&housing, &visit);
    assert_eq!(given.status, 201, "{}", given.body);
    let person = given.body["number"].as_str().unwrap().to_owned();
    assert_eq!(begin(&housing, &visit).body["rule"], json!("task.quota"));
    let tasks = server.get(&housing, "/api/v1/tasks").body;
    let asked = &tasks["requests"][0];
    assert_eq!((&asked["no"], &asked["taken"], &asked["left"]), (&no, &json!(1), &json!(0)), "{asked}");

    // The worker sees what is due, and says what it came to.
    let own = server.get(&worker, "/api/v1/routines?person=me").body;
    let own = own["routines"].as_array().unwrap();
    assert_eq!((own.len(), own[0]["number"].as_str()), (1, Some(number.as_str())), "{own:?}");
    let all = server.get(&worker, "/api/v1/routines?limit=1").body;
    assert_eq!(all["routines"].as_array().unwrap().len(), 1);
    let path = format!("/api/v1/routines?limit=1&after={}", all["after"].as_str().unwrap());
    let rest = server.get(&worker, &path).body;
    assert_eq!(rest["routines"][0]["number"], json!(person));
    assert_eq!(rest["after"], Value::Null);
    let elsewhere = server.get(&community, "/api/v1/routines?place=510105").body;
    assert_eq!(elsewhere["routines"], json!([]));
    let thread = own[0]["visit"].clone();
    let effort = json!({"minutes": 40, "trips": 1, "forms": 0});
    let done = json!({"name": "visit", "thread": thread, "result": "found", "effort": effort});
    server.give(&worker, &number, &done);
    let report = json!({"title": "井盖", "body": "井盖松动", "request_type": "report", "channel": "field",
        "source": "patrol", "place": GRID, "visit": {"number": number, "thread": thread}});
    let post = |body: &Value, by: &str| server.call("POST", "/api/v1/cases").token(by).json(body).send();
    let found = post(&report, &worker);
    assert_eq!(found.status, 201, "{}", found.body);
    let refused = post(&report, &community);
    assert_eq!(refused.body["rule"], json!("visit.whose"), "{}", refused.body);
    let mut odd = report.clone();
    odd["visit"]["number"] = found.body["number"].clone();
    assert_eq!(post(&odd, &worker).fields(), ["visit.number"]);

    // Whom the visit is to is read for a purpose.
    let case = server.get(&worker, &format!("/api/v1/cases/{person}")).body.to_string();
    assert!(!case.contains("王大妈"), "{case}");
    let case = server.get(&worker, &format!("/api/v1/cases/{person}?purpose=visit")).body.to_string();
    assert!(case.contains("王大妈") && case.contains("独居"), "{case}");

    // How much the worker has, and what no call is.
    let load = server.get(&community, "/api/v1/workload").body;
    let first = &load["workers"][0];
    assert_eq!((&first["person"], &first["weekly_minutes"]), (&json!("qg1"), &json!(420)), "{load}");
    assert_eq!(first["above"], json!(false));
    assert_eq!(server.get("", &format!("/api/v1/cases/{number}")).status, 401);
    let figures = server.get(&office, "/api/v1/figures?by=channel").body.to_string();
    assert!(!figures.contains("routine"), "{figures}");
    let listed = server.get(&community, "/api/v1/cases").body.to_string();
    assert!(!listed.contains(&number) && !listed.contains(&person), "{listed}");
    let end = json!({"name": "end_routine", "ground": "not_needed", "text": "已入住养老院"});
    server.give(&housing, &person, &end);
    assert_eq!(begin(&housing, &visit).status, 201, "its place is free");
}
