//! The table, walked in every direction.

use super::*;
use crate::gateway::codes::CODES;
use crate::gateway::refund_codes;
use crate::verdict::RefundVerdict;

const ASKED: [Asked; 11] = [
    Asked::Payment,
    Asked::Query,
    Asked::Reverse,
    Asked::Cancel,
    Asked::Recover,
    Asked::Prepay,
    Asked::Close,
    Asked::Refund,
    Asked::Ride,
    Asked::Notification,
    Asked::Other,
];

/// States of a refund that failed, told as its code: APIv3's, APIv2's and Fubei's.
const REFUND_STATES: [&str; 6] = [
    "ABNORMAL",
    "CHANGE",
    "CLOSED",
    "REFUNDCLOSE",
    "REFUND_FAILER",
    "REFUND_FAIL",
];

fn every_situation() -> Vec<Situation<'static>> {
    let mut situations = Vec::new();
    let codes = CODES
        .iter()
        .map(|code| Some(code.name))
        .chain(refund_codes::CODES.iter().map(|code| Some(code.name)))
        .chain(REFUND_STATES.map(Some))
        .chain([None, Some(""), Some("NEVER_HEARD_OF")]);
    for code in codes {
        for status in Status::ALL {
            for asked in ASKED {
                for flags in 0..16 {
                    situations.push(Situation {
                        asked,
                        status,
                        code,
                        field: (flags & 1 != 0).then_some("auth_code"),
                        cancel_requested: flags & 2 != 0,
                        reversal_required: flags & 4 != 0,
                        conflict: flags & 8 != 0,
                    });
                }
            }
        }
    }
    situations
}

fn is_cjk(character: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&character)
}

#[test]
fn every_situation_has_words_in_both_languages() {
    for situation in every_situation() {
        let chinese = guide(&situation, Language::Chinese).prompt;
        let english = guide(&situation, Language::English).prompt;

        assert!(chinese.chars().any(is_cjk), "{situation:?}: {chinese}");
        assert!(
            !english.is_empty() && english.is_ascii(),
            "{situation:?}: {english}"
        );
        assert!(!english.contains("  "), "{english}");
    }
}

#[test]
fn no_prompt_names_a_platform_for_one_gateway_serves_several() {
    for situation in every_situation() {
        for language in [Language::Chinese, Language::English] {
            let prompt = guide(&situation, language).prompt;
            for name in [
                "微信",
                "支付宝",
                "银联",
                "付呗",
                "WeChat",
                "Alipay",
                "UnionPay",
                "Fubei",
            ] {
                assert!(!prompt.contains(name), "{situation:?}: {prompt}");
            }
        }
    }
}

#[test]
fn goods_are_handed_over_for_proven_money_only() {
    for situation in every_situation() {
        let advice = guide(&situation, Language::English).advice;
        let about_money = matches!(
            situation.asked,
            Asked::Payment | Asked::Query | Asked::Ride | Asked::Notification
        );

        assert_eq!(
            advice == Some(Advice::HandOver),
            situation.status == Status::Ok && about_money,
            "{situation:?}"
        );
    }
}

#[test]
fn only_a_call_that_is_simply_done_needs_no_advice() {
    for situation in every_situation() {
        let done = match situation.status {
            Status::Ok => matches!(
                situation.asked,
                Asked::Reverse | Asked::Close | Asked::Recover | Asked::Other
            ),
            Status::Refunded => {
                matches!(situation.asked, Asked::Refund | Asked::Notification)
            }
            _ => false,
        };

        assert_eq!(
            guide(&situation, Language::English).advice.is_none(),
            done,
            "{situation:?}"
        );
    }
}

/// Whether it is about an order, and not about a ride or a refund (or, in a notification, perhaps one).
fn about_an_order(situation: &Situation<'_>) -> bool {
    !matches!(
        situation.asked,
        Asked::Refund | Asked::Ride | Asked::Notification
    )
}

#[test]
fn what_is_not_settled_is_never_charged_again() {
    for situation in every_situation() {
        let advice = guide(&situation, Language::English).advice;
        let charge_again = matches!(advice, Some(Advice::Rescan | Advice::OtherCard));
        let settled_unpaid = matches!(
            situation.status,
            Status::Declined | Status::Reversed | Status::Closed | Status::Refunded
        );
        let sent_nothing = matches!(
            situation.status,
            Status::Network | Status::ClientClosed | Status::Argument
        );
        if charge_again {
            assert!(settled_unpaid || sent_nothing, "{situation:?}");
        }
        if settled_unpaid && about_an_order(&situation) {
            assert!(charge_again, "{situation:?}");
        }
        if situation.status == Status::Unknown {
            assert!(matches!(advice, Some(Advice::Hold | Advice::CallSupport)));
        }
    }
}

#[test]
fn a_new_payment_is_told_to_take_a_new_order_number() {
    for situation in every_situation().into_iter().filter(about_an_order) {
        if matches!(
            situation.status,
            Status::Declined | Status::Reversed | Status::Closed | Status::Refunded
        ) {
            assert!(
                guide(&situation, Language::Chinese)
                    .prompt
                    .contains("新单号")
            );
            assert!(
                guide(&situation, Language::English)
                    .prompt
                    .contains("new order number")
            );
        }
    }
}

#[test]
fn refusals_advise_what_their_code_calls_for() {
    for (status, code, advice) in [
        (Status::Declined, "NOTENOUGH", Advice::OtherCard),
        (Status::Declined, "NOTSUPORTCARD", Advice::OtherCard),
        (Status::Declined, "AUTHCODEEXPIRE", Advice::Rescan),
        (Status::Declined, "AUTH_CODE_ERROR", Advice::Rescan),
        (Status::Declined, "AUTH_CODE_INVALID", Advice::Rescan),
        (Status::Declined, "BUYER_MISMATCH", Advice::Rescan),
        (Status::Declined, "TRADE_ERROR", Advice::OtherCard),
        (Status::Declined, "NOAUTH", Advice::OtherCard),
        (Status::Declined, "NEVER_HEARD_OF", Advice::Rescan),
        (Status::Rejected, "NOAUTH", Advice::FixSetup),
        (Status::Rejected, "SIGN_ERROR", Advice::FixSetup),
        (Status::Rejected, "APPID_MCHID_NOT_MATCH", Advice::FixSetup),
        (Status::Duplicate, "ORDERPAID", Advice::Hold),
        (Status::NotPaid, "PAYERROR", Advice::Hold),
        (Status::Unknown, "SYSTEMERROR", Advice::Hold),
        (Status::Unknown, "REVERSE_EXPIRE", Advice::CallSupport),
    ] {
        let situation = Situation {
            code: Some(code),
            ..Situation::new(Asked::Payment, status)
        };
        assert_eq!(
            guide(&situation, Language::Chinese).advice,
            Some(advice),
            "{code}"
        );
    }
}

#[test]
fn every_refusal_of_the_tables_has_its_own_words() {
    let plain = guide(
        &Situation::new(Asked::Payment, Status::Declined),
        Language::Chinese,
    );
    for code in CODES {
        let situation = Situation {
            code: Some(code.name),
            ..Situation::new(Asked::Payment, Status::Declined)
        };
        if matches!(code.submit, crate::verdict::SubmitVerdict::Declined { .. }) {
            assert_ne!(guide(&situation, Language::Chinese), plain, "{}", code.name);
        }
    }
}

#[test]
fn a_conflict_and_a_wrong_code_have_their_own_advice() {
    let conflict = Situation {
        conflict: true,
        ..Situation::new(Asked::Payment, Status::Unknown)
    };
    assert_eq!(
        guide(&conflict, Language::English).advice,
        Some(Advice::CallSupport)
    );

    let scanned = Situation {
        field: Some("auth_code"),
        ..Situation::new(Asked::Payment, Status::Argument)
    };
    assert_eq!(
        guide(&scanned, Language::English).advice,
        Some(Advice::Rescan)
    );
    let wrong = Situation {
        field: Some("total_fee"),
        ..scanned
    };
    assert_eq!(
        guide(&wrong, Language::English).advice,
        Some(Advice::FixSetup)
    );
}

/// Everything that can be said about a refund.
fn refunds() -> impl Iterator<Item = (Situation<'static>, Guidance, Guidance)> {
    all_about(Asked::Refund)
}

fn all_about(asked: Asked) -> impl Iterator<Item = (Situation<'static>, Guidance, Guidance)> {
    every_situation()
        .into_iter()
        .filter(move |situation| situation.asked == asked)
        .map(|situation| {
            let chinese = guide(&situation, Language::Chinese);
            (situation, chinese, guide(&situation, Language::English))
        })
}

#[test]
fn a_refund_is_never_spoken_of_as_a_charge() {
    for (situation, chinese, english) in refunds() {
        for words in ["收款。", "未收款", "重新收款", "扫码", "交货", "新单号"] {
            assert!(!chinese.prompt.contains(words), "{situation:?}: {words}");
        }
        for words in ["charge", "goods", "order number", "scan", "payment code"] {
            assert!(!english.prompt.contains(words), "{situation:?}: {words}");
        }
    }
}

#[test]
fn a_refund_is_never_tried_under_another_number() {
    for (situation, chinese, english) in refunds() {
        assert!(!chinese.prompt.contains("新退款单号"), "{situation:?}");
        assert!(
            !english.prompt.contains("new refund number"),
            "{situation:?}"
        );
        if situation.status == Status::Unknown {
            assert!(matches!(
                english.advice,
                Some(Advice::Hold | Advice::CallSupport)
            ));
        }
        // What may still happen, or may have happened, says so in both languages.
        if matches!(
            situation.status,
            Status::Unknown | Status::Network | Status::Forged
        ) {
            assert!(
                chinese.prompt.contains("请勿"),
                "{situation:?}: {}",
                chinese.prompt
            );
            assert!(
                english.prompt.contains("not refund") || english.prompt.contains("never"),
                "{situation:?}: {}",
                english.prompt
            );
        }
    }
}

#[test]
fn a_refund_that_moved_no_money_says_so_and_who_is_to_be_told() {
    let declined = |code| {
        let situation = Situation {
            code,
            ..Situation::new(Asked::Refund, Status::Declined)
        };
        let chinese = guide(&situation, Language::Chinese);
        let english = guide(&situation, Language::English);
        assert_eq!(chinese.advice, Some(Advice::CallSupport), "{code:?}");
        assert!(
            chinese.prompt.contains("没有退款") || chinese.prompt.contains("没有退到"),
            "{code:?}"
        );
        assert!(
            english.prompt.contains("no money went back")
                || english.prompt.contains("none went back")
                || english.prompt.contains("did not reach"),
            "{code:?}"
        );
        (chinese.prompt, english.prompt)
    };
    let plain = declined(None);
    assert_eq!(declined(Some("NEVER_HEARD_OF")), plain);
    // The merchant's money is not the payer's: the same code means another thing here.
    let (_, english) = declined(Some("NOTENOUGH"));
    assert!(english.contains("merchant's balance"), "{english}");
    assert_eq!(declined(Some("NOT_ENOUGH")), declined(Some("NOTENOUGH")));
    for code in refund_codes::CODES {
        let refused = matches!(code.refund, RefundVerdict::Declined { .. });
        // That one says nothing but its text.
        if refused && code.name != "ERROR" {
            assert_ne!(declined(Some(code.name)), plain, "{}", code.name);
        }
    }
    for state in REFUND_STATES {
        declined(Some(state));
    }
}

#[test]
fn a_ride_that_may_have_been_deducted_is_never_deducted_again() {
    for (situation, chinese, english) in all_about(Asked::Ride) {
        let sent_nothing = matches!(
            situation.status,
            Status::Argument | Status::Network | Status::ClientClosed
        );
        let scan_again = english.advice == Some(Advice::Rescan);
        assert!(!scan_again || sent_nothing, "{situation:?}");
        if matches!(situation.status, Status::Unknown | Status::Accepted) {
            assert!(
                chinese.prompt.contains("请勿重复扣费") || chinese.prompt.contains("请勿再扣费")
            );
            assert!(english.prompt.contains("Do not deduct again"));
        }
        // Errors are below zero: this call deducted nothing.
        if situation.status.is_error() && situation.status != Status::Forged {
            assert_ne!(english.advice, Some(Advice::HandOver));
            assert!(!english.prompt.contains("not known"), "{situation:?}");
        }
    }
}

#[test]
fn who_may_pass_a_gate_is_not_for_the_library_to_say_and_a_rider_buys_no_goods() {
    for (situation, chinese, english) in all_about(Asked::Ride) {
        for words in ["收款", "交货", "顾客", "付款码"] {
            assert!(!chinese.prompt.contains(words), "{situation:?}: {words}");
        }
        for words in [
            "goods",
            "customer",
            "charge",
            "order number",
            "payment code",
            "let ",
        ] {
            assert!(!english.prompt.contains(words), "{situation:?}: {words}");
        }
    }
}

#[test]
fn a_ride_code_that_cannot_be_read_is_read_again_and_a_wrong_field_is_not() {
    let refused = |field| {
        let situation = Situation {
            field: Some(field),
            ..Situation::new(Asked::Ride, Status::Argument)
        };
        guide(&situation, Language::English).advice
    };
    for code in ["qrcode", "start_qrcode"] {
        assert_eq!(refused(code), Some(Advice::Rescan), "{code}");
    }
    assert_eq!(refused("total_fee"), Some(Advice::FixSetup));
    for (status, conflict, advice) in [
        (Status::Ok, false, Advice::HandOver),
        (Status::Accepted, false, Advice::Hold),
        (Status::Declined, false, Advice::CallSupport),
        (Status::Unknown, false, Advice::Hold),
        (Status::Unknown, true, Advice::CallSupport),
    ] {
        let situation = Situation {
            conflict,
            ..Situation::new(Asked::Ride, status)
        };
        let chinese = guide(&situation, Language::Chinese);
        assert_eq!(chinese.advice, Some(advice), "{status:?} {conflict}");
    }
}

#[test]
fn what_was_shown_may_be_paid_whatever_becomes_of_the_next_request_for_it() {
    for status in [Status::Network, Status::ClientClosed, Status::Unknown] {
        let situation = Situation::new(Asked::Prepay, status);
        let english = guide(&situation, Language::English);
        assert_eq!(english.advice, Some(Advice::Hold), "{status:?}");
        assert!(english.prompt.contains("may still be paid"), "{status:?}");
    }
}

#[test]
fn something_to_show_is_no_payment() {
    for status in [Status::Ok, Status::Running] {
        let situation = Situation::new(Asked::Prepay, status);
        let english = guide(&situation, Language::English);
        assert_eq!(english.advice, Some(Advice::Hold));
        assert!(english.prompt.contains("Hold the goods"), "{english:?}");
        let chinese = guide(&situation, Language::Chinese);
        assert!(chinese.prompt.contains("请勿交货"), "{chinese:?}");
    }
}

#[test]
fn an_order_that_could_not_be_closed_may_still_be_paid_and_says_so() {
    for status in [
        Status::Network,
        Status::ClientClosed,
        Status::Rejected,
        Status::Unknown,
    ] {
        let situation = Situation::new(Asked::Close, status);
        let english = guide(&situation, Language::English).prompt;
        assert!(english.contains("may still be paid"), "{status:?}");
        let chinese = guide(&situation, Language::Chinese).prompt;
        assert!(chinese.contains("仍可能付款"), "{status:?}");
    }
    let paid = Situation {
        code: Some("ORDERPAID"),
        ..Situation::new(Asked::Close, Status::Rejected)
    };
    let english = guide(&paid, Language::English);
    assert!(english.prompt.contains("was not closed"), "{english:?}");
    assert_eq!(english.advice, Some(Advice::Hold));
}

#[test]
fn what_anybody_may_send_stops_no_till() {
    // Forged and nonsensical notifications come from the internet, not from the shop.
    for status in [Status::Forged, Status::Argument, Status::Network] {
        let situation = Situation::new(Asked::Notification, status);
        let advice = guide(&situation, Language::English).advice;
        assert_eq!(advice, Some(Advice::Hold), "{status:?}");
    }
}
