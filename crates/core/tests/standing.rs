//! Standing orders: what is accepted, everything that is refused, and that folding gives what was decided.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::event::{Actor, Staff};
use huying_core::duty::{DutyRoster, Shift, Swap};
use huying_core::ids::{PersonId, PlaceId};
use huying_core::rules::Rules;
use huying_core::standing::*;
use huying_core::time::Time;
use proptest::prelude::*;

const MONDAY: &str = "2026-03-02 09:00";
const DESK: &str = "u510104-hotline";
const SEAT: &str = "duty-desk";

/// A city under its standing orders, as orders are given.
struct Town {
    rules: Rules,
    now: Time,
    next: u64,
    changes: Vec<StandingChange>,
}

impl Town {
    fn new() -> Town {
        Town { rules: ladder_rules().clone(), now: at(MONDAY), next: 100, changes: Vec::new() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "orders are written where they are given")]
    fn gives(&mut self, by: &Actor, order: Order) -> OrderNo {
        self.tries(by, &order).unwrap_or_else(|e| panic!("{order:?}: {e:?}"))
    }

    fn tries(&mut self, by: &Actor, order: &Order) -> Result<OrderNo, huying_core::case::refusal::Refusal> {
        let no = OrderNo(self.next);
        let by = if let Actor::Staff(staff) = by { Some(&**staff) } else { None };
        let change = accept(&self.rules, order, no, by, self.now)?;
        // Through bytes, as the journal holds it.
        let read: StandingChange = serde_json::from_slice(&serde_json::to_vec(&change).unwrap()).unwrap();
        assert_eq!(read, change);
        self.rules = self.rules.with_standing((*self.rules.standing).clone().after([&read]));
        self.changes.push(read);
        self.next += 1;
        Ok(no)
    }

    fn refuses(&mut self, by: &Actor, order: &Order, rule: &str) {
        let before = self.rules.standing.clone();
        let refusal = self.tries(by, order).expect_err(rule);
        assert_eq!(refusal.rule, rule, "{refusal:?}");
        assert!(refusal.basis.is_some(), "{rule} has no basis");
        assert_eq!(self.rules.standing, before);
    }

    fn on_duty(&self, unit_id: &str) -> Option<PersonId> {
        self.rules.standing.on_duty(&self.rules, self.now).people.get(&unit(unit_id)).cloned()
    }

    fn mode(&self, place_id: &str) -> &str {
        &self.rules.mode_at(&place(place_id), self.now).unwrap().id
    }
}

fn one(role: &str, of: &str) -> Actor {
    who(ladder_rules(), role, of, 0)
}

fn person(actor: &Actor) -> PersonId {
    let Actor::Staff(staff) = actor else { panic!() };
    staff.person.clone()
}

fn place(id: &str) -> PlaceId {
    PlaceId::new(id).unwrap()
}

fn head() -> Actor {
    one("closer", DESK)
}

fn roster(of: &str, seat: &str, crew: &[PersonId]) -> DutyRoster {
    let shift =
        |name: &str, start: &str| Shift { name: name.into(), start: start.parse().unwrap(), minutes: 720 };
    DutyRoster {
        unit: unit(of),
        seat: seat.into(),
        since: "2026-03-02".parse().unwrap(),
        shifts: vec![shift("白班", "08:00"), shift("夜班", "20:00")],
        crew: crew.to_vec(),
        swaps: Vec::new(),
    }
}

fn set(roster: DutyRoster) -> Order {
    Order::SetDuty { roster: Box::new(roster) }
}

fn crew() -> Vec<PersonId> {
    ["dispatcher", "callback", "closer"].map(|role| person(&one(role, DESK))).to_vec()
}

fn swap(who: &PersonId, from: &str, to: &str) -> Order {
    let swap = Swap { from: at(from), to: at(to), person: who.clone() };
    Order::SwapDuty { unit: unit(DESK), seat: SEAT.into(), swap }
}

#[test]
fn the_shipped_city_has_somebody_at_every_hotline_desk() {
    let town = Town::new();
    assert!(town.on_duty(DESK).is_some());
    assert_eq!(town.rules.standing.gaps(&town.rules, town.now), []);
    assert_eq!(town.rules.city.duty.len(), 24);
}

#[test]
fn a_roster_is_set_swapped_and_ended_and_the_past_stays_told() {
    let mut town = Town::new();
    let before = town.on_duty(DESK).unwrap();
    let (began, crew) = (town.now, crew());
    town.now = at("2026-03-02 10:00");
    town.gives(&head(), set(roster(DESK, SEAT, &crew)));
    assert_eq!(town.on_duty(DESK), Some(crew[0].clone()));
    assert_eq!(town.rules.standing.on_duty(&town.rules, began).people.get(&unit(DESK)), Some(&before));

    town.gives(&head(), swap(&crew[2], "2026-03-02 09:00", "2026-03-02 11:00"));
    assert_eq!(town.on_duty(DESK), Some(crew[2].clone()), "from now on, however early it was to begin");
    town.now = at("2026-03-02 11:00");
    assert_eq!(town.on_duty(DESK), Some(crew[0].clone()));

    town.gives(&head(), Order::EndDuty { unit: unit(DESK), seat: SEAT.into() });
    assert_eq!(town.on_duty(DESK), None);
    let gaps = town.rules.standing.gaps(&town.rules, town.now);
    assert_eq!(gaps, [Gap { unit: unit(DESK), seat: SEAT.into(), gone: None }]);
}

#[test]
fn a_roster_to_come_takes_over_with_its_first_shift() {
    let mut town = Town::new();
    let old = town.on_duty(DESK).unwrap();
    let mut next = roster(DESK, SEAT, &crew());
    next.since = "2026-03-05".parse().unwrap();
    town.gives(&head(), set(next));
    assert_eq!(town.on_duty(DESK), Some(old));
    town.now = at("2026-03-05 08:00");
    assert_eq!(town.on_duty(DESK), Some(crew()[0].clone()));
}

#[test]
fn what_no_roster_may_be_is_refused() {
    let mut town = Town::new();
    let good = || roster(DESK, SEAT, &crew());
    let changed = |change: fn(&mut DutyRoster)| {
        let mut roster = good();
        change(&mut roster);
        set(roster)
    };
    let by = head();
    town.refuses(&by, &changed(|r| r.seat = "throne".into()), "duty.seat");
    town.refuses(&by, &changed(|r| r.seat = "on-call".into()), "duty.seat");
    town.refuses(&by, &changed(|r| r.shifts[1].minutes = 700), "duty.roster");
    town.refuses(&by, &changed(|r| r.crew.clear()), "duty.roster");
    town.refuses(&by, &changed(|r| r.crew = vec![r.crew[0].clone(); 401]), "duty.roster");
    town.refuses(&by, &changed(|r| r.crew[0] = PersonId::new("p0001").unwrap()), "duty.crew");
    town.refuses(&by, &changed(|r| r.unit = unit("u-nowhere")), "unit.unknown");
    town.refuses(&by, &changed(|r| r.unit = unit("u510105-hotline")), "powers.territory");
    town.refuses(&one("callback", DESK), &set(good()), "powers.role");
    let Actor::Staff(staff) = head() else { panic!() };
    let other = Staff { person: person(&one("callback", DESK)), ..*staff };
    town.refuses(&Actor::Staff(Box::new(other)), &set(good()), "powers.post");
    town.gives(&Actor::Clock, set(good()));
}

#[test]
fn what_no_swap_or_end_may_be_is_refused() {
    let mut town = Town::new();
    let (crew, by) = (crew(), head());
    town.refuses(&by, &swap(&crew[0], "2026-03-02 12:00", "2026-03-02 11:00"), "duty.swap");
    town.refuses(&by, &swap(&crew[0], "2026-03-01 12:00", "2026-03-02 08:00"), "duty.swap");
    let stranger = PersonId::new("p0001").unwrap();
    town.refuses(&by, &swap(&stranger, "2026-03-02 12:00", "2026-03-02 13:00"), "duty.crew");
    town.refuses(&by, &Order::EndDuty { unit: unit(DESK), seat: "on-call".into() }, "duty.none");
    town.gives(&by, Order::EndDuty { unit: unit(DESK), seat: SEAT.into() });
    town.refuses(&by, &swap(&crew[0], "2026-03-02 12:00", "2026-03-02 13:00"), "duty.none");
}

fn hand_over(open: &[&str]) -> Order {
    let open = open.iter().map(|n| (*n).into()).collect();
    Order::HandOver { unit: unit(DESK), seat: SEAT.into(), open, text: text(9) }
}

#[test]
fn a_handover_is_signed_once_by_who_goes_or_comes() {
    let mut town = Town::new();
    let by = ["dispatcher", "callback", "closer"].map(|role| one(role, DESK));
    town.now = at("2026-03-02 07:00");
    town.gives(&head(), set(roster(DESK, SEAT, &crew())));
    town.now = at("2026-03-02 20:05");
    town.refuses(&by[2], &hand_over(&[]), "duty.signer");
    town.refuses(&Actor::Clock, &hand_over(&[]), "powers.person");
    town.refuses(&by[1], &hand_over(&[""]), "duty.open");
    town.gives(&by[1], hand_over(&["2026030251010400001"]));
    let signed = &town.rules.standing.handovers[0].handover;
    assert_eq!((&signed.from, &signed.to), (&crew()[0], &crew()[1]));
    town.refuses(&by[0], &hand_over(&[]), "duty.signed");
    town.now = at("2026-03-03 08:00");
    town.gives(&by[1], hand_over(&[]));
    town.gives(&head(), Order::EndDuty { unit: unit(DESK), seat: SEAT.into() });
    town.refuses(&by[1], &hand_over(&[]), "duty.none");
}

#[test]
fn nobody_hands_over_to_the_first_turn_of_all() {
    let mut town = Town::new();
    let by = one("street", STREET);
    let crew = vec![person(&by)];
    town.gives(&Actor::Clock, set(roster(STREET, "street-desk", &crew)));
    let order =
        Order::HandOver { unit: unit(STREET), seat: "street-desk".into(), open: vec![], text: text(9) };
    town.refuses(&by, &order, "duty.turn");
}

// ---- modes ----

const EVENING: &str = "2026-03-02 21:00";

fn declare(mode: &str, of: &str, to: &str) -> Order {
    Order::DeclareMode { mode: mode.into(), place: place(of), from: None, to: at(to), text: text(3) }
}

fn district() -> Actor {
    one("supervisor", DESK)
}

#[test]
fn the_most_urgent_mode_holds_and_each_ends_by_order_or_by_time() {
    let mut town = Town::new();
    assert_eq!(town.mode(GRID_PLACE), "everyday");
    town.gives(&district(), declare("epidemic", "510104", "2026-03-20 00:00"));
    assert_eq!((town.mode(GRID_PLACE), town.mode("510105")), ("epidemic", "everyday"));
    let fire = town.gives(&district(), declare("emergency", "510104017", EVENING));
    assert_eq!((town.mode(GRID_PLACE), town.mode("510104022")), ("emergency", "epidemic"));
    town.now = town.now.plus(1);
    town.gives(&district(), Order::EndMode { no: fire, text: text(4) });
    assert_eq!(town.mode(GRID_PLACE), "epidemic");
    town.refuses(&district(), &Order::EndMode { no: fire, text: text(4) }, "mode.ended");
    town.now = at("2026-03-20 00:00");
    assert_eq!(town.mode(GRID_PLACE), "everyday");
    let declared = &town.rules.standing.modes[0];
    assert_eq!(declared.authority, "区疫情防控指挥部");
}

#[test]
fn a_mode_says_which_of_its_seats_are_empty() {
    let mut town = Town::new();
    let by = one("street", STREET);
    town.gives(&Actor::Clock, set(roster(STREET, "street-desk", &[person(&by)])));
    let gaps = |town: &Town| -> Vec<String> {
        let all = town.rules.standing.gaps(&town.rules, town.now);
        all.iter().filter(|g| g.seat == "street-desk").map(|g| g.unit.to_string()).collect()
    };
    assert!(gaps(&town).is_empty(), "no street must staff its desk every day");
    town.gives(&district(), declare("emergency", "510104", EVENING));
    let empty = gaps(&town);
    assert!(empty.len() > 5 && !empty.contains(&STREET.to_owned()), "{empty:?}");
    assert!(empty.iter().all(|u| u.starts_with("u510104")), "only where the mode holds: {empty:?}");
}

/// The seat that a mode asks first is another one: while it holds, clocks find who sits there.
#[test]
fn a_mode_switches_who_is_on_duty_and_gives_them_back() {
    let mut folder = ladder_folder();
    folder.put(
        "profile.toml",
        r#"
[profile]
on = "chengdu"
[[seat]]
id = "flood-desk"
name = "防汛值守"
name_en = "flood desk"
kinds = ["street-office"]
source = "this test"
status = "proposal"
[[mode]]
id = "emergency"
seats = ["flood-desk"]
source = "this test"
status = "proposal"
"#,
    );
    let mut town = Town { rules: rules_of(&folder), ..Town::new() };
    let (everyday, flood) = (one("street", STREET), who(ladder_rules(), "street", STREET, 1));
    town.gives(&Actor::Clock, set(roster(STREET, "street-desk", &[person(&everyday)])));
    town.gives(&Actor::Clock, set(roster(STREET, "flood-desk", &[person(&flood)])));
    assert_eq!(town.on_duty(STREET), Some(person(&everyday)));
    town.gives(&district(), declare("emergency", "510104017", EVENING));
    assert_eq!(town.on_duty(STREET), Some(person(&flood)));
    town.now = at(EVENING);
    assert_eq!(town.on_duty(STREET), Some(person(&everyday)));
}

#[test]
fn what_nobody_may_declare_is_refused() {
    let mut town = Town::new();
    let by = district();
    town.refuses(&by, &declare("war", "510104", EVENING), "mode.unknown");
    town.refuses(&by, &declare("everyday", "510104", EVENING), "mode.unknown");
    town.refuses(&by, &declare("epidemic", "nowhere", EVENING), "place.unknown");
    town.refuses(&by, &declare("epidemic", "510105", EVENING), "powers.territory");
    town.refuses(&by, &declare("epidemic", "510104017001", EVENING), "mode.authority");
    town.refuses(&one("dispatcher", DESK), &declare("epidemic", "510104", EVENING), "mode.authority");
    town.refuses(&Actor::Clock, &declare("epidemic", "510104", EVENING), "powers.person");
    town.refuses(&by, &declare("epidemic", "510104", "2026-03-02 08:00"), "mode.time");
    town.refuses(&by, &declare("emergency", "510104", "2026-04-02 08:00"), "mode.time");
    town.refuses(&by, &Order::EndMode { no: OrderNo(1), text: text(4) }, "mode.none");
    let no = town.gives(&by, declare("emergency", "510104", EVENING));
    let end = Order::EndMode { no, text: text(4) };
    town.refuses(&one("supervisor", "u510105-hotline"), &end, "powers.territory");
    town.refuses(&one("dispatcher", DESK), &end, "mode.authority");
}

// ---- admission ----

fn request() -> TaskRequest {
    TaskRequest {
        task: "key-person-visit".into(),
        basis: "社会救助暂行办法".into(),
        place: place("510104"),
        from: "2026-03-02".parse().unwrap(),
        to: "2026-06-01".parse().unwrap(),
        minutes: 60,
        forms: 1,
        budget: 1_200_000,
        quota: 20,
    }
}

fn asks(change: impl FnOnce(&mut TaskRequest)) -> Order {
    let mut request = request();
    change(&mut request);
    Order::AskTask { request: Box::new(request), text: text(5) }
}

fn department() -> Actor {
    one("handler", HOUSING)
}

fn office() -> Actor {
    one("community-office", "u510104")
}

fn review(no: OrderNo, decision: Decision) -> Order {
    Order::ReviewTask { no, decision, text: text(6) }
}

fn admit(quota: u32, minutes: u32, to: &str) -> Decision {
    Decision::Admit { quota, minutes, to: to.parse().unwrap() }
}

#[test]
fn a_task_is_asked_for_looked_up_and_admitted_with_less() {
    let mut town = Town::new();
    let no = town.gives(&department(), asks(|_| ()));
    let asked = |town: &Town| town.rules.standing.task(no).unwrap().clone();
    assert!(asked(&town).listed);
    assert_eq!(asked(&town).stand, Stand::Asked);
    town.gives(&office(), review(no, admit(10, 30, "2026-05-01")));
    let to = "2026-05-01".parse().unwrap();
    assert_eq!(asked(&town).stand, Stand::Admitted { quota: 10, minutes: 30, to, ended: None });
    town.refuses(&office(), &review(no, Decision::Reject), "task.decided");

    let same = town.gives(&department(), asks(|r| r.place = place("510104017")));
    town.gives(&office(), review(same, Decision::Merge { into: no }));
    assert_eq!(town.rules.standing.admitted_as(same).unwrap().no, no);

    let end = Order::EndTask { no, text: text(7) };
    town.refuses(&one("callback", DESK), &end, "powers.role");
    town.gives(&department(), end.clone());
    town.refuses(&office(), &end, "task.not-admitted");
    assert_eq!(asked(&town).stand.word(), "ended");
}

#[test]
fn what_may_not_be_asked_is_refused() {
    let mut town = Town::new();
    let by = department();
    town.refuses(&by, &asks(|r| r.task = "dance".into()), "task.unknown");
    town.refuses(&by, &asks(|r| r.basis = " ".into()), "task.basis");
    town.refuses(&by, &asks(|r| r.place = place("nowhere")), "place.unknown");
    town.refuses(&by, &asks(|r| r.place = place("510105")), "powers.territory");
    town.refuses(&by, &asks(|r| r.to = r.from), "task.period");
    town.refuses(&by, &asks(|r| r.to = "2028-01-01".parse().unwrap()), "task.period");
    let past =
        |r: &mut TaskRequest| (r.from, r.to) = ("2026-01-01".parse().unwrap(), "2026-02-01".parse().unwrap());
    town.refuses(&by, &asks(past), "task.period");
    town.refuses(&by, &asks(|r| r.minutes = 0), "task.amount");
    town.refuses(&by, &asks(|r| r.minutes = 241), "task.amount");
    town.refuses(&by, &asks(|r| r.forms = 2), "task.amount");
    town.refuses(&by, &asks(|r| r.quota = 0), "task.amount");
    town.refuses(&one("callback", DESK), &asks(|_| ()), "powers.role");
    town.refuses(&Actor::Clock, &asks(|_| ()), "powers.person");
}

/// 费随事转: where the profile says so, a task comes with its money or not at all.
#[test]
fn a_task_without_its_money_is_refused_where_the_profile_asks_for_it() {
    let mut folder = ladder_folder();
    let budgeted = "[profile]\non = \"chengdu\"\n\
        [admission]\nbudgeted = true\nsource = \"this test\"\nstatus = \"proposal\"\n";
    folder.put("profile.toml", budgeted);
    let mut town = Town { rules: rules_of(&folder), ..Town::new() };
    town.refuses(&department(), &asks(|r| r.budget = 0), "task.budget");
    let no = town.gives(&department(), asks(|_| ()));
    assert_eq!(town.rules.standing.task(no).unwrap().request.budget, 1_200_000);
    Town::new().gives(&department(), asks(|r| r.budget = 0));
}

#[test]
fn what_a_review_may_not_do_is_refused() {
    let mut town = Town::new();
    let no = town.gives(&department(), asks(|_| ()));
    let unlisted = town.gives(&department(), asks(|r| r.task = "survey".into()));
    let by = office();
    let good = || review(no, admit(10, 30, "2026-05-01"));
    town.refuses(&department(), &good(), "powers.role");
    town.refuses(&one("community-office", "u510105"), &good(), "powers.territory");
    town.refuses(&by, &review(OrderNo(1), Decision::Reject), "task.none");
    town.refuses(&by, &review(unlisted, admit(1, 1, "2026-05-01")), "task.unlisted");
    town.refuses(&by, &review(no, admit(21, 30, "2026-05-01")), "task.amount");
    town.refuses(&by, &review(no, admit(0, 30, "2026-05-01")), "task.amount");
    town.refuses(&by, &review(no, admit(10, 61, "2026-05-01")), "task.amount");
    town.refuses(&by, &review(no, admit(10, 30, "2026-07-01")), "task.period");
    town.refuses(&by, &review(no, admit(10, 30, "2026-03-02")), "task.period");
    town.refuses(&by, &review(no, Decision::Merge { into: no }), "task.merge");
    town.refuses(&by, &review(no, Decision::Merge { into: unlisted }), "task.merge");
    let waits = town.gives(&department(), asks(|_| ()));
    town.refuses(&by, &review(no, Decision::Merge { into: waits }), "task.not-admitted");
    town.gives(&by, review(unlisted, Decision::Reject));
}

/// 准入与审核分离: who asks does not review, through whatever post.
#[test]
fn who_asks_does_not_review() {
    let mut town = Town::new();
    let mut own = town.rules.clone();
    own.profile.roles.get_mut("handler").unwrap().may.push("review_task".into());
    town.rules = own;
    let no = town.gives(&department(), asks(|_| ()));
    town.refuses(&department(), &review(no, Decision::Reject), "powers.apart");
}

// ---- invariants ----

#[derive(Debug, Clone)]
enum Deed {
    Set { since: i8, nights_first: bool },
    Swap { from: i64, length: i64, who: usize },
    End,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0i8..10, any::<bool>()).prop_map(|(since, nights_first)| Deed::Set { since, nights_first }),
        3 => (-20i64..40, 1i64..30, 0usize..3)
            .prop_map(|(from, length, who)| Deed::Swap { from, length, who }),
        1 => Just(Deed::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Folding the changes again gives the orders in force; at every instant a seat has the roster that was
    /// set last for it, and exactly one person.
    #[test]
    fn at_every_instant_one_person_sits_where_a_roster_holds(
        deeds in proptest::collection::vec((deed(), 0i64..30), 1..12),
        probes in proptest::collection::vec(0i64..600, 12),
    ) {
        let (mut town, crew) = (Town::new(), crew());
        let began = town.now;
        for (deed, later) in deeds {
            town.now = town.now.plus(hours(later));
            let order = match deed {
                Deed::Set { since, nights_first } => {
                    let mut r = roster(DESK, SEAT, &crew);
                    let day = town.rules.day(town.now);
                    for _ in 0..since {
                        r.since = day.tomorrow().unwrap().max(r.since.tomorrow().unwrap());
                    }
                    if nights_first {
                        r.shifts.reverse();
                    }
                    set(r)
                }
                Deed::Swap { from, length, who } => {
                    let from = town.now.plus(hours(from));
                    let swap = Swap { from, to: from.plus(hours(length)), person: crew[who].clone() };
                    Order::SwapDuty { unit: unit(DESK), seat: SEAT.into(), swap }
                }
                Deed::End => Order::EndDuty { unit: unit(DESK), seat: SEAT.into() },
            };
            let _ = town.tries(&head(), &order);
        }
        let again = (*ladder_rules().standing).clone().after(&town.changes);
        prop_assert_eq!(&again, &*town.rules.standing);
        let standing = &town.rules.standing;
        for hour in probes {
            let instant = began.plus(hours(hour));
            let holds = |p: &&Posted| p.from <= instant && p.to.is_none_or(|to| instant < to);
            let of_desk = |p: &&Posted| p.roster.unit == unit(DESK);
            let held = standing.duty.iter().filter(of_desk).filter(holds).count();
            prop_assert!(held <= 1, "{held} rosters at once");
            let sitting: Vec<_> =
                standing.sitting(&town.rules, instant).filter(|s| s.roster.unit == unit(DESK)).collect();
            prop_assert_eq!(sitting.len(), held);
            let on_duty = standing.on_duty(&town.rules, instant);
            let found = on_duty.people.get(&unit(DESK));
            prop_assert_eq!(found, sitting.first().map(|s| s.turn.person));
            // What was looked up holds until it says.
            if let Some(until) = on_duty.until {
                let last = standing.on_duty(&town.rules, until.plus(-1));
                prop_assert_eq!(last.people.get(&unit(DESK)), found);
            }
        }
    }
}
