//! The table of commands against the core's own, and what comes back for bad fields.

use super::*;
use huying_core::city::Folder;
use huying_core::ids::Edition;

fn rules() -> Rules {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu");
    let mut folder = Folder::new();
    for name in huying_core::city::FILES {
        if let Ok(bytes) = std::fs::read(dir.join(name)) {
            folder.put(name, bytes);
        }
    }
    Rules::read(&folder, Edition(1)).0.unwrap()
}

fn sample(field: Field, rules: &Rules) -> Value {
    match field.1 {
        Holds::Words => json!("说明"),
        Instant => json!("2026-11-23T09:30:00+08:00"),
        Flag => json!(true),
        Number => json!(3),
        Unit => json!("u510100"),
        Units => json!(["u510100"]),
        Person => json!("p0001"),
        Persons => json!(["p0001"]),
        Posts => json!(["u510100-hotline-intake-1"]),
        Case => json!("2026112351010000001"),
        Word(list) => json!(list(&rules.profile.words)[0].code),
        Milestones => json!([{"label": "cleared", "until": "2026-12-23T09:30:00+08:00"}]),
        Tasks => json!([{"unit": "u510100", "label": "cleared", "until": "2026-12-23T09:30:00+08:00"}]),
        Way => json!("petition"),
        Powers => json!(["enf-001"]),
        Power => json!("enf-001"),
        Act => json!("inspection"),
        Files => json!(["0".repeat(64)]),
        Matter => json!("matter.01002"),
        Circumstance => json!("fenced"),
        Urgency => json!("urgent"),
        Verdict => json!({"solved": "solved", "satisfied": "very"}),
        Identity => json!("confidential"),
        Effort => json!({"minutes": 5}),
        Template => json!("patrol"),
        InPlace => json!("510104"),
        OrderNumber => json!(12),
        Outcome => json!("found"),
        Whom => json!({"name": "王大妈"}),
        Location => json!({"place": "510104", "address": "东大街1号", "lon": 104.08, "lat": 30.65}),
    }
}

fn given(body: Value, rules: &Rules) -> Result<Read, Problem> {
    let Value::Object(map) = body else { panic!("an object") };
    let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let now = Time(1_800_000_000_000);
    parse(map, rules, now, &names, &|number| (number == "2026112351010000001").then_some(7))
}

#[test]
fn the_table_has_every_command_people_give_and_the_core_reads_each() {
    let rules = rules();
    let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = Command::GIVEN.into_iter().filter(|n| !names.contains(n)).collect();
    assert_eq!(missing, ["report", "attach"], "reported by POST /cases; files come by POST …/files");
    for (name, fields) in COMMANDS {
        let mut body = json!({ "name": name });
        for field in *fields {
            body[field.0] = sample(*field, &rules);
        }
        let read = given(body.clone(), &rules).unwrap_or_else(|p| panic!("{name}: {:?}", p.fields));
        let Read::Command { mut command, texts, .. } = read else { continue };
        assert_eq!(&command.name(), name);
        let refs: Vec<u64> = command.texts_mut().iter().map(|t| t.item.0).collect();
        let mut sorted = refs.clone();
        sorted.sort_unstable();
        assert_eq!(
            sorted,
            (0..texts.len() as u64).collect::<Vec<_>>(),
            "{name}: every text is referred to once"
        );
        check_needed(name, fields, &body, &rules);
    }
}

/// A field the table calls needed is refused by name when it is missing, and the core needs it too; one
/// that it does not call needed may be missing for both.
fn check_needed(name: &str, fields: &[Field], body: &Value, rules: &Rules) {
    for (field, holds, needed) in fields {
        let mut without = body.clone();
        without.as_object_mut().unwrap().remove(*field);
        match given(without, rules) {
            Ok(_) => assert!(!needed, "{name}.{field}"),
            Err(problem) => {
                assert!(*needed, "{name}.{field}");
                assert_eq!(problem.fields[0].field, *field, "{name}");
                assert!(!problem.fields[0].accepted.is_empty(), "{holds:?}");
            }
        }
    }
}

#[test]
fn unknown_and_wrong_fields_are_all_named() {
    let rules = rules();
    let names = |body: Value| -> Vec<String> {
        given(body, &rules).unwrap_err().fields.into_iter().map(|f| f.field).collect()
    };
    assert_eq!(names(json!({"name": "sign"})), ["thread"]);
    assert_eq!(names(json!({"name": "sign", "thread": 0, "text": "x"})), ["thread", "text"]);
    assert_eq!(names(json!({"name": "sign", "thread": 65_536})), ["thread"]);
    assert_eq!(names(json!({"name": "fire", "clock": 1})), ["name"]);
    assert_eq!(names(json!({"thread": 1})), ["name"]);
    assert_eq!(names(json!({"name": "undo", "occurred_at": "2999-01-01T00:00:00Z"})), ["occurred_at"]);
    let rate = json!({"name": "rate", "verdict": {"solved": "yes", "stars": 5}});
    assert_eq!(names(rate), ["verdict.solved", "verdict.stars"]);
    assert_eq!(names(json!({"name": "merge", "into": "1"})), ["into"]);
    assert_eq!(names(json!({"name": "dispatch", "thread": 1, "lead": "a b", "co": "x"})), ["lead", "co"]);
    let location = json!({"name": "move", "location": {"lon": 104, "place": "x"}});
    assert_eq!(names(location), ["location.place", "location.lat"]);
    assert_eq!(names(json!({"name": "close", "ground": "no"})), ["ground"]);
}
