//! What a request has to be before the ledger sees it: fields, lengths, characters, accounts.

mod orders;
mod refunds;
mod tables;
mod values;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::values::Check;
use super::route::{Form, Route, decoded};
use super::{Problem, Verified, error, prepay};
use crate::fault::Operation;
use crate::settings::{Region, Settings};

/// A member of an object.
pub(super) struct Field {
    name: &'static str,
    required: bool,
    kind: Kind,
}

/// What a member may hold.
enum Kind {
    /// Not empty, and what the check says.
    Text(Check),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    Flag,
    Object(&'static [Field]),
    /// Of objects, not empty.
    List(&'static [Field]),
}

const fn needs(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: true,
        kind,
    }
}

const fn takes(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: false,
        kind,
    }
}

/// The fields and accounts of the operations that are answered here.
pub(super) fn content(
    route: &Route,
    request: &Verified<'_>,
    settings: &Settings,
) -> Result<(), Problem> {
    let global = settings.region == Region::HongKong;
    let partner = !request.merchant.sub_mch_ids.is_empty();
    let fields = match (route.operation, partner, global) {
        (Operation::Certificates, ..) => {
            return parameters(tables::CERTIFICATES, request, settings);
        }
        (Operation::Prepay, ..) => {
            orders::fields(prepay::trade_type(request.path), partner, settings.region)
        }
        (Operation::Ride, ..) => return Err(Problem::no_such_path()),
        (Operation::Close, false, _) => orders::CLOSE,
        (Operation::Close, true, _) => orders::PARTNER_CLOSE,
        (Operation::Refund, ..) => refunds::fields(partner, settings.region),
        (Operation::RefundQuery, ..) => refunds::query(partner, settings.region),
        (Operation::Micropay, false, false) => tables::CODEPAY,
        (Operation::Micropay, true, false) => tables::PARTNER_CODEPAY,
        (Operation::Micropay, false, true) => tables::GLOBAL_PAY,
        (Operation::Micropay, true, true) => tables::GLOBAL_PARTNER_PAY,
        (Operation::Orderquery, false, _) => tables::QUERY,
        (Operation::Orderquery, true, _) => tables::PARTNER_QUERY,
        (Operation::Reverse, false, false) => tables::REVERSE,
        (Operation::Reverse, false, true) => tables::GLOBAL_REVERSE,
        (Operation::Reverse, true, _) => tables::PARTNER_REVERSE,
    };
    form(route, request)?;
    if matches!(
        route.operation,
        Operation::Orderquery | Operation::RefundQuery
    ) {
        parameters(fields, request, settings)?;
    } else {
        no_parameters(request)?;
        body(fields, request, settings)?;
    }
    account(request, settings)?;
    match route.operation {
        Operation::Prepay => orders::rest(request)?,
        Operation::Refund => refunds::rest(request)?,
        _ => {}
    }
    if route.operation == Operation::Micropay {
        let code = request.body.pointer("/payer/auth_code");
        if !code
            .and_then(Value::as_str)
            .is_some_and(values::is_payment_code)
        {
            return Err(error::problem("AUTH_CODE_INVALID"));
        }
        let store = request.body.pointer("/scene_info/store_info");
        let named = |store: &Value| store.get("id").or_else(|| store.get("out_id")).is_some();
        if !global && !store.is_some_and(named) {
            return Err(Problem::parameter(
                "/scene_info/store_info/id",
                "id和out_id至少填一个",
            ));
        }
    }
    Ok(())
}

/// Whether a merchant may use the paths it uses: a service provider those of partners, others not.
pub(super) fn form(route: &Route, request: &Verified<'_>) -> Result<(), Problem> {
    let partner = !request.merchant.sub_mch_ids.is_empty();
    match (route.form, partner) {
        (Form::Direct, true) | (Form::Partner, false) => Err(error::problem("NOAUTH")),
        _ => Ok(()),
    }
}

/// Whether the accounts that body or query name exist, belong together, and are the sender's own.
/// That the required ones are there is the tables' to say.
pub(super) fn account(request: &Verified<'_>, settings: &Settings) -> Result<(), Problem> {
    let merchant = request.merchant;
    let place = |name: &str| match request.body {
        Value::Null => name.to_owned(),
        _ => format!("/{name}"),
    };
    for name in ["mchid", "sp_mchid"] {
        if named(request, name).is_some_and(|mchid| mchid != merchant.mch_id) {
            return Err(Problem::parameter(
                place(name),
                "与Http头Authorization中的mchid不一致",
            ));
        }
    }
    let appid = named(request, "appid").or_else(|| named(request, "sp_appid"));
    if let Some(appid) = appid.filter(|appid| *appid != merchant.appid) {
        let known = settings.merchants.iter().any(|other| other.appid == appid);
        return Err(error::problem(if known {
            "APPID_MCHID_NOT_MATCH"
        } else {
            "APPID_NOT_EXIST"
        }));
    }
    match named(request, "sub_mchid") {
        Some(shop) if !merchant.sub_mch_ids.iter().any(|known| known == shop) => {
            Err(error::problem("MCHID_NOT_EXIST"))
        }
        _ => Ok(()),
    }
}

fn named<'a>(request: &'a Verified<'_>, name: &str) -> Option<&'a str> {
    match &request.body {
        Value::Null => request.query.get(name).map(String::as_str),
        body => body.get(name).and_then(Value::as_str),
    }
}

/// Checks the body against a table.
pub(super) fn body(
    fields: &[Field],
    request: &Verified<'_>,
    settings: &Settings,
) -> Result<(), Problem> {
    match &request.body {
        Value::Object(body) => object(fields, body, "", settings),
        _ => Err(Problem::new(400, "PARAM_ERROR", "缺少请求体")),
    }
}

/// Checks the query against a table of texts.
pub(super) fn parameters(
    fields: &[Field],
    request: &Verified<'_>,
    settings: &Settings,
) -> Result<(), Problem> {
    let texts: Map<String, Value> = request
        .query
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    object(fields, &texts, "", settings).map_err(|problem| Problem {
        field: problem.field.map(|field| field[1..].to_owned()),
        ..problem
    })
}

/// Refuses a query where none belongs.
pub(super) fn no_parameters(request: &Verified<'_>) -> Result<(), Problem> {
    match request.query.keys().next() {
        None => Ok(()),
        Some(name) => Err(Problem::parameter(name, "未定义的参数")),
    }
}

fn object(
    fields: &[Field],
    object: &Map<String, Value>,
    path: &str,
    settings: &Settings,
) -> Result<(), Problem> {
    if !settings.allow_unknown_parameters {
        let unknown = object
            .keys()
            .find(|name| !fields.iter().any(|field| field.name == *name));
        if let Some(name) = unknown {
            return Err(Problem::parameter(format!("{path}/{name}"), "未定义的参数"));
        }
    }
    for field in fields {
        let place = format!("{path}/{}", field.name);
        match object.get(field.name) {
            Some(value) => member(&field.kind, value, &place, settings)?,
            None if field.required => return Err(Problem::parameter(place, "缺少必填参数")),
            None => {}
        }
    }
    Ok(())
}

fn member(kind: &Kind, value: &Value, place: &str, settings: &Settings) -> Result<(), Problem> {
    let refused = |why: String| Err(Problem::parameter(place, why));
    match (kind, value) {
        (Kind::Text(_), Value::String(text)) if text.is_empty() => refused("不能为空".to_owned()),
        (Kind::Text(check), Value::String(text)) => match check(text, settings.region) {
            Ok(()) => Ok(()),
            Err(why) => refused(why),
        },
        (Kind::Whole(least, most), Value::Number(number)) => match number.as_i64() {
            Some(number) if (*least..=*most).contains(&number) => Ok(()),
            _ => refused(format!("不是{least}到{most}的整数")),
        },
        (Kind::Flag, Value::Bool(_)) => Ok(()),
        (Kind::Object(fields), Value::Object(value)) => object(fields, value, place, settings),
        (Kind::List(fields), Value::Array(list)) if !list.is_empty() => {
            list.iter().enumerate().try_for_each(|(index, item)| {
                let place = format!("{place}/{index}");
                match item {
                    Value::Object(item) => object(fields, item, &place, settings),
                    _ => Err(Problem::parameter(place, "类型错误")),
                }
            })
        }
        _ => refused("类型错误".to_owned()),
    }
}

/// The parameters after the question mark; each name once.
pub(super) fn query(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut parameters = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if parameters.insert(name.clone(), value).is_some() {
            return Err(Problem::parameter(name, "参数重复"));
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests;
