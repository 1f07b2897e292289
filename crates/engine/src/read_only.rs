//! Serving a damaged ledger: what is whole is read, nothing is written, and what is damaged is named.
//!
//! No word is read in clear, because the access ledger cannot take the row that says so.

use crate::engine::{Engine, Settings, follow, spawn};
use crate::error::{EngineError, Rejected};
use crate::owed::Delivery;
use crate::queue::Queue;
use crate::writer::{Shared, refuse_until_closed};
use huying_core::city::Folder as CityFolder;
use huying_core::fault::chain;
use huying_store::{Folder, Follower, Reader};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// What is known of a damaged ledger that is only read.
#[derive(Debug)]
pub struct Damaged {
    /// Why it is not written, and what to do.
    pub why: Arc<str>,
    /// Each damage with the records it affects; empty when none was found; none while it is looked for.
    pub named: OnceLock<Vec<String>>,
}

impl Engine {
    /// Opens the data folder for serving: like [`Engine::open`], or [`Engine::open_with_city`] with a city; a
    /// ledger too damaged to be written is opened for reading alone, under the rules it holds.
    ///
    /// # Errors
    /// Those of the two, when not even reading goes.
    #[expect(clippy::needless_pass_by_value, reason = "settings are made for one engine")]
    pub fn open_as_far_as_whole(
        root: &Path,
        settings: Settings,
        city: Option<&CityFolder>,
    ) -> Result<Engine, EngineError> {
        match Engine::start(root, &settings, city) {
            Err(damage) if damage.is_damage() => {
                let engine = Engine::read_only(root, &settings, damage)?;
                if city.is_some() {
                    settings.log.line("the city folder is not loaded: the rules of the ledger stay in force");
                }
                Ok(engine)
            }
            opened => opened,
        }
    }

    fn read_only(root: &Path, settings: &Settings, damage: EngineError) -> Result<Engine, EngineError> {
        let folder = Folder::at(root);
        // Whatever goes wrong here, the damage is what the operator must hear of.
        let (Ok(hold), Ok(reader)) = (folder.hold(), Reader::open(&folder)) else { return Err(damage) };
        let (Ok(city), Ok(master)) = (crate::city::open(&reader, &folder), folder.master_key()) else {
            return Err(damage);
        };
        let why: Arc<str> = format!(
            "the ledger is damaged and only read ({}). Stop the server, run `huying journal verify` to see what \
             is lost and `huying journal restore` to come back",
            chain(&damage)
        )
        .into();
        let log = &settings.log;
        log.line(&format!("READ ONLY: {why}"));
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            city: RwLock::new(city),
            next_case: AtomicU64::new(1),
            next_item: AtomicU64::new(1),
            queue: Queue::new(),
            time: settings.time.clone(),
            subscribers: RwLock::new(Vec::new()),
            keys: None,
            delivery: Mutex::new(Delivery::default()),
            duplicates: Mutex::default(),
        });
        let (refusing, refusal) = (shared.clone(), Rejected::ReadOnly(why.clone()));
        let mut threads =
            vec![spawn("huying-writer", move || refuse_until_closed(&refusing, &refusal, hold))?];
        let damaged = Arc::new(Damaged { why, named: OnceLock::new() });
        if settings.follow {
            match Follower::open(&folder, settings.views_cache_bytes) {
                Ok(follower) => {
                    let (_, told) = channel();
                    threads.push(spawn("huying-follower", move || follow(follower, &told))?);
                }
                Err(error) => log.line(&format!("lists stand where they stood: {}", chain(&error))),
            }
        }
        // Not waited for at the end: it reads everything there is.
        let (known, log) = (damaged.clone(), settings.log.clone());
        drop(spawn("huying-verify", move || {
            let named = name_damages(&reader);
            named.iter().for_each(|damage| log.line(&format!("DAMAGED: {damage}")));
            let _ = known.named.set(named);
        })?);
        Ok(Engine::of(shared, master, threads, settings, Some(damaged)))
    }

    /// What is known of the damage, when the ledger is only read for it.
    pub fn damaged(&self) -> Option<&Damaged> {
        self.damaged.as_deref()
    }
}

fn name_damages(reader: &Reader) -> Vec<String> {
    match crate::verify::verify(reader, &mut |_, _| {}) {
        Ok(report) => report.damages.iter().map(ToString::to_string).collect(),
        Err(error) => vec![chain(&error)],
    }
}
