//! WeChat Pay APIv2.
