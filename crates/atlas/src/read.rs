//! The atlas itself: read from a city folder with every fault named, or opened from the file derived of it.
//!
//! Reading proves the tiling (`faces.rs`) and then derives what makes answers fast: the raster grid, centres,
//! names by their sounds, simplified arcs. None of that is a source: `file.rs` keeps it and it is made anew
//! whenever the folder's digest or this program's version differs.

use crate::addresses::Book;
use crate::api::{AtlasError, LevelFacts, Shape, Stats};
use crate::limits::MAX_CELLS;
use crate::raster::Raster;
use crate::search::Names;
use crate::shape::{NOWHERE, centres, neighbours, polygons};
use crate::tiles::Tiles;
use crate::topology::{Map, build};
use crate::{addresses, faces, file, tiles, topojson};
use huying_core::city::{City, Folder};
use huying_core::fault::{Fault, Severity};
use huying_core::ids::PlaceId;
use huying_core::observation::{Datum, Point};
use std::path::Path;

/// Where things are in one city. Immutable; share it in an `Arc`.
pub struct Atlas {
    pub(crate) map: Map,
    pub(crate) raster: Raster,
    pub(crate) book: Book,
    pub(crate) names: Names,
    pub(crate) tiles: Tiles,
    pub(crate) digest: String,
}

/// The files of a folder that an atlas is made of, beside places.csv.
fn files(folder: &Folder) -> impl Iterator<Item = (&str, &[u8])> {
    let ours = |n: &str| topojson::FILE == n || tiles::FILE == n || addresses::FILES.contains(&n);
    folder.iter().filter(move |(n, _)| ours(n) || ["city.toml", "places.csv", "codes.csv"].contains(n))
}

/// The digest of everything in a folder that an atlas is made of: 24 characters. Finds change, not forgery.
pub fn digest(folder: &Folder) -> String {
    let mut sum = crc32fast::Hasher::new();
    let mut size = 0u64;
    let mut mixed = 0u64;
    for (name, bytes) in files(folder) {
        sum.update(name.as_bytes());
        sum.update(bytes);
        size += bytes.len() as u64;
        // A second, different sum: 32 bits alone would meet by chance once in some thousand cities.
        let words = bytes.chunks(8).map(|c| {
            let mut word = [0; 8];
            word[..c.len()].copy_from_slice(c);
            u64::from_le_bytes(word)
        });
        mixed = words.fold(mixed, |m, w| (m.rotate_left(5) ^ w).wrapping_mul(0x517c_c1b7_2722_0a95));
    }
    let all = mixed ^ size.rotate_left(48);
    format!("{:08x}{all:016x}", sum.finalize())
}

/// Every fault of geometry and addresses, without building what answers need. Nothing for a folder that has
/// neither.
pub fn check(folder: &Folder, city: &City) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some((map, _)) = load(folder, city, &mut faults) {
        drop(map);
    }
    faults
}

/// Map and addresses, with their faults.
fn load(folder: &Folder, city: &City, faults: &mut Vec<Fault>) -> Option<(Map, Book)> {
    tiles::read_plan(folder, city, faults);
    let Some(bytes) = folder.get(topojson::FILE) else {
        if let Some((name, _)) = folder.iter().find(|(n, _)| addresses::FILES.contains(n)) {
            let problem = format!("there are addresses but no {}", topojson::FILE);
            faults.push(Fault::error(name, 0, "", problem, "both, or neither"));
        }
        return None;
    };
    let parsed = topojson::parse(bytes, faults)?;
    let mut map = build(parsed, city, faults)?;
    let whole = faces::build(&mut map, faults);
    let book = addresses::read::read(folder, &map, faults);
    whole.then_some((map, book))
}

impl Atlas {
    /// Reads geometry and addresses. Every fault is listed; there is an atlas exactly when geometry.topojson
    /// is there and none of the faults is an error.
    pub fn read(folder: &Folder, city: &City) -> (Option<Atlas>, Vec<Fault>) {
        let mut faults = Vec::new();
        let loaded = load(folder, city, &mut faults);
        if faults.iter().any(|f| f.severity == Severity::Error) {
            return (None, faults);
        }
        let atlas = loaded.map(|(mut map, book)| {
            map.centres = centres(&map);
            let plan = tiles::read_plan(folder, city, &mut Vec::new());
            Atlas {
                raster: Raster::build(&map, MAX_CELLS),
                names: Names::build(&map, &book, city),
                tiles: Tiles::build(&map, plan),
                map,
                book,
                digest: digest(folder),
            }
        });
        (atlas, faults)
    }

    /// Opens `path` when it was made from `folder` and is whole; else reads the folder and writes the file
    /// anew. A file that cannot be written is no error: the next start is only slower.
    pub fn open_or_read(path: &Path, folder: &Folder, city: &City) -> (Option<Atlas>, Vec<Fault>) {
        if folder.get(topojson::FILE).is_none() {
            return Atlas::read(folder, city);
        }
        if let Ok(atlas) = Atlas::open(path, &digest(folder)) {
            return (Some(atlas), Vec::new());
        }
        let (atlas, faults) = Atlas::read(folder, city);
        if let Some(atlas) = &atlas {
            drop(atlas.save(path));
        }
        (atlas, faults)
    }

    /// Writes the derived file, whole or not at all.
    ///
    /// # Errors
    /// [`AtlasError::Io`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), AtlasError> {
        file::save(self, path)
    }

    /// Opens a file made from a folder with this [`digest`].
    ///
    /// # Errors
    /// [`AtlasError`] when the file is not there, was made from something else or is damaged; then read anew.
    pub fn open(path: &Path, digest: &str) -> Result<Atlas, AtlasError> {
        file::open(path, digest)
    }

    /// Every footprint, as the number of the lowest place of its stack; in the order of ids.
    pub fn footprints(&self) -> impl Iterator<Item = u32> {
        (1..self.map.face_start.len().saturating_sub(1) as u32).map(|f| self.map.stack(f)[0])
    }

    /// The id of a place by its number, as [`Atlas::footprint`] gives it.
    pub fn place_id(&self, number: u32) -> Option<PlaceId> {
        ((number as usize) < self.map.ids.len()).then(|| self.map.place_id(number)).flatten()
    }

    /// How many compounds the addresses have.
    pub fn compounds(&self) -> usize {
        self.book.compounds.len()
    }

    /// Name, road, number and one building of a compound by its number, as its folder writes them.
    pub fn compound(&self, number: usize) -> Option<[&str; 4]> {
        let book = &self.book;
        book.compounds.get(number)?;
        let building = book.buildings_of(number as u32).next().map_or("", |b| book.keys.get(b));
        Some([book.names.get(number), book.roads.get(number), book.numbers.get(number), building])
    }

    /// The closed rings of a place by its number.
    pub fn rings(&self, number: u32) -> Vec<Vec<[i32; 2]>> {
        let map = &self.map;
        let known = (number as usize) < map.ids.len();
        let rings = if known { map.rings_of(number) } else { 0..0 };
        rings.map(|r| map.ring_points(map.ring(r))).collect()
    }

    fn number(&self, place: &PlaceId) -> Option<u32> {
        self.map.find(place.as_str())
    }

    fn shaped(&self, place: &PlaceId) -> Option<u32> {
        self.number(place).filter(|p| self.map.has_shape(*p))
    }

    /// Places of the same level that share a border of more than a point, and those stacked on the same
    /// footprint; in the order of ids.
    pub fn neighbours(&self, place: &PlaceId) -> Vec<PlaceId> {
        let found = self.shaped(place).map(|p| neighbours(&self.map, p)).unwrap_or_default();
        found.into_iter().filter_map(|p| self.map.place_id(p)).collect()
    }

    /// The shape of a place.
    pub fn shape(&self, place: &PlaceId) -> Option<Shape> {
        let place = self.shaped(place)?;
        Some(Shape { polygons: polygons(&self.map, place), datum: self.map.datum })
    }

    /// A point inside a place, in the stored datum.
    pub fn centre(&self, place: &PlaceId) -> Option<Point> {
        let p = self.map.centres[self.number(place)? as usize];
        (p != NOWHERE).then_some(Point { lon: p[0], lat: p[1], datum: self.map.datum })
    }

    /// Square metres, within 0.1 % for places up to 100 km across.
    pub fn area_m2(&self, place: &PlaceId) -> Option<f64> {
        let place = self.shaped(place)?;
        let (area, b) = (self.map.areas[place as usize], self.map.boxes[place as usize]);
        Some(crate::geo::square_metres(i128::from(area), i32::midpoint(b[1], b[3])))
    }

    /// West, south, east, north of a place, or of everything.
    pub fn bbox(&self, place: Option<&PlaceId>) -> Option<[i32; 4]> {
        match place {
            None => Some(self.map.bbox()),
            Some(place) => self.shaped(place).map(|p| self.map.boxes[p as usize]),
        }
    }

    /// The stored datum.
    pub fn datum(&self) -> Datum {
        self.map.datum
    }

    /// What speaks for the stored datum, in the folder's words.
    pub fn datum_evidence(&self) -> &str {
        &self.map.evidence
    }

    /// What the geometry says of each level of the city, the widest first.
    pub fn levels(&self) -> &[LevelFacts] {
        &self.map.levels
    }

    /// The digest of the folder it was made from: an edition of tiles and answers.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Sizes.
    pub fn stats(&self) -> Stats {
        let (map, book) = (&self.map, &self.book);
        Stats {
            places: map.ids.len(),
            footprints: map.face_start.len().saturating_sub(2),
            arcs: map.arcs(),
            points: map.points.len(),
            cells: self.raster.cells.len(),
            border_cells: self.raster.refs.len(),
            compounds: book.compounds.len(),
            buildings: book.buildings.len(),
            members: book.members.len(),
            bytes: map.bytes() + self.raster.bytes() + book.bytes() + self.names.bytes() + self.tiles.bytes(),
        }
    }
}
