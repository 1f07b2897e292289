//! Evidence 取证: which pictures must be there before a step is taken, as `[procedure.evidence]` says. A
//! picture counts once for the case, by its label.

use super::draft::Draft;
use crate::case::refusal::Refusal;
use crate::case::state::Case;
use crate::profile::EvidenceStep;
use compact_str::CompactString;

/// The labels that the case has no file of, each once.
pub(super) fn missing<'r>(case: &Case, labels: impl IntoIterator<Item = &'r CompactString>) -> Vec<&'r str> {
    let mut missing: Vec<&str> = Vec::new();
    for label in labels {
        let has = case.attached.iter().any(|a| a.as_ref() == Some(label));
        if !has && !missing.contains(&label.as_str()) {
            missing.push(label);
        }
    }
    missing
}

/// Refuses a step whose pictures are not there.
pub(super) fn shown(draft: &Draft<'_>, step: EvidenceStep) -> Result<(), Refusal> {
    let rules = draft.procedure()?.evidence.iter().flat_map(|e| &e.pictures);
    let bound = rules.filter(|p| p.before == step && draft.fits(|facts| p.when.fits(facts)));
    let missing = missing(&draft.case, bound.flat_map(|p| &p.labels));
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!("there is no picture labelled {}", missing.join(", "));
    Err(Refusal::new("evidence.pictures", why, format!("`attach` with each label: {}", missing.join(", "))))
}
