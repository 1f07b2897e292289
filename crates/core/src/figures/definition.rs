//! What each figure means, printable: the one list that names figures, from which every output takes its
//! order.

use super::render::{pad, width};
use super::rules::FigureRules;
use serde::Serialize;

/// What sort of value a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number of cases, or of contradictions.
    Count,
    /// A numerator over a denominator, with a Wilson interval.
    Rate,
    /// A duration over cases: mean and quantiles.
    Duration,
    /// Points of 100 made of rates.
    Score,
}

/// Which cases a figure is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cohort {
    /// Those whose opening (or the basis asked for) falls in the period.
    Basis,
    /// Those whose deadline falls in the period and had passed when the figures were drawn 应结案.
    Due,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Its key in every output.
    pub key: String,
    /// Count, rate or duration.
    pub kind: Kind,
    /// Which cases.
    pub cohort: Cohort,
    /// The Chinese term.
    pub zh: &'static str,
    /// The English name.
    pub en: String,
    /// The numerator; of a count, what is counted; of a duration, from when to when.
    pub numerator: String,
    /// The denominator; empty where there is none.
    pub denominator: &'static str,
    /// Where the formula comes from.
    pub source: &'static str,
}

const MANAGEMENT: &str = "digital urban management, evaluation indices (GB/T 30428.4 family)";
const THREE_RATES: &str = "three rates 三率 of 接诉即办";
const HOUSE: &str = "Huying";
const BOTH: &str = "cases with due time and closing time both known";
const DUE: &str = "cases due in the period, deadline passed";

type Line = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Key, Chinese, English, numerator, denominator, source.
const COUNTS: [Line; 20] = [
    ("received", "受理量", "received", "every case of the period, void ones included", "", MANAGEMENT),
    (
        "open",
        "未结",
        "open",
        "closings are recorded: neither a closing time nor a closed status, not void",
        "",
        HOUSE,
    ),
    ("closed_dated", "已结(有时间)", "closed by date", "a closing time is recorded", "", HOUSE),
    ("closed_status", "已结(按状态)", "closed by status", "the status means closed", "", HOUSE),
    ("answered", "已答复", "answered", "a time of reply is recorded", "", HOUSE),
    ("overdue_open", "超期未结", "open and overdue", "open, and the due time has passed", "", MANAGEMENT),
    (
        "closing_unknown",
        "是否办结未记录",
        "closing not recorded",
        "the source records neither closings nor a status",
        "",
        HOUSE,
    ),
    ("void", "作废", "void", "the status means void; such a case enters no rate and no time", "", HOUSE),
    ("excluded", "剔除", "left out of scores", "marked so; such a case enters no rate", "", THREE_RATES),
    (
        "due",
        "应结案数",
        "due",
        "the deadline falls in the period and has passed; closings recorded, not void, not left out",
        "",
        MANAGEMENT,
    ),
    ("transferred", "改派", "given to another unit", "changed hands to another unit once or more", "", HOUSE),
    ("reworked", "返工", "reworked", "sent back and handled again once or more", "", MANAGEMENT),
    ("urged", "催办", "urged", "urged once or more, by hand or by rule", "", HOUSE),
    ("on_notice", "通报", "put on notice", "somebody was put on notice over it", "", HOUSE),
    (
        "unreachable",
        "未接通",
        "caller not reached",
        "no valid callback: the caller was tried in vain",
        "",
        HOUSE,
    ),
    (
        "quick",
        "快速处置",
        "mended at once",
        "mended by who found it, with nobody sent; counted as received and closed",
        "",
        MANAGEMENT,
    ),
    ("forced", "强制结案", "closed by force", "closed over the heads of open threads", "", MANAGEMENT),
    ("contradictions", "矛盾", "contradictions", "contradictions listed, of every case", "", HOUSE),
    ("day_only", "仅有日期", "day only", "a bare date that the map excludes from times", "", HOUSE),
    (
        "impossible_times",
        "时间倒置",
        "impossible times",
        "closed, replied or contacted before opened: left out of times",
        "",
        HOUSE,
    ),
];

const RATES: [Line; 11] = [
    ("on_time", "按时办结率", "on time", "of them, closed no later than due", BOTH, HOUSE),
    (
        "on_time_judged",
        "按时率(含超期未结)",
        "on time, overdue counted",
        "closed no later than due",
        "closed with both times known, or open past due",
        HOUSE,
    ),
    ("closed_of_due", "结案率", "closed of due", "closed by date or by status", DUE, MANAGEMENT),
    ("on_time_of_due", "按期结案率", "on time of due", "closed no later than due", DUE, MANAGEMENT),
    ("late_of_due", "超期结案率", "late of due", "closed later than due", DUE, MANAGEMENT),
    (
        "reworked_of_due",
        "返工率",
        "reworked of due",
        "reworked once or more",
        "cases due in the period, deadline passed, reworks recorded",
        MANAGEMENT,
    ),
    (
        "unclosed",
        "未结案率",
        "not closed",
        "open",
        "received, closings recorded, neither void nor left out",
        MANAGEMENT,
    ),
    (
        "responded",
        "响应率",
        "responded in time",
        "first contact no later than its due time",
        "first contact made or its due time passed, both on record",
        THREE_RATES,
    ),
    (
        "solved",
        "解决率",
        "solved",
        "answered 解决 (部分解决 is not counted)",
        "valid callbacks that answer this question",
        THREE_RATES,
    ),
    (
        "satisfied",
        "满意率",
        "satisfied",
        "answered 满意 or 基本满意",
        "valid callbacks that answer this question",
        THREE_RATES,
    ),
    ("reached", "回访接通率", "reached", "the resident was reached", "callbacks recorded", HOUSE),
];

const DURATIONS: [Line; 3] = [
    (
        "to_close",
        "办结用时",
        "time to close",
        "from opening to closing, both to the instant and in that order",
        "",
        HOUSE,
    ),
    (
        "to_reply",
        "答复用时",
        "time to reply",
        "from opening to reply, both to the instant and in that order",
        "",
        HOUSE,
    ),
    (
        "to_contact",
        "首次联系用时",
        "time to first contact",
        "from opening to first contact, both to the instant and in that order",
        "",
        HOUSE,
    ),
];

/// The key of the reply rate within `hours`.
pub(super) fn within_key(hours: u32) -> String {
    format!("replied_within_{hours}h")
}

/// Every figure, in the order of every output; the reply rates follow the rules.
pub fn definitions(rules: &FigureRules) -> Vec<Definition> {
    let mut all: Vec<Definition> = COUNTS.iter().map(|line| plain(line, Kind::Count)).collect();
    all.extend(RATES.iter().map(|line| plain(line, Kind::Rate)));
    all.extend(rules.reply_within_hours.iter().map(|hours| Definition {
        key: within_key(*hours),
        kind: Kind::Rate,
        cohort: Cohort::Basis,
        zh: "限时答复率",
        en: format!("replied within {hours} h"),
        numerator: format!("of them, replied no later than {hours} hours after opening"),
        denominator: "opening and reply known to the instant and in that order",
        source: HOUSE,
    }));
    all.extend(DURATIONS.iter().map(|line| plain(line, Kind::Duration)));
    all.extend(rules.weights.iter().map(|weights| Definition {
        key: SCORE.into(),
        kind: Kind::Score,
        cohort: Cohort::Basis,
        zh: "三率综合得分",
        en: "score of the three rates".into(),
        numerator: format!(
            "{} x responded + {} x solved + {} x satisfied, of 100 points; not rated where one of them is not",
            weights.response, weights.solved, weights.satisfied
        ),
        denominator: "",
        source: THREE_RATES,
    }));
    all
}

/// The key of the score of the three rates.
pub(super) const SCORE: &str = "score";

fn plain(line: &Line, kind: Kind) -> Definition {
    let (key, zh, en, numerator, denominator, source) = *line;
    let due = key == "due" || key.ends_with("_of_due");
    Definition {
        key: key.to_owned(),
        kind,
        cohort: if due { Cohort::Due } else { Cohort::Basis },
        zh,
        en: en.to_owned(),
        numerator: numerator.to_owned(),
        denominator,
        source,
    }
}

/// The definitions as text for people.
pub fn definitions_text(rules: &FigureRules) -> String {
    let mut text = text_of(&definitions(rules));
    text.push_str(&format!(
        "\nA rate whose denominator is 0 is not rated. Intervals are Wilson's at confidence {}.\n\
         Quantiles are linear (type 7). Percentages are rounded half up from the exact fraction.\n\
         For the public (--public), with n the profile's smallest_cell: a count from 1 to n - 1 reads <n;\n\
         what would give it away reads withheld: other counts of its column, until the total less what is\n\
         shown leaves every masked count its whole range, and counts that leave less than n of their row.\n\
         A rate is shown only where no less than n meet it, or nobody, and the same of those that do not;\n\
         a time only of n cases or more; neither where it rests on a count that is masked.\n",
        rules.confidence
    ));
    text
}

/// Definitions as text for people.
pub(super) fn text_of(all: &[Definition]) -> String {
    let widest = all.iter().map(|one| width(&one.key)).max().unwrap_or(0);
    let mut text = String::new();
    for one in all {
        let cohort = if one.cohort == Cohort::Due { "by deadline" } else { "by opening, or --basis" };
        text.push_str(&format!("{}  {} {} [{cohort}]\n", pad(&one.key, widest), one.zh, one.en));
        let indent = " ".repeat(widest + 2);
        text.push_str(&format!("{indent}{}\n", one.numerator));
        if !one.denominator.is_empty() {
            text.push_str(&format!("{indent}/ {}\n", one.denominator));
        }
        text.push_str(&format!("{indent}source: {}\n", one.source));
    }
    text
}
