//! Which footprint a point is in, exactly and fast: a raster grid whose border cells hold the arcs that pass.
//!
//! An inner cell answers at once. A border cell knows the footprint at its south-west corner; a path leads
//! from there up along the cell's western edge and then east to the point, and every segment it crosses adds
//! the difference of the footprints on its two sides. The sum telescopes whatever the order of crossings, so
//! nothing is sorted, and all tests are those of `lattice.rs`: the answer is the border rule's, on borders
//! and vertices as well.

use crate::lattice::{Grid, P, left_of, on_segment};
use crate::topology::Map;

/// The bit of a cell that needs the exact test; the rest is its number among border cells.
const BORDER: u32 = 1 << 31;

/// Consecutive segments of one arc that touch a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    /// The first point of the first segment, among the points of all arcs.
    pub(crate) first: u32,
    /// How many segments.
    pub(crate) count: u32,
    /// Footprint on the right less that on the left, wrapping.
    pub(crate) delta: u32,
}

/// The grid over a map. About 4 bytes a cell, 8 more for each border cell and 12 for each run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Raster {
    pub(crate) grid: Grid,
    pub(crate) cells: Vec<u32>,
    /// By border cell: the footprint at its south-west corner.
    pub(crate) refs: Vec<u32>,
    /// By border cell: where its runs start.
    pub(crate) starts: Vec<u32>,
    pub(crate) runs: Vec<Run>,
}

impl Raster {
    /// Builds the grid with at most `most` cells. The map must have passed all checks.
    pub(crate) fn build(map: &Map, most: usize) -> Raster {
        if map.points.is_empty() {
            return Raster::default();
        }
        let grid = Grid::over(map.bbox(), most);
        let mut runs = collect_runs(map, &grid);
        runs.sort_unstable_by_key(|(cell, run)| (*cell, run.first));
        let mut raster = Raster { grid, cells: vec![0; grid.len()], ..Raster::default() };
        for of_cell in runs.chunk_by(|a, b| a.0 == b.0) {
            raster.cells[of_cell[0].0 as usize] = BORDER | raster.starts.len() as u32;
            raster.starts.push(raster.runs.len() as u32);
            raster.runs.extend(of_cell.iter().map(|(_, run)| *run));
        }
        raster.starts.push(raster.runs.len() as u32);
        raster.refs = vec![0; raster.starts.len() - 1];
        raster.sweep(map);
        raster
    }

    /// Carries the footprint along the southern edge of every row of cells, from outside in the west.
    fn sweep(&mut self, map: &Map) {
        for row in 0..self.grid.rows {
            let mut face = 0;
            for column in 0..self.grid.columns {
                let at = row as usize * self.grid.columns as usize + column as usize;
                let cell = self.cells[at];
                if cell & BORDER == 0 {
                    self.cells[at] = face;
                    continue;
                }
                let border = cell & !BORDER;
                self.refs[border as usize] = face;
                let corner = self.grid.corner(column, row);
                face = self.walk(map, border, corner, self.grid.corner(column + 1, row));
            }
        }
    }

    #[inline]
    fn runs_of(&self, border: u32) -> &[Run] {
        &self.runs[self.starts[border as usize] as usize..self.starts[border as usize + 1] as usize]
    }

    /// The footprint at `p` in a border cell whose south-west corner is `o`.
    #[inline]
    fn walk(&self, map: &Map, border: u32, o: P, p: P) -> u32 {
        let mut face = self.refs[border as usize];
        let turn = [o[0], p[1]];
        for run in self.runs_of(border) {
            let points = &map.points[run.first as usize..=(run.first + run.count) as usize];
            for s in points.windows(2) {
                let (a, b) = (s[0], s[1]);
                if (a[1] > p[1]) != (b[1] > p[1]) {
                    let left = left_of(a, b, p);
                    if left != left_of(a, b, turn) {
                        // Eastward over a rising segment leads to its right side, over a falling one to its
                        // left.
                        face = if left { face.wrapping_sub(run.delta) } else { face.wrapping_add(run.delta) };
                    }
                }
                if (a[0] > o[0]) != (b[0] > o[0]) {
                    let left = left_of(a, b, turn);
                    if left != left_of(a, b, o) {
                        face = if left { face.wrapping_sub(run.delta) } else { face.wrapping_add(run.delta) };
                    }
                }
            }
        }
        face
    }

    /// The footprint that holds `p` by the border rule; 0 outside.
    #[inline]
    pub(crate) fn face(&self, map: &Map, p: P) -> u32 {
        let Some((column, row)) = self.grid.cell(p) else { return 0 };
        let cell = self.cells[row as usize * self.grid.columns as usize + column as usize];
        if cell & BORDER == 0 {
            return cell;
        }
        let face = self.walk(map, cell & !BORDER, self.grid.corner(column, row), p);
        if face == 0 { self.rim(map, cell & !BORDER, p) } else { face }
    }

    /// The lowest footprint whose border a point on the outer rim touches; 0 when it touches none.
    #[cold]
    fn rim(&self, map: &Map, border: u32, p: P) -> u32 {
        let mut best = 0;
        self.each_segment(map, border, |arc, a, b| {
            if on_segment(a, b, p) {
                for face in [map.left[arc as usize * 2], map.left[arc as usize * 2 + 1]] {
                    if face != 0 && (best == 0 || face < best) {
                        best = face;
                    }
                }
            }
        });
        best
    }

    fn each_segment(&self, map: &Map, border: u32, mut f: impl FnMut(u32, P, P)) {
        for run in self.runs_of(border) {
            let arc = map.starts.partition_point(|s| *s <= run.first) as u32 - 1;
            let points = &map.points[run.first as usize..=(run.first + run.count) as usize];
            points.windows(2).for_each(|s| f(arc, s[0], s[1]));
        }
    }

    /// Calls `f` with arc and ends of every segment in the cells of a closed box; some come more than once.
    pub(crate) fn segments_in(&self, map: &Map, low: P, high: P, mut f: impl FnMut(u32, P, P)) {
        let g = &self.grid;
        if g.is_empty() {
            return;
        }
        let clamp = |v: i32, i: usize, n: u32| {
            let rel = (i64::from(v) - i64::from(g.origin[i])) >> g.shift;
            (rel >= 0 && rel < i64::from(n), rel.clamp(0, i64::from(n) - 1) as u32)
        };
        let (c0, c1) = (clamp(low[0], 0, g.columns), clamp(high[0], 0, g.columns));
        let (r0, r1) = (clamp(low[1], 1, g.rows), clamp(high[1], 1, g.rows));
        // A box wholly beside the grid meets the edge cells only: harmless, callers test distances.
        for row in r0.1..=r1.1 {
            for column in c0.1..=c1.1 {
                let cell = self.cells[row as usize * g.columns as usize + column as usize];
                if cell & BORDER != 0 {
                    self.each_segment(map, cell & !BORDER, &mut f);
                }
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.cells.len() + self.refs.len() + self.starts.len()) * 4 + self.runs.len() * 12
    }
}

fn collect_runs(map: &Map, grid: &Grid) -> Vec<(u32, Run)> {
    let mut runs: Vec<(u32, Run)> = Vec::new();
    let mut now: Vec<(u32, u32)> = Vec::new();
    let mut before: Vec<(u32, u32)> = Vec::new();
    for arc in 0..map.arcs() {
        let delta = map.left[arc * 2 + 1].wrapping_sub(map.left[arc * 2]);
        let start = map.starts[arc];
        before.clear();
        for (i, s) in map.arc(arc as u32).windows(2).enumerate() {
            now.clear();
            grid.touched(s[0], s[1], |cell| {
                let known = before.iter().find(|(c, _)| *c == cell).map(|(_, run)| *run);
                let run = known.unwrap_or_else(|| {
                    runs.push((cell, Run { first: start + i as u32, count: 0, delta }));
                    runs.len() as u32 - 1
                });
                runs[run as usize].1.count += 1;
                now.push((cell, run));
            });
            std::mem::swap(&mut now, &mut before);
        }
    }
    runs
}
