//! What the refunds of several gateways have in common: how fields must fit together, and whether a
//! refund that a verified answer reports is the one that was asked for.

use super::ExpectedRefund;
use super::rules::{self, Broken};
use crate::fields::Fields;
use crate::verdict::RefundVerdict;

/// How the checked fields of a refund must fit together; what goes back, minor units. `Err` is a
/// field and the rule that it broke.
pub(crate) fn fit_together(fields: &Fields) -> Result<i64, (&'static str, Broken)> {
    let amount = |name: &'static str| {
        rules::amount(fields.get(name).unwrap_or_default()).map_err(|rule| (name, rule))
    };
    let (refund_fee, total_fee) = (amount("refund_fee")?, amount("total_fee")?);
    if refund_fee > total_fee {
        return Err(("refund_fee", "is more than total_fee".into()));
    }
    match (fields.get("out_trade_no"), fields.get("transaction_id")) {
        (None, None) => Err((
            "out_trade_no",
            "is required, or transaction_id instead".into(),
        )),
        // The gateway would go by one of them and leave the other unread.
        (Some(_), Some(_)) => Err((
            "transaction_id",
            "set either this or out_trade_no, not both".into(),
        )),
        _ => Ok(refund_fee),
    }
}

/// What an answer says about a refund whose signature, merchant and refund number were checked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported<'a> {
    /// The merchant's number of its order.
    pub(crate) out_trade_no: Option<&'a str>,
    /// The gateway's number of its order.
    pub(crate) transaction_id: Option<&'a str>,
    /// Minor units.
    pub(crate) refund_fee: Option<i64>,
    /// ISO 4217; none is `CNY`.
    pub(crate) fee_type: Option<&'a str>,
}

/// `state` if it is the refund that was asked for, `Conflict` if it is another of the same number,
/// `Unclear` if the answer lacks what tells them apart; and why.
pub(crate) fn judge(
    expected: &ExpectedRefund,
    reported: &Reported<'_>,
    state: RefundVerdict,
) -> (RefundVerdict, &'static str) {
    let unclear = |why| (RefundVerdict::Unclear, why);
    let conflict = |why| (RefundVerdict::Conflict, why);
    let Some(refund_fee) = reported.refund_fee else {
        return unclear("a refund without a readable amount");
    };
    if expected.refund_fee.is_some_and(|asked| asked != refund_fee) {
        return conflict("a refund of this number, but of another amount");
    }
    for (asked, told) in [
        (&expected.out_trade_no, reported.out_trade_no),
        (&expected.transaction_id, reported.transaction_id),
    ] {
        match (asked.as_deref(), told) {
            (Some(_), None) => return unclear("a refund that does not name its order"),
            (Some(asked), Some(told)) if asked != told => {
                return conflict("a refund of this number, but of another order");
            }
            _ => {}
        }
    }
    let fee_type = reported.fee_type.unwrap_or("CNY");
    if expected
        .fee_type
        .as_deref()
        .is_some_and(|asked| asked != fee_type)
    {
        return conflict("a refund of this number, but in another currency");
    }
    (state, "the refund that was asked for")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [RefundVerdict; 3] = [
        RefundVerdict::Refunded,
        RefundVerdict::Processing,
        RefundVerdict::Failed,
    ];

    fn expected() -> ExpectedRefund {
        ExpectedRefund {
            out_refund_no: "R1".into(),
            out_trade_no: Some("A1".into()),
            transaction_id: Some("42".into()),
            sub_mch_id: None,
            refund_fee: Some(100),
            fee_type: Some("CNY".into()),
        }
    }

    fn reported() -> Reported<'static> {
        Reported {
            out_trade_no: Some("A1"),
            transaction_id: Some("42"),
            refund_fee: Some(100),
            fee_type: Some("CNY"),
        }
    }

    fn verdict(expected: &ExpectedRefund, reported: &Reported<'_>) -> RefundVerdict {
        let verdict = |state| judge(expected, reported, state).0;
        let first = verdict(STATES[0]);
        if first != STATES[0] {
            // What is wrong with it does not depend on its state.
            assert!(STATES.into_iter().all(|state| verdict(state) == first));
        }
        first
    }

    #[test]
    fn a_refund_as_asked_has_its_state() {
        for state in STATES {
            assert_eq!(judge(&expected(), &reported(), state).0, state);
            assert_eq!(
                judge(&ExpectedRefund::default(), &reported(), state).0,
                state
            );
        }
        let silent = Reported {
            fee_type: None,
            ..reported()
        };
        assert_eq!(verdict(&expected(), &silent), RefundVerdict::Refunded);
    }

    #[test]
    fn another_amount_order_or_currency_is_a_conflict() {
        for other in [
            Reported {
                refund_fee: Some(101),
                ..reported()
            },
            Reported {
                out_trade_no: Some("A2"),
                ..reported()
            },
            Reported {
                transaction_id: Some("43"),
                ..reported()
            },
            Reported {
                fee_type: Some("HKD"),
                ..reported()
            },
        ] {
            assert_eq!(
                verdict(&expected(), &other),
                RefundVerdict::Conflict,
                "{other:?}"
            );
        }
    }

    #[test]
    fn without_amount_or_the_order_that_was_asked_for_nothing_is_proven() {
        for lacking in [
            Reported {
                refund_fee: None,
                ..reported()
            },
            Reported {
                out_trade_no: None,
                ..reported()
            },
            Reported {
                transaction_id: None,
                ..reported()
            },
        ] {
            assert_eq!(
                verdict(&expected(), &lacking),
                RefundVerdict::Unclear,
                "{lacking:?}"
            );
        }
        let by_number = ExpectedRefund {
            transaction_id: None,
            ..expected()
        };
        let unnamed = Reported {
            transaction_id: None,
            ..reported()
        };
        assert_eq!(verdict(&by_number, &unnamed), RefundVerdict::Refunded);
    }

    fn fit(fields: &[(&str, &str)]) -> Result<i64, &'static str> {
        let mut all = Fields::new();
        for (name, value) in fields {
            all.set(*name, *value);
        }
        fit_together(&all).map_err(|(field, _)| field)
    }

    #[test]
    fn what_goes_back_is_the_fee_that_was_asked_for_and_never_more_than_was_paid() {
        let order = ("out_trade_no", "A1");
        for (refund_fee, total_fee, fits) in [
            ("1", "888", Ok(1)),
            ("887", "888", Ok(887)),
            ("888", "888", Ok(888)),
            ("889", "888", Err("refund_fee")),
            ("0", "888", Err("refund_fee")),
            ("1", "0", Err("total_fee")),
            ("8.88", "888", Err("refund_fee")),
        ] {
            let fields = [order, ("refund_fee", refund_fee), ("total_fee", total_fee)];
            assert_eq!(fit(&fields), fits, "{refund_fee} of {total_fee}");
        }
    }

    #[test]
    fn a_refund_names_its_order_in_one_way() {
        let fees = [("refund_fee", "1"), ("total_fee", "2")];
        let (number, transaction) = (("out_trade_no", "A1"), ("transaction_id", "42"));
        assert_eq!(fit(&fees), Err("out_trade_no"));
        assert_eq!(fit(&[fees[0], fees[1], number]), Ok(1));
        assert_eq!(fit(&[fees[0], fees[1], transaction]), Ok(1));
        let both = [fees[0], fees[1], number, transaction];
        assert_eq!(fit(&both), Err("transaction_id"));
    }
}
