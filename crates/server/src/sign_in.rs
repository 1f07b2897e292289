//! Who asks: an account by its token, acting under one of its posts, or a resident with a query code.

use crate::app::{App, no_case};
use crate::call::Call;
use crate::problem::{Kind, Problem};
use crate::quota::Counted;
use compact_str::CompactString;
use huying_core::actor::Post;
use huying_core::case::event::Staff;
use huying_core::ids::PersonId;
use huying_core::profile::{Reads, Role, System};
use huying_core::rules::Rules;
use huying_engine::History;
use huying_engine::store::CaseRow;

/// The header that names the post an account acts under.
pub(crate) const POST: &str = "x-huying-post";

/// Somebody with an account, acting under a post.
pub(crate) struct Desk {
    pub(crate) staff: Staff,
    pub(crate) role: Role,
}

impl Desk {
    /// Whether the role has a power.
    pub(crate) fn may(&self, power: &str) -> bool {
        self.role.may.iter().any(|m| m == power)
    }

    /// That the role may `administer`; `what` says for which act, as in "administer accounts".
    ///
    /// # Errors
    /// 403 where it may not.
    pub(crate) fn administers(&self, what: &str) -> Result<(), Problem> {
        if self.may("administer") {
            return Ok(());
        }
        let detail = format!("a {} does not {what}", self.staff.role);
        Err(forbidden("powers.role", detail, "a role whose `may` lists `administer`"))
    }

    /// Whether the role reads a class of words.
    pub(crate) fn reads(&self, class: Reads) -> bool {
        self.role.reads.contains(&class)
    }

    /// Who they are to a restricted case: the person, whom they stand in for, and the post.
    pub(crate) fn names(&self) -> Vec<CompactString> {
        let staff = &self.staff;
        let persons = std::iter::once(&staff.person).chain(&staff.deputy_of).map(|p| p.as_str().into());
        persons.chain([staff.post.as_str().into()]).collect()
    }

    /// Whether a case is not restricted, or names them.
    pub(crate) fn is_named(&self, row: &CaseRow) -> bool {
        let named = |to: &CompactString| self.names().iter().any(|name| to.contains(&format!(" {name} ")));
        row.restricted_to.as_ref().is_none_or(named)
    }

    /// Who did what in the idempotency keys of this sender.
    pub(crate) fn scope(&self) -> String {
        format!("person:{}", self.staff.person)
    }
}

/// Whose token came with the request.
///
/// # Errors
/// 401 without a token that is anybody's now.
pub(crate) fn person(app: &App, call: &Call) -> Result<PersonId, Problem> {
    let refused = |detail: &str| {
        Problem::new(Kind::Unauthorized, detail)
            .accept("the header `Authorization: Bearer TOKEN`; `huying account token` makes one")
    };
    let token = call.token().ok_or_else(|| refused("no token came with the request"))?;
    app.engine
        .token_owner(token)?
        .ok_or_else(|| refused("the token is nobody's, has ended or was taken back"))
}

/// Who asks and under which post.
///
/// # Errors
/// 401 without a token, 403 without the post, 400 when one of several must be named.
pub(crate) fn desk(app: &App, call: &Call) -> Result<Desk, Problem> {
    let person = person(app, call)?;
    let rules = app.rules();
    let post = post(&rules, app, call, &person)?;
    let staff = staff(&rules, &person, post);
    let role = rules.profile.roles.get(staff.role.as_str()).cloned().ok_or_else(|| {
        forbidden("powers.role", format!("`{}` is no role of this city", staff.role), "another post")
    })?;
    Ok(Desk { staff, role })
}

fn post<'a>(rules: &'a Rules, app: &App, call: &Call, person: &'a PersonId) -> Result<&'a Post, Problem> {
    let mut held = rules.city.people.of_person(person, app.today());
    let Some(first) = held.next() else {
        let detail = format!("{person} holds no post today");
        return Err(forbidden("powers.post", detail, "a person with a post in posts.csv of the city folder"));
    };
    let rest: Vec<&Post> = held.collect();
    let ids = || {
        let all = std::iter::once(first).chain(rest.iter().copied());
        all.map(|p| p.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    match call.header(POST) {
        Some(named) => {
            let mut all = std::iter::once(first).chain(rest.iter().copied());
            all.find(|p| p.id.as_str() == named.trim()).ok_or_else(|| {
                let detail =
                    format!("{person} does not hold the post `{}` today", crate::fields::shown(named));
                forbidden("powers.post", detail, ids())
            })
        }
        None if rest.is_empty() => Ok(first),
        None => Err(Problem::new(Kind::BadRequest, format!("{person} holds several posts"))
            .accept(format!("the header X-Huying-Post with one of: {}", ids()))),
    }
}

/// The actor that a post makes of a person; for a deputy's post with the one stood in for.
pub(crate) fn staff(rules: &Rules, person: &PersonId, post: &Post) -> Staff {
    let stood_in_for = post.deputy_of.as_ref().and_then(|of| rules.city.people.post(of));
    Staff {
        person: person.clone(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: stood_in_for.and_then(|p| p.person.clone()),
    }
}

/// The system above whose token came with the request.
///
/// # Errors
/// 401 without a token; 403 with another's, or for a system that the profile does not know.
pub(crate) fn system(app: &App, call: &Call, id: &str) -> Result<System, Problem> {
    let person = person(app, call)?;
    let rules = app.rules();
    let known = rules.profile.systems.iter().find(|s| s.id.as_str() == id);
    // Nobody of the city is a system, whatever they are called.
    let is_it = |s: &&System| {
        person.as_str() == huying_engine::account_of(&s.id) && rules.city.people.person(&person).is_none()
    };
    known.filter(is_it).cloned().ok_or_else(|| {
        let detail = format!("the token is not that of a system `{}`", crate::fields::shown(id));
        forbidden(
            "powers.actor",
            detail,
            "a token of `huying account system`, for a [[system]] of the profile",
        )
    })
}

/// A refusal by a rule about powers.
pub(crate) fn forbidden(rule: &str, detail: impl Into<String>, accepted: impl Into<String>) -> Problem {
    Problem::new(Kind::Forbidden, detail).by_rule(rule).accept(accepted)
}

/// Checks a resident's code and hands over their case. A right code always passes. Wrong ones are counted, so
/// that a machine that tries codes is told to stop.
///
/// # Errors
/// 404 for a wrong code, 429 for one after too many.
pub(crate) fn resident(app: &App, call: &Call, number: &str, code: &str) -> Result<History, Problem> {
    if let Some(row) = app.engine.by_number(number)?
        && let Some(history) = app.engine.history(row.case_id)?
        && let Some(facts) = &history.case.facts
        && app.codes.fits(&history.case.number, &facts.content.commit, code)
    {
        return Ok(history);
    }
    let settings = &app.rules().profile.settings;
    let most = settings.wrong_codes_per_day.unwrap_or(settings.calls_per_day);
    if app.count(Counted::Guesses, call.from, most).is_some() {
        return Err(no_case(number));
    }
    Err(Problem::new(Kind::TooMany, "too many wrong query codes from this address today")
        .accept("the code as it was given out, at any time; another guess tomorrow")
        .after(app.until_tomorrow()))
}
