//! What is kept of the feed, page by page.

use super::*;

fn some(position: u64) -> Arc<Item> {
    Arc::new(Item {
        position,
        case: 1,
        number: String::new(),
        state: String::new(),
        what: vec!["reported"],
        matter: None,
        matter_name: None,
        place: None,
        place_name: None,
        lon: None,
        lat: None,
        urgency: None,
        channel: String::new(),
        at: String::new(),
        overdue: false,
        lies: None,
    })
}

fn positions(items: &[Arc<Item>]) -> Vec<u64> {
    items.iter().map(|i| i.position).collect()
}

#[test]
fn a_watcher_takes_a_page_at_a_time_and_misses_nothing() {
    let mut kept = Kept { floor: 10, seen: 10, ..Kept::default() };
    let all: Vec<u64> = (0..2 * LIVE_PAGE as u64 + 5).map(|n| 11 + 2 * n).collect();
    kept.put(all.iter().copied().map(some).collect(), 5_000);
    assert!(kept.after(9).is_none(), "what is not kept is in the journal");
    let (mut at, mut told) = (10, Vec::new());
    while at < 5_000 {
        let (items, reached) = kept.after(at).unwrap();
        assert!(items.len() <= LIVE_PAGE);
        assert!(reached > at);
        told.extend(positions(&items));
        at = reached;
    }
    assert_eq!(told, all);
}

#[test]
fn what_could_not_be_read_is_looked_for_in_the_journal() {
    let mut kept = Kept { floor: 0, seen: 0, ..Kept::default() };
    kept.put(vec![some(1), some(2)], 2);
    kept.skip_to(7);
    kept.put(vec![some(9)], 9);
    for position in [0, 1, 2, 6] {
        assert!(kept.after(position).is_none(), "{position}");
    }
    assert_eq!(kept.after(7).map(|(items, at)| (positions(&items), at)), Some((vec![9], 9)));
}

#[test]
fn the_kept_items_are_bounded_and_the_floor_rises_with_them() {
    let mut kept = Kept::default();
    let last = LIVE_KEPT as u64 + 100;
    kept.put((1..=last).map(some).collect(), last);
    assert_eq!((kept.items.len(), kept.floor), (LIVE_KEPT, 100));
    assert!(kept.after(99).is_none());
    assert_eq!(kept.after(100).unwrap().0[0].position, 101);
}
