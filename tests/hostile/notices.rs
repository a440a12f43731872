//! Notifications of payments and refunds, and callbacks of rides.

use wxpay_simulator::hostile::{Case, Gateway, Subject, Told};
use wxpay_simulator::{
    Api, Notification, NotificationError, NotificationFault, PayerAction, RefundAction, RideAction,
};

use super::common::shop::FEE;
use super::common::{
    ACCEPTED, E_DUPLICATE, OK, REFUNDED, Request, UNKNOWN, each, on_every_gateway,
};
use super::refunds::{refund, refund_number};
use super::rides::{gate, ride};
use super::{Stage, cases, gateway, hostile, statuses};

on_every_gateway! {
    a_hostile_notification_of_a_payment_is_told_as_the_table_says,
    a_hostile_notification_of_a_refund_is_told_as_the_table_says,
}

impl Stage {
    /// Plays a notification and then the honest one, which has to come through whatever was sent before.
    fn notified(
        &self,
        gateway: Gateway,
        case: &Case,
        make: impl Fn(Option<NotificationFault>) -> Result<Notification, NotificationError>,
    ) {
        let told = |notification: Notification| {
            let headers = notification.header_lines();
            self.patient.notify_decode(headers, notification.body)
        };
        let case_of = NotificationFault::Hostile {
            case: hostile(case),
        };
        let outcome = told(make(Some(case_of)).unwrap());
        let expected = statuses(gateway, case.subject, case.told);
        self.surprises.check(case, expected, &outcome);
        let believed = [OK, REFUNDED, UNKNOWN, E_DUPLICATE].contains(&outcome.status());
        let reply = outcome.get_int("reply_status");
        if (reply == Some(200)) != believed {
            let what = format!("answered by {reply:?}: {outcome:?}");
            self.surprises.add(case, &what);
        }
        if !believed && outcome.get("out_trade_no").is_some() {
            let what = format!("tells what is not proven: {outcome:?}");
            self.surprises.add(case, &what);
        }
        if case.told != Told::Foreign && case.told != Told::Conflict {
            let outcome = told(make(None).unwrap());
            self.surprises.check(case, &[OK, REFUNDED], &outcome);
        }
    }
}

fn a_hostile_notification_of_a_payment_is_told_as_the_table_says(api: Api) {
    let stage = Stage::open(api);
    let simulator = &stage.shop.simulator;
    let plays: Vec<_> = cases(gateway(api), Subject::Payment).enumerate().collect();
    each(&plays, |(at, case)| {
        let number = format!("NATIVE{at:03}");
        let shown = stage.patient.prepay(&Request::order(&number, FEE));
        assert_eq!(shown.status(), OK, "{shown:?}");
        simulator.payer(&number, PayerAction::Pay).unwrap();
        stage.notified(stage.gateway(), case, |fault| {
            simulator.notification_for_payment(&number, fault)
        });
    });
    stage.surprises.none();
}

fn a_hostile_notification_of_a_refund_is_told_as_the_table_says(api: Api) {
    let stage = Stage::open(api);
    let simulator = &stage.shop.simulator;
    let plays = stage.paid_sales(cases(gateway(api), Subject::Refund));
    each(&plays, |(case, sale)| {
        let request = refund(sale).with("notify_url", "https://shop.example/wxpay");
        let accepted = stage.patient.refund(&request);
        assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
        let number = refund_number(sale);
        simulator
            .refund_action(&number, RefundAction::Succeed)
            .unwrap();
        stage.notified(stage.gateway(), case, |fault| {
            simulator.notification_for_refund(&number, fault)
        });
    });
    stage.surprises.none();
}

#[test]
fn a_hostile_callback_of_a_ride_is_told_as_the_table_says() {
    let stage = Stage::with(gate());
    let simulator = &stage.shop.simulator;
    let plays: Vec<_> = cases(Gateway::Ride, Subject::Ride).enumerate().collect();
    each(&plays, |(at, case)| {
        let number = format!("C{at:05}-0102");
        let accepted = stage.patient.ride_pay(&ride(&number));
        assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
        // It may have ended by itself.
        let _ = simulator.ride_action(&number, RideAction::Succeed);
        stage.notified(Gateway::Ride, case, |fault| {
            simulator.notification_for_ride(&number, fault)
        });
    });
    stage.surprises.none();
}
