//! The table, walked in every direction.

use super::*;
use crate::gateway::codes::CODES;

const ASKED: [Asked; 6] = [
    Asked::Payment,
    Asked::Query,
    Asked::Reverse,
    Asked::Cancel,
    Asked::Recover,
    Asked::Other,
];

fn every_situation() -> Vec<Situation<'static>> {
    let mut situations = Vec::new();
    let codes =
        CODES
            .iter()
            .map(|code| Some(code.name))
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
fn goods_are_handed_over_for_proven_money_only() {
    for situation in every_situation() {
        let advice = guide(&situation, Language::English).advice;
        let about_money = matches!(situation.asked, Asked::Payment | Asked::Query);

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
        let done = situation.status == Status::Ok
            && matches!(
                situation.asked,
                Asked::Reverse | Asked::Recover | Asked::Other
            );

        assert_eq!(
            guide(&situation, Language::English).advice.is_none(),
            done,
            "{situation:?}"
        );
    }
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
        if settled_unpaid {
            assert!(charge_again, "{situation:?}");
        }
        if situation.status == Status::Unknown {
            assert!(matches!(advice, Some(Advice::Hold | Advice::CallSupport)));
        }
    }
}

#[test]
fn a_new_payment_is_told_to_take_a_new_order_number() {
    for situation in every_situation() {
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
