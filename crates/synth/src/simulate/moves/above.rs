//! What is asked of and by a system above: our words on its orders, its receipts, urges and verdict.

use super::Pen;
use huying_core::case::command::Command;
use huying_core::case::state::{Case, Thread};

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

pub(super) fn send(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Send { thread: t.no, text: pen.maybe_words() }
}

pub(super) fn receipt(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Receipt { thread: t.no, accepted: pen.yes(), receipt: Some("r-1".into()) }
}

pub(super) fn return_above(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::ReturnAbove { text: pen.words() }
}

pub(super) fn urge(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let due = pen.dice.chance(0.7).then(|| pen.soon());
    Command::UrgeAbove { due, text: pen.maybe_words() }
}

pub(super) fn judge(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Judge { verdict: super::thread::verdict(pen), text: pen.maybe_words() }
}
