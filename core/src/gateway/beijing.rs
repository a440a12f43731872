//! `yyyyMMddHHmmss` in Beijing time, as APIv2 and Fubei write it.

use jiff::civil::DateTime;
use jiff::tz;

/// A moment as the gateway wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beijing(DateTime);

impl Beijing {
    /// Reads exactly 14 digits that name an existing moment.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        DateTime::strptime("%Y%m%d%H%M%S", text).ok().map(Self)
    }

    /// Seconds since 1970.
    pub(crate) fn unix_seconds(self) -> Option<i64> {
        let timestamp = tz::offset(8).to_timestamp(self.0).ok()?;
        Some(timestamp.as_second())
    }

    /// `2014-10-30T13:35:25+08:00`
    pub(crate) fn rfc3339(self) -> String {
        format!("{}+08:00", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_example_is_half_past_one_in_beijing() {
        let moment = Beijing::parse("20141030133525").unwrap();

        assert_eq!(moment.rfc3339(), "2014-10-30T13:35:25+08:00");
        assert_eq!(moment.unix_seconds(), Some(1_414_647_325));
    }

    #[test]
    fn only_fourteen_digits_of_an_existing_moment_are_read() {
        for text in [
            "",
            "2014103013352",
            "201410301335250",
            "20141330133525",
            "20140230133525",
            "20141030243525",
            "20141030136025",
            "2014-10-30T13:",
            "+2014103013352",
            " 2014103013352",
            "２０１４",
        ] {
            assert_eq!(Beijing::parse(text), None, "{text}");
        }
    }
}
