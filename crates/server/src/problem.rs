//! Problems: every answer that is no success, as RFC 9457 `application/problem+json`.
//!
//! A problem says which rule stands against a request, on what basis, and what would be accepted instead.
//! It is written in the language asked for by `layers.rs`, the outermost layer. What a caller should do
//! about each status is a table of docs/api.md.

use crate::fault_words::in_chinese;
use crate::limits::RETRY_SECONDS;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use huying_core::case::refusal::Refusal;
use huying_core::fault::chain;
use huying_core::rules::Rules;
use huying_engine::store::StoreError;
use huying_engine::{EngineError, Rejected};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// The field, with dots into objects: `contact.phone`.
    #[schema(example = "contact.phone")]
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) problem: String,
    /// What would be accepted.
    pub(crate) accepted: String,
    /// Both in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "没有填写；可接受：1 至 500 个字")]
    pub(crate) words: Option<String>,
}

impl FieldProblem {
    /// A field that is not accepted.
    pub(crate) fn new(
        field: impl Into<String>,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) -> FieldProblem {
        let (problem, accepted) = (problem.into(), accepted.into());
        FieldProblem { field: field.into(), words: in_chinese(&problem, &accepted), problem, accepted }
    }
}

/// An answer that is no success.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of problem it is, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:huying:problem:forbidden")]
    pub(crate) kind: String,
    /// The kind in words, in the language asked for.
    pub(crate) title: String,
    /// The HTTP status.
    #[schema(example = 403)]
    pub(crate) status: u16,
    /// What happened here.
    pub(crate) detail: String,
    /// The rule that stands against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "powers.apart")]
    pub(crate) rule: Option<String>,
    /// What the rule says, in plain Chinese: `detail` is in English, and says what stands against it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "同一人或同一单位不能既办又审：请由另一人办理。")]
    pub(crate) words: Option<&'static str>,
    /// The legal basis of the rule, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) basis: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) basis_en: Option<String>,
    /// What would be accepted, or who could do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted: Option<String>,
    /// The commands that could be given now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<String>,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<FieldProblem>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) of: Kind,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after: Option<u64>,
    /// For the operator's log, never for the client.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) cause: Option<String>,
}

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Method,
    Conflict,
    TooLarge,
    MediaType,
    Fields,
    KeyReused,
    TooMany,
    Internal,
    Unavailable,
    Full,
}

impl Kind {
    fn row(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Kind::BadRequest => (400, "bad-request", "请求格式有误", "The request cannot be read"),
            Kind::Unauthorized => (401, "unauthorized", "需要有效的账号令牌", "A valid token is needed"),
            Kind::Forbidden => (403, "forbidden", "无权办理", "This is not yours to do"),
            Kind::NotFound => (404, "not-found", "未找到", "There is no such thing"),
            Kind::Method => (405, "method", "不支持的请求方法", "The method is not offered here"),
            Kind::Conflict => (409, "conflict", "与当前状态不符", "The state stands against it"),
            Kind::TooLarge => (413, "too-large", "请求内容过大", "The request is too large"),
            Kind::MediaType => {
                (415, "media-type", "请求内容的类型不被接受", "The media type is not accepted")
            }
            Kind::Fields => (422, "fields", "填写内容不被接受", "Some fields are not accepted"),
            Kind::KeyReused => (
                422,
                "key-reused",
                "幂等键已用于其他内容",
                "The idempotency key was used for another request",
            ),
            Kind::TooMany => (429, "too-many", "请求过于频繁", "Too many requests"),
            Kind::Internal => (500, "internal", "服务内部错误", "The server failed"),
            Kind::Unavailable => (503, "unavailable", "服务暂不可用", "The server is busy or stopping"),
            Kind::Full => (507, "full", "存储空间不足", "There is no room left to store anything"),
        }
    }

    /// The title in one of the two languages.
    pub(crate) fn title(self, english: bool) -> &'static str {
        let (_, _, zh, en) = self.row();
        if english { en } else { zh }
    }

    /// The kind that a bare status is answered with.
    pub(crate) fn of_status(status: u16) -> Kind {
        match status {
            401 => Kind::Unauthorized,
            403 => Kind::Forbidden,
            404 => Kind::NotFound,
            405 => Kind::Method,
            413 => Kind::TooLarge,
            415 => Kind::MediaType,
            400..500 => Kind::BadRequest,
            503 => Kind::Unavailable,
            _ => Kind::Internal,
        }
    }
}

impl Problem {
    /// A problem of a kind.
    pub(crate) fn new(of: Kind, detail: impl Into<String>) -> Problem {
        let (status, slug, ..) = of.row();
        Problem {
            kind: format!("urn:huying:problem:{slug}"),
            title: of.title(true).to_owned(),
            status,
            detail: detail.into(),
            rule: None,
            words: None,
            basis: None,
            basis_en: None,
            accepted: None,
            allowed: Vec::new(),
            fields: Vec::new(),
            of,
            retry_after: (of == Kind::Unavailable).then_some(RETRY_SECONDS),
            cause: None,
        }
    }

    /// The same with what would be accepted.
    pub(crate) fn accept(mut self, accepted: impl Into<String>) -> Problem {
        self.accepted = Some(accepted.into());
        self
    }

    /// The same with the rule that stands against it.
    pub(crate) fn by_rule(mut self, rule: &str) -> Problem {
        self.rule = Some(rule.to_owned());
        self.words = words_of(rule);
        self
    }

    /// The same with the seconds after which to come back.
    pub(crate) fn after(mut self, seconds: u64) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// Fields that are not accepted.
    pub(crate) fn fields(fields: Vec<FieldProblem>) -> Problem {
        let names: Vec<&str> = fields.iter().map(|f| f.field.as_str()).collect();
        let detail = format!("not accepted: {}", names.join(", "));
        Problem { fields, ..Problem::new(Kind::Fields, detail) }
    }

    /// Query parameters that are not accepted.
    pub(crate) fn query(fields: Vec<FieldProblem>) -> Problem {
        Problem { fields, ..Problem::new(Kind::BadRequest, "some query parameters are not accepted") }
    }

    /// A failure that is not the client's; `cause` goes to the log.
    pub(crate) fn internal(cause: impl Into<String>) -> Problem {
        let detail = "the server failed; the request changed nothing unless a later reading shows it";
        Problem { cause: Some(cause.into()), ..Problem::new(Kind::Internal, detail) }
    }

    /// The rule's legal basis in both languages, from the profile.
    pub(crate) fn with_basis(mut self, rules: &Rules) -> Problem {
        if let Some(rule) = &self.rule {
            let family = rule.split('.').next().unwrap_or(rule);
            let found = rules.profile.bases.get(rule).or_else(|| rules.profile.bases.get(family));
            if let Some(basis) = found {
                self.basis = Some(basis.text.clone());
                self.basis_en = Some(basis.text_en.clone()).filter(|t| !t.is_empty());
            }
        }
        self
    }
}

/// What each rule says in plain Chinese, a line each; that none is missing is held by a check of the sources.
static WORDS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| include_str!("refusals.tsv").lines().filter_map(|line| line.split_once('\t')).collect());

pub(crate) fn words_of(rule: &str) -> Option<&'static str> {
    WORDS.get(rule).copied()
}

/// Rules that keep somebody from acting at all.
const FORBIDDEN: [&str; 11] = [
    "thread.holder",
    "report.accused-unit",
    "undo.not-yours",
    "observe.own",
    "words.reads",
    "correction.step",
    "void.under-way",
    "visit.whose",
    "task.unit",
    "task.people",
    "routine.whose",
];
/// Rules about what was written in the command, whatever the state of the case.
const CONTENT: [&str; 32] = [
    "file.kind",
    "word.unknown",
    "matter.unknown",
    "circumstance.unknown",
    "circumstance.void",
    "place.unknown",
    "unit.unknown",
    "unit.ended",
    "thread.unknown",
    "clock.unknown",
    "caller.anonymous",
    "verify.ground",
    "void.other",
    "answer.empty",
    "callback.empty",
    "rating.empty",
    "reclassify.empty",
    "amend.empty",
    "amend.identity",
    "amend.same",
    "amend.other",
    "task.unknown",
    "task.worker",
    "task.place",
    "plan.far",
    "source.routine",
    "visit.unknown",
    "extension.shorter",
    "time.past",
    "merge.into",
    "person.unit",
    "dispatch.twice",
];

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let rule = refusal.rule;
        let of = if rule.starts_with("powers.") || FORBIDDEN.contains(&rule) {
            Kind::Forbidden
        } else if rule == "case.unknown" {
            Kind::NotFound
        } else if CONTENT.contains(&rule) {
            Kind::Fields
        } else {
            Kind::Conflict
        };
        Problem {
            rule: Some(rule.to_owned()),
            words: words_of(rule),
            basis: refusal.basis,
            accepted: Some(refusal.accepted),
            allowed: refusal.allowed.into_iter().map(str::to_owned).collect(),
            ..Problem::new(of, refusal.why)
        }
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Problem {
        match rejected {
            Rejected::Refused(refusal) => refusal.into(),
            Rejected::NoCase(case) => Problem::new(Kind::NotFound, format!("there is no case {case}")),
            Rejected::KeyReused => {
                Problem::new(Kind::KeyReused, "the key came with another request before").accept("a new key")
            }
            Rejected::TooLarge { what, given, limit } => {
                Problem::new(Kind::TooLarge, format!("{what}: {given}")).accept(format!("at most {limit}"))
            }
            Rejected::Busy => {
                Problem::new(Kind::Unavailable, "too many commands wait").accept("the same again")
            }
            Rejected::Stopped => Problem::new(Kind::Unavailable, "the server is stopping"),
            Rejected::ReadOnly(why) => {
                Problem { cause: Some(why.to_string()), ..Problem::new(Kind::Unavailable, READ_ONLY) }
                    .accept("the same, when the ledger was restored; reading goes on meanwhile")
            }
            Rejected::Failed(error) => failed(&error),
            Rejected::Unknown(error) => {
                let detail = "the disk failed while this was stored: it may have been taken or not";
                Problem { cause: Some(chain(&*error)), ..Problem::new(Kind::Unavailable, detail) }
                    .accept("the same again with the same Idempotency-Key, which is never taken twice")
            }
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        failed(&error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        failed(&error.into())
    }
}

const READ_ONLY: &str = "the ledger is damaged: what is whole of it is read, and nothing is stored";

fn failed(error: &EngineError) -> Problem {
    let problem = match error {
        EngineError::Store(StoreError::Full { .. }) => {
            Problem::new(Kind::Full, "the disk is full; nothing was stored")
                .accept("the same, when there is room")
        }
        EngineError::Store(StoreError::Busy { .. } | StoreError::Reopen | StoreError::Fenced { .. }) => {
            Problem::new(Kind::Unavailable, "the ledger cannot be written now; nothing was stored")
        }
        EngineError::Store(
            StoreError::Damaged { .. } | StoreError::Disk { .. } | StoreError::Broken { .. },
        ) => {
            let detail = "what this needs of the ledger is damaged or its disk fails; nothing was stored";
            Problem::new(Kind::Unavailable, detail)
                .accept("other cases meanwhile; this one when the disk was mended or the ledger restored")
        }
        EngineError::NoCosts => Problem::new(Kind::NotFound, "the profile of this city has no rates of cost")
            .accept("a profile with the table [cost]"),
        EngineError::NoWhistles => Problem::new(Kind::NotFound, "the profile of this city has no whistles")
            .accept("a profile with the table [whistling]"),
        EngineError::Behind { .. } => {
            Problem::new(Kind::Unavailable, "the views are still catching up with the ledger")
        }
        EngineError::Store(StoreError::Limit { what, given, limit }) => {
            Problem::new(Kind::TooLarge, format!("{what}: {given}")).accept(format!("at most {limit}"))
        }
        _ => Problem::internal(""),
    };
    Problem { cause: Some(chain(error)), ..problem }
}

impl IntoResponse for Problem {
    /// The body is written by the outermost layer, which knows the language.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.of == Kind::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_may_have_been_stored_is_to_be_sent_again_with_its_key() {
        let damaged = || Arc::new(EngineError::Store(StoreError::Broken { what: "a page".into() }));
        let unknown = Problem::from(Rejected::Unknown(damaged()));
        assert_eq!((unknown.status, unknown.retry_after), (503, Some(RETRY_SECONDS)));
        assert!(unknown.detail.contains("may have been taken or not"));
        assert!(unknown.accepted.is_some_and(|a| a.contains("same Idempotency-Key")));
        let failed = Problem::from(Rejected::Failed(damaged()));
        assert!(failed.status == 503 && failed.detail.contains("nothing was stored"));
        let read_only = Problem::from(Rejected::ReadOnly("why".into()));
        assert_eq!((read_only.status, read_only.cause.as_deref()), (503, Some("why")));
    }

    #[test]
    fn a_refusal_keeps_rule_basis_and_what_would_be_accepted() {
        let mut refusal = Refusal::new("powers.apart", "why", "another person");
        (refusal.basis, refusal.allowed) = (Some("依据".into()), vec!["note"]);
        let problem = Problem::from(refusal);
        assert_eq!((problem.status, problem.rule.as_deref()), (403, Some("powers.apart")));
        assert_eq!((problem.basis.as_deref(), problem.allowed.len()), (Some("依据"), 1));
        let status = |rule| Problem::from(Refusal::new(rule, "", "")).status;
        assert_eq!(
            ["case.unknown", "word.unknown", "thread.step", "thread.holder"].map(status),
            [404, 422, 409, 403]
        );
    }

    /// A rule that is named here and refuses nothing is a misspelling, which the client sees as a conflict.
    #[test]
    fn every_rule_that_is_classed_refuses_somewhere() {
        let mut sources = String::new();
        let mut folders = vec![std::path::PathBuf::from("../core/src"), "../engine/src".into(), "src".into()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("problem.rs") {
                    sources += &std::fs::read_to_string(path).unwrap_or_default();
                }
            }
        }
        for rule in FORBIDDEN.iter().chain(&CONTENT) {
            assert!(sources.contains(&format!("\"{rule}\"")), "nothing is refused by `{rule}`");
        }
    }
}
