//! A till moves from one API to the other by its configuration: what the journal remembers of sales
//! under the first is settled under the second.

use super::*;
use crate::common::{CLOSED, DECLINED, E_DUPLICATE, REVERSED, UNKNOWN};
use common::shop::FEE;
use wxpay_simulator::{Fault, FaultKind, Merchant, PayerAction, State};

/// The configuration of the same shop, journal and merchant for `api`.
fn config_on(shop: &Shop, api: Api) -> String {
    config_of(shop, shop.config(), api)
}

fn config_of(shop: &Shop, config: String, api: Api) -> String {
    if shop.api() == api {
        return config;
    }
    let (simulator, folder) = (&shop.simulator, shop.folder.path());
    let merchant = simulator.merchant();
    let file = |name: &str| format!("{:?}", folder.join(name));
    let section = match api {
        Api::V2 => format!(
            "[wechat_v2]\nappid = \"{}\"\nmch_id = \"{}\"\n{}api_key = {{ file = {} }}\n\
             sign_type = \"HMAC-SHA256\"\nclient_certificate = {{ p12 = {} }}\n",
            merchant.appid,
            merchant.mch_id,
            merchant
                .sub_mch_ids
                .first()
                .map(|shop| format!("sub_mch_id = \"{shop}\"\n"))
                .unwrap_or_default(),
            file("api_key.txt"),
            file("apiclient_cert.p12"),
        ),
        Api::V3 => unreachable!("shops here are opened on APIv3"),
        Api::Fubei => unreachable!("Fubei is another account: see `tests/fubei/`"),
    };
    let start = config.find("[wechat_v3]").expect("it is APIv3's");
    let hosts = config.find("hosts = [").expect("it has hosts");
    let config = format!("{}{section}{}", &config[..start], &config[hosts..]);
    config.replace("gateway = \"wechat-v3\"", "gateway = \"wechat-v2\"")
}

const BOTH_WAYS: [(Api, Api); 2] = [(Api::V2, Api::V3), (Api::V3, Api::V2)];

fn shop() -> Shop {
    Shop::with(keys_of(PlatformKeys::Both))
}

/// Sales that are closed in at every stage, and what becomes of them.
#[test]
fn sales_left_open_under_one_api_are_settled_under_the_other() {
    type Case = (Scenario, fn(&OrderRecord) -> bool, Option<PayerAction>, i32);
    let cases: [Case; 6] = [
        (
            Scenario::AnswerTooLate,
            |order| order.submits == 1,
            None,
            OK,
        ),
        (
            Scenario::RequestLost,
            |order| order.submits == 1,
            None,
            REVERSED,
        ),
        (
            Scenario::PasswordNever,
            |order| order.queries >= 1,
            None,
            REVERSED,
        ),
        (
            Scenario::PasswordNever,
            |order| order.queries >= 1,
            Some(PayerAction::Pay),
            OK,
        ),
        (
            Scenario::PasswordNever,
            |order| order.queries >= 1,
            Some(PayerAction::Fail),
            REVERSED,
        ),
        (
            Scenario::Recall,
            |order| order.reverses >= 1,
            None,
            REVERSED,
        ),
    ];
    let cases: Vec<_> = BOTH_WAYS
        .into_iter()
        .flat_map(|way| cases.map(|case| (way, case)))
        .collect();
    each(
        &cases,
        |&((from, to), (scenario, reached, action, status))| {
            let shop = shop();
            let till = open(&config_on(&shop, from));
            let sale = shop.sale(scenario);
            let task = start_until(&shop, &till, &sale, reached);
            drop(till);
            drop(task);
            if let Some(action) = action {
                shop.simulator
                    .payer(&sale.out_trade_no, action)
                    .expect("he is at the prompt");
            }
            let till = open(&config_on(&shop, to));
            let recovered = till.recover();
            let context = format!("{from:?} to {to:?}, {scenario:?} {action:?}: {recovered:?}");
            assert_eq!(recovered.status(), OK, "{context}");
            assert_eq!(recovered.get_int("open"), Some(0), "{context}");
            assert_eq!(
                recovered.get_int("orders.0.status"),
                Some(status.into()),
                "{context}"
            );
            let net = shop.simulator.net_charged(&sale.out_trade_no);
            assert_eq!(net, if status == OK { FEE } else { 0 }, "{context}");
            assert_eq!(shop.count(&sale, Operation::Micropay), 1, "{context}");
        },
    );
}

#[test]
fn a_sale_in_doubt_may_be_paid_again_asked_for_or_reversed_under_the_other() {
    each(&BOTH_WAYS, |&(from, to)| {
        let shop = shop();
        let till = open(&config_of(&shop, hasty(&shop), from));
        let [again, asked, undone] = [(); 3].map(|()| shop.sale(Scenario::PasswordNever));
        for operation in [Operation::Orderquery, Operation::Reverse] {
            shop.simulator
                .fault(Fault::always(operation, FaultKind::DropBefore));
        }
        each(&[&again, &asked, &undone], |sale| {
            pay(&shop, &till, sale, UNKNOWN);
        });
        shop.simulator.clear_faults();
        drop(till);
        let till = open(&config_on(&shop, to));
        pay(&shop, &till, &again, REVERSED);
        shop.simulator
            .payer(&asked.out_trade_no, PayerAction::Close)
            .expect("it is open");
        let queried = till.query(&asked.out_trade_no);
        assert_eq!(queried.status(), CLOSED, "{queried:?}");
        let reversed = till.reverse(&undone.out_trade_no);
        assert_eq!(reversed.status(), REVERSED, "{reversed:?}");
        for sale in [&again, &asked, &undone] {
            assert_eq!(shop.count(sale, Operation::Micropay), 1, "{from:?}");
            assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
        }
        assert_eq!(till.recover().get_int("open"), Some(0));
    });
}

#[test]
fn a_sale_that_has_ended_is_replayed_and_never_charged_again_under_the_other() {
    each(&BOTH_WAYS, |&(from, to)| {
        let shop = shop();
        let till = open(&config_on(&shop, from));
        let plays = [
            (Scenario::Paid, OK),
            (Scenario::NotEnough, DECLINED),
            (Scenario::PasswordNever, REVERSED),
        ];
        let sales: Vec<_> = plays
            .map(|(scenario, status)| (shop.sale(scenario), status))
            .to_vec();
        let request = |sale: &Sale| {
            sale.request()
                .with("attach", "till 3")
                .with("scene_info.store_id", "SZT10000")
                .with("goods_tag", "WXG")
        };
        each(&sales, |(sale, status)| {
            ended(&shop, sale, &till.micropay(&request(sale)), *status);
        });
        drop(till);
        let till = open(&config_on(&shop, to));
        for (sale, status) in &sales {
            let replayed = till.micropay(&request(sale));
            assert_eq!(
                (replayed.status(), replayed.get_int("replayed")),
                (*status, Some(1)),
                "{from:?}: {replayed:?}"
            );
            let other = till.micropay(&request(sale).with("attach", "till 4"));
            assert_eq!(other.status(), E_DUPLICATE, "{from:?}: {other:?}");
            assert_eq!(shop.count(sale, Operation::Micropay), 1);
        }
        // What was paid under the one is reversed under the other.
        let paid = &sales[0].0;
        assert_eq!(till.query(&paid.out_trade_no).status(), OK);
        assert_eq!(till.reverse(&paid.out_trade_no).status(), REVERSED);
        assert_eq!(shop.simulator.net_charged(&paid.out_trade_no), 0);
    });
}

/// An order number of APIv2 that APIv3 would refuse for a new sale, and an institution's shop.
#[test]
fn older_numbers_and_an_institutions_shops_are_taken_over_as_well() {
    let merchant = Merchant {
        sub_mch_ids: vec!["1900000109".to_owned()],
        ..Merchant::example()
    };
    let shop = Shop::with(Settings {
        merchants: vec![merchant],
        ..keys_of(PlatformKeys::Both)
    });
    let till = open(&config_on(&shop, Api::V2));
    let sales: Vec<_> = ["S1", "2026|07@A"]
        .into_iter()
        .map(|number| Sale {
            out_trade_no: number.to_owned(),
            ..shop.sale(Scenario::PasswordNever)
        })
        .collect();
    let tasks: Vec<_> = sales
        .iter()
        .map(|sale| till.start(&sale.request()).expect("it starts"))
        .collect();
    while !sales.iter().all(|sale| {
        shop.order(sale)
            .is_some_and(|order| order.state == State::UserPaying)
    }) {
        common::pause(5);
    }
    drop(till);
    drop(tasks);
    let till = open(&config_on(&shop, Api::V3));
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(recovered.get_int("open"), Some(0), "{recovered:?}");
    for sale in &sales {
        let order = shop.order(sale).expect("it was booked");
        assert_eq!(
            (order.state, order.net_fen, order.submits),
            (State::Revoked, 0, 1),
            "{order:?}"
        );
        assert_eq!(order.sub_mch_id.as_deref(), Some("1900000109"));
        assert_eq!(till.query(&sale.out_trade_no).status(), REVERSED);
    }
}
