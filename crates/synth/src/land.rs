//! Land: each district cut into streets, communities, grids and cells, dense where people live dense.

use crate::density::Field;
use crate::dice::Dice;
use crate::districts::Source;
use crate::error::SynthError;
use crate::homes::{Homes, homes};
use crate::mesh::{Dot, Kid, Mesh, Style, divide};
use crate::numbers::{Community, Numbers};
use crate::parameters::{Body, Look};
use crate::plane::Pt;

/// A face of the finest division and whose it is.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The face.
    pub face: usize,
    /// Positions in [`Numbers`].
    pub district: usize,
    /// Street.
    pub street: usize,
    /// Community.
    pub community: usize,
    /// What of the community it is.
    pub part: Part,
}

/// A part of a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A cell of a general grid, with the first and the one after the last of the micro-grids that share it.
    Cell {
        /// Position of the grid in the community.
        grid: usize,
        /// Position of the compound among the grid's.
        compound: usize,
        /// First micro-grid.
        from: usize,
        /// The one after the last.
        to: usize,
    },
    /// A special grid.
    Special(usize),
    /// A detached piece that went to a place as a whole, and there to its first cell.
    Annex,
}

/// A cut district.
#[derive(Debug, Clone, Default)]
pub struct Land {
    /// The finest faces.
    pub leaves: Vec<Leaf>,
    /// For each community cut, its position and how its grids' homes stand.
    pub homes: Vec<(usize, Vec<Homes>)>,
}

/// Cuts districts.
pub struct Cutter<'a> {
    /// The parameters.
    pub body: &'a Body,
    /// The numbers.
    pub numbers: &'a Numbers,
    /// The seed.
    pub seed: u64,
    /// The middle of the city in metres from the mesh's origin.
    pub centre: (f64, f64),
}

impl Cutter<'_> {
    /// Cuts a district, whose parts are `faces` with the widest first.
    ///
    /// # Errors
    /// [`SynthError::Cut`] when a face is too thin; [`SynthError::Parameters`] when a level has no look.
    pub fn district(
        &self,
        mesh: &mut Mesh,
        district: usize,
        faces: &[usize],
        source: &Source,
    ) -> Result<Land, SynthError> {
        let upper = &self.numbers.districts[district];
        let order = self.by_urbanity(&upper.kids, |s| self.urbanity_of_street(s));
        let people = |s: &usize| f64::from(self.numbers.streets[*s].residents);
        let least = order.iter().map(people).fold(f64::MAX, f64::min);
        let all: f64 = order.iter().map(people).sum();
        let mut strewn = Vec::new();
        for face in faces {
            let ring = mesh.ring(*face);
            let field = Field::new(self.body, self.body.ring_of(&upper.id)?, source.label, mesh);
            let dots = field.dots(std::slice::from_ref(&ring));
            strewn.push((*face, dots.iter().map(|d| d.weight).sum::<f64>(), dots));
        }
        let scale = all / strewn.iter().map(|s| s.1).sum::<f64>().max(1.0);
        // A part in which no whole street could live is an annex of another.
        let (mut parts, annexes): (Vec<_>, Vec<_>) =
            strewn.into_iter().enumerate().partition(|(i, s)| *i == 0 || s.1 * scale > least / 2.0);
        parts.sort_by(|a, b| b.1.1.total_cmp(&a.1.1).then(a.0.cmp(&b.0)));
        let whole: f64 = parts.iter().map(|p| p.1.1).sum();
        let mut land = Land::default();
        let (mut at, mut over) = (0, 0.0);
        let count = parts.len();
        for (nth, (_, (face, weight, dots))) in parts.into_iter().enumerate() {
            // Streets in their order, as many as live in this part; the last part takes the rest.
            over += weight / whole * all;
            let from = at;
            while at < order.len()
                && (nth + 1 == count || at == from || over - people(&order[at]) / 2.0 > 0.0)
            {
                over -= people(&order[at]);
                at += 1;
            }
            let own = &order[from..at];
            let ring = mesh.ring(face);
            let style = self.style(mesh, &ring, self.body.look("street")?);
            let kids: Vec<Kid> = own.iter().map(|s| Kid { weight: people(s) }).collect();
            let mut dice = Dice::of(self.seed, &format!("land {} {nth}", upper.id));
            for (street, (face, dots)) in own.iter().zip(divide(mesh, face, &kids, dots, &style, &mut dice)?)
            {
                self.street(mesh, district, *street, face, dots, &mut land)?;
            }
        }
        let annexes: Vec<usize> = annexes.into_iter().map(|(_, s)| s.0).collect();
        self.annex(mesh, &annexes, &mut land);
        Ok(land)
    }

    /// Gives each detached piece to the nearest cell that is not a special grid.
    fn annex(&self, mesh: &mut Mesh, annexes: &[usize], land: &mut Land) {
        for face in annexes {
            let ring = mesh.ring(*face);
            let here = middle(&mesh.metres(&ring));
            let mut nearest: Option<(f64, Leaf)> = None;
            for leaf in &land.leaves {
                if matches!(leaf.part, Part::Cell { .. }) {
                    let ring = mesh.ring(leaf.face);
                    let there = middle(&mesh.metres(&ring));
                    let far = (here.0 - there.0).hypot(here.1 - there.1);
                    if nearest.as_ref().is_none_or(|(best, _)| far < *best) {
                        nearest = Some((far, leaf.clone()));
                    }
                }
            }
            land.leaves.extend(nearest.map(|(_, leaf)| Leaf { face: *face, ..leaf }));
        }
    }

    fn street(
        &self,
        mesh: &mut Mesh,
        district: usize,
        street: usize,
        face: usize,
        dots: Vec<Dot>,
        land: &mut Land,
    ) -> Result<(), SynthError> {
        let upper = &self.numbers.streets[street];
        let order =
            self.by_urbanity(&upper.kids, |c| f64::from(u8::from(!self.numbers.communities[c].village)));
        let kids: Vec<Kid> =
            order.iter().map(|c| Kid { weight: f64::from(self.numbers.communities[*c].residents) }).collect();
        let ring = mesh.ring(face);
        let style = self.style(mesh, &ring, self.body.look("community")?);
        let mut dice = Dice::of(self.seed, &format!("land {}", upper.id));
        // Too few dots to go by: the area decides.
        let dots = if dots.len() < 3 * kids.len() { Vec::new() } else { dots };
        for (community, (face, _)) in
            order.into_iter().zip(divide(mesh, face, &kids, dots, &style, &mut dice)?)
        {
            let at = Leaf { face, district, street, community, part: Part::Annex };
            self.community(mesh, &at, style.angle, land)?;
        }
        Ok(())
    }

    fn community(&self, mesh: &mut Mesh, at: &Leaf, angle: f64, land: &mut Land) -> Result<(), SynthError> {
        let community = &self.numbers.communities[at.community];
        let mut dice = Dice::of(self.seed, &format!("land {}", community.id));
        let km2 = mesh.metre.area(mesh.area2(at.face)) / 1e6;
        let stand = homes(community, f64::from(community.residents) / km2, self.body, &mut dice)?;
        let (order, kids) = self.parts(community, &mut dice);
        let look = self.body.look("grid")?;
        let style = Style { angle, pull: look.pull, snap: look.snap_m, bend: look.bend_m };
        let faces = divide(mesh, at.face, &kids, Vec::new(), &style, &mut dice)?;
        for (part, (face, _)) in order.into_iter().zip(faces) {
            match part {
                Part::Cell { grid, .. } => {
                    self.grid(
                        mesh,
                        &Leaf { face, ..at.clone() },
                        grid,
                        &stand[grid],
                        angle,
                        land,
                        &mut dice,
                    )?;
                }
                special => land.leaves.push(Leaf { face, part: special, ..at.clone() }),
            }
        }
        land.homes.push((at.community, stand));
        Ok(())
    }

    /// General and special grids in a mixed order, with the land each wants.
    fn parts(&self, community: &Community, dice: &mut Dice) -> (Vec<Part>, Vec<Kid>) {
        let mean = f64::from(community.households) / community.grids.len().max(1) as f64;
        let mut parts: Vec<(u64, Part, f64)> = Vec::new();
        for (grid, own) in community.grids.iter().enumerate() {
            let part = Part::Cell { grid, compound: 0, from: 0, to: 0 };
            parts.push((dice.throw(), part, f64::from(own.households).max(mean / 3.0)));
        }
        for (special, own) in community.specials.iter().enumerate() {
            parts.push((dice.throw(), Part::Special(special), own.land * mean));
        }
        parts.sort_by_key(|p| p.0);
        parts.into_iter().map(|(_, part, weight)| (part, Kid { weight: weight.max(1.0) })).unzip()
    }

    #[expect(clippy::too_many_arguments, reason = "a grid with its place, its homes and where to put them")]
    fn grid(
        &self,
        mesh: &mut Mesh,
        at: &Leaf,
        grid: usize,
        homes: &Homes,
        angle: f64,
        land: &mut Land,
        dice: &mut Dice,
    ) -> Result<(), SynthError> {
        let look = self.body.look("cell")?;
        let style = Style { angle, pull: look.pull, snap: look.snap_m, bend: look.bend_m };
        // A tower needs more land than a house, but not as much as its floors would take side by side.
        let land_of =
            |cells: &[(usize, usize)]| cells.iter().map(|c| ((c.1 - c.0) as f64).sqrt()).sum::<f64>();
        let kids: Vec<Kid> = homes.compounds.iter().map(|c| Kid { weight: land_of(&c.cells) }).collect();
        let faces = divide(mesh, at.face, &kids, Vec::new(), &style, dice)?;
        for (compound, (own, (face, _))) in homes.compounds.iter().zip(faces).enumerate() {
            let kids: Vec<Kid> = own.cells.iter().map(|c| Kid { weight: land_of(&[*c]) }).collect();
            let cells = divide(mesh, face, &kids, Vec::new(), &style, dice)?;
            for ((from, to), (face, _)) in own.cells.iter().copied().zip(cells) {
                let part = Part::Cell { grid, compound, from, to };
                land.leaves.push(Leaf { face, part, ..at.clone() });
            }
        }
        Ok(())
    }

    fn urbanity_of_street(&self, street: usize) -> f64 {
        let street = &self.numbers.streets[street];
        let villages = street.kids.iter().filter(|c| self.numbers.communities[**c].village).count();
        let urban = 1.0 - villages as f64 / street.kids.len().max(1) as f64;
        urban + if street.town { 0.0 } else { 1.0 }
    }

    /// The most urban first; among equals the order of the folder.
    fn by_urbanity(&self, kids: &[usize], of: impl Fn(usize) -> f64) -> Vec<usize> {
        let mut order = kids.to_vec();
        order.sort_by(|a, b| of(*b).total_cmp(&of(*a)).then(a.cmp(b)));
        order
    }

    /// Streets run towards the middle of the city and around it.
    fn style(&self, mesh: &Mesh, ring: &[Pt], look: Look) -> Style {
        let here = middle(&mesh.metres(ring));
        let angle = (here.1 - self.centre.1).atan2(here.0 - self.centre.0);
        Style { angle, pull: look.pull, snap: look.snap_m, bend: look.bend_m }
    }
}

/// The mean of a ring's vertices.
pub(crate) fn middle(ring: &[(f64, f64)]) -> (f64, f64) {
    let n = ring.len().max(1) as f64;
    (ring.iter().map(|p| p.0).sum::<f64>() / n, ring.iter().map(|p| p.1).sum::<f64>() / n)
}
