//! Rules for single values; lengths are counted in bytes.

use super::money;
use crate::clock::from_beijing;
use crate::notify::check_notify_url;
use crate::raw_json::{self, Json, Members};

/// Says what is wrong, never the value.
pub(super) type Checked = Result<(), String>;

fn text(value: &Json) -> Result<&str, String> {
    match value {
        Json::Text(text) if !text.is_empty() => Ok(text),
        Json::Text(_) => Err("不能为空".to_owned()),
        _ => Err("必须为字符串".to_owned()),
    }
}

pub(super) fn up_to(bytes: usize, value: &Json) -> Checked {
    if text(value)?.len() <= bytes {
        Ok(())
    } else {
        Err(format!("长度超过{bytes}字节"))
    }
}

pub(super) fn one_of(allowed: &[&str], value: &Json) -> Checked {
    if allowed.contains(&text(value)?) {
        Ok(())
    } else {
        Err(format!("可选值: {}", allowed.join(", ")))
    }
}

/// A number that the merchant makes: up to 32, no blanks at either end.
pub(super) fn own_number(value: &Json) -> Checked {
    up_to(32, value)?;
    let text = text(value)?;
    if text.trim() == text {
        Ok(())
    } else {
        Err("前后不允许带空格".to_owned())
    }
}

/// Seconds, in Beijing.
pub(super) fn moment(value: &Json) -> Checked {
    match from_beijing(text(value)?) {
        Some(_) => Ok(()),
        None => Err("格式必须为yyyyMMddHHmmss".to_owned()),
    }
}

pub(super) fn notify_url(bytes: usize, value: &Json) -> Checked {
    up_to(bytes, value)?;
    check_notify_url(text(value)?).map_err(|_| "不是不带参数的http或https地址".to_owned())
}

/// A whole number of at most so many digits, without sign, point or exponent.
pub(super) fn digits(most: usize, value: &Json) -> Checked {
    match value {
        Json::Number(number)
            if number.len() <= most && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok(())
        }
        _ => Err(format!("必须为最多{most}位的整数")),
    }
}

pub(super) fn between(least: u32, most: u32, value: &Json) -> Checked {
    digits(10, value)?;
    let number = match value {
        Json::Number(number) => number.parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (least..=most).contains(&number) => Ok(()),
        _ => Err(format!("不是{least}到{most}的整数")),
    }
}

/// Yuan: a number, at most two decimals, no exponent, more than nothing, of at most so many characters.
pub(super) fn yuan(characters: usize, most_fen: i64, value: &Json) -> Checked {
    let Json::Number(number) = value else {
        return Err("必须为数字".to_owned());
    };
    if number.len() > characters {
        return Err(format!("长度超过{characters}"));
    }
    match money::fen(number) {
        Some(fen) if (1..=most_fen).contains(&fen) => Ok(()),
        Some(_) => Err("金额超出范围".to_owned()),
        None => Err("必须精确到2位小数".to_owned()),
    }
}

/// The JSON text of an object.
pub(super) fn json_text(bytes: usize, value: &Json) -> Checked {
    object_in(bytes, value).map(|_| ())
}

fn object_in(bytes: usize, value: &Json) -> Result<Members, String> {
    up_to(bytes, value)?;
    raw_json::read_object(text(value)?.as_bytes()).ok_or_else(|| "不是JSON对象的文本".to_owned())
}

/// Goods, for promotions of single articles (facts §7).
pub(super) fn detail(value: &Json) -> Checked {
    let detail = object_in(6000, value)?;
    let listed;
    let goods = match detail.get("goods_detail") {
        Some(Json::List(goods)) => goods,
        // The document calls it a string and shows a list.
        Some(Json::Text(text)) => match raw_json::read(text.as_bytes()) {
            Some(Json::List(goods)) => {
                listed = goods;
                &listed
            }
            _ => return Err("goods_detail不是JSON数组".to_owned()),
        },
        _ => return Err("goods_detail缺失".to_owned()),
    };
    if goods.is_empty() {
        return Err("goods_detail不能为空".to_owned());
    }
    optional(&detail, "cost_price", |value| digits(10, value))?;
    optional(&detail, "receipt_id", |value| up_to(32, value))?;
    for article in goods {
        let Json::Object(article) = article else {
            return Err("goods_detail的元素不是对象".to_owned());
        };
        required(article, "goods_id", |value| up_to(32, value))?;
        required(article, "goods_name", |value| up_to(256, value))?;
        required(article, "quantity", |value| between(1, u32::MAX, value))?;
        required(article, "price", |value| digits(10, value))?;
    }
    Ok(())
}

fn optional(members: &Members, name: &str, check: impl Fn(&Json) -> Checked) -> Checked {
    match members.get(name) {
        None => Ok(()),
        Some(value) => check(value).map_err(|why| format!("{name}{why}")),
    }
}

fn required(members: &Members, name: &str, check: impl Fn(&Json) -> Checked) -> Checked {
    match members.get(name) {
        None => Err(format!("{name}缺失")),
        Some(value) => check(value).map_err(|why| format!("{name}{why}")),
    }
}
