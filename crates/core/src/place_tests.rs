//! Places against a naive walk.

use super::*;
use proptest::prelude::*;

fn level(id: &str) -> Level {
    let (name, name_en) = (id.to_owned(), String::new());
    Level {
        id: id.into(),
        name,
        name_en,
        width: None,
        prefix: None,
        under: Vec::new(),
        kinds: Vec::new(),
        households: Band::default(),
    }
}

fn tree(id: &str) -> Tree {
    Tree { id: id.into(), name: id.to_owned(), name_en: String::new(), rank: 0 }
}

fn id(n: usize) -> PlaceId {
    PlaceId::new(&format!("p{n}")).unwrap()
}

fn place(n: usize, parent: Option<usize>, tree: u8) -> Place {
    Place {
        id: id(n),
        name: format!("地{n}").into(),
        name_en: None,
        level: LevelNo(0),
        kind: None,
        tree: TreeNo(tree),
        parent: parent.map(id),
        residents: None,
        households: None,
        from: None,
        to: None,
        successor: None,
        source: None,
        count_source: None,
    }
}

fn code(n: usize, code: &str, from: Option<Date>, to: Option<Date>, next: Option<&str>) -> PlaceCode {
    let successor = next.map(CompactString::from);
    PlaceCode { place: id(n), code: code.into(), scheme: CompactString::default(), from, to, successor }
}

/// A book whose place n > 0 stands under `parents[n - 1]` % n, with links of a second tree.
fn book(parents: &[usize], links: &[(usize, usize)]) -> PlaceBook {
    let n = parents.len() + 1;
    let mut places = vec![place(0, None, 0)];
    places.extend(parents.iter().enumerate().map(|(i, p)| place(i + 1, Some(p % (i + 1)), 0)));
    let mut seen = std::collections::HashSet::new();
    // A link to a lower number keeps the second tree without circles.
    let links = links.iter().map(|(a, b)| (a % n, b)).filter(|(a, _)| *a > 0 && seen.insert(*a));
    let links =
        links.map(|(a, b)| TreeLink { tree: TreeNo(1), place: id(a), parent: id(b % a), source: None });
    let links = links.collect();
    PlaceBook {
        levels: vec![level("any")],
        trees: vec![tree("main"), tree("other")],
        places,
        links,
        ..PlaceBook::default()
    }
}

/// The parent by reading the book again from the start: slow, and nothing shared with the arena.
fn naive_parent(book: &PlaceBook, tree: u8, of: &PlaceId) -> Option<PlaceId> {
    let link = book.links.iter().find(|l| tree > 0 && l.tree == TreeNo(tree) && l.place == *of);
    link.map(|l| l.parent.clone()).or_else(|| book.places.iter().find(|p| p.id == *of)?.parent.clone())
}

fn naive_line(book: &PlaceBook, tree: u8, of: &PlaceId) -> Vec<PlaceId> {
    std::iter::successors(Some(of.clone()), |at| naive_parent(book, tree, at)).collect()
}

proptest! {
    #[test]
    fn line_contains_and_children_agree_with_a_naive_walk(
        parents in prop::collection::vec(0usize..1000, 0..40),
        links in prop::collection::vec((0usize..1000, 0usize..1000), 0..20),
    ) {
        let book = book(&parents, &links);
        let places = Places::build(book.clone()).unwrap();
        for tree in 0..2u8 {
            let no = TreeNo(tree);
            for (at, p) in places.iter() {
                let expected = naive_line(&book, tree, &p.id);
                let line: Vec<PlaceId> = places.line(no, at).map(|q| places.get(q).id.clone()).collect();
                prop_assert_eq!(&line, &expected);
                prop_assert_eq!(places.depth(no, at), Some(expected.len() as u8 - 1));
                let children = places.children(no, at).map(|q| places.get(q).id.clone());
                let children: Vec<PlaceId> = children.collect();
                let by_hand: Vec<PlaceId> = book.places.iter().map(|q| q.id.clone())
                    .filter(|q| naive_parent(&book, tree, q).as_ref() == Some(&p.id)).collect();
                prop_assert_eq!(children, by_hand);
                for (over, o) in places.iter() {
                    prop_assert_eq!(places.contains(no, over, at), expected.contains(&o.id));
                }
                prop_assert_eq!(places.under(no, at).count(),
                    places.iter().filter(|(q, _)| places.contains(no, at, *q)).count());
            }
        }
    }
}

#[test]
fn a_place_of_another_tree_is_not_in_the_main_one() {
    let mut book = book(&[0, 1], &[]);
    book.places.push(place(3, Some(0), 1));
    book.links.push(TreeLink { tree: TreeNo(1), place: id(2), parent: id(3), source: None });
    let places = Places::build(book).unwrap();
    let [zone, leaf] = [3, 2].map(|n| places.find(&id(n)).unwrap());
    assert!(!places.is_in(TreeNo::MAIN, zone) && places.line(TreeNo::MAIN, zone).count() == 0);
    assert!(places.contains(TreeNo(1), zone, leaf) && !places.contains(TreeNo::MAIN, zone, leaf));
}

#[test]
fn a_code_is_read_as_at_a_day_and_followed_to_its_successor() {
    let day = |m| Date::constant(2020, m, 1);
    let mut book = book(&[0, 0], &[]);
    book.codes = vec![
        code(1, "510132", None, Some(day(6)), Some("510118")),
        code(1, "510118", Some(day(6)), None, None),
        code(2, "510999", None, Some(day(3)), None),
        code(0, "510999", Some(day(9)), None, None),
    ];
    (book.places[2].to, book.places[2].successor) = (Some(day(3)), Some(id(1)));
    let places = Places::build(book).unwrap();
    let [top, one, two] = [0, 1, 2].map(|n| places.find(&id(n)).unwrap());
    assert_eq!(places.by_code("510132", day(5)), Some(one));
    assert_eq!(places.by_code("510132", day(6)), None, "the last day is not included");
    assert_eq!(places.resolve("510132", day(6)), Some(one));
    assert_eq!((places.code(one, day(5)), places.code(one, day(7))), (Some("510132"), Some("510118")));
    assert_eq!([places.by_code("510999", day(2)), places.by_code("510999", day(9))], [Some(two), Some(top)]);
    assert_eq!(places.by_code("510999", day(5)), None, "nobody carries it between the two");
}

#[test]
fn a_book_that_is_no_tree_is_refused() {
    let mut twice = book(&[0], &[]);
    twice.places.push(place(1, Some(0), 0));
    assert_eq!(Places::build(twice), Err(PlaceError::Twice(id(1))));
    let mut lost = book(&[0], &[]);
    lost.places[1].parent = Some(id(7));
    assert_eq!(Places::build(lost), Err(PlaceError::Unknown(id(7), "p1".to_owned())));
    let mut round = book(&[0, 1], &[]);
    round.places[1].parent = Some(id(2));
    assert_eq!(Places::build(round), Err(PlaceError::Cycle(id(1))));
}

#[test]
fn a_hundred_and_fifty_thousand_places_are_laid_out() {
    let parents: Vec<usize> = (0..150_000).map(|i| i / 9).collect();
    let places = Places::build(book(&parents, &[])).unwrap();
    let top = places.find(&id(0)).unwrap();
    assert_eq!(places.under(TreeNo::MAIN, top).count(), 150_001);
    let last = places.find(&id(150_000)).unwrap();
    assert_eq!(places.line(TreeNo::MAIN, last).last(), Some(top));
}
