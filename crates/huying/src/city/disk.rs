//! City folders on disk, and those that ship within the program.

use huying_core::city::{Folder, outside};
use huying_core::profile::{settled, shipped as profile};
use include_dir::{Dir, include_dir};
use std::io;
use std::path::{Path, PathBuf};

static CHENGDU: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../data/chengdu");

/// The calendar of no city in particular: what a city that is known by an export alone begins with.
static BASE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../data/base");

/// Why a folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    /// The path is no folder.
    #[error("{0} is no folder; accepted is a folder that holds city.toml")]
    NoFolder(PathBuf),
    /// A file or folder could not be read.
    #[error("{0} could not be read")]
    Read(PathBuf, #[source] io::Error),
    /// A file or folder could not be written.
    #[error("{0} could not be written")]
    Write(PathBuf, #[source] io::Error),
    /// The folder to be made holds something.
    #[error("{0} exists and is not empty; accepted is a new or an empty folder")]
    NotEmpty(PathBuf),
    /// No city of this name ships.
    #[error("no city `{0}` ships with this program; accepted: {1}")]
    NoCity(String, String),
}

/// The cities that ship, by name, each with its profile written out.
pub(crate) fn shipped() -> Vec<(&'static str, Folder)> {
    let mut all = Folder::new();
    embed(&CHENGDU, &mut all);
    let plain = |name: &str| !name.starts_with(PARTS) && !name.starts_with(GEOMETRY);
    vec![("chengdu", settled(&all.iter().filter(|(name, _)| plain(name)).collect()))]
}

/// What a full city is made of, beside its plain folder: parameters and published polygons.
const PARTS: &str = "synth/";
const GEOMETRY: &str = "geometry/";

/// A file of which a full city is made; none when no city of this name can be made in full.
pub(crate) fn ingredient(city: &str, file: &str) -> Option<&'static [u8]> {
    (city == "chengdu").then(|| CHENGDU.get_file(file)).flatten().map(include_dir::File::contents)
}

/// The files that a city without a folder begins with.
pub(crate) fn base() -> Folder {
    let mut folder = Folder::new();
    embed(&BASE, &mut folder);
    folder.put(outside::PROFILE, profile("base").unwrap_or_default());
    folder
}

fn embed(dir: &Dir<'_>, folder: &mut Folder) {
    for file in dir.files() {
        folder.put(&file.path().to_string_lossy().replace('\\', "/"), file.contents());
    }
    // What days are made up from is no part of a city: the room that makes them carries it.
    for sub in dir.dirs().filter(|sub| !sub.path().ends_with("synth")) {
        embed(sub, folder);
    }
}

/// Reads a folder and those within it; names that begin with a dot are passed over.
pub(crate) fn read(dir: &Path) -> Result<Folder, DiskError> {
    if !dir.is_dir() {
        return Err(DiskError::NoFolder(dir.to_owned()));
    }
    let mut folder = Folder::new();
    read_into(dir, "", &mut folder)?;
    Ok(folder)
}

fn read_into(dir: &Path, prefix: &str, folder: &mut Folder) -> Result<(), DiskError> {
    let failed = |e| DiskError::Read(dir.to_owned(), e);
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        let inner = format!("{prefix}{name}");
        if path.is_dir() {
            read_into(&path, &format!("{inner}/"), folder)?;
        } else {
            let bytes = std::fs::read(&path).map_err(|e| DiskError::Read(path.clone(), e))?;
            folder.put(&inner, bytes);
        }
    }
    Ok(())
}

/// The plain folder of a shipped city.
pub(crate) fn find(city: &str) -> Result<Folder, DiskError> {
    let mut all = shipped();
    let names = all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    match all.iter().position(|(name, _)| *name == city) {
        Some(at) => Ok(all.swap_remove(at).1),
        None => Err(DiskError::NoCity(city.to_owned(), names)),
    }
}

/// Whether a path is free for a folder: nothing there, or an empty folder.
pub(crate) fn is_free(dir: &Path) -> Result<(), DiskError> {
    if dir.exists() {
        let mut entries = std::fs::read_dir(dir).map_err(|e| DiskError::Read(dir.to_owned(), e))?;
        if entries.next().is_some() {
            return Err(DiskError::NotEmpty(dir.to_owned()));
        }
    }
    Ok(())
}

/// Writes a folder into a new or empty one and says how many files it has.
pub(crate) fn write(folder: &Folder, dir: &Path) -> Result<usize, DiskError> {
    is_free(dir)?;
    for (name, bytes) in folder.iter() {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent).map_err(|e| DiskError::Write(parent.to_owned(), e))?;
        std::fs::write(&path, bytes).map_err(|e| DiskError::Write(path.clone(), e))?;
    }
    Ok(folder.iter().count())
}
