//! The shipped city, for tests that play in it.

use huying_core::city::Folder;
use std::path::Path;

/// Chengdu as it ships, without what lies beside it.
pub(crate) fn chengdu() -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu");
    let mut folder = Folder::new();
    for sub in ["", "catalogue"] {
        for entry in std::fs::read_dir(root.join(sub)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                let name = entry.file_name().into_string().unwrap();
                let name = if sub.is_empty() { name } else { format!("{sub}/{name}") };
                folder.put(&name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    folder
}
