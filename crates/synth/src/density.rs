//! The density field: where people live, before borders are drawn.
//!
//! Every district is strewn with dots that stand for about as many people each; how its residents are spread
//! is the field's shape, how many they are is the census'.

use crate::mesh::{Dot, Mesh};
use crate::parameters::{Body, Ring};
use crate::plane::Pt;

/// People per km² by place.
pub(crate) struct Field<'a> {
    body: &'a Body,
    ring: &'a Ring,
    seat: Option<Pt>,
    mesh: &'a Mesh,
}

/// The narrowest and the widest square that a dot stands for, in metres: how finely the field is drawn.
const SQUARE: (f64, f64) = (50.0, 800.0);
/// People that a dot stands for, about: as many as one micro-grid has.
const PEOPLE: f64 = 60.0;

impl<'a> Field<'a> {
    /// The field around a district's seat.
    pub(crate) fn new(body: &'a Body, ring: &'a Ring, seat: Option<Pt>, mesh: &'a Mesh) -> Field<'a> {
        Field { body, ring, seat, mesh }
    }

    /// People per km² at a point in metres from the mesh's origin.
    pub(crate) fn at(&self, p: (f64, f64)) -> f64 {
        let far = |lon: f64, lat: f64| {
            let q = self.mesh.metre.of(Pt::of_degrees(lon, lat), self.mesh.origin);
            (q.0 - p.0).hypot(q.1 - p.1) / 1000.0
        };
        let field = &self.body.field;
        let mut people = field.floor;
        for centre in &field.centre {
            people += centre.peak * (-far(centre.at[0], centre.at[1]) / centre.reach_km).exp();
        }
        if let Some(seat) = self.seat {
            let q = self.mesh.metre.of(seat, self.mesh.origin);
            let far = (q.0 - p.0).hypot(q.1 - p.1) / 1000.0;
            people += self.ring.peak * (-far / self.ring.reach_km).exp();
        }
        for thin in &field.thin {
            let near = (-(far(thin.at[0], thin.at[1]) / thin.reach_km).powi(4)).exp();
            people *= 1.0 - (1.0 - thin.factor) * near;
        }
        people
    }

    /// Dots over some rings.
    pub(crate) fn dots(&self, rings: &[Vec<Pt>]) -> Vec<Dot> {
        let all: Vec<(f64, f64)> = rings.iter().flat_map(|r| self.mesh.metres(r)).collect();
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for p in &all {
            low = (low.0.min(p.0), low.1.min(p.1));
            high = (high.0.max(p.0), high.1.max(p.1));
        }
        let mut dots = Vec::new();
        let side = SQUARE.1;
        let columns = ((high.0 - low.0) / side).ceil() as u32;
        let rows = ((high.1 - low.1) / side).ceil() as u32;
        for column in 0..columns {
            for row in 0..rows {
                let corner = (low.0 + f64::from(column) * side, low.1 + f64::from(row) * side);
                self.square(corner, side, &mut dots);
            }
        }
        let bands = Bands::new(rings, self.mesh);
        dots.retain(|d| bands.hold((d.x, d.y)));
        dots
    }

    fn square(&self, corner: (f64, f64), side: f64, dots: &mut Vec<Dot>) {
        let middle = (corner.0 + side / 2.0, corner.1 + side / 2.0);
        let weight = self.at(middle) * side * side / 1e6;
        if weight > PEOPLE && side > SQUARE.0 {
            let half = side / 2.0;
            for (x, y) in [(0.0, 0.0), (half, 0.0), (0.0, half), (half, half)] {
                self.square((corner.0 + x, corner.1 + y), half, dots);
            }
        } else {
            dots.push(Dot { x: middle.0, y: middle.1, weight });
        }
    }
}

/// Rings cut into bands of latitude, so that asking for a point looks at few edges.
struct Bands<'a> {
    mesh: &'a Mesh,
    low: i32,
    high: i32,
    bands: Vec<Vec<(Pt, Pt)>>,
}

/// How many bands: enough that the widest district has a handful of edges in each.
const BANDS: usize = 512;

impl<'a> Bands<'a> {
    fn new(rings: &[Vec<Pt>], mesh: &'a Mesh) -> Bands<'a> {
        let ys = || rings.iter().flatten().map(|p| p.y);
        let (low, high) = (ys().min().unwrap_or(0), ys().max().unwrap_or(0) + 1);
        let mut bands = Bands { mesh, low, high, bands: vec![Vec::new(); BANDS] };
        for ring in rings {
            for (i, a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                for band in bands.band(a.y.min(b.y))..=bands.band(a.y.max(b.y)) {
                    bands.bands[band].push((*a, b));
                }
            }
        }
        bands
    }

    fn band(&self, y: i32) -> usize {
        let part = (i64::from(y) - i64::from(self.low)) * BANDS as i64 / i64::from(self.high - self.low);
        part.clamp(0, BANDS as i64 - 1) as usize
    }

    fn hold(&self, at: (f64, f64)) -> bool {
        let p = self.mesh.lattice(at);
        if p.y < self.low || p.y >= self.high {
            return false;
        }
        // Each edge as a ring of two points and back counts once, since the way back is left out.
        let edges = &self.bands[self.band(p.y)];
        let crosses = |(a, b): &(Pt, Pt)| {
            let (ay, by, y) = (f64::from(a.y), f64::from(b.y), f64::from(p.y));
            (ay > y) != (by > y)
                && f64::from(a.x) + (y - ay) / (by - ay) * (f64::from(b.x) - f64::from(a.x)) > f64::from(p.x)
        };
        edges.iter().filter(|e| crosses(e)).count() % 2 == 1
    }
}
