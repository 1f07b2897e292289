//! Lawful diversion 依法分流: what another body decides by law is not handled here. The caller is told whose
//! it is and on what basis; no order is made.

use super::draft::{Clocks, Draft};
use super::{answer, intake};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Spine, Thread};
use crate::case::thread::ThreadKind;

pub(super) fn divert(draft: &mut Draft<'_>, to: &str, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open])?;
    answer::follows_nobody(draft)?;
    let profile = &draft.desk.rules.profile;
    let way = profile.diversion(to).ok_or_else(|| {
        let known: Vec<&str> = profile.diversions.iter().map(|d| d.id.as_str()).collect();
        let accepted =
            if known.is_empty() { "a profile with [[diversion]]".to_owned() } else { known.join(", ") };
        Refusal::new("diversion.unknown", format!("`{to}` is no way out of this city"), accepted)
    })?;
    if !draft.fits(|facts| way.when.fits(facts)) {
        let why = format!("`{to}` is not for a case of this kind");
        return Err(Refusal::new("diversion.when", why, "a way whose `when` fits the case"));
    }
    let at_it =
        |t: &&Thread| matches!(t.kind, ThreadKind::Handling | ThreadKind::Whistle | ThreadKind::Summons);
    if let Some(open) = draft.case.open_threads().find(at_it) {
        let why = format!("thread {} ({:?}) is at it already", open.no, open.kind);
        return Err(Refusal::new("diversion.ordered", why, "`ask_return` and its decision first"));
    }
    // What the caller is told stands as their answer, with the basis as it was on that day.
    draft.emit(Event::Diverted { to: to.into(), basis: way.basis.as_str().into() });
    draft.emit(Event::Answered { text: Some(text) });
    draft.end_clocks(|c| c.stage == Stage::Promise, Clocks::Met);
    intake::void(draft, to, None)
}
