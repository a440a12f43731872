//! The documents say what the tables say.

use crate::gateway::codes::CODES;
use crate::gateway::refund_codes;
use crate::gateway::vocabulary;
use crate::gateway::wechat_v2::fields::{FIELDS, Field, OWN, PREPAY_FIELDS, REFUND_FIELDS, Rule};
use crate::status::Status;

const FIELDS_PAGE: &str = include_str!("../../../../../docs/fields.md");
const REFUNDS_PAGE: &str = include_str!("../../../../../docs/refunds.md");
const RESULTS_PAGE: &str = include_str!("../../../../../docs/results.md");

/// The page about charges, and its last part, about orders that the payer scans or opens.
fn pages() -> (&'static str, &'static str) {
    let (charges, rest) = FIELDS_PAGE
        .split_once("\n## Orders that the payer scans or opens (wechat-v2)\n")
        .expect("docs/fields.md has both parts");
    (charges, rest.split("\n## ").next().unwrap_or(rest))
}

/// The row of a page's table that begins with this name.
fn row(page: &'static str, name: &str) -> &'static str {
    let quoted = format!("`{name}`");
    page.lines()
        .find(|line| {
            let first_cell = line.split(" | ").next().unwrap_or_default();
            line.starts_with('|') && first_cell.contains(&quoted)
        })
        .unwrap_or_else(|| panic!("the page has no row for {name}"))
}

fn check_rows(page: &'static str, fields: &[Field]) {
    for field in fields {
        let row = row(page, field.name);
        assert_eq!(row.contains(" | yes | "), field.required, "{row}");
        assert_eq!(row.contains("| mainland:"), field.mainland_only, "{row}");
        let length = match field.rule {
            Rule::Text(max) | Rule::Json(max) | Rule::Identifier(max) => max,
            Rule::OrderNumber => 32,
            Rule::NotifyUrl => 256,
            Rule::RefundNumber => 64,
            Rule::Body => 127,
            Rule::AuthCode => 18,
            Rule::Currency => 3,
            Rule::Time => 14,
            Rule::Amount
            | Rule::IpAddress
            | Rule::RefundAccount
            | Rule::YesOrNo
            | Rule::Version
            | Rule::TradeType
            | Rule::H5Type => continue,
        };
        assert!(row.contains(&format!("| {length} |")), "{row}");
    }
}

#[test]
fn every_field_has_its_row_with_its_length_and_whether_it_is_required() {
    let (charges, prepaid) = pages();
    check_rows(charges, FIELDS);
    check_rows(prepaid, PREPAY_FIELDS);
    check_rows(REFUNDS_PAGE, REFUND_FIELDS);
}

#[test]
fn every_name_of_the_vocabulary_and_of_the_library_is_on_the_page() {
    for name in vocabulary::NAMES.iter().chain(OWN) {
        let name = match *name {
            "settle_info.profit_sharing" => "settle_info.*",
            "key" => continue,
            name => name,
        };
        assert!(FIELDS_PAGE.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_status_is_on_the_page_with_its_number() {
    for status in Status::ALL {
        let number = status.code().to_string().replace('-', "−");
        let row = format!("| {number} | `{}` |", status.name());
        assert!(RESULTS_PAGE.contains(&row), "{row}");
    }
}

#[test]
fn every_code_that_can_answer_a_charge_is_on_the_page() {
    for code in CODES {
        let only_later = matches!(
            code.name,
            "ORDERNOTEXIST" | "REVERSE_EXPIRE" | "INVALID_TRANSACTIONID"
        );
        let listed = RESULTS_PAGE.contains(&format!("`{}`", code.name));
        assert_eq!(listed, !only_later, "{}", code.name);
    }
}

#[test]
fn every_code_of_a_refund_is_on_its_page() {
    for code in refund_codes::CODES {
        let listed = REFUNDS_PAGE.contains(&format!("`{}`", code.name));
        assert!(listed, "{}", code.name);
    }
}
