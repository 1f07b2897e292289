//! Files of a case through the built binary: streamed in, stripped, listed for who may see them, read with a
//! purpose and a row in the access ledger, by the caller their own, and destroyed with the case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Ground, Server, complaint};

const LIMIT: usize = 20 * 1024 * 1024;

/// A JPEG of marker segments only: where it was taken and by whom, and a frame that is kept.
fn picture() -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    for (marker, body) in
        [(0xE0_u8, &b"JFIF\0"[..]), (0xE1, b"Exif\0\0GPS 30.66,104.06"), (0xFE, b"by somebody")]
    {
        bytes.extend([0xFF, marker]);
        bytes.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        bytes.extend(body);
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|w| w == what)
}

/// How many files lie in the store of files beside the city's edition.
fn kept(ground: &Ground) -> usize {
    let fans = std::fs::read_dir(ground.data.join("files/sha256")).unwrap();
    let all: usize = fans.map(|fan| std::fs::read_dir(fan.unwrap().path()).unwrap().count()).sum();
    all - 1
}

struct Case<'a> {
    server: &'a Server,
    number: String,
    code: String,
}

impl Case<'_> {
    fn path(&self, tail: &str) -> String {
        format!("/api/v1/cases/{}{tail}", self.number)
    }

    /// Adds a file as the caller.
    fn add(&self, media: &str, bytes: Vec<u8>, key: &str) -> Answer {
        let path = self.path("/files?label=before");
        let call = self.server.call("POST", &path).header("x-huying-query-code", &self.code);
        let call = if key.is_empty() { call } else { call.header("idempotency-key", key) };
        call.header("content-type", media).bytes(bytes).send()
    }

    fn own(&self) -> Value {
        let answer = self.server.call("GET", &self.path("")).header("x-huying-query-code", &self.code).send();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

fn take<'a>(server: &'a Server) -> Case<'a> {
    let made = server.call("POST", "/api/v1/cases").json(&complaint()).send().body;
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    Case { server, number: text("number"), code: text("query_code") }
}

#[test]
fn a_caller_s_picture_is_stripped_listed_read_with_a_purpose_and_destroyed() {
    let ground = Ground::new();
    let city = |u: &str| u.starts_with("u510100");
    let people = [
        ground.person("dispatcher", |u| u == "u510104-hotline"),
        ground.person("supervisor", city),
        ground.person("administrator", city),
        ground.person("handler", |u| u == "u510104-water"),
        ground.person("intake", city),
    ];
    assert!(Server::start(&ground).stop().0.success());
    let [dispatcher, supervisor, administrator, stranger, intake] = people.map(|p| ground.token(&p));
    let server = Server::with(&ground.data, &[]);
    let case = take(&server);
    let added = case.add("image/jpeg", picture(), "a-1");
    assert_eq!(added.status, 201, "{}", added.body);
    let file = added.body["file"].as_str().unwrap().to_owned();
    let again = case.add("image/jpeg", picture(), "a-1");
    assert_eq!((again.status, &again.body["file"], kept(&ground)), (200, &added.body["file"], 1));
    assert_eq!(case.add("image/png", b"\x89PNG other".to_vec(), "a-1").status, 422);
    check_own(&case, &file);
    check_desks(&case, &file, &supervisor, &stranger);
    check_theirs(&case, &ground, &intake, &dispatcher);
    check_erased(&case, &ground, &file, &administrator, &supervisor);
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains(&file), "{log}");
}

/// Their own, with the code.
fn check_own(case: &Case<'_>, file: &str) {
    let path = case.path(&format!("/files/{file}"));
    let own = case.own();
    assert_eq!((&own["files"][0]["file"], &own["files"][0]["label"]), (&json!(file), &json!("before")));
    assert!(own["allowed"].as_array().unwrap().contains(&json!("attach")));
    let read = case.server.call("GET", &path).header("x-huying-query-code", &case.code).send();
    assert_eq!((read.status, read.header("content-type")), (200, Some("image/jpeg")));
    assert!(read.bytes.starts_with(&[0xFF, 0xD8]) && holds(&read.bytes, b"JFIF"));
    assert!(!holds(&read.bytes, b"GPS") && !holds(&read.bytes, b"somebody"), "what it told is gone");
    assert_eq!(
        (read.header("content-disposition"), read.header("x-content-type-options")),
        (Some("inline"), Some("nosniff"))
    );
}

/// A desk: listed for who may read it, read with a purpose only.
fn check_desks(case: &Case<'_>, file: &str, supervisor: &str, stranger: &str) {
    let path = case.path(&format!("/files/{file}"));
    let listed = |token: &str| {
        let body = case.server.get(token, &case.path("")).body;
        let events: Vec<Value> = body["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|m| m["events"].as_array().unwrap().clone())
            .collect();
        events.iter().filter_map(|e| e["files"][0]["file"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!((listed(supervisor), listed(stranger)), (vec![file.to_owned()], vec![]));
    let none = case.server.get(supervisor, &path);
    assert_eq!((none.status, none.fields()), (400, vec!["purpose"]));
    assert_eq!(case.server.get(supervisor, &format!("{path}?purpose=inspection")).status, 200);
    let refused = case.server.get(stranger, &format!("{path}?purpose=curiosity"));
    assert_eq!((refused.status, &refused.body["rule"]), (403, &json!("words.reads")));
    let unknown = case.path(&format!("/files/{}?purpose=x", "0".repeat(64)));
    assert_eq!(case.server.get(supervisor, &unknown).status, 404);
    assert_eq!(case.server.call("GET", &path).send().status, 401);
    let rows = case.server.get(supervisor, &case.path("/accesses")).body["accesses"].clone();
    let purposes: Vec<&str> =
        rows.as_array().unwrap().iter().map(|r| r["purpose"].as_str().unwrap()).collect();
    for purpose in [format!("own case file {file}"), format!("inspection file {file}")] {
        assert!(purposes.contains(&purpose.as_str()), "{purposes:?}");
    }
    assert!(!purposes.iter().any(|p| p.contains("curiosity")));
}

/// A desk's own picture is not the caller's; a role that may not add is refused and nothing is kept.
fn check_theirs(case: &Case<'_>, ground: &Ground, intake: &str, dispatcher: &str) {
    let post = |token: &str| {
        let path = case.path("/files");
        case.server
            .call("POST", &path)
            .token(token)
            .header("content-type", "application/pdf")
            .bytes(b"%PDF-1.7 x".to_vec())
            .send()
    };
    let theirs = post(intake);
    assert_eq!((theirs.status, kept(ground)), (201, 2), "{}", theirs.body);
    let theirs = case.path(&format!("/files/{}", theirs.body["file"].as_str().unwrap()));
    assert_eq!(case.server.call("GET", &theirs).header("x-huying-query-code", &case.code).send().status, 404);
    let pdf = case.server.get(intake, &format!("{theirs}?purpose=work"));
    assert_eq!(
        (pdf.header("content-type"), pdf.header("content-disposition")),
        (Some("application/pdf"), Some("attachment"))
    );
    let refused = post(dispatcher);
    assert_eq!((refused.status, &refused.body["rule"], kept(ground)), (403, &json!("powers.role"), 2));
}

/// Erased with the case, under a key as any command.
fn check_erased(case: &Case<'_>, ground: &Ground, file: &str, administrator: &str, supervisor: &str) {
    let path = case.path(&format!("/files/{file}"));
    let erase = |ground: &str| {
        let path = case.path("/commands");
        let call = case.server.call("POST", &path).token(administrator).header("idempotency-key", "erase-1");
        call.json(&json!({"name": "erase", "ground": ground})).send()
    };
    let (first, again, other) = (erase("request"), erase("request"), erase("retention"));
    // What was asked under a key is forgotten with the words, so another ground is not told from the first.
    assert_eq!((first.status, again.status, other.status), (200, 200, 200), "{}", first.body);
    assert_eq!(other.body["version"], first.body["version"]);
    assert_eq!((&first.body["repeated"], &again.body["repeated"]), (&json!(false), &json!(true)));
    assert_eq!((&first.body["version"], kept(ground)), (&again.body["version"], 0));
    let gone = case.server.get(supervisor, &format!("{path}?purpose=after"));
    assert_eq!((gone.status, &gone.body["rule"]), (409, &json!("case.erased")));
    assert_eq!(case.own()["files"][0]["state"], "erased");
    assert_eq!(case.add("image/jpeg", picture(), "").status, 409);
    assert_eq!(kept(ground), 0);
}

#[test]
fn what_is_no_picture_or_too_large_or_too_many_is_refused_and_not_kept() {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| text.replace("files_per_day = 30", "files_per_day = 2"));
    let server = Server::start(&ground);
    let case = take(&server);
    let pdf = |length: usize| {
        let mut bytes = b"%PDF-1.7 ".to_vec();
        bytes.resize(length, b' ');
        bytes
    };
    assert_eq!(case.add("application/json", b"{}".to_vec(), "").status, 415);
    let script = case.add("image/png", b"#!/bin/sh".to_vec(), "");
    assert_eq!((script.status, &script.body["rule"]), (422, &json!("file.kind")), "{}", script.body);
    assert_eq!(case.add("application/pdf", pdf(LIMIT + 1), "").status, 413);
    assert_eq!(case.add("image/png", Vec::new(), "").status, 422);
    let label = case.path("/files?label=%2Fetc");
    let wrong = server.call("POST", &label).header("x-huying-query-code", &case.code);
    assert_eq!(wrong.header("content-type", "image/png").send().fields(), ["label"]);
    assert_eq!(kept(&ground), 0, "what is refused is not kept and uses nothing up");
    assert_eq!(case.add("application/pdf", pdf(LIMIT), "at-the-limit").status, 201);
    assert_eq!(case.add("image/jpeg", picture(), "").status, 201);
    let third = case.add("image/jpeg", picture(), "");
    assert_eq!((third.status, kept(&ground)), (429, 2), "{}", third.body);
    assert!(third.header("retry-after").is_some());
    assert_eq!(
        case.add("application/pdf", pdf(LIMIT), "at-the-limit").status,
        200,
        "sent again it is answered"
    );
    let path = case.path("/files");
    let stranger = server.call("POST", &path).header("content-type", "image/png").send();
    assert_eq!(stranger.status, 401, "nobody else makes the server read a file");
}
