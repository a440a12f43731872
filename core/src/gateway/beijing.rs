//! Moments in Beijing time: `yyyyMMddHHmmss`, as APIv2 and Fubei write them, and RFC 3339, as APIv3
//! does.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz};

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

    /// Reads RFC 3339 with any offset: `2018-06-08T10:34:56+08:00`.
    pub(crate) fn parse_rfc3339(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let timestamp: Timestamp = text.parse().ok()?;
        Some(Self(tz::offset(8).to_datetime(timestamp)))
    }

    /// The moment so many seconds after 1970.
    pub(crate) fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let timestamp = Timestamp::from_second(seconds).ok()?;
        Some(Self(tz::offset(8).to_datetime(timestamp)))
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
    fn the_same_moment_is_read_with_any_offset_and_told_in_beijing_time() {
        for text in [
            "2014-10-30T13:35:25+08:00",
            "2014-10-30T05:35:25Z",
            "2014-10-29T21:35:25-08:00",
            "2014-10-30T13:35:25.000+08:00",
        ] {
            let moment = Beijing::parse_rfc3339(text).unwrap();
            assert_eq!(moment, Beijing::parse("20141030133525").unwrap(), "{text}");
        }
        let fraction = Beijing::parse_rfc3339("2014-10-30T05:35:25.5Z").unwrap();
        assert_eq!(fraction.rfc3339(), "2014-10-30T13:35:25.5+08:00");
        assert_eq!(fraction.unix_seconds(), Some(1_414_647_325));
    }

    #[test]
    fn a_moment_without_an_offset_is_none() {
        let long = format!("2014-10-30T13:35:25.{}Z", "0".repeat(64));
        for text in [
            "",
            "2014-10-30T13:35:25",
            "2014-10-30",
            "20141030133525",
            "2014-02-30T13:35:25+08:00",
            "2014-10-30T24:35:25Z",
            "1414647325",
            "yesterday",
            &long,
        ] {
            assert_eq!(Beijing::parse_rfc3339(text), None, "{text}");
        }
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
