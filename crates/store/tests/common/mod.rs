//! What the tests of this room share: a folder that goes away, and sealed samples.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use huying_core::ids::{CaseId, ItemId};
use huying_core::time::Time;
use huying_store::conformance::calls;
use huying_store::{Batch, DataKey, Folder, ItemPlace, Options, Store, StoreError, seal};
use tempfile::TempDir;

pub const AT: Time = Time(1_700_000_000_000);

pub struct Place {
    pub dir: TempDir,
    pub folder: Folder,
}

pub fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(&dir.path().join("data"));
    Place { dir, folder }
}

impl Place {
    pub fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.folder, Options { cache_bytes: 4 << 20 })
    }
}

/// One call whose single text is really sealed.
pub fn sealed_call(store: &Store, case: u64, text: &str, at: Time) -> Batch {
    let mut batch = calls(case, 1, at).unwrap();
    let key = DataKey::from_bytes([case as u8; 32]);
    let place = ItemPlace { item: ItemId(case * 2), case_id: CaseId(case), subject: 0, class: "body".into() };
    let (item, commits) = seal(&key, place, [7; 16], [case as u8; 24], text.as_bytes()).unwrap();
    batch.vault = vec![item];
    batch.vault_keys = vec![store.master().wrap(CaseId(case), 0, &key, [case as u8; 24]).unwrap()];
    let payload = format!(
        r#"{{"stream":{case},"version":1,"recorded_at":{},"item":{},"commitment":"{}"}}"#,
        at.0,
        case * 2,
        huying_store::hex(&commits)
    );
    batch.records[0].payload = payload.into_bytes();
    batch
}
