//! Whether a payment that a verified answer reports is the one that was asked for.

use super::Expected;
use crate::verdict::QueryVerdict;

/// How much earlier than our submit a payment may be dated and still be ours: the clocks of till and
/// gateway differ a little.
const CLOCK_TOLERANCE_SECONDS: i64 = 60;

/// What an answer says about a payment whose signature, merchant and order number were checked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Payment<'a> {
    /// Minor units.
    pub(crate) total_fee: Option<i64>,
    /// ISO 4217; none is `CNY`.
    pub(crate) fee_type: Option<&'a str>,
    /// As echoed, if it was.
    pub(crate) attach: Option<&'a str>,
    /// Unix seconds.
    pub(crate) paid_at: Option<i64>,
}

/// `Paid`, `Foreign`, `Conflict`, or `Unclear` if the answer lacks what a proof needs; and why.
///
/// A payment from before our submit is foreign whatever its amount: it cannot be ours.
pub(crate) fn judge(expected: &Expected, payment: &Payment<'_>) -> (QueryVerdict, &'static str) {
    let Some(total_fee) = payment.total_fee else {
        return (QueryVerdict::Unclear, "paid, but without a readable amount");
    };
    if let Some(submitted_at) = expected.submitted_at {
        let Some(paid_at) = payment.paid_at else {
            return (QueryVerdict::Unclear, "paid, but without a readable time");
        };
        if paid_at < submitted_at.saturating_sub(CLOCK_TOLERANCE_SECONDS) {
            return (
                QueryVerdict::Foreign,
                "paid before this order was submitted",
            );
        }
    }
    if expected.total_fee.is_some_and(|asked| asked != total_fee) {
        return (QueryVerdict::Conflict, "paid, but with another amount");
    }
    let fee_type = payment.fee_type.unwrap_or("CNY");
    if expected
        .fee_type
        .as_deref()
        .is_some_and(|asked| asked != fee_type)
    {
        return (QueryVerdict::Conflict, "paid, but in another currency");
    }
    if let (Some(asked), Some(echoed)) = (expected.attach.as_deref(), payment.attach)
        && asked != echoed
    {
        return (QueryVerdict::Conflict, "paid, but with another attach");
    }
    (QueryVerdict::Paid, "paid as asked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected {
            out_trade_no: "A1".into(),
            total_fee: Some(888),
            fee_type: Some("CNY".into()),
            attach: Some("till 3".into()),
            submitted_at: Some(1_000_000),
            ..Expected::default()
        }
    }

    fn payment() -> Payment<'static> {
        Payment {
            total_fee: Some(888),
            fee_type: Some("CNY"),
            attach: Some("till 3"),
            paid_at: Some(1_000_005),
        }
    }

    fn verdict(expected: &Expected, payment: &Payment<'_>) -> QueryVerdict {
        judge(expected, payment).0
    }

    #[test]
    fn a_payment_as_asked_is_paid() {
        assert_eq!(verdict(&expected(), &payment()), QueryVerdict::Paid);
        let silent = Payment {
            fee_type: None,
            attach: None,
            ..payment()
        };
        assert_eq!(verdict(&expected(), &silent), QueryVerdict::Paid);
        assert_eq!(
            verdict(&Expected::default(), &payment()),
            QueryVerdict::Paid
        );
    }

    #[test]
    fn another_amount_currency_or_attach_is_a_conflict() {
        for other in [
            Payment {
                total_fee: Some(887),
                ..payment()
            },
            Payment {
                total_fee: Some(-888),
                ..payment()
            },
            Payment {
                fee_type: Some("HKD"),
                ..payment()
            },
            Payment {
                attach: Some("till 4"),
                ..payment()
            },
        ] {
            assert_eq!(
                verdict(&expected(), &other),
                QueryVerdict::Conflict,
                "{other:?}"
            );
        }
        let dollars = Expected {
            fee_type: Some("HKD".into()),
            ..expected()
        };
        let unnamed = Payment {
            fee_type: None,
            ..payment()
        };
        assert_eq!(verdict(&dollars, &unnamed), QueryVerdict::Conflict);
    }

    #[test]
    fn a_payment_from_before_the_submit_is_foreign_even_with_another_amount() {
        for (paid_at, total_fee, verdict_wanted) in [
            (999_940, 888, QueryVerdict::Paid),
            (999_939, 888, QueryVerdict::Foreign),
            (999_939, 1, QueryVerdict::Foreign),
            (i64::MIN, 888, QueryVerdict::Foreign),
            (i64::MAX, 888, QueryVerdict::Paid),
        ] {
            let other = Payment {
                paid_at: Some(paid_at),
                total_fee: Some(total_fee),
                ..payment()
            };
            assert_eq!(verdict(&expected(), &other), verdict_wanted, "{other:?}");
        }
    }

    #[test]
    fn without_amount_or_needed_time_nothing_is_proven() {
        let no_amount = Payment {
            total_fee: None,
            ..payment()
        };
        let no_time = Payment {
            paid_at: None,
            ..payment()
        };
        let unknown_submit = Expected {
            submitted_at: None,
            ..expected()
        };

        assert_eq!(verdict(&expected(), &no_amount), QueryVerdict::Unclear);
        assert_eq!(
            verdict(&Expected::default(), &no_amount),
            QueryVerdict::Unclear
        );
        assert_eq!(verdict(&expected(), &no_time), QueryVerdict::Unclear);
        assert_eq!(verdict(&unknown_submit, &no_time), QueryVerdict::Paid);
    }
}
