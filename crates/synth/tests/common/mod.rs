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

/// The same with hands below the street: one grid and one micro-grid in every community, its leader, a grid
/// worker and the head of the community.
#[allow(dead_code, reason = "not every test plays")]
pub(crate) fn chengdu_with_grids() -> Folder {
    let mut folder = chengdu();
    let text = |name: &str| String::from_utf8(folder.get(name).unwrap().to_vec()).unwrap();
    let [mut places, mut people, mut posts] = ["places.csv", "people.csv", "posts.csv"].map(text);
    posts =
        posts.lines().map(|l| format!("{l},\n")).collect::<String>().replacen("role,", "role,territory", 1);
    let communities: Vec<String> = places
        .lines()
        .filter(|l| l.contains(",community,"))
        .map(|l| l.split(',').next().unwrap().to_owned())
        .collect();
    for id in communities {
        let (grid, micro) = (format!("{id}G01"), format!("{id}G0101"));
        for (place, level, kind, parent) in
            [(&grid, "grid", "general", &id), (&micro, "micro-grid", "", &grid)]
        {
            places += &format!("{place},{place},{place},,{level},{kind},{parent},,,,pattern,\n");
        }
        for (who, kind, role, at) in [
            ("h", "staff", "community", ""),
            ("w", "contractor", "grid-worker", grid.as_str()),
            ("l", "volunteer", "grid-leader", micro.as_str()),
        ] {
            people += &format!("p{id}{who},{kind},虚构{id}{who},yes\n");
            posts += &format!("u{id}-{who},p{id}{who},u{id},{role},{at}\n");
        }
    }
    for (name, text) in [("places.csv", places), ("people.csv", people), ("posts.csv", posts)] {
        folder.put(name, text.into_bytes());
    }
    folder
}
