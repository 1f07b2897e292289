//! What a sender is told when there is no room: a full disk, a full queue, too many requests or files at
//! once. Through the router, over a real engine; the disk is full by a bound of the store.

use crate::api;
use crate::app::App;
use crate::code::QueryCodes;
use crate::limits::{MAX_CONCURRENT, MAX_UPLOADS};
use crate::live::Feed;
use crate::metrics::Metrics;
use crate::quota::Counts;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::city::Folder;
use huying_core::ids::{CaseId, PersonId};
use huying_engine::store::Doer;
use huying_engine::{Engine, Settings, plain};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

struct Ground {
    _dir: tempfile::TempDir,
    app: Arc<App>,
    router: Router,
    token: String,
}

fn put(folder: &mut Folder, dir: &Path, prefix: &str) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            put(folder, &path, &format!("{name}/"));
        } else {
            folder.put(&name, std::fs::read(&path).unwrap());
        }
    }
}

impl Ground {
    fn new() -> Ground {
        let dir = tempfile::tempdir().unwrap();
        let mut city = Folder::new();
        put(&mut city, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu"), "");
        let engine = Engine::open_with_city(dir.path(), Settings::default(), &city).unwrap();
        let rules = engine.rules();
        let post = rules.city.people.posts().iter().find(|p| p.role == "administrator").unwrap();
        let person: PersonId = post.person.clone().unwrap();
        let token = engine.new_token(Doer::terminal(), person, "", None).unwrap();
        let engine = Arc::new(engine);
        let app = Arc::new(App {
            feed: Feed::follow(&engine, Arc::new(|_| {})).unwrap(),
            engine,
            watchers: Arc::default(),
            stopping: watch::channel(false).1,
            metrics: Metrics::default(),
            figures: Default::default(),
            pages: None,
            made_up: false,
            codes: QueryCodes::open(dir.path()).unwrap(),
            counts: Counts::default(),
            uploads: Arc::new(Semaphore::new(MAX_UPLOADS)),
            proxies: Vec::new(),
            log: Arc::new(|_| {}),
        });
        Ground { router: api::router(app.clone()), _dir: dir, app, token }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Option<String>, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let media = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let wait = response.headers().get(header::RETRY_AFTER).map(|v| v.to_str().unwrap().to_owned());
        let status = response.status();
        let problem = status.is_client_error() || status.is_server_error();
        assert_eq!(media == "application/problem+json", problem, "{media}");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, wait, serde_json::from_slice(&bytes).unwrap())
    }

    /// A call of a resident whose words fill a page or more.
    fn call(&self) -> Request<Body> {
        let body = json!({
            "title": "路灯不亮", "body": "连续三天不亮".repeat(1_000), "request_type": "complaint",
            "channel": "web", "place": "510104",
        });
        post("/api/v1/cases", "application/json", body.to_string().into_bytes())
    }

    fn command(&self, number: &str, command: &Value) -> Request<Body> {
        let path = format!("/api/v1/cases/{number}/commands");
        let mut request = post(&path, "application/json", command.to_string().into_bytes());
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        request
    }

    /// Keeps the writer busy until the sender is dropped.
    fn hold_writer(&self) -> Sender<()> {
        let (release, held) = channel::<()>();
        let (begun, begins) = channel();
        let engine = self.app.engine.clone();
        std::thread::spawn(move || {
            let _ = engine.with_store(move |_, _| {
                begun.send(()).unwrap();
                let _ = held.recv();
                Ok(())
            });
        });
        begins.recv().unwrap();
        release
    }
}

fn post(path: &str, media: &str, body: Vec<u8>) -> Request<Body> {
    Request::post(path).header(header::CONTENT_TYPE, media).body(Body::from(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_507_and_the_same_again_is_taken_when_there_is_room() {
    let ground = Ground::new();
    let (status, _, taken) = ground.ask(ground.call()).await;
    assert_eq!(status, StatusCode::CREATED, "{taken}");
    let (number, code) = (taken["number"].as_str().unwrap(), taken["query_code"].as_str().unwrap());
    let position = ground.app.engine.position().unwrap();
    ground.app.engine.with_store(|store, _| store.bound_growth(Some(0))).unwrap();
    // What is left of the last pages may hold one more; then there is no room for any.
    let mut last = StatusCode::CREATED;
    let mut stored = 0;
    for _ in 0..8 {
        let (status, _, body) = ground.ask(ground.call()).await;
        assert!([StatusCode::CREATED, StatusCode::INSUFFICIENT_STORAGE].contains(&status), "{body}");
        stored += u64::from(status == StatusCode::CREATED);
        (last, _) = (status, body);
    }
    assert_eq!(last, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(
        ground.app.engine.position().unwrap().0,
        position.0 + stored,
        "nothing of the refused is there"
    );
    let note = json!({"name": "note", "text": "补充".repeat(5_000)});
    let path = format!("/api/v1/cases/{number}/commands?query_code={code}");
    let (status, _, body) = ground.ask(post(&path, "application/json", note.to_string().into_bytes())).await;
    assert_eq!((status.as_u16(), &body["type"]), (507, &json!("urn:huying:problem:full")));
    // What is there is still shown.
    let read = Request::get(format!("/api/v1/cases/{number}?query_code={code}")).body(Body::empty()).unwrap();
    assert_eq!(ground.ask(read).await.0, StatusCode::OK);
    ground.app.engine.with_store(|store, _| store.bound_growth(None)).unwrap();
    assert_eq!(ground.ask(ground.call()).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_503_with_a_time_to_come_back() {
    let ground = Ground::new();
    let (_, _, taken) = ground.ask(ground.call()).await;
    let (number, id) = (taken["number"].as_str().unwrap(), CaseId(taken["id"].as_u64().unwrap()));
    let release = ground.hold_writer();
    for _ in 0..huying_engine::limits::MAX_QUEUE {
        let job = plain(Actor::Clock, id, Command::ResetClocks {});
        ground.app.engine.submit_then(job, Box::new(|_| {}));
    }
    for request in [ground.call(), ground.command(number, &json!({"name": "erase", "ground": "request"}))] {
        let (status, wait, body) = ground.ask(request).await;
        assert_eq!((status.as_u16(), wait.as_deref()), (503, Some("1")), "{body}");
        assert_eq!(body["type"], "urn:huying:problem:unavailable");
    }
    drop(release);
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    while status == StatusCode::SERVICE_UNAVAILABLE {
        (status, ..) = ground.ask(ground.call()).await;
    }
    assert_eq!(status, StatusCode::CREATED, "the same again is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_or_files_at_once_are_503() {
    let ground = Ground::new();
    let (_, _, taken) = ground.ask(ground.call()).await;
    let (number, code) = (taken["number"].as_str().unwrap(), taken["query_code"].as_str().unwrap());
    let path = format!("/api/v1/cases/{number}/files?query_code={code}");
    let file = || post(&path, "application/pdf", b"%PDF-1.7 x".to_vec());
    let all = u32::try_from(MAX_UPLOADS).unwrap();
    let held = ground.app.uploads.clone().acquire_many_owned(all - 9).await.unwrap();
    assert_eq!(ground.ask(file()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    drop(held);
    assert_eq!(ground.ask(file()).await.0, StatusCode::CREATED);
    assert_eq!(ground.app.uploads.available_permits(), MAX_UPLOADS, "all room is given back");

    let release = ground.hold_writer();
    let wait = || {
        let (router, request) = (ground.router.clone(), ground.command(number, &json!({"name": "undo"})));
        tokio::spawn(async move { router.oneshot(request).await })
    };
    let mut waiting: Vec<_> = (0..MAX_CONCURRENT).map(|_| wait()).collect();
    let health = || Request::get("/healthz").body(Body::empty()).unwrap();
    let mut told = ground.ask(health()).await;
    for _ in 0..100 {
        // The question itself takes a place for a moment, and may have taken it from one of those that wait.
        if told.0 == StatusCode::OK {
            waiting.push(wait());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            told = ground.ask(health()).await;
        }
    }
    assert_eq!((told.0.as_u16(), told.1.as_deref()), (503, Some("1")), "{}", told.2);
    drop(release);
    for answer in waiting {
        let _ = answer.await.unwrap().unwrap();
    }
    assert_eq!(ground.ask(health()).await.0, StatusCode::OK);
}
