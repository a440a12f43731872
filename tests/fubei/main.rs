//! What Fubei alone has: two generations and two levels, several channels behind one code, amounts in
//! decimal yuan, answers that nobody signs, callbacks that are forms, and the way from WeChat's own
//! interfaces to it and back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod callbacks;
mod codes;
mod money;
mod orders;
mod places;
mod switching;

use common::shop::{FEE, Sale, Shop, quick_on};
use common::{Client, OK, Outcome, Request};
use wxpay_simulator::{
    Api, Channel, Fubei, FubeiApi, FubeiForms, FubeiLevel, Operation, Scenario, Settings,
    auth_code_of,
};

/// Every way in: the generation, and who signs.
const WAYS_IN: [(FubeiApi, FubeiLevel); 3] = [
    (FubeiApi::V1, FubeiLevel::Merchant),
    (FubeiApi::V2, FubeiLevel::Merchant),
    (FubeiApi::V2, FubeiLevel::Vendor),
];

fn settings(api: FubeiApi, level: FubeiLevel, forms: FubeiForms) -> Settings {
    let settings = quick_on(Api::Fubei);
    let fubei = Fubei {
        api,
        level,
        forms,
        ..settings.fubei
    };
    Settings { fubei, ..settings }
}

fn shop_at((api, level): (FubeiApi, FubeiLevel)) -> Shop {
    Shop::with(settings(api, level, FubeiForms::default()))
}

fn shop() -> Shop {
    shop_at(WAYS_IN[0])
}

/// A till with more keys in its `[fubei]`.
fn till_with(shop: &Shop, keys: &str) -> Client {
    shop.till_with("[fubei]\n", &format!("[fubei]\n{keys}\n"))
}

fn sale_of(shop: &Shop, channel: Channel, scenario: Scenario) -> Sale {
    let sale = shop.sale(scenario);
    let number = sale.out_trade_no[1..].parse().unwrap_or_default();
    Sale {
        auth_code: auth_code_of(channel, scenario, number),
        ..sale
    }
}

fn pay(shop: &Shop, till: &Client, sale: &Sale) -> Outcome {
    let outcome = till.micropay(&sale.request());
    shop.agrees(sale, &outcome);
    outcome
}
