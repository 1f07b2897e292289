//! A receiver of deliveries on a free port of this machine: notes what comes and answers as it is told to.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How a receiver answers.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// With this status and body.
    Status(u16, String),
    /// Takes the body and breaks the connection off.
    Cut,
    /// Takes the body and says nothing for so long.
    Slow(Duration),
}

/// One delivery.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, v)| v.as_str()).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers))
    }

    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().unwrap()
    }
}

type Answers = Arc<Mutex<Box<dyn FnMut(&Delivery) -> Manner + Send>>>;

/// A receiver; it is there until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Vec<Delivery>>>,
    answers: Answers,
    open: Arc<Mutex<bool>>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) fn new() -> Receiver {
        Receiver::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Receiver {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<Delivery>>> = Arc::default();
        let answers: Answers = Arc::new(Mutex::new(Box::new(|_| Manner::Status(204, String::new()))));
        let open = Arc::new(Mutex::new(true));
        let (kept, asked, lives) = (got.clone(), answers.clone(), open.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if !*lives.lock().unwrap() {
                    return;
                }
                let (kept, asked) = (kept.clone(), asked.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &kept, &asked));
            }
        });
        Receiver { address, got, answers, open }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers from now on as `manner` says.
    pub(crate) fn answers(&self, manner: impl FnMut(&Delivery) -> Manner + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(manner);
    }

    pub(crate) fn got(&self) -> Vec<Delivery> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until what came is enough.
    pub(crate) fn until(&self, enough: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let got = self.got();
            if enough(&got) {
                return got;
            }
            assert!(
                Instant::now() < end,
                "still not enough: {:?}",
                got.iter().map(|d| &d.body).collect::<Vec<_>>()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        *self.open.lock().unwrap() = false;
        // Wakes the accepting thread, which then lets go of the port.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, got: &Mutex<Vec<Delivery>>, answers: &Answers) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
        .collect();
    let length = headers.iter().find(|(n, _)| n == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
    let mut bytes = vec![0; length];
    if reader.read_exact(&mut bytes).is_err() {
        return;
    }
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let delivery = Delivery { path, headers, bytes, body };
    let manner = (answers.lock().unwrap())(&delivery);
    got.lock().unwrap().push(delivery);
    let mut stream = stream;
    match manner {
        Manner::Cut => {}
        Manner::Slow(time) => std::thread::sleep(time),
        Manner::Status(status, body) => {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    }
}
