//! Answers: members, what faults do to them, and how they are written. Nobody signs them.

use super::codes::{self, Refusal};
use super::money::written;
use super::settings::{FubeiApi, FubeiData, FubeiForms};
use crate::clock::{beijing, from_beijing};
use crate::fault::FaultKind;

/// A member's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Null,
    Text(String),
    Whole(i64),
    /// Fen; yuan on the wire.
    Money(i64),
    /// Unix seconds.
    Moment(i64),
    /// An empty list.
    NoItems,
}

/// What an answer or a callback is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Data(Vec<(&'static str, Member)>);

/// Under which names the state of an order or a refund stands.
const STATES: [&str; 3] = ["trade_state", "order_status", "refund_status"];
const AMOUNTS: [&str; 9] = [
    "total_fee",
    "order_price",
    "total_amount",
    "net_money",
    "net_amount",
    "buyer_pay_amount",
    "refund_money",
    "refund_amount",
    "buyer_refund_amount",
];

impl Data {
    pub(super) fn set(&mut self, name: &'static str, value: Member) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    pub(super) fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.set(name, Member::Text(text.into()));
    }

    fn get(&self, name: &str) -> Option<&Member> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    fn replace(&mut self, names: &[&str], change: impl Fn(&Member) -> Member) {
        for (name, value) in &mut self.0 {
            if names.contains(name) {
                *value = change(value);
            }
        }
    }

    pub(super) fn state(&self) -> Option<&str> {
        STATES.iter().find_map(|name| match self.get(name) {
            Some(Member::Text(state)) => Some(state.as_str()),
            _ => None,
        })
    }

    /// Whether there is a merchant to be mistaken for another.
    pub(super) fn names_merchant(&self) -> bool {
        self.get("merchant_id")
            .or_else(|| self.get("uid"))
            .is_some()
    }

    /// What `fault` does to the members.
    pub(super) fn tamper(&mut self, fault: &FaultKind) {
        let text = |text: &str| Member::Text(text.to_owned());
        match fault {
            FaultKind::WrongAmount => self.replace(&AMOUNTS, |value| match value {
                Member::Money(fen) => Member::Money(fen + 1),
                other => other.clone(),
            }),
            FaultKind::ForeignOrder => {
                self.replace(&["merchant_order_sn"], |_| text("SOMEBODYELSESORDER"));
                self.replace(&["merchant_refund_sn"], |_| text("SOMEBODYELSESREFUND"));
            }
            FaultKind::ForeignMerchant => {
                self.replace(&["merchant_id", "uid"], |_| Member::Whole(1_999_999));
            }
            FaultKind::OldTimeEnd { seconds } => {
                self.replace(&["pay_time", "finish_time"], |value| older(value, *seconds));
            }
            FaultKind::TradeState { trade_state } => {
                self.replace(&STATES, |_| text(trade_state));
            }
            _ => {}
        }
    }

    /// As JSON. `doubled`: amount and state also stand before themselves, with other values.
    /// `no_comma`: the one after the state is lacking; says whether there was one.
    pub(super) fn json(&self, forms: FubeiForms, doubled: bool, no_comma: bool) -> (String, bool) {
        let mut members = Vec::new();
        let twice = [
            ("merchant_order_sn", "\"SOMEBODYELSESORDER\""),
            ("order_status", "\"CLOSED\""),
            ("refund_status", "\"REFUND_FAIL\""),
            ("total_amount", "0.01"),
            ("total_fee", "0.01"),
            ("trade_state", "\"CLOSED\""),
        ];
        for (name, value) in twice {
            if doubled && self.get(name).is_some() {
                members.push((name, value.to_owned()));
            }
        }
        for (name, value) in &self.0 {
            members.push((*name, value.json(forms)));
        }
        let mut text = String::from("{");
        let mut lacking = false;
        for (index, (name, value)) in members.iter().enumerate() {
            text.push_str(&format!("\"{name}\":{value}"));
            let last = index + 1 == members.len();
            if no_comma && STATES.contains(name) && !last && !lacking {
                lacking = true;
                text.push('\n');
            } else if !last {
                text.push(',');
            }
        }
        text.push('}');
        (text, lacking)
    }
}

impl Member {
    fn json(&self, forms: FubeiForms) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => quoted(text),
            Self::Whole(number) | Self::Moment(number) => number.to_string(),
            Self::Money(fen) if forms.amounts_as_text => quoted(&written(*fen, forms.amounts)),
            Self::Money(fen) => written(*fen, forms.amounts),
            Self::NoItems => "[]".to_owned(),
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A time moved into the past.
fn older(value: &Member, seconds: i64) -> Member {
    match value {
        Member::Moment(unix) => Member::Moment(unix.saturating_sub(seconds)),
        Member::Text(text) => match from_beijing(text) {
            Some(unix) => Member::Text(beijing(unix.saturating_sub(seconds))),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// An answer before it is written.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    api: FubeiApi,
    result: Result<Data, Refusal>,
    /// What a refusal is about.
    number: Option<String>,
}

impl Answer {
    /// `number`: the order's, which a refusal repeats.
    pub(super) fn new(api: FubeiApi, result: Result<Data, Refusal>, number: Option<&str>) -> Self {
        let result = result.map(|mut data| {
            // Clients must bear with what they do not know.
            data.text("later_extension", "接口可能增加字段 <&>");
            data
        });
        Self {
            api,
            result,
            number: number.map(str::to_owned),
        }
    }

    /// What the simulator found, for the record.
    pub(super) fn verdict(&self) -> String {
        match &self.result {
            Ok(data) => data.state().unwrap_or("SUCCESS").to_owned(),
            Err(refusal) => refusal.verdict(),
        }
    }

    /// The body, with what `faults` do to it.
    pub(super) fn body(mut self, forms: FubeiForms, faults: &[FaultKind]) -> Vec<u8> {
        if faults.contains(&FaultKind::Garbage) {
            return b"\xff\xfe\x00garbage {\"trade_state\": &&& \x00".to_vec();
        }
        if faults.contains(&FaultKind::Empty) {
            return Vec::new();
        }
        if faults.contains(&FaultKind::Doctype) {
            return b"<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://xxe.invalid/inject\">]>\n\
                <xml><trade_state>&xxe;</trade_state></xml>"
                .to_vec();
        }
        if let Ok(data) = &mut self.result {
            for fault in faults {
                data.tamper(fault);
            }
        }
        self.json(forms, faults).into_bytes()
    }

    fn json(&self, forms: FubeiForms, faults: &[FaultKind]) -> String {
        let doubled = faults.contains(&FaultKind::DuplicateElement);
        let no_comma = faults.contains(&FaultKind::MissingComma);
        let (code, message, sub_code) = match &self.result {
            Ok(_) => (codes::SUCCESS, "成功", None),
            Err(refusal) => (
                refusal.result_code,
                refusal.message.as_str(),
                refusal.sub_code.as_deref(),
            ),
        };
        let mut data = match &self.result {
            Ok(data) => Some(data.clone()),
            // What the channel refused was about an order.
            Err(refusal) => refusal.sub_code.as_ref().map(|_| Data::default()),
        };
        if let (Some(data), Err(_), Some(number)) = (&mut data, &self.result, &self.number) {
            data.text("merchant_order_sn", number.as_str());
        }
        if let Some(data) = data.as_mut().filter(|_| forms.sub_code_in_data) {
            data.set(
                "sub_code",
                sub_code.map_or(Member::Null, |code| Member::Text(code.into())),
            );
        }
        let (data, lacking) = match data {
            None => ("null".to_owned(), false),
            Some(data) => data.json(forms, doubled, no_comma),
        };
        let result_code = match forms.result_code_as_text {
            true => quoted(&code.to_string()),
            false => code.to_string(),
        };
        let mut text = String::from("{");
        if doubled {
            text.push_str("\"result_code\":500,");
        }
        text.push_str(&format!("\"result_code\":{result_code}"));
        text.push_str(if no_comma && !lacking { "\n" } else { "," });
        if self.api == FubeiApi::V2 {
            text.push_str(&format!("\"success\":{},", self.result.is_ok()));
        }
        let data = match forms.data {
            FubeiData::Text if data != "null" => quoted(&data),
            _ => data,
        };
        text.push_str(&format!("\"data\":{data},"));
        for fault in faults {
            if let FaultKind::Huge { bytes } = fault {
                let padding = "x".repeat(usize::try_from(*bytes).unwrap_or(usize::MAX));
                text.push_str(&format!("\"padding\":\"{padding}\","));
            }
        }
        text.push_str(&format!("\"result_message\":{}", quoted(message)));
        if let Some(sub_code) = sub_code.filter(|_| !forms.sub_code_in_data) {
            text.push_str(&format!(",\"sub_code\":{}", quoted(sub_code)));
        }
        text.push('}');
        text
    }
}
