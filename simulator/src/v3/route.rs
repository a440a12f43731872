//! What a method and a path ask for.

use hyper::Method;
use percent_encoding::percent_decode_str;

use super::Problem;
use crate::fault::Operation;
use crate::settings::Region;

/// A path that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) form: Form,
    /// The number that the path names, percent-decoded.
    pub(crate) number: Number,
}

/// Whose documents a path belongs to; they name accounts differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `/v3/pay/transactions`: `appid` and `mchid`.
    Direct,
    /// `/v3/pay/partner/transactions`: `sp_…` and `sub_…`.
    Partner,
    /// `/v3/global`, and paths without a partner form: either, as the merchant is.
    Shared,
}

/// A number in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    None,
    /// The merchant's: `out_trade_no`, `out_refund_no`.
    Own(String),
    /// The platform's: `transaction_id`, `refund_id`.
    Platform(String),
}

/// Finds what `path` (as requested, without query) asks for. A mainland gateway has no global
/// paths and the other way round; both have their certificates.
pub(crate) fn find(method: &Method, path: &str, region: Region) -> Result<Route, Problem> {
    use Form::{Direct, Partner, Shared};
    use Operation as O;

    let segments: Vec<&str> = path.split('/').skip(2).collect();
    let mainland = region == Region::Mainland;
    let global = !mainland;
    let (wanted, operation, form, number) = match segments.as_slice() {
        ["certificates"] if mainland => (Method::GET, O::Certificates, Shared, Number::None),
        ["certificates"] | ["global", "certificates"] if global => {
            (Method::GET, O::Certificates, Shared, Number::None)
        }
        ["pay", "partner", "transactions", rest @ ..] if mainland => {
            let (wanted, operation, number) = transactions(method, rest)?;
            (wanted, operation, Partner, number)
        }
        ["pay", "transactions", rest @ ..] if mainland => {
            let (wanted, operation, number) = transactions(method, rest)?;
            (wanted, operation, Direct, number)
        }
        ["refund", "domestic", "refunds"] if mainland => {
            (Method::POST, O::Refund, Shared, Number::None)
        }
        ["refund", "domestic", "refunds", number] if mainland => (
            Method::GET,
            O::RefundQuery,
            Shared,
            Number::Own(decoded(number)?),
        ),
        ["global", "micropay", "transactions", "pay"] if global => {
            (Method::POST, O::Micropay, Shared, Number::None)
        }
        [
            "global",
            "micropay",
            "transactions",
            kind,
            number,
            "reverse",
        ] if global => (Method::POST, O::Reverse, Shared, named(kind, number)?),
        [
            "global",
            "transactions",
            "jsapi" | "native" | "app" | "mweb",
        ] if global => (Method::POST, O::Prepay, Shared, Number::None),
        ["global", "transactions", kind, number, "close"] if global => {
            (Method::POST, O::Close, Shared, named(kind, number)?)
        }
        ["global", "refunds"] if global => (Method::POST, O::Refund, Shared, Number::None),
        ["global", "refunds", kind @ ("id" | "out-refund-no"), number] if global => {
            (Method::GET, O::RefundQuery, Shared, named(kind, number)?)
        }
        ["global", "transactions", kind, number] if global => {
            (Method::GET, O::Orderquery, Shared, named(kind, number)?)
        }
        _ => return Err(Problem::no_such_path()),
    };
    if *method != wanted {
        return Err(Problem::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("请使用{wanted}方法"),
        ));
    }
    Ok(Route {
        operation,
        form,
        number,
    })
}

/// Below `/v3/pay/transactions` and its partner form.
fn transactions(method: &Method, rest: &[&str]) -> Result<(Method, Operation, Number), Problem> {
    Ok(match rest {
        ["codepay"] => (Method::POST, Operation::Micropay, Number::None),
        ["jsapi" | "native" | "h5" | "app"] => (Method::POST, Operation::Prepay, Number::None),
        [kind, number] if *method == Method::GET || *kind == "id" => {
            (Method::GET, Operation::Orderquery, named(kind, number)?)
        }
        ["out-trade-no", number, "reverse"] => (
            Method::POST,
            Operation::Reverse,
            Number::Own(decoded(number)?),
        ),
        ["out-trade-no", number, "close"] => (
            Method::POST,
            Operation::Close,
            Number::Own(decoded(number)?),
        ),
        _ => return Err(Problem::no_such_path()),
    })
}

fn named(kind: &str, number: &str) -> Result<Number, Problem> {
    match kind {
        "out-trade-no" | "out-refund-no" => Ok(Number::Own(decoded(number)?)),
        "id" => Ok(Number::Platform(decoded(number)?)),
        _ => Err(Problem::no_such_path()),
    }
}

/// A path segment or a query value without its percent signs.
pub(super) fn decoded(text: &str) -> Result<String, Problem> {
    percent_decode_str(text)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| Problem::new(400, "PARAM_ERROR", "URL不是UTF-8编码"))
}
