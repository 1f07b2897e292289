//! Homes: how the households of each general grid stand, as compounds of cells of micro-grids.

use crate::dice::Dice;
use crate::error::SynthError;
use crate::numbers::Community;
use crate::parameters::{Body, Form};

/// The compounds of one general grid.
#[derive(Debug, Clone, Default)]
pub struct Homes {
    /// Compounds, in the order of the micro-grids they hold.
    pub compounds: Vec<CompoundPlan>,
}

/// A compound before it stands anywhere.
#[derive(Debug, Clone)]
pub struct CompoundPlan {
    /// Position of its form in the parameters.
    pub form: usize,
    /// For each cell of land, the first micro-grid and the one after the last.
    pub cells: Vec<(usize, usize)>,
}

/// How the homes of a community stand; `density` is in residents per km².
///
/// # Errors
/// [`SynthError::Parameters`] when no form fits.
pub fn homes(
    community: &Community,
    density: f64,
    body: &Body,
    dice: &mut Dice,
) -> Result<Vec<Homes>, SynthError> {
    let fits = |f: &Form| {
        // A village has what villages have; a neighbourhood all but what only villages have.
        let of_kind =
            if community.village { f.village } else { f.kind != "village-group" || density < f.density[0] };
        of_kind && (f.density[0]..f.density[1]).contains(&density)
    };
    let weights: Vec<f64> = body.form.iter().map(|f| if fits(f) { f.weight } else { 0.0 }).collect();
    if weights.iter().all(|w| *w == 0.0) {
        let kind = if community.village { "a village" } else { "a neighbourhood" };
        let what = format!("body.toml: no [[form]] fits {kind} of {density:.0} residents per km²");
        return Err(SynthError::Parameters(what));
    }
    let mut all = Vec::new();
    for grid in &community.grids {
        let mut homes = Homes::default();
        let mut at = 0;
        while at < grid.micros.len() {
            let form = dice.weighted(&weights);
            let own = &body.form[form];
            let wanted = dice.whole(own.households[0], own.households[1]);
            let (from, mut households) = (at, 0);
            while at < grid.micros.len() && (at == from || households + grid.micros[at].0 / 2 < wanted) {
                households += grid.micros[at].0;
                at += 1;
            }
            // A rest too small to be a compound belongs to the last one.
            let rest: u32 = grid.micros[at..].iter().map(|m| m.0).sum();
            if rest < own.households[0] / 2 {
                at = grid.micros.len();
            }
            homes.compounds.push(CompoundPlan { form, cells: cells(from, at, own, dice) });
        }
        all.push(homes);
    }
    Ok(all)
}

fn cells(from: usize, to: usize, form: &Form, dice: &mut Dice) -> Vec<(usize, usize)> {
    let mut cells = Vec::new();
    let mut at = from;
    while at < to {
        let stack = dice.whole(form.stack[0], form.stack[1]) as usize;
        let next = (at + stack.max(1)).min(to);
        cells.push((at, next));
        at = next;
    }
    cells
}
