//! Footprints, and the proof that every level tiles its parent.
//!
//! The argument: arcs meet only at their ends (`planar.rs`), so they cut the plane into faces. Each smallest
//! place claims the left side of its half-edges; no side is claimed twice, and walking around a face of the
//! plane never leaves the claim: so each claim is whole faces of the plane, and claims do not overlap. A
//! parent whose border is exactly what remains of its children's borders after inner arcs cancel is then
//! exactly their union, at every level. Areas are summed as well, in whole numbers.

use crate::lattice::{P, cross, left_of, winding};
use crate::planar::{Segment, collisions, passed_through};
use crate::topojson::FILE;
use crate::topology::{Map, NONE, Sort};
use huying_core::fault::Fault;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Faults of one sort that a search lists before it stops.
const MOST: usize = 50;

/// Makes footprints and checks everything; whether all is well.
pub(crate) fn build(map: &mut Map, faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    footprints(map, faults);
    if faults.len() == before {
        planar(map, faults);
    }
    if faults.len() == before {
        whole_faces(map, faults);
        tiles(map, faults);
    }
    let whole = faults.len() == before;
    let unused = (0..map.arcs()).filter(|a| !used(map, *a as u32)).count();
    if whole && unused > 0 {
        let problem = format!("{unused} arcs are used by no shape");
        faults.push(Fault::warning(FILE, 0, "arcs", problem, "arcs that divide places"));
    }
    whole
}

/// Whether an arc is part of a smallest place's border; others lie inside of one or nowhere and divide
/// nothing.
fn used(map: &Map, arc: u32) -> bool {
    (map.left[arc as usize * 2] | map.left[arc as usize * 2 + 1]) != 0
}

fn name(map: &Map, place: u32) -> String {
    let level = &map.levels[map.level[place as usize] as usize].id;
    format!("objects.{level} ({})", map.ids.get(place as usize))
}

fn spot(p: P) -> String {
    format!("{:.7} {:.7}", f64::from(p[0]) / 1e7, f64::from(p[1]) / 1e7)
}

/// Groups the smallest places by their half-edges and claims the left sides.
fn footprints(map: &mut Map, faults: &mut Vec<Fault>) {
    let places = map.ids.len() as u32;
    let mut has_child = vec![false; places as usize];
    for place in 0..places {
        let parent = map.parent[place as usize];
        if parent != NONE && map.has_shape(place) {
            has_child[parent as usize] = true;
        }
    }
    let mut stacks: Vec<Vec<u32>> = Vec::new();
    let mut seen: HashMap<Box<[u32]>, usize> = HashMap::new();
    for place in (0..places).filter(|p| map.has_shape(*p) && !has_child[*p as usize]) {
        let mut halves: Box<[u32]> = map.edges_of(place).into();
        halves.sort_unstable();
        let at = *seen.entry(halves).or_insert(stacks.len());
        if at == stacks.len() {
            stacks.push(Vec::new());
        }
        stacks[at].push(place);
    }
    map.face_start = vec![0, 0];
    map.left = vec![0; map.arcs() * 2];
    let mut wrong = Sort::new(faults, "places that overlap");
    for (i, stack) in stacks.iter().enumerate() {
        let face = i as u32 + 1;
        for h in map.edges_of(stack[0]).to_vec() {
            let other = std::mem::replace(&mut map.left[h as usize], face);
            if other != 0 {
                let with = name(map, stacks[other as usize - 1][0]);
                let problem = format!("it lies on the same side of arc {} as {with}", h / 2);
                wrong.error(&name(map, stack[0]), problem, "places of one level that do not overlap");
            }
        }
        if let Some(stranger) =
            stack.iter().find(|p| map.parent[**p as usize] != map.parent[stack[0] as usize])
        {
            let problem = format!("it is stacked on {} of another parent", name(map, stack[0]));
            wrong.error(&name(map, *stranger), problem, "stacks within one parent");
        }
        map.face_places.extend(stack);
        map.face_start.push(map.face_places.len() as u32);
    }
    wrong.done();
}

/// Arcs meet only at their ends.
fn planar(map: &Map, faults: &mut Vec<Fault>) {
    let mut wrong = Sort::new(faults, "arcs that meet outside their ends");
    for p in passed_through(&map.starts, &map.points, MOST) {
        let problem = format!("an arc passes through {}, where another arc has a point", spot(p));
        wrong.error("arcs", problem, "arcs cut wherever they meet");
    }
    let mut segments = Vec::with_capacity(map.points.len());
    for arc in 0..map.arcs() as u32 {
        segments.extend(map.arc(arc).windows(2).map(|w| Segment { a: w[0], b: w[1], line: arc }));
    }
    for (s, t) in collisions(&segments, MOST) {
        let problem = format!("it meets arc {} near {}", t.line, spot(s.a));
        wrong.error(&format!("arcs[{}]", s.line), problem, "arcs that meet only at their ends");
    }
    wrong.done();
}

/// By half-edge: the half-edge that follows when walking around the face on its left.
fn next_around(map: &Map) -> Vec<u32> {
    let mut out: Vec<u32> = (0..map.arcs() as u32 * 2).filter(|h| used(map, h / 2)).collect();
    let half_plane = |d: [i64; 2]| d[1] < 0 || (d[1] == 0 && d[0] < 0);
    let direction = |h: u32| {
        let (o, s) = (map.origin(h), map.second(h));
        [i64::from(s[0]) - i64::from(o[0]), i64::from(s[1]) - i64::from(o[1])]
    };
    let by_angle = |a: u32, b: u32| -> Ordering {
        let (da, db) = (direction(a), direction(b));
        half_plane(da)
            .cmp(&half_plane(db))
            .then_with(|| cross(map.origin(a), map.second(b), map.second(a)).cmp(&0))
    };
    out.sort_unstable_by(|a, b| map.origin(*a).cmp(&map.origin(*b)).then_with(|| by_angle(*a, *b)));
    let mut next = vec![0u32; map.left.len()];
    for node in out.chunk_by(|a, b| map.origin(*a) == map.origin(*b)) {
        for (i, h) in node.iter().enumerate() {
            // Arriving along the twin of `h`, the face on the left goes on along the next one clockwise.
            next[(h ^ 1) as usize] = node[(i + node.len() - 1) % node.len()];
        }
    }
    next
}

/// Each footprint is whole faces of the plane, and winds once around what it holds.
fn whole_faces(map: &Map, faults: &mut Vec<Fault>) {
    let next = next_around(map);
    let mut wrong = Sort::new(faults, "shapes that are no area of their own");
    let mut cycle_of = vec![NONE; map.left.len()];
    let mut cycles: Vec<Vec<u32>> = vec![Vec::new(); map.face_start.len() - 1];
    for h in 0..map.left.len() as u32 {
        let face = map.left[h as usize];
        if face == 0 || cycle_of[h as usize] != NONE {
            continue;
        }
        cycles[face as usize].push(h);
        let mut at = h;
        while cycle_of[at as usize] == NONE {
            cycle_of[at as usize] = h;
            at = next[at as usize];
            if map.left[at as usize] != face {
                let place = map.stack(face)[0];
                let problem = format!("its border leaves the area it encloses at {}", spot(map.origin(at)));
                wrong.error(&name(map, place), problem, "an area whose border has it on one side throughout");
                break;
            }
        }
    }
    for (face, starts) in cycles.iter().enumerate().skip(1) {
        let place = map.stack(face as u32)[0];
        let rings: Vec<Vec<P>> = map.rings_of(place).map(|r| map.ring_points(map.ring(r))).collect();
        // One cycle alone that has an area to its left needs no further look.
        let outside_in = starts.len() > 1 && starts.iter().any(|h| turns_left_of(map, &rings, *h) != 1);
        if map.areas[place as usize] <= 0 || outside_in {
            wrong.error(
                &name(map, place),
                "a hole or a part lies where it cannot",
                "holes inside, parts outside each other",
            );
        }
    }
    wrong.done();
}

/// How often the rings wind around a spot just left of the middle of a half-edge's first segment. Nothing
/// else passes through that middle, so on its two sides the winding differs by one.
fn turns_left_of(map: &Map, rings: &[Vec<P>], half: u32) -> i32 {
    let (a, b) = (map.origin(half), map.second(half));
    // Twice as fine and around `a`, so that the middle is a point of the lattice.
    let fine = |p: &P| [(p[0] - a[0]) * 2, (p[1] - a[1]) * 2];
    let rings = rings.iter().map(|r| r.iter().map(fine).collect::<Vec<P>>());
    let middle = [b[0] - a[0], b[1] - a[1]];
    let hair_is_left = left_of([0, 0], fine(&b), middle);
    winding(rings, middle) + i32::from(!hair_is_left)
}

/// The children of every shaped place are exactly the place.
fn tiles(map: &Map, faults: &mut Vec<Fault>) {
    let mut wrong = Sort::new(faults, "places that their children do not fill exactly");
    let mut children: Vec<(u32, u32)> = (0..map.ids.len() as u32)
        .map(|p| (map.parent[p as usize], p))
        .filter(|(parent, p)| *parent != NONE && map.has_shape(*p))
        .collect();
    children.sort_unstable();
    let mut face_of = vec![0u32; map.ids.len()];
    for face in 1..map.face_start.len() as u32 - 1 {
        map.stack(face).iter().for_each(|p| face_of[*p as usize] = face);
    }
    let mut marks = Marks { used: vec![NONE; map.left.len()], face: vec![NONE; map.face_start.len()] };
    for family in children.chunk_by(|a, b| a.0 == b.0) {
        let parent = family[0].0;
        family_tiles(map, parent, family, &face_of, &mut marks, &mut wrong);
    }
    wrong.done();
}

/// Scratch: by half-edge and by footprint the last parent that saw it.
struct Marks {
    used: Vec<u32>,
    face: Vec<u32>,
}

fn family_tiles(
    map: &Map,
    parent: u32,
    family: &[(u32, u32)],
    face_of: &[u32],
    marks: &mut Marks,
    wrong: &mut Sort<'_>,
) {
    let shaped = map.has_shape(parent);
    let mut area = 0i128;
    let mut halves: Vec<u32> = Vec::new();
    for (_, child) in family {
        let face = face_of[*child as usize];
        if face != 0 && std::mem::replace(&mut marks.face[face as usize], parent) == parent {
            continue;
        }
        area += i128::from(map.areas[*child as usize]);
        for h in map.edges_of(*child) {
            if std::mem::replace(&mut marks.used[*h as usize], parent) == parent {
                let problem = format!("two of its children lie on the same side of arc {}", h / 2);
                wrong.error(&name(map, parent), problem, "children that do not overlap");
                return;
            }
            halves.push(*h);
        }
    }
    if !shaped {
        return;
    }
    let rim = halves.iter().filter(|h| marks.used[(**h ^ 1) as usize] != parent);
    let own = map.edges_of(parent);
    let stray =
        own.iter().find(|h| marks.used[**h as usize] != parent || marks.used[(**h ^ 1) as usize] == parent);
    if let Some(h) = stray {
        let problem = format!("its children do not reach arc {} at {}", h / 2, spot(map.origin(*h)));
        wrong.error(&name(map, parent), problem, "children that fill it");
    } else if rim.count() != own.len() {
        let of_own: std::collections::HashSet<u32> = own.iter().copied().collect();
        let over = halves.iter().find(|h| marks.used[(**h ^ 1) as usize] != parent && !of_own.contains(h));
        let at =
            over.map_or_else(String::new, |h| format!(" along arc {} at {}", h / 2, spot(map.origin(*h))));
        wrong.error(
            &name(map, parent),
            format!("its children leave a gap or reach beyond it{at}"),
            "children that fill it exactly",
        );
    } else if area != i128::from(map.areas[parent as usize]) {
        let problem = format!("its doubled area is {}, its children's {area}", map.areas[parent as usize]);
        wrong.error(&name(map, parent), problem, "equal areas");
    }
}
