//! Locating: from a point, an uncertainty and the words of an address to the most exact place all agree on.
//!
//! Geometry decides down to the footprint; who of a stack it is, an address decides. Synthetic borders are
//! named, not hidden: `proved_measured` stops above them. Does not search addresses (`addresses/`).

use crate::api::{AddressHit, Candidate, Evidence, Located};
use crate::datum::convert;
use crate::geo::metres_per_unit;
use crate::lattice::P;
use crate::limits::{MAX_ACCURACY_M, MAX_CANDIDATES};
use crate::read::Atlas;
use crate::topology::{Map, NONE};
use huying_core::observation::Point;
use std::collections::BTreeMap;

/// Spots of the circle that are counted for confidences; a fact, not a rule: more would change nothing a
/// person sees.
const SPOTS: u32 = 256;

/// A place with its share of the evidence.
type Share = (u32, f64);

impl Atlas {
    /// Where a point is. `at` may be in any datum; `accuracy_m` is the radius it may be off by, `None` or 0
    /// for exact. Above [`MAX_ACCURACY_M`] nothing is searched and nothing is proved.
    pub fn locate(&self, at: Point, accuracy_m: Option<u32>) -> Located {
        self.locate_by(Evidence { at: Some(at), accuracy_m, words: None })
    }

    /// The footprint of a point of the stored datum, as the lowest place of its stack: the bare, fast
    /// question.
    pub fn footprint(&self, at: P) -> Option<u32> {
        let face = self.raster.face(&self.map, at);
        (face != 0).then(|| self.map.stack(face)[0])
    }

    /// Where something is by all that is known of it.
    pub fn locate_by(&self, evidence: Evidence<'_>) -> Located {
        let map = &self.map;
        let at = evidence.at.map(|p| convert(p, map.datum));
        let shares = at.map(|p| self.by_point([p.lon, p.lat], evidence.accuracy_m.unwrap_or(0)));
        let hits = evidence.words.map(|w| self.locate_address(w, evidence.at)).unwrap_or_default();
        let outside = shares.as_ref().is_some_and(|s| s.iter().all(|(p, _)| *p == NONE));
        let mut found = Located {
            at,
            candidates: Vec::new(),
            more: 0,
            proved: None,
            proved_measured: None,
            line: Vec::new(),
            outside,
            contradiction: false,
            address: None,
        };
        let by_point = shares.as_ref().and_then(|s| common(map, s.iter().map(|(p, _)| *p)));
        let chosen = choose(map, hits, shares.as_deref());
        let (proved, shares) = match (chosen, shares) {
            (Some((hit, place)), Some(shares)) if !outside => {
                found.address = Some(hit);
                self.together(&mut found, by_point, shares, place)
            }
            (Some((hit, place)), _) => {
                let among = if hit.candidates.is_empty() { vec![place] } else { numbers(map, &hit) };
                let each = 1.0 / among.len().max(1) as f64;
                found.address = Some(hit);
                (Some(place), among.into_iter().map(|p| (p, each)).collect())
            }
            (None, shares) => (by_point, shares.unwrap_or_default()),
        };
        self.fill(&mut found, proved, shares);
        found
    }

    /// Point and address together: the address decides among the point's candidates; what excludes each other
    /// proves only what holds both.
    fn together(
        &self,
        found: &mut Located,
        by_point: Option<u32>,
        shares: Vec<Share>,
        place: u32,
    ) -> (Option<u32>, Vec<Share>) {
        let map = &self.map;
        let of_address = found.address.as_ref().map(|h| numbers(map, h)).unwrap_or_default();
        let agrees = |p: u32| {
            of_address.contains(&p)
                || (of_address.is_empty()
                    && (map.line(p).any(|q| q == place) || map.line(place).any(|q| q == p)))
        };
        let both: Vec<Share> = shares.iter().copied().filter(|(p, _)| *p != NONE && agrees(*p)).collect();
        if both.is_empty() {
            found.contradiction = true;
            let proved = by_point.and_then(|p| map.common(p, place));
            let mut all: Vec<Share> = shares.into_iter().map(|(p, c)| (p, c / 2.0)).collect();
            all.push((place, 0.5));
            return (proved, all);
        }
        let total: f64 = both.iter().map(|(_, c)| c).sum();
        let both: Vec<Share> = both.into_iter().map(|(p, c)| (p, c / total)).collect();
        let proved = common(map, both.iter().map(|(p, _)| *p));
        // An address may prove more than the map: the place below the one the point is in.
        let deeper = proved.filter(|p| *p != place && map.line(place).any(|q| q == *p));
        (deeper.map(|_| place).or(proved), both)
    }

    fn fill(&self, found: &mut Located, proved: Option<u32>, mut shares: Vec<Share>) {
        let map = &self.map;
        shares.retain(|(p, _)| *p != NONE);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.more = shares.len().saturating_sub(MAX_CANDIDATES);
        shares.truncate(MAX_CANDIDATES);
        let candidate = |(p, confidence): Share| {
            Some(Candidate {
                place: map.place_id(p)?,
                name: map.names.get(p as usize).to_owned(),
                level: map.levels[map.level[p as usize] as usize].id.clone(),
                confidence: confidence as f32,
                synthetic: map.synthetic(p),
            })
        };
        found.candidates = shares.into_iter().filter_map(candidate).collect();
        found.proved = proved.and_then(|p| map.place_id(p));
        let line: Vec<u32> = proved.map(|p| map.line(p).collect()).unwrap_or_default();
        // Below a made-up border nothing is measured, not even what has no shape of its own.
        let made_up = line.iter().rposition(|p| map.synthetic(*p)).map_or(0, |i| i + 1);
        found.proved_measured = line.get(made_up).and_then(|p| map.place_id(*p));
        found.line = line.into_iter().filter_map(|p| map.place_id(p)).collect();
    }

    /// The smallest places a circle touches, with their shares; `NONE` stands for outside.
    fn by_point(&self, p: P, accuracy_m: u32) -> Vec<Share> {
        if accuracy_m > MAX_ACCURACY_M {
            return vec![(NONE, 1.0)];
        }
        let mut faces: BTreeMap<u32, f64> = BTreeMap::new();
        if accuracy_m == 0 {
            faces.insert(self.raster.face(&self.map, p), 1.0);
        } else {
            self.circle(p, f64::from(accuracy_m), &mut faces);
        }
        let mut shares = Vec::new();
        for (face, share) in faces {
            let stack = if face == 0 { &[NONE][..] } else { self.map.stack(face) };
            let weight = |place: u32| {
                let n = self.map.households.get(place as usize).copied().unwrap_or(NONE);
                if n == NONE { 1.0 } else { f64::from(n) + 1.0 }
            };
            let total: f64 = stack.iter().map(|p| weight(*p)).sum();
            shares.extend(stack.iter().map(|p| (*p, share * weight(*p) / total)));
        }
        shares
    }

    /// Shares of a circle by counting spots, and every footprint whose border comes within the radius,
    /// however thin: a sliver between two spots must still keep its neighbour from being proved.
    fn circle(&self, p: P, radius: f64, faces: &mut BTreeMap<u32, f64>) {
        let map = &self.map;
        let (east, north) = metres_per_unit(p[1]);
        // The golden angle spreads spots evenly over a disc (Vogel's spiral).
        let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
        for k in 0..SPOTS {
            let (r, turn) =
                (radius * ((f64::from(k) + 0.5) / f64::from(SPOTS)).sqrt(), golden * f64::from(k));
            let x = f64::from(p[0]) + r * turn.cos() / east;
            let y = f64::from(p[1]) + r * turn.sin() / north;
            let face = self.raster.face(map, [x.round() as i32, y.round() as i32]);
            *faces.entry(face).or_default() += 1.0 / f64::from(SPOTS);
        }
        let (dx, dy) = ((radius / east).ceil() as i32 + 1, (radius / north).ceil() as i32 + 1);
        let low = [p[0].saturating_sub(dx), p[1].saturating_sub(dy)];
        let high = [p[0].saturating_add(dx), p[1].saturating_add(dy)];
        faces.entry(self.raster.face(map, p)).or_insert(f64::from(SPOTS).recip() / 4.0);
        self.raster.segments_in(map, low, high, |arc, a, b| {
            if distance(p, a, b, east, north) <= radius {
                for half in [arc * 2, arc * 2 + 1] {
                    faces.entry(map.left[half as usize]).or_insert(f64::from(SPOTS).recip() / 4.0);
                }
            }
        });
        let total: f64 = faces.values().sum();
        faces.values_mut().for_each(|v| *v /= total);
    }
}

/// Metres from p to the segment a–b.
fn distance(p: P, a: P, b: P, east: f64, north: f64) -> f64 {
    let rel =
        |q: P| ((f64::from(q[0]) - f64::from(p[0])) * east, (f64::from(q[1]) - f64::from(p[1])) * north);
    let ((ax, ay), (bx, by)) = (rel(a), rel(b));
    let (dx, dy) = (bx - ax, by - ay);
    let t = (-(ax * dx + ay * dy) / (dx * dx + dy * dy).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    (ax + t * dx).hypot(ay + t * dy)
}

/// The most exact place over all; `None` when one of them is outside.
fn common(map: &Map, places: impl IntoIterator<Item = u32>) -> Option<u32> {
    let mut places = places.into_iter();
    let first = places.next().filter(|p| *p != NONE)?;
    places.try_fold(first, |a, b| if b == NONE { None } else { map.common(a, b) })
}

fn numbers(map: &Map, hit: &AddressHit) -> Vec<u32> {
    hit.candidates.iter().filter_map(|p| map.find(p.as_str())).collect()
}

/// The reading of the address to go by: the best, unless a nearly as good one agrees with the point and the
/// best does not.
fn choose(map: &Map, hits: Vec<AddressHit>, shares: Option<&[Share]>) -> Option<(AddressHit, u32)> {
    let best = hits.first().map(|h| h.score)?;
    let fits = |h: &AddressHit| {
        let Some(place) = map.find(h.place.as_str()) else { return false };
        shares.is_none_or(|s| {
            s.iter().any(|(p, _)| {
                *p != NONE && (map.line(*p).any(|q| q == place) || map.line(place).any(|q| q == *p))
            })
        })
    };
    // A tenth: readings this close differ by no more than one typing mistake; a fact of the score, not a
    // rule.
    let at = hits.iter().position(|h| h.score >= best - 0.1 && fits(h)).unwrap_or(0);
    let hit = hits.into_iter().nth(at)?;
    let place = map.find(hit.place.as_str())?;
    Some((hit, place))
}
