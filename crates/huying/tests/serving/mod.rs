//! What the tests of `huying serve` share: a data folder with Chengdu in it, the built binary on a free
//! port, and an HTTP client of a few lines.

// Each test file uses its own part.
#![allow(dead_code)]

pub(crate) mod receiver;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) fn huying(args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_huying")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

/// Chengdu as a folder, and an empty data folder beside it.
pub(crate) struct Ground {
    _dir: tempfile::TempDir,
    pub(crate) city: PathBuf,
    pub(crate) data: PathBuf,
}

impl Ground {
    pub(crate) fn new() -> Ground {
        let dir = tempfile::tempdir().unwrap();
        let (city, data) = (dir.path().join("chengdu"), dir.path().join("data"));
        assert_eq!(huying(&["city", "make", "chengdu", city.to_str().unwrap()]).0, 0);
        Ground { _dir: dir, city, data }
    }

    /// Changes one file of the city folder.
    pub(crate) fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.city.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(text)).unwrap();
    }

    /// The lines of posts.csv as (post, person, unit, role).
    pub(crate) fn posts(&self) -> Vec<[String; 4]> {
        let text = std::fs::read_to_string(self.city.join("posts.csv")).unwrap();
        let row = |line: &str| {
            let mut cells = line.split(',').map(str::to_owned);
            std::array::from_fn(|_| cells.next().unwrap_or_default())
        };
        text.lines().skip(1).map(row).collect()
    }

    /// A token of a person, while no server runs.
    pub(crate) fn token(&self, person: &str) -> String {
        let data = self.data.to_str().unwrap();
        let (code, out, err) =
            huying(&["account", "token", "--data", data, "--person", person, "--days", "30"]);
        assert_eq!(code, 0, "{err}");
        out.trim().to_owned()
    }

    /// The person of the first post of a role whose unit passes.
    pub(crate) fn person(&self, role: &str, unit: impl Fn(&str) -> bool) -> String {
        let posts = self.posts();
        let found = posts.iter().find(|[_, person, u, r]| r == role && unit(u) && !person.is_empty());
        found.unwrap_or_else(|| panic!("no {role}"))[1].clone()
    }
}

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(ground: &Ground) -> Server {
        Server::with(&ground.data, &["--city", ground.city.to_str().unwrap()])
    }

    pub(crate) fn with(data: &Path, more: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huying"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, kept) = (child.stderr.take().unwrap(), log.clone());
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line.unwrap());
                kept.push('\n');
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").map(str::to_owned);
        let address = address.unwrap_or_else(|| panic!("`{line}`; {}", log.lock().unwrap()));
        Server { child, address, log, reader: Some(reader) }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to stop, as a service manager would, and waits.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (status, self.log())
    }

    pub(crate) fn call<'a>(&'a self, method: &'a str, path: &'a str) -> Call<'a> {
        Call { server: self, method, path, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.call("GET", path).token(token).send()
    }

    /// Gives a command and expects it to be accepted.
    pub(crate) fn give(&self, token: &str, number: &str, command: &Value) -> Value {
        let answer = self.try_give(token, number, command);
        assert_eq!(answer.status, 200, "{command}: {}", answer.body);
        answer.body
    }

    pub(crate) fn try_give(&self, token: &str, number: &str, command: &Value) -> Answer {
        self.call("POST", &format!("/api/v1/cases/{number}/commands")).token(token).json(command).send()
    }

    /// The number of the open thread of a kind.
    pub(crate) fn thread(&self, token: &str, number: &str, kind: &str) -> Value {
        let case = self.get(token, &format!("/api/v1/cases/{number}"));
        assert_eq!(case.status, 200, "{}", case.body);
        let threads = case.body["threads"].as_array().unwrap();
        let found = threads.iter().find(|t| t["kind"] == kind && t["open"] == true);
        found.unwrap_or_else(|| panic!("no open {kind}: {}", case.body["threads"])).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request in the making.
pub(crate) struct Call<'a> {
    server: &'a Server,
    method: &'a str,
    path: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The names of the fields at fault.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.body["fields"]
            .as_array()
            .map_or(Vec::new(), |all| all.iter().map(|f| f["field"].as_str().unwrap()).collect())
    }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        if token.is_empty() { self } else { self.header("authorization", &format!("Bearer {token}")) }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }

    pub(crate) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn send(self) -> Answer {
        let mut stream = TcpStream::connect(&self.server.address).unwrap();
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a large body may close before all of it is sent.
        let _ = stream.write_all(&self.body);
        // A server that never answers is a failed test, not one that hangs.
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        answer(&received(&mut stream))
    }
}

/// How long one more byte is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that is sent; of a stream of events, which never ends, the head and the first event.
fn received(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut some) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => return bytes,
            Ok(n) => bytes.extend_from_slice(&some[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing more after {PATIENCE:?}: {}", String::from_utf8_lossy(&bytes))
            }
            // A server that refuses may close while it is still being sent to.
            Err(_) => return bytes,
        }
        let text = String::from_utf8_lossy(&bytes);
        let event = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            head.to_lowercase().contains("text/event-stream") && body.contains("\n\n")
        });
        if event {
            return bytes;
        }
    }
}

fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers =
        lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
    let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or(Value::Null);
    Answer { status, headers, body, bytes: bytes[end + 4..].to_vec() }
}

/// A complaint about a street lamp in Jinjiang.
pub(crate) fn complaint() -> Value {
    json!({
        "title": "路灯不亮",
        "body": "东大街一段路口的路灯连续三天不亮",
        "request_type": "complaint",
        "channel": "web",
        "place": "510104",
        "contact": { "name": "张三", "phone": "13800000000" },
    })
}
