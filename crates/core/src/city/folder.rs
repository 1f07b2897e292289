//! A city folder in memory: file names and bytes. Reading a disk is the command's business.

use std::collections::BTreeMap;

/// The files of a city folder by their path within it, divided by `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folder {
    files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Folder {
        Folder::default()
    }

    /// Adds or replaces a file.
    pub fn put(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.files.insert(name.to_owned(), bytes.into());
    }

    /// The bytes of a file.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Every file in the order of its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(n, b)| (n.as_str(), b.as_slice()))
    }
}

impl<N: Into<String>, B: Into<Vec<u8>>> FromIterator<(N, B)> for Folder {
    fn from_iter<I: IntoIterator<Item = (N, B)>>(files: I) -> Folder {
        Folder { files: files.into_iter().map(|(n, b)| (n.into(), b.into())).collect() }
    }
}
