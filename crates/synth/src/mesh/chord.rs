//! Where a good cut lies: candidates for a straight line through a face that parts it in given shares.
//!
//! Choices are made in floating metres and cost nothing in exactness: whether a candidate is a lawful cut
//! is tested on the lattice by `divide.rs`. A good cut is short, leaves compact parts, follows the run of
//! the streets, and leaves the denser part to those who live dense.

/// A few people at a point, in metres from the mesh's origin.
#[derive(Debug, Clone, Copy)]
pub struct Dot {
    /// Metres to the east.
    pub x: f64,
    /// Metres to the north.
    pub y: f64,
    /// How many live there.
    pub weight: f64,
}

/// What a cut is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// The first party's share of the weight.
    pub(super) share: f64,
    /// The run of the streets, in radians.
    pub(super) angle: f64,
    /// How much denser the first party's land should be: 0 for no matter.
    pub(super) pull: f64,
}

/// A line through a face from one edge to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) cost: f64,
    /// The edge (by its beginning's place in the ring) and the point where the line begins, and where it
    /// ends.
    pub(super) from: (usize, (f64, f64)),
    pub(super) to: (usize, (f64, f64)),
    /// Whether the first party gets what lies to the left.
    pub(super) first_left: bool,
}

/// Dots looked at to weigh one part of a face that a line meets more than once.
const SAMPLE: usize = 400;

/// Candidates along some directions, cheapest first.
pub(super) fn candidates(
    ring: &[(f64, f64)],
    dots: &[Dot],
    wish: &Wish,
    directions: &[f64],
) -> Vec<Candidate> {
    let face = Face::new(ring, dots);
    let mut found = Vec::new();
    for angle in directions {
        let line = (angle.cos(), angle.sin());
        let mut heights: Vec<(f64, f64)> =
            dots.iter().map(|d| (d.y * line.0 - d.x * line.1, d.weight)).collect();
        heights.sort_by(|a, b| a.0.total_cmp(&b.0));
        for first_left in [true, false] {
            let left = if first_left { wish.share } else { 1.0 - wish.share };
            let height = if heights.is_empty() {
                face.height_by_area(line, left)
            } else {
                height_by_weight(&heights, left)
            };
            face.chords(line, height, left, first_left, wish, *angle, &mut found);
            if (wish.share - 0.5).abs() < 1e-9 && wish.pull == 0.0 {
                break;
            }
        }
    }
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found
}

/// The height above which a share of the weight lies.
fn height_by_weight(heights: &[(f64, f64)], above: f64) -> f64 {
    let total: f64 = heights.iter().map(|h| h.1).sum();
    let mut under = total * (1.0 - above);
    for pair in heights.windows(2) {
        under -= pair[0].1;
        if under <= 0.0 {
            return f64::midpoint(pair[0].0, pair[1].0);
        }
    }
    heights.last().map_or(0.0, |h| h.0)
}

struct Face<'a> {
    ring: &'a [(f64, f64)],
    sample: Vec<Dot>,
    /// Sums of the cross products and of the lengths of the edges before each vertex.
    crosses: Vec<f64>,
    lengths: Vec<f64>,
    area: f64,
    /// Every number is taken from here, so that far from the origin nothing is lost.
    base: (f64, f64),
}

impl<'a> Face<'a> {
    fn new(ring: &'a [(f64, f64)], dots: &[Dot]) -> Face<'a> {
        let base = ring.first().copied().unwrap_or_default();
        let (mut crosses, mut lengths) = (vec![0.0], vec![0.0]);
        for (i, a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            crosses.push(crosses[i] + cross(base, *a, b));
            lengths.push(lengths[i] + (b.0 - a.0).hypot(b.1 - a.1));
        }
        let area = crosses[ring.len()] / 2.0;
        let step = dots.len().div_ceil(SAMPLE).max(1);
        Face { ring, sample: dots.iter().step_by(step).copied().collect(), crosses, lengths, area, base }
    }

    /// The height above which a share of the area lies, by halving.
    fn height_by_area(&self, line: (f64, f64), above: f64) -> f64 {
        let heights: Vec<f64> = self.ring.iter().map(|p| p.1 * line.0 - p.0 * line.1).collect();
        let along: Vec<f64> = self.ring.iter().map(|p| p.0 * line.0 + p.1 * line.1).collect();
        let (mut low, mut high) =
            heights.iter().fold((f64::MAX, f64::MIN), |(l, h), y| (l.min(*y), h.max(*y)));
        let bottom = low;
        for _ in 0..24 {
            let middle = f64::midpoint(low, high);
            let mut under = 0.0;
            for i in 0..heights.len() {
                let j = (i + 1) % heights.len();
                let (mut x0, mut y0, mut x1, mut y1) = (along[i], heights[i], along[j], heights[j]);
                if y0 > middle && y1 > middle {
                    // An edge above counts as lying on the line.
                    under += (x0 - x1) * (middle - bottom);
                    continue;
                }
                if (y0 > middle) != (y1 > middle) {
                    let x = x0 + (middle - y0) / (y1 - y0) * (x1 - x0);
                    let over = if y0 > middle { x0 - x } else { x - x1 };
                    under += over * (middle - bottom);
                    if y0 > middle {
                        (x0, y0) = (x, middle);
                    } else {
                        (x1, y1) = (x, middle);
                    }
                }
                under += (x0 - x1) * (f64::midpoint(y0, y1) - bottom);
            }
            if self.area - under > above * self.area { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }

    #[expect(clippy::too_many_arguments, reason = "one line with all that is wished of it")]
    fn chords(
        &self,
        line: (f64, f64),
        height: f64,
        left: f64,
        first_left: bool,
        wish: &Wish,
        angle: f64,
        found: &mut Vec<Candidate>,
    ) {
        let above = |p: &(f64, f64)| p.1 * line.0 - p.0 * line.1 - height;
        let mut meets = Vec::new();
        for (i, a) in self.ring.iter().enumerate() {
            let b = self.ring[(i + 1) % self.ring.len()];
            let (ha, hb) = (above(a), above(&b));
            if (ha >= 0.0) != (hb >= 0.0) {
                let t = ha / (ha - hb);
                let p = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                let steep = (dx * line.1 - dy * line.0).abs() / dx.hypot(dy).max(1e-9);
                meets.push((p.0 * line.0 + p.1 * line.1, i, p, steep));
            }
        }
        meets.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in meets.chunks_exact(2) {
            let (a, b) = (pair[0], pair[1]);
            let long = b.0 - a.0;
            let (area, around) = self.left_part(a.1, a.2, b.1, b.2);
            let other = self.area - area;
            if area <= 0.0 || other <= 0.0 {
                continue;
            }
            let got = match meets.len() {
                2 => left,
                _ => self.weight_left(area, a.1, a.2, b.1, b.2),
            };
            let off = (got - left).abs() / left.min(1.0 - left).max(0.05);
            if off > 0.6 {
                continue;
            }
            let rest = self.lengths[self.ring.len()] - around;
            // Four sides of a square: 16 areas to the square of the way around. A fact, not a rule.
            let round = |around: f64, area: f64| ((around + long).powi(2) / (16.0 * area)).min(8.0);
            let (own, others) = (round(around, area), round(rest, other));
            let mut cost = 0.4 * (own + others) + 0.8 * own.max(others) + long / self.area.sqrt();
            cost += 4.0 * off;
            cost += 0.35 * (2.0 * (angle - wish.angle)).sin().abs();
            cost += 0.5 * (1.0 - a.3.min(b.3));
            let density = (got / area) / ((1.0 - got).max(1e-6) / other);
            // Beyond a few times denser it makes no difference.
            let dense = density.max(1e-6).ln().clamp(-1.5, 1.5) * if first_left { 1.0 } else { -1.0 };
            cost -= wish.pull * dense;
            found.push(Candidate { cost, from: (a.1, a.2), to: (b.1, b.2), first_left });
        }
    }

    /// Area, and length of the old border, of what lies left of a line from a point of one edge to
    /// another's.
    fn left_part(&self, ea: usize, a: (f64, f64), eb: usize, b: (f64, f64)) -> (f64, f64) {
        let n = self.ring.len();
        let (first, last) = (self.ring[(eb + 1) % n], self.ring[ea]);
        let ends = (first.0 - b.0).hypot(first.1 - b.1) + (a.0 - last.0).hypot(a.1 - last.1);
        let mut crosses = cross(self.base, a, b) + cross(self.base, b, first) + cross(self.base, last, a);
        let mut around = ends;
        // The whole edges from the one after `eb` up to `ea`, not counting `ea`.
        let (i, j) = (eb + 1, if ea > eb { ea } else { ea + n });
        let of = |sums: &[f64], k: usize| sums[k % n] + if k >= n { sums[n] } else { 0.0 };
        crosses += of(&self.crosses, j) - of(&self.crosses, i);
        around += of(&self.lengths, j) - of(&self.lengths, i);
        (crosses / 2.0, around)
    }

    fn weight_left(&self, area: f64, ea: usize, a: (f64, f64), eb: usize, b: (f64, f64)) -> f64 {
        if self.sample.is_empty() {
            return area / self.area;
        }
        let n = self.ring.len();
        let mut part = vec![a, b];
        let mut at = (eb + 1) % n;
        loop {
            part.push(self.ring[at]);
            if at == ea {
                break;
            }
            at = (at + 1) % n;
        }
        let total: f64 = self.sample.iter().map(|d| d.weight).sum();
        let within: f64 = self.sample.iter().filter(|d| within((d.x, d.y), &part)).map(|d| d.weight).sum();
        within / total
    }
}

fn cross(o: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0)
}

/// Whether a point lies inside a ring of metres.
pub(crate) fn within(p: (f64, f64), ring: &[(f64, f64)]) -> bool {
    let mut odd = false;
    let Some(mut a) = ring.last().copied() else { return false };
    for b in ring {
        if (a.1 > p.1) != (b.1 > p.1) {
            odd ^= a.0 + (p.1 - a.1) / (b.1 - a.1) * (b.0 - a.0) > p.0;
        }
        a = *b;
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    const L: [(f64, f64); 6] =
        [(0.0, 0.0), (300.0, 0.0), (300.0, 100.0), (100.0, 100.0), (100.0, 300.0), (0.0, 300.0)];

    #[test]
    fn a_line_parts_area_as_wished() {
        let face = Face::new(&L, &[]);
        assert_eq!(face.area, 50_000.0);
        for (angle, share) in [(0.0, 0.4), (1.1, 0.3), (2.5, 0.5)] {
            let wish = Wish { share, angle: 0.0, pull: 0.0 };
            let all = candidates(&L, &[], &wish, &[angle]);
            assert!(!all.is_empty());
            let whole: Vec<&Candidate> = all.iter().filter(|c| c.first_left).collect();
            let (area, _) = {
                let c = whole[0];
                face.left_part(c.from.0, c.from.1, c.to.0, c.to.1)
            };
            let off = (area / face.area - share).abs();
            assert!(off < 1e-5 || whole.len() > 1, "{angle} {share}: {area}");
        }
    }

    #[test]
    fn the_first_party_gets_the_dense_side() {
        let square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)];
        let dots: Vec<Dot> = (0..400)
            .map(|i| {
                let x = if i % 4 == 0 { f64::from(i) / 4.0 } else { f64::from(i % 100) / 5.0 };
                Dot { x, y: f64::from(i * 7 % 100), weight: 1.0 }
            })
            .collect();
        let wish = Wish { share: 0.5, angle: 0.0, pull: 3.0 };
        let best = candidates(&square, &dots, &wish, &[0.0, std::f64::consts::FRAC_PI_2])[0];
        // A line to the north has the west, where most live, to its left.
        let north = best.to.1.1 > best.from.1.1;
        assert!((best.from.1.0 - best.to.1.0).abs() < 1e-6 && north == best.first_left, "{best:?}");
    }
}
