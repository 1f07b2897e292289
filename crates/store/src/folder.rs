//! The data folder: where everything lies, who may write, the keys, and the list of erasures.
//!
//! ```text
//! DIR/ledger.db      journal, vault, projections written with it, operational tables
//! DIR/views.db       lists and facts; can be deleted and follows again
//! DIR/keys/          master.key (vault), checkpoint.key (signatures); only the owner may read them
//! DIR/files/sha256/  sealed files under their digest; DIR/staging/ on the way there
//! DIR/erasures.log   every erasure, in a file that a restored backup cannot undo
//! DIR/LOCK           held by the one writer
//! ```

use crate::batch::{digest, hex, unhex};
use crate::error::{OnFile, StoreError};
use crate::files::FileStore;
use crate::vault::MasterKey;
use ed25519_dalek::SigningKey;
use huying_core::ids::CaseId;
use huying_core::time::Time;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The paths of one data folder. Holds nothing open.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// A folder that is held against writers, by somebody who does not write.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "the lock goes with it")] File);

/// One line of the list of erasures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// The case.
    pub case_id: CaseId,
    /// The subject, or none for every subject of the case.
    pub subject: Option<u32>,
    /// When it was ordered.
    pub at: Time,
}

impl Folder {
    /// A folder at `root`, which need not exist yet.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The ledger's file.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    /// The views' file.
    pub fn views(&self) -> PathBuf {
        self.root.join("views.db")
    }

    /// The files of the folder's cases.
    pub fn files(&self) -> FileStore {
        FileStore::at(&self.root)
    }

    pub(crate) fn erasure_log(&self) -> PathBuf {
        self.root.join("erasures.log")
    }

    /// Makes the folders that are missing.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.root).on("making the data folder", &self.root)?;
        let keys = self.root.join("keys");
        if !keys.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&keys).on("making the folder of keys", &keys)?;
        }
        self.files().prepare()?;
        sync_dir(&self.root)
    }

    /// Takes the folder for writing. The lock goes with the returned handle, also when the process is killed.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let path = self.root.join("LOCK");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .on("opening the lock", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
                return Err(StoreError::Held { path, pid });
            }
            Err(TryLockError::Error(e)) => return Err(StoreError::file("locking", &path, e)),
        }
        file.set_len(0).on("writing the lock", &path)?;
        file.seek(SeekFrom::Start(0)).on("writing the lock", &path)?;
        writeln!(file, "{}", std::process::id()).on("writing the lock", &path)?;
        Ok(file)
    }

    /// Holds the folder against writers, as long as what is handed back lives.
    ///
    /// # Errors
    /// `Held` while there is a writer.
    pub fn hold(&self) -> Result<Hold, StoreError> {
        self.lock().map(Hold)
    }

    /// The key that wraps every key of the vault; made at the first use of the folder.
    pub fn master_key(&self) -> Result<MasterKey, StoreError> {
        self.secret("master.key").map(MasterKey::from_bytes)
    }

    /// The key that signs checkpoints; made at the first use of the folder.
    pub(crate) fn signing_key(&self) -> Result<SigningKey, StoreError> {
        self.secret("checkpoint.key").map(|seed| SigningKey::from_bytes(&seed))
    }

    fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let path = self.root.join("keys").join(name);
        match fs::read_to_string(&path) {
            Ok(text) => unhex(text.trim()).ok_or_else(|| StoreError::BadLine {
                path,
                line: 1,
                problem: "a key is 64 lower-case hexadecimal digits".into(),
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => self.make_secret(&path),
            Err(e) => Err(StoreError::file("reading the key", &path, e)),
        }
    }

    /// A ledger without its keys must not silently get new ones: its vault would look erased.
    fn make_secret(&self, path: &Path) -> Result<[u8; 32], StoreError> {
        if self.ledger().exists() {
            let what = format!(
                "key `{}` of an existing ledger: put it back from where keys are kept;",
                path.display()
            );
            return Err(StoreError::Missing { what });
        }
        let secret = random()?;
        let staged = path.with_extension("new");
        let _ = fs::remove_file(&staged);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&staged)
            .on("making a key", &staged)?;
        writeln!(file, "{}", hex(&secret)).on("writing a key", &staged)?;
        file.sync_all().on("syncing a key", &staged)?;
        fs::rename(&staged, path).on("placing a key", path)?;
        sync_dir(&self.root.join("keys"))?;
        Ok(secret)
    }

    /// Appends to the list of erasures, durably.
    pub(crate) fn log_erasure(&self, erasure: Erasure) -> Result<(), StoreError> {
        let path = self.erasure_log();
        let fresh = !path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .on("opening the list of erasures", &path)?;
        let whole = whole_lines(&mut file).on("reading the list of erasures", &path)?;
        file.set_len(whole).on("cutting a torn line off the list of erasures", &path)?;
        let line = format!("{}\n", erasure.line());
        file.write_all(line.as_bytes()).on("appending to the list of erasures", &path)?;
        file.sync_all().on("syncing the list of erasures", &path)?;
        if fresh { sync_dir(&self.root) } else { Ok(()) }
    }

    /// Every erasure ever ordered here. A last line that a crash tore is no erasure: nothing was erased yet.
    pub fn erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        let path = self.erasure_log();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(StoreError::file("reading the list of erasures", &path, e)),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let read = |(at, line): (usize, &str)| {
            Erasure::parse(line).ok_or_else(|| StoreError::BadLine {
                path: path.clone(),
                line: at + 1,
                problem: "accepted: `erase CASE SUBJECT|* MILLISECONDS CHECK`, unaltered".into(),
            })
        };
        whole.lines().enumerate().map(read).collect()
    }
}

impl Erasure {
    fn body(&self) -> String {
        let subject = self.subject.map_or("*".to_owned(), |s| s.to_string());
        format!("erase {} {subject} {}", self.case_id, self.at.0)
    }

    /// The line with a check at its end, by which a torn or altered line is known.
    pub(crate) fn line(&self) -> String {
        let body = self.body();
        let check = hex(&digest(body.as_bytes())[..8]);
        format!("{body} {check}")
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        if words.next()? != "erase" {
            return None;
        }
        let case_id = CaseId(words.next()?.parse().ok()?);
        let subject = match words.next()? {
            "*" => None,
            n => Some(n.parse().ok()?),
        };
        let found = Self { case_id, subject, at: Time(words.next()?.parse().ok()?) };
        (found.line() == line).then_some(found)
    }
}

/// The length of the file up to its last line end.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1))
}

/// Makes a rename or a new file in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|d| d.sync_all()).on("syncing the folder", dir)
}

/// Fresh random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Random(e.to_string()))?;
    Ok(bytes)
}
