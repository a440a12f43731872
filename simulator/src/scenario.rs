//! The scenarios: what the payer, the platform and the line do, chosen by the last four digits of
//! the auth code.

use crate::fault::{FaultKind, Operation};
use crate::settings::Timing;

/// An enum whose variants are chosen by the last four digits of a number.
macro_rules! scenarios {
    ($(#[$attribute:meta])* pub enum $name:ident {
        $($variant:ident $number:literal $short:literal $description:literal;)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $description] $variant,)*
        }

        impl $name {
            /// Every scenario in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The last four digits that play it.
            pub fn number(self) -> &'static str {
                match self { $(Self::$variant => $number,)* }
            }

            /// A short name, as in the ledger's JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $short,)* }
            }

            /// What happens, in a sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}
pub(crate) use scenarios;

scenarios! {
    /// What happens to a sale, by the last four digits of its auth code. Numbers and names are stable; new
    /// ones may be added.
    pub enum Scenario {
        Paid "0000" "paid" "Paid at once. Any number that this table does not list does the same.";
        PasswordPaid "0101" "password_paid" "The payer has to type the password and then pays.";
        PasswordFailed "0102" "password_failed" "The payer has to type the password and then it fails: PAYERROR.";
        PasswordNever "0103" "password_never" "The password is asked for and never typed.";
        PasswordBusy "0104" "password_busy" "The password is never typed, and the first reverses are refused with USERPAYING.";
        PasswordBusyPaid "0105" "password_busy_paid" "Every reverse is refused with USERPAYING until the payer has typed the password and paid.";
        NotEnough "0201" "not_enough" "NOTENOUGH; the order stays NOTPAY.";
        AuthCodeExpired "0202" "auth_code_expired" "AUTHCODEEXPIRE; nothing is booked.";
        AuthCodeInvalid "0203" "auth_code_invalid" "AUTH_CODE_INVALID; nothing is booked.";
        AuthCodeError "0204" "auth_code_error" "AUTH_CODE_ERROR; nothing is booked.";
        CardNotSupported "0205" "card_not_supported" "NOTSUPORTCARD; the order stays NOTPAY.";
        NoAuth "0206" "no_auth" "NOAUTH; nothing is booked.";
        TradeError "0207" "trade_error" "TRADE_ERROR; the order ends as PAYERROR.";
        BuyerMismatch "0208" "buyer_mismatch" "BUYER_MISMATCH; the order stays NOTPAY.";
        UnlistedCode "0209" "unlisted_code" "A code that no document lists; nothing is booked.";
        OrderPaid "0210" "order_paid" "ORDERPAID: the number belongs to another sale of the same amount, paid an hour ago.";
        OutTradeNoUsed "0211" "out_trade_no_used" "OUT_TRADE_NO_USED: the number belongs to another sale of another amount, paid an hour ago.";
        InvalidRequest "0212" "invalid_request" "INVALID_REQUEST about a repeated request with other data; nothing is booked.";
        RefusedButPaid "0213" "refused_but_paid" "NOTENOUGH is answered although the payer was charged.";
        SystemErrorBooked "0301" "system_error_booked" "SYSTEMERROR is answered although the payer was charged.";
        SystemErrorLost "0302" "system_error_lost" "SYSTEMERROR; nothing is booked.";
        BankErrorBooked "0303" "bank_error_booked" "BANKERROR is answered although the payer was charged.";
        BankErrorLost "0304" "bank_error_lost" "BANKERROR; nothing is booked.";
        AnswerLost "0401" "answer_lost" "The payer is charged, then the connection is cut.";
        RequestLost "0402" "request_lost" "The connection is cut before anything is booked.";
        AnswerDelayed "0403" "answer_delayed" "The payer is charged; the answer is slow but comes in time.";
        AnswerTooLate "0404" "answer_too_late" "The payer is charged; the answer comes when nobody waits for it any more.";
        LateByQueries "0405" "late_by_queries" "The connection is cut; the charge takes effect only after some queries have seen nothing.";
        LateByTime "0406" "late_by_time" "The connection is cut; the charge takes effect only some seconds later.";
        SlowBytes "0407" "slow_bytes" "The payer is charged; the answer trickles in byte by byte.";
        Http500 "0408" "http_500" "HTTP 500 although the payer was charged.";
        Http502 "0409" "http_502" "HTTP 502; nothing is booked.";
        Http429 "0410" "http_429" "HTTP 429; nothing is booked.";
        Redirect "0411" "redirect" "HTTP 302 to another path; nothing is booked.";
        Garbage "0501" "garbage" "The payer is charged; the answer is no XML.";
        Truncated "0502" "truncated" "The payer is charged; the answer ends in the middle.";
        MissingSign "0503" "missing_sign" "The payer is charged; the answer is not signed.";
        WrongSign "0504" "wrong_sign" "The payer is charged; the answer's signature is wrong.";
        WrongAmount "0505" "wrong_amount" "The payer is charged; the answer, rightly signed, names one fen more.";
        ForeignOrder "0506" "foreign_order" "The payer is charged; the answer, rightly signed, is about another order.";
        ForeignMerchant "0507" "foreign_merchant" "The payer is charged; the answer, signed with the right key, names another merchant.";
        Doctype "0508" "doctype" "The payer is charged; the answer has a document type with an external entity.";
        DuplicateElement "0509" "duplicate_element" "The payer is charged; elements of the answer occur twice with different values.";
        HugeBody "0510" "huge_body" "The payer is charged; the answer has 16 MiB.";
        QueryLag "0601" "query_lag" "The payer is charged and the answer lost; the first queries say ORDERNOTEXIST.";
        QueryWrongAmount "0602" "query_wrong_amount" "The payer is charged and the answer lost; every query names one fen more, rightly signed.";
        QuerySystemError "0603" "query_system_error" "The payer is charged and the answer lost; the first queries say SYSTEMERROR.";
        QueryForeign "0604" "query_foreign" "The answer is lost; the number belongs to another sale of the same amount, paid an hour ago.";
        QueryAccept "0605" "query_accept" "The payer is charged and the answer lost; the first queries say ACCEPT.";
        Recall "0701" "recall" "The password is never typed; the first reverses fail with recall = Y.";
        RecallSuccess "0702" "recall_success" "The password is never typed; the first reverses say SUCCESS with recall = Y and do nothing.";
        ReverseAnswerLost "0703" "reverse_answer_lost" "The password is never typed; the first reverse takes effect, but its answer is lost.";
        ReverseExpired "0704" "reverse_expired" "The password is never typed; every reverse says REVERSE_EXPIRE.";
        ReverseTradeError "0705" "reverse_trade_error" "The password is never typed; every reverse says TRADE_ERROR.";
        ReverseHttp500 "0706" "reverse_http_500" "The password is never typed; the first reverses get HTTP 500 and do nothing.";
        ReverseEmpty "0707" "reverse_empty" "The password is never typed; the first reverse says SUCCESS, recall = N, and does nothing.";
        PaidWhileReversing "0708" "paid_while_reversing" "The first reverses fail with recall = Y, meanwhile the payer types the password and pays.";
    }
}

impl Scenario {
    /// The scenario that a code plays.
    pub fn of_auth_code(auth_code: &str) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| auth_code.ends_with(scenario.number()))
            .unwrap_or(Self::Paid)
    }

    /// The scenario with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| scenario.name() == name)
    }

    pub(crate) fn script(self, timing: &Timing) -> Script {
        use FaultKind as Kind;
        use Operation::{Micropay, Orderquery, Reverse};

        let never = Booking::Password {
            ends: None,
            busy: 0,
        };
        let error = |code: &'static str| Kind::Error {
            err_code: code.into(),
            executed: false,
        };
        let lost = || Script::new(Booking::Paid).first(Micropay, 1, Kind::DropAfter);
        let charged = |kind| Script::new(Booking::Paid).first(Micropay, 1, kind);
        match self {
            Self::Paid => Script::new(Booking::Paid),
            Self::PasswordPaid => Script::new(Booking::Password {
                ends: Some(PasswordEnd::Paid),
                busy: 0,
            }),
            Self::PasswordFailed => Script::new(Booking::Password {
                ends: Some(PasswordEnd::Failed),
                busy: 0,
            }),
            Self::PasswordNever => Script::new(never),
            Self::PasswordBusy => Script::new(Booking::Password {
                ends: None,
                busy: timing.busy_reverses,
            }),
            Self::PasswordBusyPaid => Script::new(Booking::Password {
                ends: Some(PasswordEnd::Paid),
                busy: u32::MAX,
            }),
            Self::NotEnough => Script::new(Booking::Unpaid).answering("NOTENOUGH"),
            Self::AuthCodeExpired => Script::new(Booking::Nothing).answering("AUTHCODEEXPIRE"),
            Self::AuthCodeInvalid => Script::new(Booking::Nothing).answering("AUTH_CODE_INVALID"),
            Self::AuthCodeError => Script::new(Booking::Nothing).answering("AUTH_CODE_ERROR"),
            Self::CardNotSupported => Script::new(Booking::Unpaid).answering("NOTSUPORTCARD"),
            Self::NoAuth => Script::new(Booking::Nothing).answering("NOAUTH"),
            Self::TradeError => Script::new(Booking::Failed).answering("TRADE_ERROR"),
            Self::BuyerMismatch => Script::new(Booking::Unpaid).answering("BUYER_MISMATCH"),
            Self::UnlistedCode => Script::new(Booking::Nothing).answering("PAYER_ON_HOLIDAY"),
            Self::OrderPaid => Script::new(Booking::Foreign { more_fen: 0 }).answering("ORDERPAID"),
            Self::OutTradeNoUsed => {
                Script::new(Booking::Foreign { more_fen: 1 }).answering("OUT_TRADE_NO_USED")
            }
            Self::InvalidRequest => Script::new(Booking::Nothing).answering("INVALID_REQUEST"),
            Self::RefusedButPaid => Script::new(Booking::Paid).answering("NOTENOUGH"),
            Self::SystemErrorBooked => Script::new(Booking::Paid).answering("SYSTEMERROR"),
            Self::SystemErrorLost => Script::new(Booking::Nothing).answering("SYSTEMERROR"),
            Self::BankErrorBooked => Script::new(Booking::Paid).answering("BANKERROR"),
            Self::BankErrorLost => Script::new(Booking::Nothing).answering("BANKERROR"),
            Self::AnswerLost => lost(),
            Self::RequestLost => charged(Kind::DropBefore),
            Self::AnswerDelayed => charged(Kind::DelayAfter {
                ms: timing.delayed_ms,
            }),
            Self::AnswerTooLate => charged(Kind::DelayAfter {
                ms: timing.too_late_ms,
            }),
            Self::LateByQueries => Script::new(Booking::Late {
                at: LateAt::Queries(timing.late_queries),
            })
            .first(Micropay, 1, Kind::DropAfter),
            Self::LateByTime => Script::new(Booking::Late {
                at: LateAt::Millis(timing.late_ms),
            })
            .first(Micropay, 1, Kind::DropAfter),
            Self::SlowBytes => charged(Kind::Slow {
                ms: timing.slow_byte_ms,
            }),
            Self::Http500 => charged(Kind::Http {
                status: 500,
                executed: true,
            }),
            Self::Http502 => charged(Kind::Http {
                status: 502,
                executed: false,
            }),
            Self::Http429 => charged(Kind::Http {
                status: 429,
                executed: false,
            }),
            Self::Redirect => charged(Kind::Redirect { executed: false }),
            Self::Garbage => charged(Kind::Garbage),
            Self::Truncated => charged(Kind::Truncated),
            Self::MissingSign => charged(Kind::MissingSign),
            Self::WrongSign => charged(Kind::WrongSign),
            Self::WrongAmount => charged(Kind::WrongAmount),
            Self::ForeignOrder => charged(Kind::ForeignOrder),
            Self::ForeignMerchant => charged(Kind::ForeignMerchant),
            Self::Doctype => charged(Kind::Doctype),
            Self::DuplicateElement => charged(Kind::DuplicateElement),
            Self::HugeBody => charged(Kind::Huge { bytes: 16 << 20 }),
            Self::QueryLag => lost().first(Orderquery, timing.lag_queries, error("ORDERNOTEXIST")),
            Self::QueryWrongAmount => lost().every(Orderquery, Kind::WrongAmount),
            Self::QuerySystemError => {
                lost().first(Orderquery, timing.lag_queries, error("SYSTEMERROR"))
            }
            Self::QueryForeign => {
                Script::new(Booking::Foreign { more_fen: 0 }).first(Micropay, 1, Kind::DropAfter)
            }
            Self::QueryAccept => lost().first(
                Orderquery,
                timing.lag_queries,
                Kind::TradeState {
                    trade_state: "ACCEPT".into(),
                },
            ),
            Self::Recall => {
                Script::new(never).first(Reverse, timing.recalls, Kind::RecallY { success: false })
            }
            Self::RecallSuccess => {
                Script::new(never).first(Reverse, timing.recalls, Kind::RecallY { success: true })
            }
            Self::ReverseAnswerLost => Script::new(never).first(Reverse, 1, Kind::DropAfter),
            Self::ReverseExpired => Script::new(never).every(Reverse, error("REVERSE_EXPIRE")),
            Self::ReverseTradeError => Script::new(never).every(Reverse, error("TRADE_ERROR")),
            Self::ReverseHttp500 => Script::new(never).first(
                Reverse,
                timing.recalls,
                Kind::Http {
                    status: 500,
                    executed: false,
                },
            ),
            Self::ReverseEmpty => Script::new(never).first(Reverse, 1, Kind::EmptySuccess),
            Self::PaidWhileReversing => Script::new(Booking::PaidByReverses(timing.recalls)).first(
                Reverse,
                timing.recalls,
                Kind::RecallY { success: false },
            ),
        }
    }
}

/// An auth code that plays `scenario`; another `n` (below 10^12) gives another code.
pub fn auth_code(scenario: Scenario, n: u64) -> String {
    format!("13{:012}{}", n % 1_000_000_000_000, scenario.number())
}

/// What a scenario does to the ledger and to the answers.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) booking: Booking,
    /// The `err_code` of the submit's answer, whatever was booked.
    pub(crate) answer: Option<&'static str>,
    faults: Vec<Scripted>,
}

/// What a submit does to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booking {
    Nothing,
    Paid,
    /// USERPAYING; refuses the first `busy` reverses.
    Password {
        ends: Option<PasswordEnd>,
        busy: u32,
    },
    /// NOTPAY
    Unpaid,
    /// PAYERROR
    Failed,
    /// Not visible until the charge takes effect.
    Late {
        at: LateAt,
    },
    /// Another sale had this number long ago.
    Foreign {
        more_fen: i64,
    },
    /// USERPAYING until this many reverses were received, then paid.
    PaidByReverses(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordEnd {
    Paid,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LateAt {
    Queries(u32),
    Millis(i64),
}

#[derive(Clone, Debug)]
struct Scripted {
    operation: Operation,
    first: Option<u32>,
    kind: FaultKind,
}

impl Script {
    fn new(booking: Booking) -> Self {
        Self {
            booking,
            answer: None,
            faults: Vec::new(),
        }
    }

    fn answering(mut self, err_code: &'static str) -> Self {
        self.answer = Some(err_code);
        self
    }

    fn first(mut self, operation: Operation, times: u32, kind: FaultKind) -> Self {
        self.faults.push(Scripted {
            operation,
            first: Some(times),
            kind,
        });
        self
    }

    fn every(mut self, operation: Operation, kind: FaultKind) -> Self {
        self.faults.push(Scripted {
            operation,
            first: None,
            kind,
        });
        self
    }

    /// The faults of a request that `earlier` ones of its operation came before.
    pub(crate) fn faults(&self, operation: Operation, earlier: u32) -> Vec<FaultKind> {
        self.faults
            .iter()
            .filter(|fault| {
                fault.operation == operation && fault.first.is_none_or(|first| earlier < first)
            })
            .map(|fault| fault.kind.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_numbers_ascend() {
        let numbers: Vec<_> = Scenario::ALL.iter().map(|s| s.number()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(numbers.iter().all(|n| n.len() == 4));
        let names: HashSet<_> = Scenario::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(names.len(), Scenario::ALL.len());
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::by_name(scenario.name()), Some(*scenario));
        }
    }

    #[test]
    fn a_made_code_has_the_documented_form_and_plays_its_scenario() {
        for scenario in Scenario::ALL {
            let code = auth_code(*scenario, 77);
            assert_eq!(code.len(), 18);
            assert!(code.starts_with("13") && code.bytes().all(|b| b.is_ascii_digit()));
            assert_eq!(Scenario::of_auth_code(&code), *scenario);
        }
        assert_ne!(auth_code(Scenario::Paid, 1), auth_code(Scenario::Paid, 2));
        assert_eq!(Scenario::of_auth_code("134567890123459999"), Scenario::Paid);
    }

    #[test]
    fn the_documentation_lists_every_scenario_and_every_fault() {
        let page = include_str!("../../docs/simulator.md");
        for scenario in Scenario::ALL {
            let row = format!(
                "| `{}` | `{}` | {} |",
                scenario.number(),
                scenario.name(),
                scenario.description()
            );
            assert!(page.contains(&row), "docs/simulator.md lacks {row}");
        }
        for kind in FaultKind::examples()
            .into_iter()
            .chain(FaultKind::v3_examples())
            .chain(FaultKind::fubei_examples())
        {
            assert!(
                page.contains(&format!("| `{}` |", kind.name())),
                "docs/simulator.md lacks the fault {}",
                kind.name()
            );
        }
    }

    #[test]
    fn scripted_faults_end_after_their_occurrences() {
        let timing = Timing::default();
        let script = Scenario::QueryLag.script(&timing);
        assert_eq!(
            script.faults(Operation::Micropay, 0),
            [FaultKind::DropAfter]
        );
        assert!(script.faults(Operation::Micropay, 1).is_empty());
        assert_eq!(script.faults(Operation::Orderquery, 1).len(), 1);
        assert!(script.faults(Operation::Orderquery, 2).is_empty());
        let always = Scenario::ReverseExpired.script(&timing);
        assert_eq!(always.faults(Operation::Reverse, 1000).len(), 1);
    }
}
