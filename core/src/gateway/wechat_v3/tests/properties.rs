//! What holds for every sale and every answer.

use proptest::prelude::*;

use super::requests::order;
use super::*;
use crate::gateway::Gateway;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::SubmitVerdict as S;

/// A sale that is good by the table, with whatever else it may have.
fn good_sale() -> impl Strategy<Value = Fields> {
    let text = "[a-zA-Z0-9 <>&\"'/\\\\白🍜-]{1,12}";
    let optional = (
        proptest::option::of(text),
        proptest::option::of(text),
        proptest::option::of("[0-9]{1,32}"),
        proptest::option::of("[0-9A-Za-z]{1,64}"),
        proptest::option::of(any::<bool>()),
        proptest::option::of((1..1000_u32, 0..100_000_u32, text)),
    );
    (
        "[0-9A-Za-z_*-]{6,32}",
        "1[0-5][0-9]{16}",
        1..=i32::MAX,
        text.prop_filter("not blank", |text| !text.trim().is_empty()),
        optional,
    )
        .prop_map(|(number, code, fee, body, optional)| {
            let (attach, device, store, out_store, receipt, goods) = optional;
            let mut fields = sale();
            fields.set("out_trade_no", number);
            fields.set("auth_code", code);
            fields.set("total_fee", fee.to_string());
            fields.set("body", body);
            for (name, value) in [
                ("attach", attach),
                ("device_info", device),
                ("scene_info.store_id", store),
                ("scene_info.store_out_id", out_store),
                (
                    "receipt",
                    receipt.map(|yes| if yes { "Y" } else { "N" }.to_owned()),
                ),
                (
                    "detail",
                    goods.map(|(quantity, price, name)| {
                        json!({ "goods_detail": [{
                            "goods_id": name, "quantity": quantity, "price": price
                        }] })
                        .to_string()
                    }),
                ),
            ] {
                if let Some(value) = value {
                    fields.set(name, value);
                }
            }
            fields
        })
}

/// What the gateway says of an order once it is paid, by its own reading of the request.
fn paid(body: &Value) -> Message {
    let mut message = Message::paid()
        .with("/out_trade_no", body["out_trade_no"].clone())
        .with("/amount/total", body["amount"]["total"].clone())
        .without("/attach");
    if let Some(attach) = body.get("attach") {
        message = message.with("/attach", attach.clone());
    }
    message
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_good_sale_is_read_back_as_it_was_signed(fields in good_sale()) {
        let gateway = gateway();
        let order = order(&gateway, &fields);
        let call = gateway.submit(&order, &stamp());
        let body: Value = serde_json::from_slice(&call.body).unwrap();

        let trimmed = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty());
        prop_assert_eq!(&Value::Object(order.parameters.clone()), &body);
        prop_assert_eq!(body["out_trade_no"].as_str(), fields.get("out_trade_no"));
        prop_assert_eq!(body["payer"]["auth_code"].as_str(), fields.get("auth_code"));
        prop_assert_eq!(body["amount"]["total"].to_string(), fields.get("total_fee").unwrap());
        prop_assert_eq!(body["description"].as_str(), trimmed("body"));
        prop_assert_eq!(body["attach"].as_str(), trimmed("attach"));
        let store = &body["scene_info"]["store_info"];
        prop_assert!(store.get("id").is_some() || store.get("out_id").is_some());

        let answer = gateway.read_submit(&order.expected, &paid(&body).signed());
        prop_assert_eq!(answer.verdict, S::Paid, "{}", answer.why);
        prop_assert_eq!(answer.facts["total_fee"].to_string(), fields.get("total_fee").unwrap());
    }

    #[test]
    fn a_payment_of_another_amount_is_never_this_sale(fee in 0..i64::MAX) {
        let reply = Message::paid().with("/amount/total", fee).signed();
        let submit = gateway().read_submit(&expected(), &reply).verdict;
        let query = gateway().read_query(&expected(), &reply).verdict;
        prop_assert_eq!(submit == S::Paid, fee == 888);
        prop_assert_eq!(query == Q::Paid, fee == 888);
    }

    #[test]
    fn any_fields_are_taken_or_refused_without_a_panic(
        names in proptest::collection::vec(proptest::sample::select(crate::gateway::vocabulary::NAMES), 0..8),
        values in proptest::collection::vec(any::<String>(), 8),
    ) {
        let mut fields = sale_overseas();
        for (name, value) in names.into_iter().zip(values) {
            fields.set(name, value);
        }
        for gateway in [gateway(), partner(), hong_kong()] {
            if let Ok(order) = gateway.order(&fields) {
                let call = gateway.submit(&order, &stamp());
                prop_assert!(serde_json::from_slice::<Value>(&call.body).is_ok());
            }
        }
    }

    #[test]
    fn any_signed_body_is_read_without_a_panic_and_is_never_money(
        body in "[\\[\\]{}\":,0-9a-z ]{0,40}",
        status in 200..600_u16,
    ) {
        let reply = signed(status, body);
        prop_assert_ne!(gateway().read_submit(&expected(), &reply).verdict, S::Paid);
        prop_assert_ne!(gateway().read_query(&expected(), &reply).verdict, Q::Paid);
        let _ = gateway().read_reverse(&expected(), &reply);
    }

    #[test]
    fn any_unsigned_bytes_are_read_without_a_panic_and_are_never_money(
        body: Vec<u8>,
        status in 100..1000_u16,
    ) {
        let reply = reply(status, body);
        prop_assert_eq!(gateway().read_submit(&expected(), &reply).verdict, S::Unclear);
        prop_assert_eq!(gateway().read_query(&expected(), &reply).verdict, Q::Unclear);
    }
}
