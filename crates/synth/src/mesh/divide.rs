//! Cutting a face into shares: again and again in two, along the best chord that the lattice allows.
//!
//! A chord is lawful when, on the lattice, it touches the ring at its two ends only, keeps clear of every
//! other vertex and edge, and leaves its ends at no acute angle. So no later rounding of a vertex can
//! make two edges cross; `check.rs` proves that none does.

use super::chord::{Candidate, Dot, Wish, candidates, within};
use super::{End, Mesh};
use crate::dice::Dice;
use crate::error::SynthError;
use crate::plane::{Pt, area2, distance, meet, turn};
use std::f64::consts::{FRAC_PI_2, PI};

/// One who gets a part.
#[derive(Debug, Clone, Copy)]
pub struct Kid {
    /// Its share of the weight, in any unit.
    pub weight: f64,
}

/// How the cuts look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The run of the streets, in radians.
    pub angle: f64,
    /// How strongly the first half of the kids is drawn to the dense side.
    pub pull: f64,
    /// A chord that ends nearer than this to a vertex (metres) ends in it.
    pub snap: f64,
    /// A chord longer than this (metres) is bent, as borders in the country are.
    pub bend: f64,
}

/// Units that a new edge keeps clear of what it does not touch: far above what rounding moves. A fact,
/// not a rule.
const CLEAR: f64 = 25.0;
/// The least sine of the angle between a new edge and an old one. A fact, not a rule.
const SINE: f64 = 0.13;
/// Directions tried for a wide face, and for one that would not be cut.
const DIRECTIONS: usize = 8;
const MORE: usize = 48;

/// Cuts a face into one part for each kid and says which face each got. The dots of the face are shared out
/// as they lie; without dots the weight is the area.
///
/// # Errors
/// [`SynthError::Cut`] when the face is too thin for so many parts.
pub fn divide(
    mesh: &mut Mesh,
    face: usize,
    kids: &[Kid],
    dots: Vec<Dot>,
    style: &Style,
    dice: &mut Dice,
) -> Result<Vec<(usize, Vec<Dot>)>, SynthError> {
    if kids.len() <= 1 {
        return Ok(kids.iter().map(|_| (face, dots.clone())).collect());
    }
    let total: f64 = kids.iter().map(|k| k.weight).sum();
    let (mut at, mut sum) = (1, kids[0].weight);
    while at + 1 < kids.len() && (sum + kids[at].weight - total / 2.0).abs() < (sum - total / 2.0).abs() {
        sum += kids[at].weight;
        at += 1;
    }
    let share = (sum / total).clamp(0.02, 0.98);
    let Some((first, second)) = halve(mesh, face, share, &dots, style, dice) else {
        let p = mesh.ring(face)[0];
        return Err(SynthError::Cut(format!("the face at {} {}", p.lon(), p.lat()), kids.len()));
    };
    let ring = mesh.ring(first);
    let ring = mesh.metres(&ring);
    let (mine, yours) = dots.into_iter().partition(|d| within((d.x, d.y), &ring));
    let mut out = divide(mesh, first, &kids[..at], mine, style, dice)?;
    out.extend(divide(mesh, second, &kids[at..], yours, style, dice)?);
    Ok(out)
}

/// Cuts a face in two and says which face the first party got, and which the second.
fn halve(
    mesh: &mut Mesh,
    face: usize,
    share: f64,
    dots: &[Dot],
    style: &Style,
    dice: &mut Dice,
) -> Option<(usize, usize)> {
    let ring = mesh.ring(face);
    let metres = mesh.metres(&ring);
    let wish = Wish { share, angle: style.angle, pull: style.pull };
    let mut directions = directions(&metres, style.angle);
    for round in 0..3 {
        for candidate in candidates(&metres, dots, &wish, &directions) {
            let snaps: &[f64] = if round == 0 { &[1.0, 0.3, 0.0] } else { &[0.3, 0.0] };
            for snap in snaps {
                let size = mesh.metre.area(area2(&ring)).sqrt();
                let reach = (style.snap.min(size * 0.12)) * snap;
                let Some((from, to)) = ends(mesh, &ring, &metres, &candidate, reach) else { continue };
                let (a, b) = (place(&ring, from), place(&ring, to));
                if !lawful(&ring, from, to, &[a, b]) {
                    continue;
                }
                let bent = bend(mesh, a, b, style.bend, dice);
                let line: Vec<Pt> =
                    std::iter::once(a).chain(bent.iter().copied()).chain(std::iter::once(b)).collect();
                let bent = if lawful(&ring, from, to, &line) { bent } else { Vec::new() };
                let new = mesh.cut(face, from, &bent, to);
                return Some(if candidate.first_left { (face, new) } else { (new, face) });
            }
        }
        let turn = dice.between(0.0, PI);
        directions = (0..MORE).map(|i| turn + PI * i as f64 / MORE as f64).collect();
    }
    None
}

/// The run of the streets and across it, the long and the short way of the face; more for a wide one.
fn directions(ring: &[(f64, f64)], angle: f64) -> Vec<f64> {
    let n = ring.len() as f64;
    let (mx, my) = (ring.iter().map(|p| p.0).sum::<f64>() / n, ring.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in ring {
        let (dx, dy) = (p.0 - mx, p.1 - my);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    let long = 0.5 * (2.0 * xy).atan2(xx - yy);
    let mut all = vec![angle, angle + FRAC_PI_2, long + FRAC_PI_2, long];
    let side = ring.iter().enumerate().map(|(i, a)| {
        let b = ring[(i + 1) % ring.len()];
        ((b.0 - a.0).hypot(b.1 - a.1), (b.1 - a.1).atan2(b.0 - a.0))
    });
    let longest = side.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |s| s.1);
    all.extend([longest, longest + FRAC_PI_2]);
    if ring.len() > 12 {
        all.extend((0..DIRECTIONS).map(|i| angle + PI * (i as f64 + 0.5) / DIRECTIONS as f64));
    }
    all
}

fn place(ring: &[Pt], end: End) -> Pt {
    match end {
        End::Vertex(at) => ring[at],
        End::Edge(_, p) => p,
    }
}

/// The ends of a candidate on the lattice, drawn to vertices within reach (metres).
fn ends(
    mesh: &Mesh,
    ring: &[Pt],
    metres: &[(f64, f64)],
    candidate: &Candidate,
    reach: f64,
) -> Option<(End, End)> {
    let end = |(edge, at): (usize, (f64, f64))| {
        let next = (edge + 1) % ring.len();
        let far = |v: usize| (metres[v].0 - at.0).hypot(metres[v].1 - at.1);
        let near = if far(edge) <= far(next) { edge } else { next };
        let p = mesh.lattice(at);
        let (a, b) = (ring[edge], ring[next]);
        let clear = |q: Pt| f64::from(p.x - q.x).hypot(f64::from(p.y - q.y)) > 2.0 * CLEAR;
        if far(near) <= reach || !clear(a) || !clear(b) { End::Vertex(near) } else { End::Edge(edge, p) }
    };
    let (from, to) = (end(candidate.from), end(candidate.to));
    (from != to).then_some((from, to))
}

/// Whether a line between two ends lies inside the ring, clear of all it does not touch.
fn lawful(ring: &[Pt], from: End, to: End, line: &[Pt]) -> bool {
    let n = ring.len();
    let touches = |end: End, edge: usize| match end {
        End::Vertex(at) => edge == at || (edge + 1) % n == at,
        End::Edge(at, _) => edge == at,
    };
    let (a, b) = (line[0], line[line.len() - 1]);
    for i in 0..n {
        let (p, q) = (ring[i], ring[(i + 1) % n]);
        let (at_a, at_b) = (touches(from, i), touches(to, i));
        if at_a && at_b {
            return false;
        }
        for (k, piece) in line.windows(2).enumerate() {
            let first = k == 0 && at_a;
            let last = k + 2 == line.len() && at_b;
            if first || last {
                let (here, there) = if first { (a, piece[1]) } else { (b, piece[0]) };
                if !open(here, there, p, q) {
                    return false;
                }
            } else if meet(piece[0], piece[1], p, q) || near(piece[0], piece[1], p, q) {
                return false;
            }
        }
    }
    let middle = (
        f64::midpoint(f64::from(line[0].x), f64::from(line[1].x)),
        f64::midpoint(f64::from(line[0].y), f64::from(line[1].y)),
    );
    let ring: Vec<(f64, f64)> = ring.iter().map(|p| (f64::from(p.x), f64::from(p.y))).collect();
    within(middle, &ring)
}

/// Whether two segments that do not meet come too near.
fn near(a: Pt, b: Pt, p: Pt, q: Pt) -> bool {
    let reach = CLEAR as i32;
    let apart = |a: i32, b: i32, p: i32, q: i32| a.max(b) + reach < p.min(q) || p.max(q) + reach < a.min(b);
    if apart(a.x, b.x, p.x, q.x) || apart(a.y, b.y, p.y, q.y) {
        return false;
    }
    [(a, p, q), (b, p, q), (p, a, b), (q, a, b)].iter().any(|(o, s, t)| distance(*o, *s, *t).0 < CLEAR)
}

/// Whether the way from `here` to `there` leaves the edge p–q, which it touches at `here`, at a fair angle.
fn open(here: Pt, there: Pt, p: Pt, q: Pt) -> bool {
    let long = |a: Pt, b: Pt| f64::from(b.x - a.x).hypot(f64::from(b.y - a.y));
    [p, q].iter().filter(|e| **e != here).all(|e| {
        let (along, out) = (long(here, *e), long(here, there));
        let sine = turn(here, *e, there) as f64 / (along * out).max(1.0);
        let dot = f64::from(e.x - here.x) * f64::from(there.x - here.x)
            + f64::from(e.y - here.y) * f64::from(there.y - here.y);
        dot <= 0.0 && sine != 0.0 || sine.abs() >= SINE
    })
}

/// Points that bend a long line, as far as one is wished.
fn bend(mesh: &Mesh, a: Pt, b: Pt, longest: f64, dice: &mut Dice) -> Vec<Pt> {
    let ends = mesh.metres(&[a, b]);
    let mut line = vec![ends[0], ends[1]];
    loop {
        let mut finer = Vec::with_capacity(line.len() * 2);
        for pair in line.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            finer.push(pair[0]);
            if dx.hypot(dy) > longest {
                let (along, off) = (dice.between(0.4, 0.6), dice.between(-0.11, 0.11));
                finer.push((pair[0].0 + along * dx - off * dy, pair[0].1 + along * dy + off * dx));
            }
        }
        finer.push(ends[1]);
        if finer.len() == line.len() {
            break;
        }
        line = finer;
    }
    line[1..line.len() - 1].iter().map(|p| mesh.lattice(*p)).collect()
}
