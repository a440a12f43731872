//! Answers: their fields, what faults do to them, and their signature.

mod hostile;
mod refund;

use super::error;
use super::sign::sign;
use super::xml;
use crate::clock::{beijing, from_beijing};
use crate::fault::{FaultKind, Operation};
use crate::ledger::{Order, State, TradeType};
use crate::settings::{Merchant, Region, SignType};
use crate::shared::Shared;

/// Who is answered, and with which signature.
#[derive(Clone)]
pub(crate) struct Account {
    /// What every answer repeats of its request.
    echoed: Vec<(String, String)>,
    api_key: String,
    sign_type: SignType,
}

/// An answer before it is signed.
pub(crate) struct Answer {
    fields: Vec<(String, String)>,
    /// Key and algorithm; `None`: answers like this one are not signed.
    signer: Option<(String, SignType)>,
}

impl Account {
    /// `parameter`: what a request had under a name.
    pub(crate) fn new<'a>(
        merchant: &Merchant,
        parameter: impl Fn(&str) -> Option<&'a str>,
        sign_type: SignType,
    ) -> Self {
        let echoed = ["appid", "mch_id", "sub_appid", "sub_mch_id", "device_info"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), parameter(name)?.to_owned())))
            .collect();
        Self {
            echoed,
            api_key: merchant.api_key.clone(),
            sign_type,
        }
    }

    fn answer(&self, shared: &Shared, result_code: &str) -> Answer {
        let mut answer = Answer {
            fields: Vec::new(),
            signer: Some((self.api_key.clone(), self.sign_type)),
        };
        answer.set("return_code", "SUCCESS");
        answer.set("return_msg", "OK");
        answer.fields.extend(self.echoed.iter().cloned());
        answer.set("nonce_str", &shared.nonce());
        answer.set("result_code", result_code);
        // Clients must sign over what they received, known or not (protocol §4.3).
        answer.set("later_extension", "接口可能增加字段 <&>");
        answer
    }

    /// `result_code` FAIL.
    pub(crate) fn failure(
        &self,
        shared: &Shared,
        operation: Operation,
        err_code: &str,
        text: &str,
    ) -> Answer {
        let mut answer = self.answer(shared, "FAIL");
        answer.set("err_code", err_code);
        answer.set("err_code_des", text);
        if operation == Operation::Reverse {
            let again = matches!(err_code, "SYSTEMERROR" | "USERPAYING");
            answer.set("recall", if again { "Y" } else { "N" });
        }
        answer
    }

    /// A charge that succeeded.
    pub(crate) fn paid(&self, shared: &Shared, order: &Order) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.payment(shared, order);
        answer
    }

    /// What a query says about a booked order.
    pub(crate) fn state(&self, shared: &Shared, order: &Order) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.trade_state(order.state.name(), state_text(order.state));
        if matches!(order.state, State::Success | State::Refund) {
            answer.payment(shared, order);
        } else {
            answer.order(order);
        }
        answer
    }

    /// What a query says about a number that was reversed before anything was booked.
    pub(crate) fn revoked_unbooked(&self, shared: &Shared, out_trade_no: &str) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.trade_state(State::Revoked.name(), state_text(State::Revoked));
        answer.set("out_trade_no", out_trade_no);
        answer
    }

    /// A reverse that was done.
    pub(crate) fn reversed(&self, shared: &Shared) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.set("recall", "N");
        answer
    }

    /// An order that the payer can pay now.
    pub(crate) fn prepared(&self, shared: &Shared, order: &Order) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.set("trade_type", order.trade_type().name());
        if let Some(prepay) = &order.prepay {
            answer.set("prepay_id", &prepay.prepay_id);
            match order.trade_type() {
                TradeType::Native => answer.set("code_url", &prepay.code_url()),
                TradeType::Mweb => answer.set("mweb_url", &prepay.h5_url()),
                TradeType::Jsapi | TradeType::App | TradeType::Micropay => {}
            }
        }
        answer
    }

    /// An order that was closed.
    pub(crate) fn closed(&self, shared: &Shared) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.set("result_msg", "OK");
        answer
    }

    /// The answer that `fault` puts in the place of the honest one, if it does.
    pub(crate) fn replacement(
        &self,
        shared: &Shared,
        operation: Operation,
        fault: &FaultKind,
    ) -> Option<Answer> {
        match fault {
            FaultKind::Error { err_code, .. } => {
                let text = error::description(err_code);
                Some(self.failure(shared, operation, err_code, text))
            }
            FaultKind::ReturnFail { .. } => Some(Answer::communication_failure("系统繁忙")),
            FaultKind::RecallY { success: true } => {
                let mut answer = self.answer(shared, "SUCCESS");
                answer.set("recall", "Y");
                Some(answer)
            }
            FaultKind::RecallY { success: false } => {
                let text = error::description("SYSTEMERROR");
                let mut answer = self.failure(shared, operation, "SYSTEMERROR", text);
                answer.set("recall", "Y");
                Some(answer)
            }
            FaultKind::EmptySuccess => Some(self.reversed(shared)),
            _ => None,
        }
    }
}

fn state_text(state: State) -> &'static str {
    match state {
        State::Success => "支付成功",
        State::Refund => "订单发生过退款，退款详情请查询退款单",
        State::NotPay | State::Absent | State::InFlight => "订单未支付",
        State::Closed => "订单已关闭",
        State::Revoked => "订单已撤销",
        State::UserPaying => "需要用户输入支付密码",
        State::PayError => "支付失败,请撤销订单",
    }
}

impl Answer {
    /// Nothing yet, and nothing that will be signed.
    pub(crate) fn unsigned() -> Self {
        Self {
            fields: Vec::new(),
            signer: None,
        }
    }

    /// An unsigned `return_code` FAIL.
    pub(crate) fn communication_failure(text: &str) -> Self {
        let mut answer = Self::unsigned();
        answer.set("return_code", "FAIL");
        answer.set("return_msg", text);
        answer
    }

    /// What the simulator found, for the record.
    pub(crate) fn verdict(&self) -> &str {
        self.get("err_code")
            .or_else(|| self.get("trade_state"))
            .or_else(|| self.get("result_code"))
            .unwrap_or("FAIL")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    fn trade_state(&mut self, state: &str, text: &str) {
        self.set("trade_state", state);
        self.set("trade_state_desc", text);
    }

    fn order(&mut self, order: &Order) {
        self.set("out_trade_no", &order.sale.key.out_trade_no);
        if let Some(attach) = order.sale.parameters.get("attach") {
            self.set("attach", attach);
        }
    }

    fn payment(&mut self, shared: &Shared, order: &Order) {
        let total_fee = order.sale.total_fee.to_string();
        self.set("openid", &order.openid);
        self.set("is_subscribe", "N");
        if let Some(sub_openid) = order.sale.parameters.get("sub_openid") {
            self.set("sub_openid", sub_openid);
            self.set("sub_is_subscribe", "N");
        }
        self.set("trade_type", order.trade_type().name());
        self.set("bank_type", "CMB_DEBIT");
        self.set("fee_type", &order.sale.fee_type);
        self.set("total_fee", &total_fee);
        self.set("cash_fee", &total_fee);
        self.set("cash_fee_type", "CNY");
        if shared.settings().region == Region::HongKong {
            self.set("rate", "100000000");
        }
        self.set("transaction_id", &order.transaction_id);
        self.order(order);
        if let Some(paid_at) = order.paid_at {
            self.set("time_end", &beijing(shared.clock().unix(paid_at)));
        }
    }

    /// What `fault` does to the fields.
    pub(crate) fn tamper(&mut self, fault: &FaultKind) {
        let replace = |answer: &mut Self, name: &str, change: &dyn Fn(&str) -> String| {
            if let Some(value) = answer.get(name).map(change) {
                answer.set(name, &value);
            }
        };
        match fault {
            FaultKind::WrongAmount => {
                let more = |fee: &str| fee.parse::<i64>().map_or(0, |fee| fee + 1).to_string();
                for name in ["total_fee", "cash_fee", "refund_fee", "refund_fee_0"] {
                    replace(self, name, &more);
                }
            }
            FaultKind::ForeignOrder => {
                replace(self, "out_trade_no", &|_| "SOMEBODYELSESORDER".to_owned());
                for name in ["out_refund_no", "out_refund_no_0"] {
                    replace(self, name, &|_| "SOMEBODYELSESREFUND".to_owned());
                }
            }
            FaultKind::ForeignMerchant => {
                replace(self, "mch_id", &|_| "1999999999".to_owned());
            }
            FaultKind::OldTimeEnd { seconds } => {
                replace(self, "time_end", &|time| older(time, *seconds));
            }
            FaultKind::TradeState { trade_state } => {
                for name in ["trade_state", "refund_status_0"] {
                    replace(self, name, &|_| trade_state.to_string());
                }
            }
            FaultKind::Huge { bytes } => {
                let padding = usize::try_from(*bytes).unwrap_or(usize::MAX);
                self.set("padding", &"x".repeat(padding));
            }
            _ => {}
        }
    }

    /// Signs and writes the answer, with what `faults` do to signature and text.
    pub(crate) fn render(self, faults: &[FaultKind]) -> String {
        self.render_under("xml", faults)
    }

    /// The same with another root element.
    pub(crate) fn render_under(mut self, root: &str, faults: &[FaultKind]) -> String {
        if let Some((key, sign_type)) = self.signer.take() {
            let pairs = self
                .fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            let mut signature = sign(pairs, &key, sign_type);
            if faults.contains(&FaultKind::WrongSign) {
                let other = if signature.starts_with('0') { "1" } else { "0" };
                signature.replace_range(..1, other);
            }
            if !faults.contains(&FaultKind::MissingSign) {
                self.set("sign", &signature);
            }
        }
        let pairs = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = xml::write(root, pairs);
        if faults.contains(&FaultKind::DuplicateElement) {
            text = text.replacen(
                "<xml>\n",
                "<xml>\n<result_code><![CDATA[FAIL]]></result_code>\n<total_fee>1</total_fee>\n",
                1,
            );
        }
        if faults.contains(&FaultKind::Doctype) {
            text.insert_str(
                0,
                "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://xxe.invalid/inject\">]>\n",
            );
        }
        text
    }
}

/// A Beijing time moved into the past.
fn older(time: &str, seconds: i64) -> String {
    from_beijing(time).map_or_else(
        || time.to_owned(),
        |unix| beijing(unix.saturating_sub(seconds)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_moved_into_the_past() {
        assert_eq!(older("20250101000000", 1), "20241231235959");
        assert_eq!(older("20240301120000", 86_400), "20240229120000");
        assert_eq!(older("not a time", 1), "not a time");
    }

    fn signed() -> Answer {
        let mut answer = Answer {
            fields: Vec::new(),
            signer: Some(("key".to_owned(), SignType::Md5)),
        };
        answer.set("out_trade_no", "A");
        answer.set("total_fee", "888");
        answer.set("mch_id", "1");
        answer
    }

    fn verifies(text: &str) -> bool {
        let parameters = xml::read(text).expect("an answer is well-formed");
        parameters.get("sign") == Some(sign(parameters.iter(), "key", SignType::Md5).as_str())
    }

    #[test]
    fn tampering_with_fields_keeps_the_signature_right() {
        for (fault, name, value) in [
            (FaultKind::WrongAmount, "total_fee", "889"),
            (
                FaultKind::ForeignOrder,
                "out_trade_no",
                "SOMEBODYELSESORDER",
            ),
            (FaultKind::ForeignMerchant, "mch_id", "1999999999"),
        ] {
            let mut answer = signed();
            answer.tamper(&fault);
            let text = answer.render(&[fault]);
            assert!(verifies(&text));
            assert_eq!(xml::read(&text).unwrap().get(name), Some(value));
        }
        assert!(verifies(&signed().render(&[])));
    }

    #[test]
    fn tampering_with_the_signature_breaks_it() {
        let wrong = signed().render(&[FaultKind::WrongSign]);
        assert!(!verifies(&wrong));
        let length = |text: &str| xml::read(text).unwrap().get("sign").map(str::len);
        assert_eq!(length(&wrong), Some(32));
        assert_eq!(length(&signed().render(&[FaultKind::MissingSign])), None);
        assert!(xml::read(&signed().render(&[FaultKind::Doctype])).is_err());
        assert!(xml::read(&signed().render(&[FaultKind::DuplicateElement])).is_err());
    }
}
