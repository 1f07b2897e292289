//! The live stream, the page's files and the server's counts, through the built binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of a test file")]

mod serving;

use serde_json::{Value, json};
use serving::{Ground, Server, complaint};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// An open live stream.
struct Live(BufReader<TcpStream>);

/// One event of it: name, id, data.
type Told = (String, String, Value);

impl Live {
    fn open(server: &Server, query: &str) -> Live {
        Live::asked(server, query, "")
    }

    /// As a browser opens it again by itself.
    fn resumed(server: &Server, query: &str, last: &str) -> Live {
        Live::asked(server, query, &format!("last-event-id: {last}\r\n"))
    }

    fn asked(server: &Server, query: &str, headers: &str) -> Live {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
            .write_all(format!("GET /api/v1/live{query} HTTP/1.1\r\nhost: test\r\n{headers}\r\n").as_bytes())
            .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.contains("200"), "{line}");
        Live(reader)
    }

    fn next(&mut self) -> Told {
        let (mut name, mut id, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            let line = line.trim_end();
            if line.is_empty() && !name.is_empty() {
                return (name, id, data);
            }
            match line.split_once(": ") {
                Some(("event", word)) => name = word.to_owned(),
                Some(("id", number)) => id = number.to_owned(),
                Some(("data", text)) => data = serde_json::from_str(text).unwrap(),
                _ => {}
            }
        }
    }

    /// The next event about a case that was reported.
    fn reported(&mut self) -> Told {
        loop {
            let told = self.next();
            if told.0 == "case" && told.2["what"].as_array().unwrap().iter().any(|w| w == "reported") {
                return told;
            }
        }
    }
}

fn take_in(server: &Server, call: &Value) -> String {
    let answer = server.call("POST", "/api/v1/cases").json(call).send();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["number"].as_str().unwrap().to_owned()
}

#[test]
fn a_call_is_told_live_and_again_after_any_position() {
    let ground = Ground::new();
    let server = Server::start(&ground);
    let mut here = Live::open(&server, "?place=510104");
    let mut elsewhere = Live::open(&server, "?place=510105");
    for live in [&mut here, &mut elsewhere] {
        assert_eq!(live.next().0, "ready");
    }
    let first = take_in(&server, &complaint());
    let (_, id, data) = here.reported();
    assert_eq!(data["number"], first.as_str());
    assert_eq!((&data["place"], &data["position"].to_string()), (&json!("510104"), &id));
    let text = data.to_string();
    assert!(!text.contains("张三") && !text.contains("路灯不亮") && !text.contains("138"), "{text}");

    // A report of wrongdoing is told to nobody, and what lies elsewhere not here.
    let report = json!({ "request_type": "report", "place": "510105" });
    let mut hidden = complaint();
    hidden.as_object_mut().unwrap().extend(report.as_object().unwrap().clone());
    take_in(&server, &hidden);
    let mut there = complaint();
    there["place"] = json!("510105");
    let second = take_in(&server, &there);
    assert_eq!(elsewhere.reported().2["number"], second.as_str());

    // Whoever comes back misses nothing, and nothing is told twice.
    let position: u64 = id.parse().unwrap();
    let mut again = Live::open(&server, &format!("?after={}", position - 1));
    assert_eq!(again.reported().2["number"], first.as_str());
    assert_eq!(again.reported().2["number"], second.as_str());
    let (_, ready, _) = std::iter::from_fn(|| Some(again.next())).find(|t| t.0 == "ready").unwrap();
    assert!(ready.parse::<u64>().unwrap() > position);

    // A position that this journal never had begins anew, and says so.
    assert_eq!(Live::open(&server, "?after=99999999").next().0, "gap");
    assert_eq!(server.get("", "/api/v1/live?place=nowhere").status, 400);

    // After a restart nothing is kept at hand: the journal itself is read.
    let (status, _) = server.stop();
    assert!(status.success());
    let server = Server::with(&ground.data, &[]);
    let mut again = Live::open(&server, "?after=0");
    assert_eq!(again.reported().2["number"], first.as_str());
    assert_eq!(again.reported().2["number"], second.as_str());

    // An open stream does not hold up the end.
    let asked = Instant::now();
    assert!(server.stop().0.success());
    assert!(asked.elapsed() < Duration::from_secs(15), "the stream held the server");
}

/// A district of the city and a street of it, by their codes.
fn street_of(ground: &Ground, district: &str) -> String {
    let text = std::fs::read_to_string(ground.city.join("places.csv")).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = text.lines().map(cells);
    lines.find(|c| c[6] == district).expect("a street")[0].clone()
}

#[test]
fn the_stream_tells_no_place_smaller_than_what_is_public() {
    let ground = Ground::new();
    ground.edit("profile.toml", |text| {
        assert!(text.contains("[public]\nlevel = \"grid\""));
        text.replace("[public]\nlevel = \"grid\"", "[public]\nlevel = \"district\"")
    });
    let street = street_of(&ground, "510104");
    let server = Server::start(&ground);
    let refused = server.get("", &format!("/api/v1/live?place={street}"));
    assert_eq!((refused.status, refused.fields()), (400, vec!["place"]), "{}", refused.body);
    assert!(refused.body.to_string().contains("district"), "{}", refused.body);
    let mut here = Live::open(&server, "?place=510104");
    assert_eq!(here.next().0, "ready");
    let mut call = complaint();
    call["place"] = json!(street);
    let number = take_in(&server, &call);
    let told = here.reported().2;
    assert_eq!((&told["number"], &told["place"]), (&json!(number), &json!("510104")));
}

#[test]
fn the_page_and_its_files_are_served_with_what_they_may_load() {
    let ground = Ground::new();
    let web = ground.city.with_file_name("web");
    std::fs::create_dir_all(web.join("assets")).unwrap();
    std::fs::write(web.join("index.html"), "<!doctype html><title>呼应</title>").unwrap();
    std::fs::write(web.join("assets/app-1a2b.js"), "export {}").unwrap();
    std::fs::write(ground.city.with_file_name("secret.txt"), "not for anybody").unwrap();
    let (city, web) = (ground.city.to_str().unwrap(), web.to_str().unwrap());
    let server = Server::with(&ground.data, &["--city", city, "--web", web]);
    for path in ["/", "/cases/20260101510104000001"] {
        let page = server.get("", path);
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")), "{path}");
        assert!(page.header("content-security-policy").unwrap().contains("connect-src 'self'"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        // A browser takes the headers of "not modified" over into what it kept.
        let since = page.header("last-modified").unwrap();
        let again = server.call("GET", path).header("if-modified-since", since).send();
        assert_eq!(again.status, 304, "{path}");
        for name in ["content-security-policy", "cache-control"] {
            assert_eq!(again.header(name), page.header(name), "{path}: {name}");
        }
    }
    let asset = server.get("", "/assets/app-1a2b.js");
    assert_eq!(asset.status, 200);
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
    for path in ["/assets/gone.js", "/../secret.txt", "/%2e%2e/secret.txt", "/api/v1/nothing"] {
        assert_ne!(server.get("", path).status, 200, "{path}");
    }
    let counts = server.get("", "/metrics");
    assert_eq!(counts.status, 200);
    assert!(counts.header("content-type").unwrap().starts_with("application/openmetrics-text"));
}

#[test]
fn without_a_built_page_the_root_says_how_to_build_it() {
    let ground = Ground::new();
    let nowhere = ground.city.with_file_name("nowhere");
    let server = Server::with(
        &ground.data,
        &["--city", ground.city.to_str().unwrap(), "--web", nowhere.to_str().unwrap()],
    );
    let answer = server.get("", "/");
    assert_eq!((answer.status, &answer.body["accepted"]), (404, &json!("make web, or --web DIR")));
}

#[test]
fn a_browser_that_comes_back_says_where_it_was_and_one_that_reads_late_misses_nothing() {
    let ground = Ground::new();
    let server = Server::start(&ground);
    let mut slow = Live::open(&server, "");
    assert_eq!(slow.next().0, "ready");
    // Nobody reads `slow` for a while; others are told at once. As many as one address may call in a day.
    let mut quick = Live::open(&server, "");
    assert_eq!(quick.next().0, "ready");
    let numbers: Vec<String> = (0..40)
        .map(|_| {
            let number = take_in(&server, &complaint());
            assert_eq!(quick.reported().2["number"], number.as_str());
            number
        })
        .collect();
    let told: Vec<(String, String)> = numbers
        .iter()
        .map(|_| slow.reported())
        .map(|(_, id, data)| (id, data["number"].as_str().unwrap().to_owned()))
        .collect();
    assert!(told.iter().map(|(_, number)| number).eq(&numbers), "each once, in order");

    // What a browser sends by itself counts before what the page asked for at first.
    let (last, _) = &told[told.len() - 3];
    let mut again = Live::resumed(&server, "?after=0", last);
    assert_eq!(again.reported().2["number"], numbers[numbers.len() - 2].as_str());
    assert_eq!(again.reported().2["number"], numbers[numbers.len() - 1].as_str());
    let next = std::iter::from_fn(|| Some(again.next())).find(|t| t.0 == "ready" || t.0 == "gap").unwrap();
    assert_eq!(next.0, "ready");

    // A gap carries the position from which everything is told, so that the next break resumes from there.
    let (name, id, data) = Live::resumed(&server, "", "99999999").next();
    assert_eq!((name.as_str(), &data["position"].to_string()), ("gap", &id));
    assert!(id.parse::<u64>().unwrap() >= last.parse().unwrap());
}
