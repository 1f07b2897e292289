//! Profiles that stand on one another: what is merged, what is replaced, and how a fault is named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use huying_core::city::Folder;
use huying_core::clock::Limit;
use huying_core::fault::Fault;
use huying_core::profile::{Procedure, Profile, SHIPPED, flat, settled, shipped};
use proptest::prelude::*;

fn find(name: &str) -> Option<String> {
    shipped(name).map(str::to_owned)
}

/// A profile on `base` with more under it.
fn on_base(more: &str) -> String {
    format!("[profile]\non = \"base\"\nid = \"mine\"\nname = \"我的\"\n{more}")
}

#[track_caller]
fn read(text: &str) -> Profile {
    let (profile, faults) = Profile::read(text);
    profile.unwrap_or_else(|| panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>()))
}

#[track_caller]
fn faulty(more: &str) -> Vec<Fault> {
    let (profile, faults) = Profile::read(&on_base(more));
    assert!(profile.is_none(), "no fault was found");
    faults
}

fn base() -> Profile {
    read(shipped("base").unwrap())
}

fn hotline(profile: &Profile) -> &Procedure {
    profile.procedure("hotline").unwrap()
}

#[test]
fn a_profile_that_changes_nothing_is_the_one_below_under_its_own_name() {
    let mut want = base();
    let mine = read(&on_base(""));
    (want.id, want.name) = ("mine".into(), "我的".to_owned());
    assert_eq!(mine, want);
}

#[test]
fn tables_merge_by_key_and_what_is_in_braces_is_one_value() {
    let source = "source = \"test\"\nstatus = \"proposal\"\n";
    let mine = read(&on_base(&format!(
        "[settings]\nundo_minutes = 5\n{source}\n[[procedure]]\nid = \"hotline\"\nrework.raise_after = 9\n\
         blocks = {{ close = [\"callback\"] }}\n{source}"
    )));
    let want = base();
    assert_eq!(mine.settings.undo_minutes, 5);
    assert_eq!(mine.settings.calls_per_day, want.settings.calls_per_day);
    assert_eq!((mine.settings.source.as_str(), want.settings.source.len() > 4), ("test", true));
    let (mine, want) = (hotline(&mine), hotline(&want));
    assert_eq!(mine.rework.raise_after, 9);
    assert_eq!(mine.rework.on_solved, want.rework.on_solved);
    assert_eq!((mine.blocks.answer.len(), mine.blocks.close.len()), (0, 1));
    assert_eq!(mine.limits, want.limits);
}

#[test]
fn a_limit_is_known_by_stage_and_when_and_a_new_one_fits_first() {
    let source = "source = \"test\"\nstatus = \"proposal\"\n";
    let limit = |when: &str, limit: &str| {
        format!("[[procedure.limit]]\nstage = \"promise\"\n{when}limit = \"{limit}\"\n{source}")
    };
    let mine = read(&on_base(&format!(
        "[[procedure]]\nid = \"hotline\"\n{}{}",
        limit("when = { request_type = [\"consult\"] }\n", "1 working day"),
        limit("when = { matter = [\"matter.06\"] }\n", "2 h"),
    )));
    let want = base();
    let (mine, want) = (&hotline(&mine).limits, &hotline(&want).limits);
    assert_eq!(mine.len(), want.len() + 1);
    assert_eq!(mine[0].when.matter, ["matter.06"], "one that stands before no known one is the first");
    let at = want.iter().position(|l| l.when.request_type == ["consult"]).unwrap();
    assert_eq!(mine[at + 1].limit, Some("1 working day".parse::<Limit>().unwrap()));
    for (i, limit) in want.iter().enumerate().filter(|(i, _)| *i != at) {
        assert_eq!(mine[i + 1], *limit);
    }
    // The catalogue's own limit and the one for matters without any are two rules of one stage.
    let handle = "[[procedure.limit]]\nstage = \"handle\"\nlimit = \"9 working days\"\n";
    let mine = read(&on_base(&format!("[[procedure]]\nid = \"hotline\"\n{handle}{source}")));
    let open: Vec<_> = hotline(&mine).limits.iter().filter(|l| l.limit.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(hotline(&mine).limits.len(), want.len());
}

#[test]
fn words_are_added_at_the_end_or_before_the_next_known_one() {
    let mine = read(&on_base(
        "[words]\nchannel = [\n  { code = \"fax\", name = \"传真\" },\n  { code = \"web\", name = \"网\" },\n  \
         { code = \"bus\", name = \"车\" },\n]\n",
    ));
    let codes: Vec<&str> = mine.words.channel.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["phone", "fax", "web", "wechat", "app", "field", "visit", "letter", "system", "bus"]);
    let web = &mine.words.channel[2];
    assert_eq!((web.name.as_str(), web.name_en.as_str()), ("网", "web"), "a word is merged by key");
}

#[test]
fn what_the_city_lacks_is_taken_out_by_path() {
    let mine = read(&on_base(
        "without = [\"words.whistle\", \"whistling\", \"whistle\", \"procedure.grid-call\", \"ladder\", \
         \"procedure.hotline.limit.sign\", \"words.channel.letter\", \"basis.plan\"]\n",
    ));
    let want = base();
    assert!(mine.ladder.is_none() && mine.whistling.is_none() && mine.whistles.is_empty());
    assert!(mine.procedure("grid-call").is_none() && mine.procedure("hotline").is_some());
    let of_sign = |p: &Profile| {
        hotline(p).limits.iter().filter(|l| l.stage == huying_core::case::event::Stage::Sign).count()
    };
    assert_eq!((of_sign(&want), of_sign(&mine)), (2, 0));
    assert_eq!(mine.words.channel.len(), want.words.channel.len() - 1);
    assert!(!mine.bases.contains_key("plan"));
}

#[test]
fn a_fault_is_named_in_the_file_and_line_where_it_is_written() {
    let one = |more: &str| {
        let all = faulty(more);
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0].to_string()
    };
    assert_eq!(
        one("[settings]\nundo_minutes = \"soon\"\nsource = \"x\"\nstatus = \"general\"\n"),
        "error: profile.toml:6 [settings]: invalid type: string \"soon\", expected u32; \
         accepted: see docs/profile.md"
    );
    assert_eq!(
        one("[settings]\nundo_minutes = 5\n"),
        "error: profile.toml:5 [settings]: values are changed, and nothing says where the new ones stand; \
         accepted: `source` and `status` beside them"
    );
    assert_eq!(
        one("without = [\"ladders\"]\n"),
        "error: profile.toml:5 [profile.without]: `ladders` is nothing that stands in the profile below; \
         accepted: paths such as \"ladder\", \"whistle.key-task\" or \"procedure.hotline.limit\""
    );
    let twice = "[words]\nchannel = [{ code = \"web\", name = \"a\" }, { code = \"web\", name = \"b\" }]\n";
    assert!(one(twice).contains("[words.channel]: two entries with the same code"));
    assert!(one("x = 1\n").starts_with("error: profile.toml:5 [profile]: unknown field `x`"));
    assert!(faulty("[settings\n").iter().all(|f| f.file == "profile.toml" && f.line == 5));
    // A fault of what is below is named there.
    let broken = shipped("base").unwrap().replace("undo_minutes = 30", "undo_minutes = -1");
    let line = broken.lines().position(|l| l == "undo_minutes = -1").unwrap() as u32 + 1;
    let (_, faults) = Profile::read_among("mine.toml", &on_base(""), &|_| Some(broken.clone()));
    assert_eq!((faults[0].file.as_str(), faults[0].line), ("profiles/base.toml", line));
}

#[test]
fn what_it_stands_on_must_ship_and_never_be_itself() {
    let (_, faults) = Profile::read("[profile]\non = \"bas\"\n");
    let want = "error: profile.toml:2 [profile.on]: no profile `bas` ships; accepted: base, ";
    assert!(faults[0].to_string().starts_with(want), "{}", faults[0]);
    let circle = |name: &str| Some(format!("[profile]\non = \"{}\"\n", if name == "a" { "b" } else { "a" }));
    let (profile, faults) = Profile::read_among("x.toml", "[profile]\non = \"a\"\n", &circle);
    assert!(profile.is_none());
    assert_eq!(faults[0].file, "profiles/b.toml");
    assert!(faults[0].problem.contains("`a` stands on itself"));
}

#[test]
fn the_text_written_out_is_the_same_profile_and_stands_on_nothing() {
    for (name, text) in SHIPPED {
        let written = flat("profile.toml", text, &find).unwrap();
        assert!(!written.contains("\non = "), "{name}");
        assert_eq!(read(&written), read(text), "{name}");
        let again = flat("profile.toml", &written, &find).unwrap();
        assert_eq!(read(&again), read(text), "{name}");
    }
}

#[test]
fn a_folder_is_settled_once_and_a_faulty_one_left_as_it_is() {
    let put = |text: &str| {
        let mut folder = Folder::new();
        folder.put("profile.toml", text);
        folder
    };
    let folder = put("[profile]\non = \"base\"\n");
    let once = settled(&folder);
    assert_ne!(once, folder);
    assert_eq!(settled(&once), once);
    for text in ["[profile]\non = \"no\"\n", "[profile]\non = \"base\"\nx = 1\n", shipped("base").unwrap()] {
        assert_eq!(settled(&put(text)), put(text));
    }
    assert_eq!(settled(&Folder::new()), Folder::new());
}

/// Numbers that a layer may set, each in its own place.
const PLACES: [(&str, &str); 4] = [
    ("[settings]", "undo_minutes"),
    ("[settings]", "calls_per_day"),
    ("[privacy]", "point_lattice"),
    ("[ladder]", "raise_after"),
];

fn layer(on: &str, values: &[(usize, u16)]) -> String {
    let mut text = format!("[profile]\non = \"{on}\"\n");
    for header in ["[settings]", "[privacy]", "[ladder]"] {
        let own: Vec<_> = values.iter().filter(|(at, _)| PLACES[*at].0 == header).collect();
        if own.is_empty() {
            continue;
        }
        text += &format!("{header}\nsource = \"{on}\"\nstatus = \"proposal\"\n");
        for (at, value) in own {
            text += &format!("{} = {value}\n", PLACES[*at].1);
        }
    }
    text
}

fn values() -> impl Strategy<Value = Vec<(usize, u16)>> {
    prop::collection::btree_map(0..PLACES.len(), 1u16..1000, 0..=PLACES.len())
        .prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However many layers there are, each value is the uppermost layer's that sets it, and writing them out
    /// changes nothing.
    #[test]
    fn the_uppermost_layer_that_says_a_value_counts(layers in prop::collection::vec(values(), 1..4)) {
        let name = |i: usize| if i == 0 { "base".to_owned() } else { format!("l{i}") };
        let texts: Vec<String> =
            layers.iter().enumerate().map(|(i, values)| layer(&name(i), values)).collect();
        let find = |wanted: &str| {
            let own = (1..texts.len()).find(|i| name(*i) == wanted).map(|i| texts[i - 1].clone());
            own.or_else(|| find(wanted))
        };
        let top = texts.last().unwrap();
        let (profile, faults) = Profile::read_among("top.toml", top, &find);
        prop_assert!(faults.is_empty(), "{faults:?}");
        let profile = profile.unwrap();
        let below = base();
        let of = |p: &Profile| [
            p.settings.undo_minutes,
            p.settings.calls_per_day,
            p.privacy.as_ref().unwrap().point_lattice,
            u32::from(p.ladder.as_ref().unwrap().raise_after),
        ];
        for (at, (found, from_base)) in of(&profile).into_iter().zip(of(&below)).enumerate() {
            let set = layers.iter().rev().find_map(|l| l.iter().find(|(i, _)| *i == at));
            prop_assert_eq!(found, set.map_or(from_base, |(_, value)| u32::from(*value)));
        }
        let written = flat("top.toml", top, &find).unwrap();
        prop_assert_eq!(Profile::read(&written).0.unwrap(), profile);
    }
}
