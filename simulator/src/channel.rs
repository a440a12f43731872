//! Whose payment code it is.

use crate::scenario::Scenario;

/// Whose money an aggregator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// WeChat Pay: 18 digits that begin with 10 to 15.
    Wechat,
    /// Alipay: 16 to 24 digits that begin with 25 to 30.
    Alipay,
    /// UnionPay: 19 digits that begin with 621 to 628.
    UnionPay,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Wechat, Self::Alipay, Self::UnionPay];

    /// By the patterns of Fubei's own detector.
    pub fn of_auth_code(auth_code: &str) -> Option<Self> {
        if !auth_code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match (auth_code.as_bytes(), auth_code.len()) {
            ([b'1', b'0'..=b'5', ..], 18) => Some(Self::Wechat),
            ([b'2', b'5'..=b'9', ..] | [b'3', b'0', ..], 16..=24) => Some(Self::Alipay),
            ([b'6', b'2', b'1'..=b'8', ..], 19) => Some(Self::UnionPay),
            _ => None,
        }
    }

    /// What an example code begins with.
    fn example(self) -> &'static str {
        match self {
            Self::Wechat => "13",
            Self::Alipay => "28",
            Self::UnionPay => "622",
        }
    }
}

/// A code of `channel` that plays `scenario`; another `n` (below 10^12) gives another code.
pub fn auth_code_of(channel: Channel, scenario: Scenario, n: u64) -> String {
    let digits = n % 1_000_000_000_000;
    format!("{}{digits:012}{}", channel.example(), scenario.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_code_is_of_its_channel_and_plays_its_scenario() {
        for channel in Channel::ALL {
            for scenario in Scenario::ALL.iter().copied() {
                let code = auth_code_of(channel, scenario, 7);
                assert_eq!(Channel::of_auth_code(&code), Some(channel), "{code}");
                assert_eq!(Scenario::of_auth_code(&code), scenario);
            }
        }
        let code = auth_code_of(Channel::Wechat, Scenario::Recall, 7);
        assert_eq!(code, crate::auth_code(Scenario::Recall, 7));
    }

    #[test]
    fn codes_are_told_apart_by_the_vendors_patterns() {
        for (code, channel) in [
            ("101234567890123456", Some(Channel::Wechat)),
            ("151234567890123456", Some(Channel::Wechat)),
            ("161234567890123456", None),
            ("1012345678901234567", None),
            ("2512345678901234", Some(Channel::Alipay)),
            ("301234567890123456789012", Some(Channel::Alipay)),
            ("2412345678901234", None),
            ("3112345678901234", None),
            ("251234567890123", None),
            ("2512345678901234567890123", None),
            ("6211234567890123456", Some(Channel::UnionPay)),
            ("6281234567890123456", Some(Channel::UnionPay)),
            ("6291234567890123456", None),
            ("621123456789012345", None),
            ("10123456789012345x", None),
            ("", None),
        ] {
            assert_eq!(Channel::of_auth_code(code), channel, "{code}");
        }
    }
}
