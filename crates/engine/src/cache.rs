//! Folded cases at hand, in two generations: what was not touched during a whole generation is let go.

use huying_core::case::state::Case;
use huying_core::ids::CaseId;
use std::collections::HashMap;
use std::sync::Arc;

/// A bounded cache. Holds what was committed, never what is being decided.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    young: HashMap<CaseId, Arc<Case>>,
    old: HashMap<CaseId, Arc<Case>>,
    generation: usize,
}

impl Cache {
    pub(crate) fn new(generation: usize) -> Cache {
        Cache { generation, ..Cache::default() }
    }

    pub(crate) fn get(&mut self, id: CaseId) -> Option<Arc<Case>> {
        if let Some(case) = self.young.get(&id) {
            return Some(case.clone());
        }
        let case = self.old.remove(&id)?;
        self.put(case.clone());
        Some(case)
    }

    pub(crate) fn put(&mut self, case: Arc<Case>) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(case.id, case);
    }

    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use huying_core::case::apply::blank;

    #[test]
    fn what_is_touched_stays_and_the_rest_goes() {
        let mut cache = Cache::new(2);
        for id in 1..=2 {
            cache.put(Arc::new(blank(CaseId(id))));
        }
        for id in 3..=6 {
            assert!(cache.get(CaseId(1)).is_some());
            cache.put(Arc::new(blank(CaseId(id))));
        }
        assert!(cache.get(CaseId(2)).is_none());
        assert!(cache.young.len() + cache.old.len() <= 4);
    }
}
