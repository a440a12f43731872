//! What becomes of a ride, chosen by the last four digits of `out_order_no`.

use super::record::RideState;
use crate::fault::FaultKind;
use crate::scenario::scenarios;
use crate::settings::Timing;

scenarios! {
    /// What happens to a ride, by the last four digits of its `out_order_no`. Numbers and names are stable;
    /// new ones may be added.
    pub enum RideScenario {
        Paid "0000" "paid" "Accepted; the callback says SUCCESS. Any number that this table does not list does the same.";
        Failed "0101" "failed" "Accepted; the callback says FAIL.";
        Silent "0102" "silent" "Accepted and deducted; no callback comes.";
        Twice "0103" "twice" "Accepted; the same callback comes twice.";
        CallbackFirst "0104" "callback_first" "Deducted; the callback comes before the answer.";
        CallbackWrongAmount "0105" "callback_wrong_amount" "Accepted; the callback, rightly signed, names one fen more.";
        Busy "0201" "busy" "errcode -1; nothing is deducted.";
        BusyDeducted "0202" "busy_deducted" "errcode -1 although the ride is deducted; the callback says SUCCESS.";
        Token "0203" "token" "errcode 40001; nothing is deducted.";
        Refused "0204" "refused" "An errcode that no document lists; nothing is deducted.";
        AnswerLost "0301" "answer_lost" "The ride is deducted, then the connection is cut; the callback says SUCCESS.";
        RequestLost "0302" "request_lost" "The connection is cut before anything is deducted.";
        AnswerTooLate "0303" "answer_too_late" "The ride is deducted; the answer comes when nobody waits for it any more.";
        Http500 "0304" "http_500" "HTTP 500 although the ride is deducted.";
        Http502 "0305" "http_502" "HTTP 502; nothing is deducted.";
        Garbage "0401" "garbage" "The ride is deducted; the answer is no JSON.";
        Truncated "0402" "truncated" "The ride is deducted; the answer ends in the middle.";
        NoErrcode "0403" "no_errcode" "The ride is deducted; the answer has no errcode.";
    }
}

/// What an answer says.
pub(super) enum Said {
    Errcode(i64),
    /// An empty object.
    Nothing,
}

/// What a scenario does.
pub(super) struct Script {
    /// `None`: nothing is deducted.
    pub(super) ends: Option<RideState>,
    pub(super) said: Said,
    pub(super) fault: Option<FaultKind>,
    /// How often the end is told.
    pub(super) callbacks: usize,
    /// The callback does not wait.
    pub(super) at_once: bool,
}

impl RideScenario {
    /// The scenario that a number plays.
    pub fn of_out_order_no(out_order_no: &str) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| out_order_no.ends_with(scenario.number()))
            .unwrap_or(Self::Paid)
    }

    pub(super) fn script(self, timing: &Timing) -> Script {
        let paid = Script {
            ends: Some(RideState::Success),
            said: Said::Errcode(0),
            fault: None,
            callbacks: 1,
            at_once: false,
        };
        let under = |fault| Script {
            fault: Some(fault),
            ..Self::Paid.script(timing)
        };
        let refused = |errcode| Script {
            ends: None,
            said: Said::Errcode(errcode),
            ..Self::Paid.script(timing)
        };
        match self {
            Self::Paid | Self::CallbackWrongAmount => paid,
            Self::Failed => Script {
                ends: Some(RideState::Fail),
                ..paid
            },
            Self::Silent => Script {
                callbacks: 0,
                ..paid
            },
            Self::Twice => Script {
                callbacks: 2,
                ..paid
            },
            Self::CallbackFirst => Script {
                at_once: true,
                ..under(FaultKind::DelayAfter {
                    ms: timing.delayed_ms,
                })
            },
            Self::Busy => refused(super::BUSY),
            Self::BusyDeducted => Script {
                said: Said::Errcode(super::BUSY),
                ..paid
            },
            Self::Token => refused(super::TOKEN),
            Self::Refused => refused(super::UNLISTED),
            Self::AnswerLost => under(FaultKind::DropAfter),
            Self::RequestLost => under(FaultKind::DropBefore),
            Self::AnswerTooLate => under(FaultKind::DelayAfter {
                ms: timing.too_late_ms,
            }),
            Self::Http500 => under(FaultKind::Http {
                status: 500,
                executed: true,
            }),
            Self::Http502 => under(FaultKind::Http {
                status: 502,
                executed: false,
            }),
            Self::Garbage => under(FaultKind::Garbage),
            Self::Truncated => under(FaultKind::Truncated),
            Self::NoErrcode => Script {
                said: Said::Nothing,
                ..paid
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_documented() {
        let page = include_str!("../../../docs/simulator.md");
        let numbers: Vec<_> = RideScenario::ALL.iter().map(|s| s.number()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        let names: HashSet<_> = RideScenario::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(names.len(), RideScenario::ALL.len());
        for scenario in RideScenario::ALL.iter().copied() {
            let number = format!("RIDE{}", scenario.number());
            assert_eq!(RideScenario::of_out_order_no(&number), scenario);
            let row = format!(
                "| `{}` | `{}` | {} |",
                scenario.number(),
                scenario.name(),
                scenario.description()
            );
            assert!(page.contains(&row), "docs/simulator.md lacks {row}");
        }
        let other = RideScenario::of_out_order_no("RIDE9999");
        assert_eq!(other, RideScenario::Paid);
    }
}
