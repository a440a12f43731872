//! Stores and scenes: every shape that a till may have.

use super::requests::{body, order, refused};
use super::*;

#[test]
fn a_store_is_always_named_on_the_mainland() {
    let store = |pairs: &[(&str, &str)]| {
        let mut fields = sale();
        for (name, value) in pairs {
            fields.set(*name, *value);
        }
        body(&gateway(), &fields)["scene_info"]["store_info"].clone()
    };
    let id = "scene_info.store_id";
    let out_id = "scene_info.store_out_id";

    assert_eq!(store(&[]), json!({ "out_id": MCHID }));
    assert_eq!(store(&[(id, "0001")]), json!({ "id": "0001" }));
    assert_eq!(store(&[(out_id, "A1")]), json!({ "out_id": "A1" }));
    assert_eq!(
        store(&[(id, "0001"), (out_id, "A1")]),
        json!({ "id": "0001", "out_id": "A1" })
    );
    // What APIv2 calls the id is the merchant's own code.
    assert_eq!(store(&[(id, "SZT10000")]), json!({ "out_id": "SZT10000" }));
    assert_eq!(
        store(&[(id, "SZT10000"), (out_id, "SZT10000")]),
        json!({ "out_id": "SZT10000" })
    );
    let mut fields = sale_with(id, "SZT10000");
    fields.set(out_id, "A1");
    assert_eq!(refused(&gateway(), &fields).field, id);
}

#[test]
fn a_store_without_name_or_address_is_left_out_overseas() {
    let mut fields = sale_overseas();
    fields.set("scene_info.store_id", "SZT10000");
    fields.set("scene_info.store_name", "Tower");
    let half = order(&hong_kong(), &fields);
    assert_eq!(
        half.left_out,
        ["scene_info.store_id", "scene_info.store_name"]
    );
    assert!(half.parameters.get("scene_info").is_none());

    fields.set("scene_info.store_address", "1 Road");
    let whole = order(&hong_kong(), &fields);
    assert!(whole.left_out.is_empty());
    assert_eq!(
        whole.parameters["scene_info"]["store_info"],
        json!({ "id": "SZT10000", "name": "Tower", "address": "1 Road" })
    );
}

#[test]
fn scene_info_is_understood_in_every_shape() {
    let scene = |gateway: &WechatV3, text: &str| {
        let mut fields = sale_overseas();
        fields.set("scene_info", text);
        order(gateway, &fields)
    };
    let mainland = |text: &str| scene(&gateway(), text).parameters["scene_info"].clone();

    let v3 = r#"{"device_id":"d","device_ip":"8.8.8.8","store_info":{"id":"1","out_id":"A1"}}"#;
    assert_eq!(mainland(v3), serde_json::from_str::<Value>(v3).unwrap());
    let v2 = r#"{"store_info":{"id":"SZT1","name":"n","area_code":"440305","address":"a"}}"#;
    assert_eq!(
        mainland(v2),
        json!({ "device_ip": "127.0.0.1", "store_info": { "out_id": "SZT1" } })
    );
    let left_out = scene(&gateway(), v2).left_out;
    assert!(left_out.contains(&"scene_info.store_name".to_owned()));
    assert!(left_out.contains(&"scene_info.store_area_code".to_owned()));
    let v2_overseas = r#"{"store_id":"7","store_name":"n"}"#;
    assert_eq!(mainland(v2_overseas)["store_info"], json!({ "id": "7" }));
    let overseas = scene(&hong_kong(), v2).parameters["scene_info"].clone();
    assert_eq!(
        overseas,
        json!({ "store_info": { "id": "SZT1", "name": "n", "address": "a" } })
    );
    assert_eq!(
        mainland(r#"{"device_id":7,"operator_id":null}"#)["device_id"],
        "7"
    );

    let mut both = sale_with("scene_info", "{}");
    both.set("scene_info.store_id", "1");
    assert_eq!(refused(&gateway(), &both).field, "scene_info");
    let unknown = sale_with("scene_info", r#"{"stor_id":"1"}"#);
    assert_eq!(refused(&gateway(), &unknown).field, "scene_info.stor_id");
}
