//! Facts of a row that cannot all be true, or that take back what an earlier row said.
//!
//! A contradiction never rejects a row: both facts are kept as recorded and the pair is listed. What *is*
//! rejected (no id, no opening time, a value that cannot be read) never becomes an observation at all.

use super::{Field, Observation, Recorded, Stamp, Standing};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What contradicts what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContradictionKind {
    /// The status says closed; the closing date is blank.
    ClosedWithoutDate,
    /// A closing date; the status says neither closed nor void.
    DateWithoutClosed,
    /// Closed before it was opened.
    ClosedBeforeOpened,
    /// Answered before it was opened.
    RepliedBeforeOpened,
    /// First contact before it was opened.
    ContactedBeforeOpened,
    /// Due before it was opened.
    DueBeforeOpened,
    /// The status says answered; the time of the reply is blank.
    AnsweredWithoutReply,
    /// A verdict of the resident on a case that is neither answered nor closed.
    VerdictWithoutClosing,
    /// A later row leaves blank the closing that an earlier row gave.
    ClosingTakenBack,
    /// A later row leaves blank the reply that an earlier row gave.
    ReplyTakenBack,
    /// A later row leaves blank the verdict that an earlier row gave.
    VerdictTakenBack,
    /// A later row gives another opening time.
    OpeningMoved,
    /// A row that says of itself that it is older than what is held.
    StaleRow,
    /// A text whose bytes were not of the file's encoding; the unreadable bytes are replaced.
    DamagedText,
}

impl ContradictionKind {
    /// What was kept, in one sentence for the list.
    pub fn kept(self) -> &'static str {
        match self {
            Self::ClosedWithoutDate => "both kept; counts as closed by status, not by date",
            Self::DateWithoutClosed => "both kept; counts as closed by date, not by status",
            Self::ClosedBeforeOpened => "both kept; left out of time to close",
            Self::RepliedBeforeOpened => "both kept; left out of time to reply",
            Self::ContactedBeforeOpened | Self::DueBeforeOpened => "both kept as recorded",
            Self::AnsweredWithoutReply => "status kept; no time to reply",
            Self::VerdictWithoutClosing => "both kept; the verdict counts",
            Self::ClosingTakenBack | Self::ReplyTakenBack | Self::VerdictTakenBack => {
                "the later row; the earlier value stays in the journal"
            }
            Self::OpeningMoved => "the later row's time; the earlier stays in the journal",
            Self::StaleRow => "what is held; the row changed nothing",
            Self::DamagedText => "the text with the unreadable bytes replaced",
        }
    }
}

impl fmt::Display for ContradictionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosedWithoutDate => "closed-without-date",
            Self::DateWithoutClosed => "date-without-closed",
            Self::ClosedBeforeOpened => "closed-before-opened",
            Self::RepliedBeforeOpened => "replied-before-opened",
            Self::ContactedBeforeOpened => "contacted-before-opened",
            Self::DueBeforeOpened => "due-before-opened",
            Self::AnsweredWithoutReply => "answered-without-reply",
            Self::VerdictWithoutClosing => "verdict-without-closing",
            Self::ClosingTakenBack => "closing-taken-back",
            Self::ReplyTakenBack => "reply-taken-back",
            Self::VerdictTakenBack => "verdict-taken-back",
            Self::OpeningMoved => "opening-moved",
            Self::StaleRow => "stale-row",
            Self::DamagedText => "damaged-text",
        })
    }
}

/// One contradiction, with the two values that do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// Which kind.
    pub kind: ContradictionKind,
    /// The field at fault.
    pub field: Field,
    /// What the field says.
    pub value: String,
    /// What it does not agree with.
    pub against: String,
}

impl Contradiction {
    pub(super) fn new(
        kind: ContradictionKind,
        field: Field,
        value: &dyn fmt::Display,
        against: impl Into<String>,
    ) -> Self {
        Self { kind, field, value: value.to_string(), against: against.into() }
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} = {}, but {}; kept: {}",
            self.kind,
            self.field,
            self.value,
            self.against,
            self.kind.kept()
        )
    }
}

/// The contradictions within one whole row, in a fixed order. An empty list is the common case.
pub fn contradictions(row: &Observation) -> Vec<Contradiction> {
    let mut found = Vec::new();
    status_against_date(row, &mut found);
    order(row, &mut found);
    answered(row, &mut found);
    verdict(row, &mut found);
    found
}

fn status_against_date(row: &Observation, found: &mut Vec<Contradiction>) {
    use ContradictionKind::{ClosedWithoutDate, DateWithoutClosed};
    let Some(status) = row.status.get() else { return };
    match (&row.closed, status.means) {
        (Recorded::Blank, Standing::Closed) => {
            found.push(Contradiction::new(
                ClosedWithoutDate,
                Field::Closed,
                &row.closed,
                format!("status = {status}"),
            ));
        }
        (Recorded::Is(at), Standing::Open | Standing::Answered) => {
            found.push(Contradiction::new(
                DateWithoutClosed,
                Field::Status,
                status,
                format!("closed = {at}"),
            ));
        }
        _ => {}
    }
}

fn order(row: &Observation, found: &mut Vec<Contradiction>) {
    let Some(opened) = row.opened.get() else { return };
    let later = [
        (Field::Due, &row.due, ContradictionKind::DueBeforeOpened),
        (Field::Contacted, &row.contacted, ContradictionKind::ContactedBeforeOpened),
        (Field::Replied, &row.replied, ContradictionKind::RepliedBeforeOpened),
        (Field::Closed, &row.closed, ContradictionKind::ClosedBeforeOpened),
    ];
    for (field, stamp, kind) in later {
        if let Some(at) = stamp.get().filter(|at| before(**at, *opened)) {
            found.push(Contradiction::new(kind, field, at, format!("opened = {opened}")));
        }
    }
}

/// A day that holds, or may hold, the other instant is not before it.
fn before(a: Stamp, b: Stamp) -> bool {
    const LONGEST_DAY_MS: i64 = 25 * 3_600_000; // a fact, not a rule
    match (a, b) {
        (Stamp::Day { day }, Stamp::At(at)) => day.plus(LONGEST_DAY_MS) <= at,
        _ => a.start() < b.start(),
    }
}

fn answered(row: &Observation, found: &mut Vec<Contradiction>) {
    if row.standing() == Some(Standing::Answered) && row.replied.is_blank() {
        let against = format!("status = {}", row.status);
        found.push(Contradiction::new(
            ContradictionKind::AnsweredWithoutReply,
            Field::Replied,
            &row.replied,
            against,
        ));
    }
}

/// An export that records neither status nor closing nor reply says nothing a verdict could contradict.
fn verdict(row: &Observation, found: &mut Vec<Contradiction>) {
    let done = row.closed.get().is_some()
        || row.replied.get().is_some()
        || matches!(row.standing(), Some(Standing::Closed | Standing::Answered));
    let silent = row.closed.is_not() && row.replied.is_not() && row.status.is_not();
    if done || silent {
        return;
    }
    let against = "the case is neither answered nor closed";
    let kind = ContradictionKind::VerdictWithoutClosing;
    if row.solved.get().is_some() {
        found.push(Contradiction::new(kind, Field::Solved, &row.solved, against));
    } else if row.satisfied.get().is_some() {
        found.push(Contradiction::new(kind, Field::Satisfied, &row.satisfied, against));
    }
}
