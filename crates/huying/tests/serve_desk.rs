//! What a desk does with whole cases, through the built binary: near ones are found, what somebody holds
//! goes to another, and a restricted case exists for those it names, who leave a trace when they open it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Ground, Server, complaint};

const CITY_MANAGEMENT: &str = "u510104-city-management";
const WATER: &str = "u510104-water";

fn desk(unit: &str) -> bool {
    unit == "u510104-hotline"
}

fn call(server: &Server) -> String {
    let mut body = complaint();
    body["matter"] = json!("request.0202");
    (body["place"], body["address"]) = (json!("510104017"), json!("水井坊街1号"));
    (body["lon"], body["lat"]) = (json!(104.0817), json!(30.6421));
    let created = server.call("POST", "/api/v1/cases").json(&body).send();
    assert_eq!(created.status, 201, "{}", created.body);
    created.body["number"].as_str().unwrap().to_owned()
}

fn get(server: &Server, token: &str, path: &str) -> (u16, Value) {
    let answer = server.call("GET", path).token(token).send();
    (answer.status, answer.body)
}

#[test]
fn near_cases_are_shown_and_what_a_unit_holds_goes_to_another_in_one_call() {
    let ground = Ground::new();
    let dispatcher = ground.person("dispatcher", desk);
    let supervisor = ground.person("supervisor", desk);
    let (first, second) =
        (ground.person("handler", |u| u == CITY_MANAGEMENT), ground.person("handler", |u| u == WATER));
    assert!(Server::start(&ground).stop().0.success());
    let [dispatcher, supervisor, first, second] =
        [dispatcher, supervisor, first, second].map(|p| ground.token(&p));
    let server = Server::with(&ground.data, &[]);
    let (one, two) = (call(&server), call(&server));
    let (status, near) = get(&server, &dispatcher, &format!("/api/v1/cases/{two}/duplicates"));
    assert_eq!(status, 200, "{near}");
    let numbers = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|c| c["number"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(numbers(&near["cases"]), [one.as_str()], "{near}");
    assert_eq!(get(&server, &dispatcher, "/api/v1/cases/00000000000000000000/duplicates").0, 404);

    for number in [&one, &two] {
        let thread = server.thread(&dispatcher, number, "dispatch")["thread"].clone();
        let order = json!({"name": "dispatch", "thread": thread, "lead": CITY_MANAGEMENT});
        server.give(&dispatcher, number, &order);
    }
    let body = json!({"from": {"unit": CITY_MANAGEMENT}, "to": {"unit": WATER}});
    let move_by = |token: &str| server.call("POST", "/api/v1/reassignments").token(token).json(&body).send();
    assert_eq!(move_by(&first).status, 403, "who handles does not hand over");
    let moved = move_by(&supervisor);
    assert_eq!(moved.status, 200, "{}", moved.body);
    let mut gone: Vec<&str> =
        moved.body["moved"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    gone.sort_unstable();
    let mut both = [one.as_str(), two.as_str()];
    both.sort_unstable();
    assert_eq!(gone, both, "{}", moved.body);
    assert_eq!(moved.body["refused"], json!([]));
    let again = move_by(&supervisor);
    assert_eq!(again.body["moved"], json!([]), "there is nothing left: {}", again.body);
    let thread = server.thread(&second, &one, "handling")["thread"].clone();
    server.give(&second, &one, &json!({"name": "sign", "thread": thread}));
}

#[test]
fn a_restricted_case_is_there_for_those_it_names_and_each_opening_leaves_a_trace() {
    let ground = Ground::new();
    let closer = ground.person("closer", desk);
    let dispatcher = ground.person("dispatcher", desk);
    let supervisor = ground.person("supervisor", desk);
    let outsider = ground.person("callback", desk);
    assert!(Server::start(&ground).stop().0.success());
    let [head, sent, watch, other] = [&closer, &dispatcher, &supervisor, &outsider].map(|p| ground.token(p));
    let server = Server::with(&ground.data, &[]);
    let number = call(&server);
    let path = format!("/api/v1/cases/{number}");
    let persons = json!([closer, dispatcher, supervisor]);
    let restrict = json!({"name": "restrict", "persons": persons, "ground": "minor", "text": "涉未成年人"});
    server.give(&head, &number, &restrict);
    for named in [&head, &sent, &watch] {
        assert_eq!(get(&server, named, &path).0, 200);
    }
    assert_eq!(get(&server, &other, &path).0, 404, "for anybody else there is no such case");
    let note = json!({"name": "note", "text": "看一看"});
    let given = server.call("POST", &format!("{path}/commands")).token(&other).json(&note).send();
    assert_eq!(given.status, 404, "{}", given.body);
    let listed = get(&server, &other, &format!("/api/v1/cases?number={number}")).1;
    assert_eq!(listed["cases"], json!([]));
    // Whoever audits sees who opened it.
    let (status, log) = get(&server, &watch, &format!("{path}/accesses"));
    assert_eq!(status, 200, "{log}");
    let log = log.to_string();
    assert!(log.contains(&dispatcher) && log.contains("restricted case opened"), "{log}");
    assert!(!log.contains(&outsider), "{log}");
}
