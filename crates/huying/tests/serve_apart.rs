//! A case is kept from whom it is about, through the built binary: in lists, inbox, figures, by number and in
//! commands, through every post of a person; and a query code opens only the call it was given out for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Ground, Server, complaint};

const ACCUSED: &str = "u510104-city-management";

/// Takes in a call, about a unit or about none, and gives its number and position.
fn call(server: &Server, about: Option<&str>) -> (String, u64) {
    let mut body = complaint();
    if let Some(about) = about {
        body["about"] = json!(about);
    }
    let created = server.call("POST", "/api/v1/cases").json(&body).send();
    assert_eq!(created.status, 201, "{}", created.body);
    (created.body["number"].as_str().unwrap().to_owned(), created.body["position"].as_u64().unwrap())
}

/// What a post sees of everything up to a position: numbers of the list, of the inbox, and how many figures
/// count.
fn sees(server: &Server, token: &str, post: &str, position: u64) -> (Vec<String>, Vec<String>, u64) {
    let get = |path: String| -> Value {
        let answer = server.call("GET", &path).token(token).header("x-huying-post", post).send();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    };
    let numbers = |rows: &Value| {
        let mut all: Vec<_> =
            rows.as_array().unwrap().iter().map(|r| r["number"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let list = get(format!("/api/v1/cases?min_position={position}"));
    let inbox = get(format!("/api/v1/inbox?min_position={position}"));
    let figures = get("/api/v1/figures".to_owned());
    (numbers(&list["cases"]), numbers(&inbox["threads"]), figures["total"]["received"].as_u64().unwrap())
}

#[test]
fn for_every_post_of_a_person_of_the_accused_unit_there_is_no_such_case() {
    let ground = Ground::new();
    let desk = |u: &str| u == "u510104-hotline";
    let (post, person) = {
        let posts = ground.posts();
        let [post, person, ..] =
            posts.iter().find(|[_, _, u, r]| r == "dispatcher" && desk(u)).unwrap().clone();
        (post, person)
    };
    let other = ground.posts().into_iter().find(|[_, p, u, _]| desk(u) && *p != person && !p.is_empty());
    let [other_post, other, ..] = other.expect("somebody else of the desk");
    let handler = ground.person("handler", |u| u == ACCUSED);
    ground.edit("posts.csv", |text| format!("{text}second-1,{person},{ACCUSED},handler\n"));
    assert!(Server::start(&ground).stop().0.success());
    let (two_posts, one_post) = (ground.token(&person), ground.token(&other));
    let handler_token = ground.token(&handler);
    let server = Server::with(&ground.data, &[]);
    let (plain, _) = call(&server, None);
    let (about, _) = call(&server, Some(ACCUSED));
    let (above, position) = call(&server, Some("u510104"));

    let (list, inbox, counted) = sees(&server, &two_posts, &post, position);
    assert_eq!(
        (list, counted),
        (vec![plain.clone()], 1),
        "through the post that has nothing to do with it too"
    );
    assert_eq!(inbox, [plain.as_str()]);
    // Somebody else of the district's desk reports to the district, but not to the department.
    let (list, inbox, counted) = sees(&server, &one_post, &other_post, position);
    let mut open = vec![plain.clone(), about.clone()];
    open.sort();
    assert_eq!((&list, counted, &inbox), (&open, 2, &open));
    let handlers = ground.posts().into_iter().find(|p| p[1] == handler).unwrap();
    assert_eq!(sees(&server, &handler_token, &handlers[0], position).0, [plain.as_str()]);

    let never = format!("{}99999", &about[..about.len() - 5]);
    let ask = |method: &str, number: &str, tail: &str, body: Value| -> (u16, String) {
        let path = format!("/api/v1/cases/{number}{tail}");
        let call = server.call(method, &path).token(&two_posts).header("x-huying-post", &post);
        let answer: Answer = if method == "GET" { call.send() } else { call.json(&body).send() };
        (answer.status, answer.body.to_string().replace(number, "#"))
    };
    for number in [&about, &above] {
        for (method, tail, body) in [
            ("GET", "?purpose=x", Value::Null),
            ("GET", "/accesses", Value::Null),
            ("GET", "/files/00?purpose=x", Value::Null),
            ("POST", "/commands", json!({"name": "void", "ground": "untrue"})),
        ] {
            let told = ask(method, number, tail, body.clone());
            assert_eq!(told.0, 404, "{method} {tail}: {}", told.1);
            assert_eq!(told, ask(method, &never, tail, body), "{method} {tail}");
        }
        let merge = |into: &str| {
            let told = ask("POST", &plain, "/commands", json!({"name": "merge", "into": into}));
            (told.0, told.1.replace(into, "@"))
        };
        assert_eq!(merge(number), merge(&never), "nor as the case that another is merged into");
        assert_eq!(merge(number).0, 422);
        let path = format!("/api/v1/cases?number={number}");
        let found = server.call("GET", &path).token(&two_posts);
        assert_eq!(found.header("x-huying-post", &post).send().body["cases"], json!([]));
    }
}

#[test]
fn a_case_about_the_city_s_first_unit_is_still_handled_by_everybody_else() {
    let ground = Ground::new();
    let dispatcher = ground.person("dispatcher", |u| u == "u510104-hotline");
    assert!(Server::start(&ground).stop().0.success());
    let token = ground.token(&dispatcher);
    let server = Server::with(&ground.data, &[]);
    let (number, _) = call(&server, Some("u510100"));
    let thread = server.thread(&token, &number, "dispatch")["thread"].clone();
    server.give(&token, &number, &json!({"name": "dispatch", "thread": thread, "lead": ACCUSED}));
}

#[test]
fn an_old_code_does_not_open_the_case_that_got_the_same_number_after_a_restore() {
    let ground = Ground::new();
    assert!(Server::start(&ground).stop().0.success());
    let (data, older) = (ground.data.to_str().unwrap(), ground.data.with_extension("older"));
    // The ledger as it was before any call, with the keys of today.
    copy(&ground.data, &older);
    let take = |folder: &std::path::Path| {
        let server = Server::with(folder, &[]);
        let made = server.call("POST", "/api/v1/cases").json(&complaint()).send().body;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        (server, text("number"), text("query_code"))
    };
    let (server, number, code) = take(&ground.data);
    assert!(server.stop().0.success());
    std::fs::copy(format!("{data}/keys/query.key"), older.join("keys/query.key")).unwrap();
    let (server, again, fresh) = take(&older);
    assert_eq!(number, again, "the number is given out again");
    let path = format!("/api/v1/cases/{number}");
    let ask = |code: &str| server.call("GET", &path).header("x-huying-query-code", code).send().status;
    assert_eq!((ask(&fresh), ask(&code)), (200, 404));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
