//! The derived file: all tables of an atlas as they lie in memory, so that a start reads and does not
//! compute.
//!
//! Little-endian columns, each with its length and a CRC-32. A file of another version, another folder or
//! with a damaged column is refused by name and made anew; nothing in it is a source.

use crate::addresses::{Book, Building, Compound, Member, Spot};
use crate::api::{AtlasError, LevelFacts};
use crate::lattice::Grid;
use crate::raster::{Raster, Run};
use crate::read::Atlas;
use crate::search::Names;
use crate::tiles::{Plan, Tiles};
use crate::topology::{Map, Texts};
use huying_core::observation::Datum;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

const MAGIC: &[u8; 8] = b"HYATLAS\n";
/// Raised whenever a column changes its meaning; files of other versions are made anew.
const VERSION: u32 = 1;

/// What is small and stands at the head, as JSON.
#[derive(Serialize, Deserialize)]
struct Head {
    digest: String,
    datum: Datum,
    evidence: String,
    levels: Vec<(String, String, bool, bool, Option<f64>)>,
    grid: (i32, i32, u32, u32, u32),
    tolerance_px: f64,
    full_from: u8,
    labels: bool,
    zooms: Vec<(u8, u8)>,
}

/// A row of fixed size.
trait Pack: Sized {
    const SIZE: usize;
    fn put(&self, out: &mut Vec<u8>);
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! pack_number {
    ($($t:ty),+) => {$(
        impl Pack for $t {
            const SIZE: usize = size_of::<$t>();
            #[inline]
            fn put(&self, out: &mut Vec<u8>) { out.extend_from_slice(&self.to_le_bytes()); }
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let mut b = [0; size_of::<$t>()];
                b.copy_from_slice(&bytes[..size_of::<$t>()]);
                <$t>::from_le_bytes(b)
            }
        }
    )+};
}
pack_number!(u8, u16, u32, i32, i64);

impl<T: Pack + Copy + Default, const N: usize> Pack for [T; N] {
    const SIZE: usize = T::SIZE * N;
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|v| v.put(out));
    }
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        let mut all = [T::default(); N];
        for (i, v) in all.iter_mut().enumerate() {
            *v = T::get(&bytes[i * T::SIZE..]);
        }
        all
    }
}

macro_rules! pack_row {
    ($t:ident { $($f:ident : $ft:ty),+ }) => {
        impl Pack for $t {
            const SIZE: usize = 0 $(+ <$ft as Pack>::SIZE)+;
            #[inline]
            fn put(&self, out: &mut Vec<u8>) { $(self.$f.put(out);)+ }
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let mut at = 0;
                $(let $f = <$ft as Pack>::get(&bytes[at..]); at += <$ft as Pack>::SIZE;)+
                debug_assert_eq!(at, Self::SIZE);
                $t { $($f),+ }
            }
        }
    };
}
pack_row!(Run { first: u32, count: u32, delta: u32 });
pack_row!(Compound { grid: u32, at: [i32; 2], households: u32, kind: u32, aliases: u32 });
pack_row!(Building { compound: u32, at: [i32; 2], floors: u32, units: u32 });
pack_row!(Member { compound: u32, building: u32, unit: u32, floors: [i32; 2], households: u32, micro: u32 });
pack_row!(Spot { grid: u32, at: [i32; 2] });

struct Writer<W> {
    out: W,
    scratch: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn bytes(&mut self, data: &[u8]) -> std::io::Result<()> {
        self.out.write_all(&(data.len() as u64).to_le_bytes())?;
        self.out.write_all(&crc32fast::hash(data).to_le_bytes())?;
        self.out.write_all(data)
    }
    fn column<T: Pack>(&mut self, rows: &[T]) -> std::io::Result<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.reserve(rows.len() * T::SIZE);
        rows.iter().for_each(|r| r.put(&mut scratch));
        let done = self.bytes(&scratch);
        self.scratch = scratch;
        done
    }
    fn texts(&mut self, texts: &Texts) -> std::io::Result<()> {
        self.bytes(&texts.heap)?;
        self.column(&texts.ends)
    }
}

/// Writes beside the path and renames, so that a reader sees a whole file or none.
pub(crate) fn save(atlas: &Atlas, path: &Path) -> Result<(), AtlasError> {
    let failed = |e| AtlasError::Io(path.to_owned(), e);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = Path::new(&beside);
    let written = write(atlas, beside).and_then(|()| std::fs::rename(beside, path));
    if written.is_err() {
        drop(std::fs::remove_file(beside));
    }
    written.map_err(failed)
}

fn write(atlas: &Atlas, path: &Path) -> std::io::Result<()> {
    let file = std::fs::File::create(path)?;
    let mut w = Writer { out: std::io::BufWriter::with_capacity(1 << 20, file), scratch: Vec::new() };
    w.out.write_all(MAGIC)?;
    w.out.write_all(&VERSION.to_le_bytes())?;
    let (map, raster, book, names, tiles) =
        (&atlas.map, &atlas.raster, &atlas.book, &atlas.names, &atlas.tiles);
    let levels = map.levels.iter();
    let head = Head {
        digest: atlas.digest.clone(),
        datum: map.datum,
        evidence: map.evidence.clone(),
        levels: levels.map(|l| (l.id.clone(), l.name.clone(), l.shapes, l.synthetic, l.accuracy_m)).collect(),
        grid: (
            raster.grid.origin[0],
            raster.grid.origin[1],
            raster.grid.shift,
            raster.grid.columns,
            raster.grid.rows,
        ),
        tolerance_px: tiles.plan.tolerance_px,
        full_from: tiles.plan.full_from,
        labels: tiles.plan.labels,
        zooms: tiles.plan.zooms.clone(),
    };
    w.bytes(&serde_json::to_vec(&head).map_err(std::io::Error::other)?)?;
    w.texts(&map.ids)?;
    w.texts(&map.names)?;
    w.column(&map.level)?;
    w.column(&map.parent)?;
    w.column(&map.households)?;
    w.column(&map.starts)?;
    w.column(&map.points)?;
    w.column(&map.arc_boxes)?;
    w.column(&map.left)?;
    w.column(&map.shape_start)?;
    w.column(&map.ring_start)?;
    w.column(&map.ring_outer)?;
    w.column(&map.ring_arcs)?;
    w.column(&map.boxes)?;
    w.column(&map.centres)?;
    w.column(&map.areas)?;
    w.column(&map.face_start)?;
    w.column(&map.face_places)?;
    w.column(&raster.cells)?;
    w.column(&raster.refs)?;
    w.column(&raster.starts)?;
    w.column(&raster.runs)?;
    for texts in [&book.ids, &book.names, &book.roads, &book.numbers, &book.aliases, &book.keys] {
        w.texts(texts)?;
    }
    w.texts(&book.unit_names)?;
    w.texts(&book.spot_names)?;
    w.column(&book.compounds)?;
    w.column(&book.buildings)?;
    w.column(&book.members)?;
    w.column(&book.spots)?;
    w.column(&names.names)?;
    w.column(&names.sizes)?;
    w.column(&names.firsts)?;
    w.column(&names.keys)?;
    w.column(&names.starts)?;
    w.column(&names.postings)?;
    w.column(&tiles.masks)?;
    w.out.flush()?;
    w.out.get_ref().sync_all()
}

struct Reader<'a> {
    bytes: &'a [u8],
    column: usize,
    path: &'a Path,
}

impl<'a> Reader<'a> {
    fn damaged(&self, what: &str) -> AtlasError {
        AtlasError::Damaged { path: self.path.to_owned(), what: format!("column {}: {what}", self.column) }
    }
    fn take(&mut self, len: usize) -> Result<&'a [u8], AtlasError> {
        if len > self.bytes.len() {
            return Err(self.damaged("the file ends early"));
        }
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Ok(taken)
    }
    fn bytes(&mut self) -> Result<&'a [u8], AtlasError> {
        let len = self.take(8)?;
        let len = u64::get(len);
        let sum = u32::get(self.take(4)?);
        let data = self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        if crc32fast::hash(data) != sum {
            return Err(self.damaged("the checksum differs"));
        }
        self.column += 1;
        Ok(data)
    }
    fn column<T: Pack>(&mut self) -> Result<Vec<T>, AtlasError> {
        let data = self.bytes()?;
        if data.len() % T::SIZE != 0 {
            return Err(self.damaged("half a row"));
        }
        Ok(data.chunks_exact(T::SIZE).map(T::get).collect())
    }
    fn texts(&mut self) -> Result<Texts, AtlasError> {
        Ok(Texts { heap: self.bytes()?.to_vec(), ends: self.column()? })
    }
}

impl Pack for u64 {
    const SIZE: usize = 8;
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn get(bytes: &[u8]) -> u64 {
        let mut b = [0; 8];
        b.copy_from_slice(&bytes[..8]);
        u64::from_le_bytes(b)
    }
}

pub(crate) fn open(path: &Path, digest: &str) -> Result<Atlas, AtlasError> {
    let bytes = std::fs::read(path).map_err(|e| AtlasError::Io(path.to_owned(), e))?;
    let mut r = Reader { bytes: &bytes, column: 0, path };
    let other = |what| AtlasError::Other { path: path.to_owned(), what };
    if r.take(8)? != MAGIC {
        return Err(other("no atlas"));
    }
    if u32::get(r.take(4)?) != VERSION {
        return Err(other("another version"));
    }
    let head: Head = serde_json::from_slice(r.bytes()?).map_err(|e| r.damaged(&e.to_string()))?;
    if head.digest != digest {
        return Err(other("another folder"));
    }
    let map = read_map(&mut r, &head)?;
    let (ox, oy, shift, columns, rows) = head.grid;
    let raster = Raster {
        grid: Grid { origin: [ox, oy], shift, columns, rows },
        cells: r.column()?,
        refs: r.column()?,
        starts: r.column()?,
        runs: r.column()?,
    };
    let book = Book {
        ids: r.texts()?,
        names: r.texts()?,
        roads: r.texts()?,
        numbers: r.texts()?,
        aliases: r.texts()?,
        keys: r.texts()?,
        unit_names: r.texts()?,
        spot_names: r.texts()?,
        compounds: r.column()?,
        buildings: r.column()?,
        members: r.column()?,
        spots: r.column()?,
    };
    let names = Names {
        names: r.column()?,
        sizes: r.column()?,
        firsts: r.column()?,
        keys: r.column()?,
        starts: r.column()?,
        postings: r.column()?,
    };
    let masks = r.column()?;
    if !r.bytes.is_empty() {
        return Err(r.damaged("something follows the last column"));
    }
    let (tolerance_px, full_from, labels) = (head.tolerance_px, head.full_from, head.labels);
    let plan = Plan { tolerance_px, full_from, labels, zooms: head.zooms };
    let tiles = Tiles::with(&map, plan, masks);
    Ok(Atlas { map, raster, book, names, tiles, digest: head.digest })
}

fn read_map(r: &mut Reader<'_>, head: &Head) -> Result<Map, AtlasError> {
    let facts =
        |(id, name, shapes, synthetic, accuracy_m): &(String, String, bool, bool, Option<f64>)| LevelFacts {
            id: id.clone(),
            name: name.clone(),
            shapes: *shapes,
            synthetic: *synthetic,
            accuracy_m: *accuracy_m,
        };
    Ok(Map {
        datum: head.datum,
        evidence: head.evidence.clone(),
        levels: head.levels.iter().map(facts).collect(),
        ids: r.texts()?,
        names: r.texts()?,
        level: r.column()?,
        parent: r.column()?,
        households: r.column()?,
        starts: r.column()?,
        points: r.column()?,
        arc_boxes: r.column()?,
        left: r.column()?,
        shape_start: r.column()?,
        ring_start: r.column()?,
        ring_outer: r.column()?,
        ring_arcs: r.column()?,
        boxes: r.column()?,
        centres: r.column()?,
        areas: r.column()?,
        face_start: r.column()?,
        face_places: r.column()?,
    })
}
