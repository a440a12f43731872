//! `detail`: the goods of an order, for promotions of single articles.
//!
//! Source: "单品优惠活动detail字段列表说明" of `openapi.payment.order.swipe`.

use serde_json::{Map, Value};

use crate::gateway::rules::Broken;
use crate::json;

/// As long as the document allows.
const MAX_BYTES: usize = 6000;

/// Checks the goods; they are sent as they were given.
pub(super) fn check(text: &str) -> Result<(), Broken> {
    let detail = json::parse_object(text.as_bytes(), MAX_BYTES).map_err(|error| {
        format!("one JSON object of at most {MAX_BYTES} bytes; this is {error}")
    })?;
    whole_number(&detail, "cost_price", "detail")?;
    text_up_to(&detail, "receipt_id", 32, "detail")?;
    match detail.get("goods_detail") {
        Some(Value::Array(articles)) => goods(articles),
        // The document calls it a string, its samples show a list.
        Some(Value::String(text)) => match json::parse(text.as_bytes(), MAX_BYTES) {
            Ok(Value::Array(articles)) => goods(&articles),
            _ => Err("goods_detail: a list of articles, or the JSON text of one".into()),
        },
        Some(_) => Err("goods_detail: a list of articles".into()),
        None => Err("goods_detail is required: a list of articles".into()),
    }
}

fn goods(articles: &[Value]) -> Result<(), Broken> {
    if articles.is_empty() {
        return Err("goods_detail: at least one article".into());
    }
    for (index, article) in articles.iter().enumerate() {
        let place = format!("goods_detail[{index}]");
        let article = article
            .as_object()
            .ok_or_else(|| format!("{place}: one JSON object"))?;
        for name in ["goods_id", "goods_name", "quantity", "price"] {
            if article.get(name).is_none_or(Value::is_null) {
                return Err(format!("{place}: {name} is required"));
            }
        }
        text_up_to(article, "goods_id", 32, &place)?;
        text_up_to(article, "goods_name", 256, &place)?;
        whole_number(article, "quantity", &place)?;
        whole_number(article, "price", &place)?;
        if article.get("quantity").and_then(Value::as_u64) == Some(0) {
            return Err(format!("{place}: quantity: at least 1"));
        }
    }
    Ok(())
}

/// A number of articles, or of fen: 8.88 yuan is 888.
fn whole_number(object: &Map<String, Value>, name: &str, place: &str) -> Result<(), Broken> {
    let fits = |value: &Value| {
        value
            .as_u64()
            .is_some_and(|number| i32::try_from(number).is_ok())
    };
    match object.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if fits(value) => Ok(()),
        Some(_) => Err(format!(
            "{place}: {name}: a whole number without quotes; money in fen, 8.88 yuan is 888"
        )),
    }
}

fn text_up_to(
    object: &Map<String, Value>,
    name: &str,
    max: usize,
    place: &str,
) -> Result<(), Broken> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= max => Ok(()),
        Some(Value::String(text)) => Err(format!(
            "{place}: {name}: 1 to {max} bytes of UTF-8, this is {}",
            text.len()
        )),
        Some(_) => Err(format!("{place}: {name}: text in quotes")),
    }
}
