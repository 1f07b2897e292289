//! The words of the plain enums, as they stand in JSON, in rows and in the API.
//!
//! Written out so that a hot path need not ask serde for a word; the test keeps both the same.

use super::event::{Identity, Stage, Urgency};
use super::notice::NoticeKind;
use super::thread::{Step, ThreadKind};

macro_rules! words {
    ($($name:ident { $($variant:ident => $word:literal),+ $(,)? })+) => {
        $(impl $name {
            /// The word in JSON, in rows and in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        })+

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn every_word_is_the_one_in_json() {
                $($(assert_eq!(serde_json::to_value($name::$variant).unwrap(), $word);)+)+
            }
        }
    };
}

words! {
    ThreadKind {
        Verify => "verify",
        Dispatch => "dispatch",
        Handling => "handling",
        Return => "return",
        Extension => "extension",
        Suspension => "suspension",
        Approval => "approval",
        Check => "check",
        Callback => "callback",
        Rating => "rating",
        Merge => "merge",
        Exclusion => "exclusion",
        Correction => "correction",
        Supervision => "supervision",
        Rung => "rung",
        Whistle => "whistle",
        Summons => "summons",
        Ruling => "ruling",
        Milestone => "milestone",
        External => "external",
        Visit => "visit",
        Instruction => "instruction",
        Register => "register",
        Proposal => "proposal",
    }
    Step {
        Waiting => "waiting",
        Sent => "sent",
        Asked => "asked",
        Signed => "signed",
        Acknowledged => "acknowledged",
        Contacted => "contacted",
        OnSite => "on_site",
        MeasureStated => "measure_stated",
        Done => "done",
        Reviewed => "reviewed",
        Hung => "hung",
        Granted => "granted",
        Refused => "refused",
        Confirmed => "confirmed",
        Refuted => "refuted",
        Passed => "passed",
        Failed => "failed",
        Returned => "returned",
        Withdrawn => "withdrawn",
        Resumed => "resumed",
        Reached => "reached",
        Unreachable => "unreachable",
        Rated => "rated",
        Lapsed => "lapsed",
        Climbed => "climbed",
        Followed => "followed",
        Ruled => "ruled",
        Excused => "excused",
        Missed => "missed",
        PassedDown => "passed_down",
    }
    Stage {
        Promise => "promise",
        Verify => "verify",
        Dispatch => "dispatch",
        Sign => "sign",
        Contact => "contact",
        Handle => "handle",
        Return => "return",
        Extension => "extension",
        Suspension => "suspension",
        Reexamine => "reexamine",
        Approval => "approval",
        Check => "check",
        Callback => "callback",
        Rating => "rating",
        Acknowledge => "acknowledge",
        OnSite => "on_site",
        Measure => "measure",
        Resolve => "resolve",
        Rule => "rule",
        Milestone => "milestone",
        Notice => "notice",
        Register => "register",
    }
    Urgency {
        General => "general",
        Urgent => "urgent",
        Emergency => "emergency",
    }
    Identity {
        Named => "named",
        Confidential => "confidential",
        Anonymous => "anonymous",
    }
    NoticeKind {
        Assigned => "assigned",
        Summons => "summons",
        Escalation => "escalation",
        Urged => "urged",
        PutOnNotice => "put_on_notice",
        NearDue => "near_due",
        Overdue => "overdue",
        HandedOver => "handed_over",
        Withdrawn => "withdrawn",
        ToConfirm => "to_confirm",
        Confirmed => "confirmed",
        SentBack => "sent_back",
        Decided => "decided",
        Answered => "answered",
        Verdict => "verdict",
        Ended => "ended",
        Owed => "owed",
    }
}
