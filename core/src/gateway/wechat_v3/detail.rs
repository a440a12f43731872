//! `detail`, the goods of an order: APIv2's and the global edition's words for them, and APIv3's.

use serde_json::{Map, Value};

use crate::config::Region;
use crate::gateway::rules::{self, Broken};

/// As in APIv2; APIv3 names no limit.
const MAX_BYTES: usize = 6000;

/// Of the order: the till's receipt.
const RECEIPT: (&str, &str) = ("receipt_id", "invoice_id");
/// Of an article: the merchant's number and its price.
const ARTICLE: [(&str, &str); 2] = [("goods_id", "merchant_goods_id"), ("price", "unit_price")];
/// Of an article: WeChat Pay's number, which every product spells in its own way.
const WECHAT_IDS: [&str; 2] = ["wxpay_goods_id", "wechatpay_goods_id"];

/// Whole numbers in every edition; APIv2 also took them as text.
const NUMBERS: [&str; 4] = ["cost_price", "price", "quantity", "unit_price"];

/// Reads the goods in either generation's words and gives them in those of the region; `wechat_id` is
/// what the product calls WeChat Pay's number of an article. Other members pass as they are.
pub(super) fn read(
    text: &str,
    region: Region,
    wechat_id: &'static str,
) -> Result<Map<String, Value>, Broken> {
    let mut detail = rules::json_object(text, MAX_BYTES)?;
    numbers(&mut detail)?;
    rename(&mut detail, towards(region, RECEIPT))?;
    match detail.get_mut("goods_detail") {
        None => {}
        Some(Value::Array(goods)) => {
            for article in goods {
                let Value::Object(article) = article else {
                    return Err("goods_detail must be a list of objects".into());
                };
                numbers(article)?;
                for names in ARTICLE {
                    rename(article, towards(region, names))?;
                }
                for other in WECHAT_IDS.into_iter().filter(|name| *name != wechat_id) {
                    rename(article, (other, wechat_id))?;
                }
            }
        }
        Some(_) => return Err("goods_detail must be a list of objects".into()),
    }
    Ok(detail)
}

/// The global edition kept APIv2's words.
fn towards(region: Region, (v2, v3): (&'static str, &'static str)) -> (&'static str, &'static str) {
    match region {
        Region::Mainland => (v2, v3),
        Region::HongKong => (v3, v2),
    }
}

fn rename(object: &mut Map<String, Value>, (from, to): (&str, &str)) -> Result<(), Broken> {
    let Some(value) = object.remove(from) else {
        return Ok(());
    };
    match object.insert(to.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(format!("{from} and {to} are the same; set one of them")),
    }
}

fn numbers(object: &mut Map<String, Value>) -> Result<(), Broken> {
    for name in NUMBERS {
        let Some(value) = object.get_mut(name) else {
            continue;
        };
        let number = match &*value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok()
            }
            _ => None,
        };
        let number = number.ok_or_else(|| {
            format!("{name} must be a whole number, for prices of minor units (fen)")
        })?;
        *value = number.into();
    }
    Ok(())
}
