//! What figures need to know of one case, whether it was handled here or observed elsewhere.

use crate::observation::{self, Observation, Satisfied, Solved, Stamp, Standing};
use compact_str::CompactString;

/// One case, as figures see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFact {
    /// Who handles it.
    pub unit: Option<CompactString>,
    /// Where it is, at the level the caller reports on.
    pub place: Option<CompactString>,
    /// What it is about.
    pub matter: Option<CompactString>,
    /// How the call came.
    pub channel: Option<CompactString>,
    /// The type of the request.
    pub request_type: Option<CompactString>,
    /// The hour of the civil day at which it was opened, `00` to `23`; the caller knows the city's time.
    pub hour: Option<CompactString>,
    /// When it was opened.
    pub opened: Stamp,
    /// When it was to be done, pauses and extensions included.
    pub due: Option<Stamp>,
    /// When the first contact was due.
    pub contact_due: Option<Stamp>,
    /// When the resident was first contacted.
    pub contacted: Option<Stamp>,
    /// When the resident was answered.
    pub replied: Option<Stamp>,
    /// When it was closed.
    pub closed: Option<Stamp>,
    /// Whether its source records closings or a status at all; without, the case is neither open nor closed.
    pub closing_recorded: bool,
    /// What its status says; `None` where no status is recorded.
    pub standing: Option<Standing>,
    /// The callback's first question; `None` without a valid answer.
    pub solved: Option<Solved>,
    /// The callback's second question; `None` without a valid answer.
    pub satisfied: Option<Satisfied>,
    /// Whether a callback reached the resident; `None` where none is recorded.
    pub reached: Option<bool>,
    /// Whether it is left out of scores 剔除.
    pub excluded: bool,
    /// How often it was reworked 返工; `None` where reworks are not recorded.
    pub reworked: Option<u16>,
    /// How often another unit was given it 改派.
    pub transferred: u16,
    /// How often it was urged 催办.
    pub urged: u16,
    /// How often somebody was put on notice over it 通报.
    pub on_notice: u16,
    /// Whether it was mended at once by who found it 快速处置.
    pub quick: bool,
    /// Whether it was closed by force 强制结案.
    pub forced: bool,
    /// The number of contradictions listed of it.
    pub contradictions: u32,
}

impl CaseFact {
    /// A case of which only the opening is known.
    pub fn opened(at: Stamp) -> Self {
        Self {
            unit: None,
            place: None,
            matter: None,
            channel: None,
            request_type: None,
            hour: None,
            opened: at,
            due: None,
            contact_due: None,
            contacted: None,
            replied: None,
            closed: None,
            closing_recorded: true,
            standing: None,
            solved: None,
            satisfied: None,
            reached: None,
            excluded: false,
            reworked: None,
            transferred: 0,
            urged: 0,
            on_notice: 0,
            quick: false,
            forced: false,
            contradictions: 0,
        }
    }

    /// The fact that an observation states; `None` for a patch, which has no opening.
    pub fn observed(row: &Observation) -> Option<Self> {
        let text = |id: &str| CompactString::from(id);
        Some(Self {
            unit: row.unit.get().map(|id| text(id.as_str())),
            place: row.place.get().map(|id| text(id.as_str())),
            matter: row.matter.get().map(|id| text(id.as_str())),
            channel: row.channel.get().cloned(),
            request_type: row.request_type.get().cloned(),
            due: row.due.get().copied(),
            contact_due: row.contact_due.get().copied(),
            contacted: row.contacted.get().copied(),
            replied: row.replied.get().copied(),
            closed: row.closed.get().copied(),
            closing_recorded: !(row.closed.is_not() && row.status.is_not()),
            standing: row.standing(),
            solved: row.solved.get().copied(),
            satisfied: row.satisfied.get().copied(),
            excluded: row.excluded.get().copied().unwrap_or(false),
            contradictions: u32::try_from(observation::contradictions(row).len()).unwrap_or(u32::MAX),
            ..Self::opened(*row.opened.get()?)
        })
    }

    /// Closed by date, by status, or both.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some() || self.standing == Some(Standing::Closed)
    }

    /// Known to be neither closed nor struck out.
    pub fn is_open(&self) -> bool {
        self.closing_recorded && !self.is_closed() && !self.is_void()
    }

    /// Struck out: no case after all.
    pub fn is_void(&self) -> bool {
        self.standing == Some(Standing::Void)
    }
}
