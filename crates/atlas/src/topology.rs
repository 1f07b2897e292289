//! The map in memory: places, arcs that neighbours and levels share, rings made of arcs, footprints.
//!
//! A *half-edge* is an arc in a direction: 2 × arc forwards, 2 × arc + 1 backwards. A *footprint* (face) is a
//! smallest shape: that of a place without shaped places under it, or of several stacked ones. Places are
//! numbered in the order of their ids, footprints (from 1; 0 is outside) in the order of their lowest place.
//! Owns no checks of tiling (`faces.rs`) and no search.

use crate::api::LevelFacts;
use crate::lattice::{P, doubled_area};
use crate::limits::{MAX_FAULTS, MAX_PLACE_ARCS, MAX_RINGS};
use crate::topojson::{FILE, Parsed, RawShape, bounds};
use huying_core::city::City;
use huying_core::fault::Fault;
use huying_core::ids::PlaceId;
use huying_core::observation::Datum;
use huying_core::place::{Place, PlaceNo, TreeNo};

/// No place, no figure.
pub(crate) const NONE: u32 = u32::MAX;

/// Many texts in one heap.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) heap: Vec<u8>,
    pub(crate) ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.heap.extend_from_slice(text.as_bytes());
        self.ends.push(self.heap.len() as u32);
    }
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
    pub(crate) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) };
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.heap.get(start as usize..end as usize).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }
    pub(crate) fn bytes(&self) -> usize {
        self.heap.len() + self.ends.len() * 4
    }
    /// The position of a text in a sorted list.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

impl<'a> FromIterator<&'a str> for Texts {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Texts {
        let mut all = Texts::default();
        texts.into_iter().for_each(|t| all.push(t));
        all
    }
}

/// Places, arcs and rings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map {
    pub(crate) datum: Datum,
    pub(crate) evidence: String,
    pub(crate) levels: Vec<LevelFacts>,
    pub(crate) ids: Texts,
    pub(crate) names: Texts,
    pub(crate) level: Vec<u8>,
    /// The parent in the main tree, else in the place's own tree.
    pub(crate) parent: Vec<u32>,
    pub(crate) households: Vec<u32>,
    pub(crate) starts: Vec<u32>,
    pub(crate) points: Vec<P>,
    pub(crate) arc_boxes: Vec<[i32; 4]>,
    /// By half-edge: the footprint on its left.
    pub(crate) left: Vec<u32>,
    pub(crate) shape_start: Vec<u32>,
    pub(crate) ring_start: Vec<u32>,
    pub(crate) ring_outer: Vec<u8>,
    pub(crate) ring_arcs: Vec<u32>,
    pub(crate) boxes: Vec<[i32; 4]>,
    pub(crate) centres: Vec<P>,
    pub(crate) areas: Vec<i64>,
    /// By footprint: where its places start; 0 is outside and has none.
    pub(crate) face_start: Vec<u32>,
    pub(crate) face_places: Vec<u32>,
}

impl Map {
    pub(crate) fn place_id(&self, place: u32) -> Option<PlaceId> {
        PlaceId::new(self.ids.get(place as usize)).ok()
    }
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.ids.find(id).map(|i| i as u32)
    }
    pub(crate) fn arcs(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
    pub(crate) fn arc(&self, arc: u32) -> &[P] {
        &self.points[self.starts[arc as usize] as usize..self.starts[arc as usize + 1] as usize]
    }
    pub(crate) fn has_shape(&self, place: u32) -> bool {
        self.rings_of(place).next().is_some()
    }
    /// The numbers of a place's rings; outer rings are followed by their holes.
    pub(crate) fn rings_of(&self, place: u32) -> std::ops::Range<usize> {
        self.shape_start[place as usize] as usize..self.shape_start[place as usize + 1] as usize
    }
    /// The half-edges of a ring.
    pub(crate) fn ring(&self, ring: usize) -> &[u32] {
        &self.ring_arcs[self.ring_start[ring] as usize..self.ring_start[ring + 1] as usize]
    }
    /// The half-edges of all rings of a place.
    pub(crate) fn edges_of(&self, place: u32) -> &[u32] {
        let rings = self.rings_of(place);
        &self.ring_arcs[self.ring_start[rings.start] as usize..self.ring_start[rings.end] as usize]
    }
    /// The first point of a half-edge.
    pub(crate) fn origin(&self, half: u32) -> P {
        let arc = self.arc(half / 2);
        if half & 1 == 0 { arc[0] } else { arc[arc.len() - 1] }
    }
    /// The second point of a half-edge.
    pub(crate) fn second(&self, half: u32) -> P {
        let arc = self.arc(half / 2);
        if half & 1 == 0 { arc[1] } else { arc[arc.len() - 2] }
    }
    /// The closed points of a ring.
    pub(crate) fn ring_points(&self, halves: &[u32]) -> Vec<P> {
        let mut points: Vec<P> = Vec::new();
        for h in halves {
            let arc = self.arc(h / 2);
            let skip = usize::from(!points.is_empty());
            if h & 1 == 0 {
                points.extend(arc.iter().skip(skip));
            } else {
                points.extend(arc.iter().rev().skip(skip));
            }
        }
        points
    }
    /// The places of a footprint, lowest id first.
    pub(crate) fn stack(&self, face: u32) -> &[u32] {
        &self.face_places
            [self.face_start[face as usize] as usize..self.face_start[face as usize + 1] as usize]
    }
    /// The place itself, its parent, and so on to the top.
    pub(crate) fn line(&self, place: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(place), |p| Some(self.parent[*p as usize]).filter(|p| *p != NONE))
    }
    /// The place of `level` on the way up from `place`.
    pub(crate) fn at_level(&self, place: u32, level: u8) -> Option<u32> {
        self.line(place).find(|p| self.level[*p as usize] == level)
    }
    /// The most exact place over both.
    pub(crate) fn common(&self, a: u32, b: u32) -> Option<u32> {
        self.line(a).find(|p| self.line(b).any(|q| q == *p))
    }
    /// Whether the border of a place was made up; a place without a shape takes that of nobody.
    pub(crate) fn synthetic(&self, place: u32) -> bool {
        self.has_shape(place) && self.levels[self.level[place as usize] as usize].synthetic
    }
    pub(crate) fn bytes(&self) -> usize {
        let words = [
            &self.parent,
            &self.households,
            &self.starts,
            &self.left,
            &self.shape_start,
            &self.ring_start,
            &self.ring_arcs,
            &self.face_start,
            &self.face_places,
        ];
        words.iter().map(|v| v.len() * 4).sum::<usize>()
            + (self.points.len() + self.centres.len() + self.areas.len()) * 8
            + (self.arc_boxes.len() + self.boxes.len()) * 16
            + self.ring_outer.len()
            + self.level.len()
            + self.ids.bytes()
            + self.names.bytes()
    }
    /// The box of everything.
    pub(crate) fn bbox(&self) -> [i32; 4] {
        bounds(&self.points)
    }
}

/// Faults of one sort: the first are listed, the rest counted.
pub(crate) struct Sort<'f> {
    faults: &'f mut Vec<Fault>,
    listed: usize,
    more: usize,
    what: &'static str,
}

impl<'f> Sort<'f> {
    pub(crate) fn new(faults: &'f mut Vec<Fault>, what: &'static str) -> Sort<'f> {
        Sort { faults, listed: 0, more: 0, what }
    }
    pub(crate) fn error(&mut self, field: &str, problem: impl Into<String>, accepted: &str) {
        if self.listed == MAX_FAULTS {
            self.more += 1;
            return;
        }
        self.listed += 1;
        self.faults.push(Fault::error(FILE, 0, field, problem, accepted));
    }
    /// Whether nothing was wrong; says how many faults were not listed.
    pub(crate) fn done(self) -> bool {
        if self.more > 0 {
            let problem = format!("{} more faults of this sort: {}", self.more, self.what);
            self.faults.push(Fault::error(FILE, 0, "", problem, "none"));
        }
        self.listed == 0
    }
}

/// Puts places and shapes together. `None` when a fault leaves no map to check further.
pub(crate) fn build(parsed: Parsed, city: &City, faults: &mut Vec<Fault>) -> Option<Map> {
    let before = faults.len();
    let (mut map, order) = places(&parsed, city);
    let mut shapes: Vec<Option<RawShape>> = Vec::new();
    shapes.resize_with(order.len(), || None);
    let Parsed { starts, points, objects, .. } = parsed;
    map.arc_boxes = starts.windows(2).map(|w| bounds(&points[w[0] as usize..w[1] as usize])).collect();
    (map.starts, map.points) = (starts, points);
    let mut wrong = Sort::new(faults, "places of the geometry");
    for (name, list) in objects {
        take_level(&mut map, city, &order, &name, list, &mut shapes, &mut wrong);
    }
    missing(&map, city, &order, &shapes, &mut wrong);
    wrong.done();
    let mut wrong = Sort::new(faults, "rings");
    for shape in shapes {
        if let Some(shape) = shape {
            take_rings(&mut map, &shape, &mut wrong);
        }
        map.shape_start.push(map.ring_start.len() as u32 - 1);
    }
    wrong.done();
    if faults.len() > before {
        return None;
    }
    for place in 0..map.ids.len() as u32 {
        let halves = map.edges_of(place);
        let boxes = halves.iter().map(|h| map.arc_boxes[*h as usize / 2]);
        let bbox = boxes.fold([i32::MAX, i32::MAX, i32::MIN, i32::MIN], |b, a| {
            [b[0].min(a[0]), b[1].min(a[1]), b[2].max(a[2]), b[3].max(a[3])]
        });
        let area: i128 = map.rings_of(place).map(|r| doubled_area(&map.ring_points(map.ring(r)))).sum();
        map.boxes.push(bbox);
        map.areas.push(area as i64);
    }
    Some(map)
}

/// The table of places in the order of ids, and which place of the city each is.
fn places(parsed: &Parsed, city: &City) -> (Map, Vec<PlaceNo>) {
    let mut order: Vec<PlaceNo> = city.places.iter().map(|(no, _)| no).collect();
    order.sort_by(|a, b| city.places.get(*a).id.cmp(&city.places.get(*b).id));
    let mut number = vec![NONE; order.len()];
    for (i, no) in order.iter().enumerate() {
        number[no.0 as usize] = i as u32;
    }
    let place = |no: &PlaceNo| -> &Place { city.places.get(*no) };
    let parent = |no: &PlaceNo| {
        let tree = place(no).tree;
        city.places.parent(tree, *no).map_or(NONE, |p| number[p.0 as usize])
    };
    let levels = city.places.book().levels.iter().map(|l| {
        let meta = parsed.levels.get(l.id.as_str()).copied().unwrap_or_default();
        LevelFacts {
            id: l.id.to_string(),
            name: l.name.clone(),
            shapes: parsed.objects.iter().any(|(name, shapes)| *name == l.id && !shapes.is_empty()),
            synthetic: meta.synthetic,
            accuracy_m: meta.accuracy_m,
        }
    });
    let households = |no: &PlaceNo| {
        let n = city.places.households(TreeNo::MAIN, *no).map_or(NONE, |n| n.min(u64::from(NONE - 1)) as u32);
        place(no).households.unwrap_or(n)
    };
    let map = Map {
        datum: parsed.datum,
        evidence: parsed.evidence.clone(),
        levels: levels.collect(),
        ids: order.iter().map(|no| place(no).id.as_str()).collect(),
        names: order.iter().map(|no| place(no).name.as_str()).collect(),
        level: order.iter().map(|no| place(no).level.0).collect(),
        parent: order.iter().map(parent).collect(),
        households: order.iter().map(households).collect(),
        starts: Vec::new(),
        points: Vec::new(),
        arc_boxes: Vec::new(),
        left: Vec::new(),
        shape_start: vec![0],
        ring_start: vec![0],
        ring_outer: Vec::new(),
        ring_arcs: Vec::new(),
        boxes: Vec::new(),
        centres: Vec::new(),
        areas: Vec::new(),
        face_start: Vec::new(),
        face_places: Vec::new(),
    };
    (map, order)
}

fn take_level(
    map: &mut Map,
    city: &City,
    order: &[PlaceNo],
    name: &str,
    list: Vec<RawShape>,
    shapes: &mut [Option<RawShape>],
    wrong: &mut Sort<'_>,
) {
    let Some(level) = map.levels.iter().position(|l| l.id == name) else {
        let known: Vec<&str> = map.levels.iter().map(|l| l.id.as_str()).collect();
        wrong.error(&format!("objects.{name}"), "no level of city.toml", &known.join(", "));
        return;
    };
    for shape in list {
        let Some(at) = map.find(&shape.id) else {
            wrong.error(&shape.path, "no place of places.csv", "the id of a listed place");
            continue;
        };
        let place = city.places.get(order[at as usize]);
        let own = &map.levels[place.level.0 as usize].id;
        if place.level.0 as usize != level {
            wrong.error(
                &shape.path,
                format!("the place is a {own}, not a {name}"),
                &format!("objects.{own}"),
            );
        } else if place.tree != TreeNo::MAIN {
            wrong.error(&shape.path, "the place stands in another tree", "places of the main tree");
        } else if place.to.is_some() {
            wrong.error(&shape.path, "the place has ended", "places that exist");
        } else if shapes[at as usize].is_some() {
            wrong.error(&shape.path, "the place has a shape already", "one shape a place");
        } else {
            shapes[at as usize] = Some(shape);
        }
    }
}

fn missing(map: &Map, city: &City, order: &[PlaceNo], shapes: &[Option<RawShape>], wrong: &mut Sort<'_>) {
    for (no, shape) in order.iter().zip(shapes) {
        let place = city.places.get(*no);
        let level = &map.levels[place.level.0 as usize];
        if level.shapes && shape.is_none() && place.tree == TreeNo::MAIN && place.to.is_none() {
            let field = format!("objects.{} ({})", level.id, place.id);
            wrong.error(
                &field,
                "the place has no shape",
                "a shape for every place of a level that has shapes",
            );
        }
    }
}

fn take_rings(map: &mut Map, shape: &RawShape, wrong: &mut Sort<'_>) {
    let rings: usize = shape.polygons.iter().map(Vec::len).sum();
    let arcs: usize = shape.polygons.iter().flatten().map(Vec::len).sum();
    if rings > MAX_RINGS || arcs > MAX_PLACE_ARCS {
        let accepted = format!("up to {MAX_RINGS} rings and {MAX_PLACE_ARCS} arcs");
        wrong.error(&shape.path, format!("{rings} rings with {arcs} arcs"), &accepted);
        return;
    }
    let mut used: Vec<u32> = shape.polygons.iter().flatten().flatten().map(|h| h / 2).collect();
    used.sort_unstable();
    if let Some(twice) = used.windows(2).find(|w| w[0] == w[1]) {
        wrong.error(&shape.path, format!("it uses arc {} twice", twice[0]), "each arc once");
    }
    for (k, polygon) in shape.polygons.iter().enumerate() {
        for (r, ring) in polygon.iter().enumerate() {
            let field = format!("{}.arcs[{k}][{r}]", shape.path);
            let open = (0..ring.len()).find(|i| {
                let next = ring[(i + 1) % ring.len()];
                map.origin(ring[*i] ^ 1) != map.origin(next)
            });
            if let Some(i) = open {
                let end = map.origin(ring[i] ^ 1);
                let problem = format!("the ring is not closed: item {i} ends at {} {}", end[0], end[1]);
                wrong.error(&field, problem, "each arc beginning where the one before ends");
                continue;
            }
            let points = map.ring_points(ring);
            let area = doubled_area(&points);
            if area == 0 {
                wrong.error(&field, format!("the ring of {} points has no area", points.len()), "an area");
                continue;
            }
            // Files wind either way; here outer rings run counter-clockwise and holes clockwise.
            if (area > 0) == (r == 0) {
                map.ring_arcs.extend(ring);
            } else {
                map.ring_arcs.extend(ring.iter().rev().map(|h| h ^ 1));
            }
            map.ring_outer.push(u8::from(r == 0));
            map.ring_start.push(map.ring_arcs.len() as u32);
        }
    }
}
