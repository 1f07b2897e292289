//! Duplicates 重复: what a report that lies near an open case of its category comes to.
//!
//! Refused or merged is only what is near by exact points; between nodes of the lattice two homes a street
//! apart are the same, which is enough to show both to a person and too little to turn anybody away.

use super::Desk;
use crate::case::command::Report;
use crate::case::cover::covered;
use crate::case::duplicate::{Around, NearCase, Nearby, asked};
use crate::case::event::Actor;
use crate::case::refusal::Refusal;
use crate::case::state::Spine;
use crate::ids::CaseId;
use crate::profile::{DuplicateAct, DuplicateRule, Fits, Origin, Profile};

/// What a report is told by, before it is a case.
pub(super) fn fits(report: &Report) -> Fits<'_> {
    Fits {
        source: &report.source,
        channel: &report.channel,
        request_type: &report.request_type,
        matter: report.matter.as_ref(),
        urgency: report.urgency,
        complex: report.complex,
        reachable: report.contact.is_some(),
    }
}

/// What to look for before a report is taken in. A report about a unit is compared with nothing: nobody
/// learns from an answer that it exists.
pub(super) fn around<'p>(report: &Report, profile: &'p Profile) -> Option<(&'p DuplicateRule, Around)> {
    if report.about.is_some() || report.governed.is_some() {
        return None;
    }
    let given = report.location.point?;
    let clear = covered(&report.location, Origin::Source(Some(&report.source)), profile).point;
    // Covered on the way in, an exact point is sealed and referred to; what is left is a node.
    let exact = clear == Some(given) && report.location.exact.is_none();
    asked(profile, &fits(report), clear, exact)
}

/// What was found near a report, to be written into its event, and the case it follows at once.
pub(super) struct Found {
    pub(super) nearby: Vec<Nearby>,
    pub(super) into: Option<CaseId>,
}

/// Judges what was found by the rule; refuses where it says so.
pub(super) fn found(desk: &Desk<'_>, report: &Report) -> Result<Found, Refusal> {
    let near = &desk.answers.near;
    let nearby: Vec<Nearby> = near.iter().map(|n| n.near.clone()).collect();
    let mut found = Found { nearby, into: None };
    let Some((rule, around)) = around(report, &desk.rules.profile) else { return Ok(found) };
    let exact = near.iter().find(|n| n.near.exact);
    match rule.act {
        DuplicateAct::Refuse if *desk.actor != Actor::Caller => {
            exact.map_or(Ok(()), |n| Err(refused(n, &around)))?;
        }
        DuplicateAct::Merge => found.into = near.iter().find(|n| leads(n)).map(|n| n.near.case),
        DuplicateAct::Refuse | DuplicateAct::Suggest => {}
    }
    Ok(found)
}

/// Whether another case may follow it: it is being worked on, and follows none itself.
fn leads(near: &NearCase) -> bool {
    near.near.exact && near.follows.is_none() && matches!(near.spine, Spine::Reported | Spine::Open)
}

fn refused(near: &NearCase, around: &Around) -> Refusal {
    let why = format!(
        "case {} of `{}…` lies {} m away and was reported {}",
        near.number, around.stem, near.near.metres, near.reported_at
    );
    let accepted = format!(
        "a note on that case, or a report of another matter, more than {} m away or more than {} h later",
        around.metres, around.hours
    );
    Refusal::new("duplicate.near", why, accepted)
}
