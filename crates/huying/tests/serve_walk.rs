//! A walk over every operation of the API's description, against the built binary: each is asked rightly,
//! wrongly and by nobody, and each answer must be one that the description names, of the media type and the
//! shape it gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Answer, Call, Ground, Server, complaint, huying};
use std::collections::{BTreeMap, BTreeSet};

/// The description, and what was seen of each operation.
struct Walk {
    api: Value,
    seen: BTreeMap<String, BTreeSet<u16>>,
}

impl Walk {
    /// Holds an answer against the description of its operation.
    fn check(&mut self, method: &str, path: &str, asked: &str, answer: &Answer) {
        let operation = self.api["paths"][path][method.to_lowercase()].clone();
        let id =
            operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} is not described"));
        self.seen.entry(id.to_owned()).or_default().insert(answer.status);
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{id} {asked}: {} is not described: {}", answer.status, answer.body);
        let media = answer.header("content-type").unwrap().split(';').next().unwrap();
        let content = &response["content"][media];
        assert!(content.is_object(), "{id} {asked}: {} {media} is not described", answer.status);
        if media.ends_with("json") {
            let faults = self.faults(&content["schema"], &answer.body, "$");
            assert_eq!(faults, Vec::<String>::new(), "{id} {asked} {}: {}", answer.status, answer.body);
        }
    }

    /// What of a value does not fit a schema: types, needed and unknown properties, items, one of several.
    fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.faults(self.api.pointer(reference.trim_start_matches('#')).unwrap(), value, at);
        }
        for several in ["oneOf", "anyOf"] {
            if let Some(all) = schema[several].as_array() {
                let of_each: Vec<_> = all.iter().map(|one| self.faults(one, value, at)).collect();
                let fits = of_each.iter().any(Vec::is_empty);
                return if fits { Vec::new() } else { of_each.into_iter().flatten().collect() };
            }
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => return Vec::new(),
        };
        let fits = |name: &&str| match *name {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        if !types.iter().any(fits) {
            return vec![format!("{at} is no {types:?}: {value}")];
        }
        let mut faults = Vec::new();
        for (i, item) in value.as_array().into_iter().flatten().enumerate() {
            faults.extend(self.faults(&schema["items"], item, &format!("{at}[{i}]")));
        }
        let (Some(map), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
            return faults;
        };
        for needed in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(needed) {
                faults.push(format!("{at}.{needed} is missing"));
            }
        }
        for (name, inner) in map {
            match known.get(name) {
                Some(schema) => faults.extend(self.faults(schema, inner, &format!("{at}.{name}"))),
                None => faults.push(format!("{at}.{name} is not described")),
            }
        }
        faults
    }
}

/// What the walk asks with.
struct Scene<'a> {
    server: &'a Server,
    /// Of a supervisor, an administrator and a dispatcher.
    tokens: &'a [String; 3],
    number: &'a str,
    code: &'a str,
    file: &'a str,
    order: &'a str,
    person: &'a str,
    /// Of the system above.
    above: &'a str,
    bodies: BTreeMap<&'static str, Value>,
}

impl Scene<'_> {
    fn path(&self, template: &str, number: &str) -> String {
        let path =
            template.replace("{number}", number).replace("{file}", self.file).replace("{no}", self.order);
        let path = path.replace("{person}", self.person).replace("{code}", "510100");
        let path = path.replace("{system}", "hotline-12345").replace("{order}", "W-1");
        // One subscription is taken back by the walk, and another lives.
        let path = path.replace("{name}/state", "lives/state").replace("{name}", "ends");
        // The tile of zoom 9 that holds the middle of the city.
        path.replace("{z}", "9").replace("{x}", "404").replace("{y}", "210.mvt")
    }

    /// What an operation cannot be asked without.
    fn needed(id: &str) -> &'static str {
        match id {
            "get_file" => "?purpose=walk",
            "place_at" => "?lon=104.08&lat=30.65",
            "search_places" => "?q=%E9%94%A6%E6%B1%9F",
            _ => "",
        }
    }

    /// Sends with the body of the operation, if it has one.
    fn send(&self, id: &str, call: Call<'_>) -> Answer {
        match self.bodies.get(id) {
            Some(body) => call.json(body).send(),
            None if id == "add_file" => {
                call.header("content-type", "application/pdf").bytes(b"%PDF-1.7 y".to_vec()).send()
            }
            None => call.send(),
        }
    }

    /// Asks one operation in every way.
    fn walk(&self, walk: &mut Walk, method: &str, template: &str, id: &str) {
        let plain = self.path(template, self.number);
        let right = format!("{plain}{}", Self::needed(id));
        let (odd, none) = (format!("{plain}?no_such=1"), self.path(template, "20200101510100000001"));
        let mut ask = |asked: &str, call: Call<'_>| walk.check(method, template, asked, &self.send(id, call));
        let call = |path| self.server.call(method, path);
        ask("nobody", call(&right));
        ask("a stranger", call(&right).token("0123"));
        for token in self.tokens {
            ask("an unknown parameter", call(&odd).token(token));
            ask("no such case", call(&none).token(token));
            ask("a post not held", call(&right).token(token).header("x-huying-post", "nobody-s"));
            ask("a desk", call(&right).token(token));
        }
        ask("a system above", call(&right).token(self.above));
        ask("the caller", call(&plain).header("x-huying-query-code", self.code));
        if method == "POST" {
            let post = || call(&right).token(&self.tokens[1]);
            let mut check = |asked: &str, answer: Answer| walk.check(method, template, asked, &answer);
            check("an odd type", post().header("content-type", "text/odd").bytes(b"x".to_vec()).send());
            check("a list", post().json(&json!([])).send());
            check("no fields", post().json(&json!({})).send());
            let large = post().header("content-type", "application/json").bytes(vec![b' '; 200_000]);
            check("too large", large.send());
        }
    }
}

/// A token of the system above.
fn token_above(ground: &Ground) -> String {
    let data = ground.data.to_str().unwrap();
    let (code, out, err) = huying(&["account", "system", "--data", data, "--system", "hotline-12345"]);
    assert_eq!(code, 0, "{err}");
    out.trim().to_owned()
}

/// An order of the system above.
fn order_above() -> Value {
    let due = "2036-01-05T18:00:00+08:00";
    json!({"number": "W-1", "due": due, "title": "路灯", "body": "路灯不亮", "place": "510104"})
}

/// The border of the city alone, as a square.
const GEOMETRY: &str = r#"{
  "type": "Topology",
  "transform": { "scale": [1e-7, 1e-7], "translate": [0, 0] },
  "huying": {
    "datum": "GCJ-02", "datum_evidence": "made for a test",
    "levels": { "city": { "synthetic": true, "accuracy_m": null } }
  },
  "objects": { "city": {
    "type": "GeometryCollection",
    "geometries": [{ "type": "Polygon", "id": "510100", "arcs": [[0]] }]
  } },
  "arcs": [[[1029000000, 300000000], [20000000, 0], [0, 15000000], [-20000000, 0], [0, -15000000]]]
}"#;

#[test]
fn every_operation_answers_as_it_is_described() {
    let ground = Ground::new();
    std::fs::write(ground.city.join("geometry.topojson"), GEOMETRY).unwrap();
    let city = |u: &str| u.starts_with("u510100");
    let people = [
        ground.person("supervisor", city),
        ground.person("administrator", city),
        ground.person("dispatcher", |u| u == "u510104-hotline"),
    ];
    let person = ground.person("handler", |u| u == "u510104-water");
    assert!(Server::start(&ground).stop().0.success());
    let tokens = people.map(|p| ground.token(&p));
    let above = token_above(&ground);
    let server = Server::with(&ground.data, &[]);
    let api = server.call("GET", "/openapi.json").send().body;
    let made = server.call("POST", "/api/v1/cases").json(&complaint()).send();
    let (number, code) = (made.body["number"].as_str().unwrap(), made.body["query_code"].as_str().unwrap());
    let thread = server.thread(&tokens[2], number, "dispatch")["thread"].clone();
    let order = json!({"name": "dispatch", "thread": thread, "lead": "u510104-city-management"});
    let path = format!("/api/v1/cases/{number}/files");
    let added = server.call("POST", &path).header("x-huying-query-code", code);
    let added = added.header("content-type", "application/pdf").bytes(b"%PDF-1.7 x".to_vec()).send();
    let file = added.body["file"].as_str().unwrap();
    let newcomer = json!({"id": "p-walk", "name": "沃克", "kind": "staff", "synthetic": true});
    let roster = json!({"changes": [{ "joined": newcomer }]});
    let end = json!({"order": "end_duty", "unit": "u510106-hotline", "seat": "duty-desk"});
    let given = server.call("POST", "/api/v1/standing").token(&tokens[1]).json(&end).send();
    let given = given.body["no"].to_string();
    let bodies = BTreeMap::from([
        ("create_case", complaint()),
        ("give_command", order),
        ("reassign", json!({"from": {"unit": "u510105-water"}, "to": {"unit": "u510106-water"}})),
        ("make_token", json!({"label": "walk", "days": 1})),
        ("change_roster", roster),
        ("make_webhook", json!({"name": "lives", "url": "http://127.0.0.1:9/"})),
        ("change_webhook", json!({"state": "paused"})),
        ("take_order", order_above()),
        ("urge_order", json!({"text": "请加快"})),
        ("take_receipt", json!({"thread": 1, "accepted": true})),
        ("take_verdict", json!({"solved": "solved"})),
        ("mark_notices", json!({"positions": [1]})),
        ("give_order", json!({"order": "end_duty", "unit": "u510105-hotline", "seat": "duty-desk"})),
    ]);
    let ends = json!({"name": "ends", "url": "http://127.0.0.1:9/"});
    assert_eq!(server.call("POST", "/api/v1/webhooks").token(&tokens[1]).json(&ends).send().status, 201);
    let scene = Scene {
        server: &server,
        tokens: &tokens,
        number,
        code,
        file,
        order: &given,
        person: &person,
        above: &above,
        bodies,
    };
    let mut walk = Walk { api: api.clone(), seen: BTreeMap::new() };
    let mut all = BTreeSet::new();
    for (template, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            scene.walk(&mut walk, &method.to_uppercase(), template, id);
            all.insert(id.to_owned());
        }
    }
    assert_eq!(walk.seen.keys().cloned().collect::<BTreeSet<_>>(), all);
    for (id, statuses) in &walk.seen {
        // What may be said of an order only late in its course is asked rightly in serve_above.rs, and who
        // gives tasks to workers is in serve_routines.rs.
        let late = ["take_receipt", "take_verdict", "begin_routine"].contains(&id.as_str());
        assert!(late || statuses.iter().any(|s| *s < 300), "{id} was never answered rightly: {statuses:?}");
        assert!(!statuses.contains(&500), "{id} failed");
    }
}
