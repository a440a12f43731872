//! The documents say what the table says.

use crate::gateway::wechat_v3::fields::{CODE_PAYMENT, Field, OWN, PREPAY, REFUND, Rule, Where};

const PAGE: &str = include_str!("../../../../../docs/fields.md");
const REFUNDS_PAGE: &str = include_str!("../../../../../docs/refunds.md");

/// The parts of the page that are about this gateway, with their tables.
const SECTIONS: [(&str, &[Field]); 2] = [
    ("wechat-v3", CODE_PAYMENT),
    ("Orders that the payer scans or opens (wechat-v3)", PREPAY),
];

fn section(title: &str) -> &'static str {
    let title = format!("\n## {title}\n");
    let (_, rest) = PAGE.split_once(&title).expect("a section");
    rest.split("\n## ").next().expect("its text")
}

fn row(section: &'static str, name: &str) -> &'static str {
    let start = format!("| `{name}` |");
    section
        .lines()
        .find(|line| line.starts_with(&start))
        .unwrap_or_else(|| panic!("docs/fields.md has no row for {name}"))
}

/// What stands between the bars of a row; a bar of a rule's own is escaped.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim_matches('|').replace("\\|", "/");
    row.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The length that a rule allows, if it is about that.
fn length(rule: Rule) -> Option<usize> {
    match rule {
        Rule::Text(max) | Rule::Identifier(max) | Rule::Digits(max) | Rule::Alphanumeric(max) => {
            Some(max)
        }
        Rule::Number | Rule::KnownNumber => Some(32),
        Rule::RefundNumber => Some(64),
        Rule::NotifyUrl => Some(256),
        Rule::AuthCode => Some(18),
        Rule::Currency => Some(3),
        Rule::Detail(_) => Some(6000),
        Rule::Parts => Some(2048),
        Rule::Time => Some(14),
        Rule::Amount
        | Rule::IpAddress
        | Rule::Flag
        | Rule::RefundAccount
        | Rule::TradeType
        | Rule::H5Type => None,
    }
}

#[test]
fn every_field_has_its_row_with_length_place_region_and_whether_it_is_required() {
    let fields = SECTIONS
        .into_iter()
        .flat_map(|(title, table)| table.iter().map(move |field| (section(title), field)));
    for (section, field) in fields {
        let row = row(section, field.name);
        let cells = cells(row);
        let required = match (field.required, field.region) {
            (false, _) => "",
            (true, Where::HongKong) => "Hong Kong",
            (true, _) => "yes",
        };
        assert_eq!(cells[2], required, "{row}");
        let place = field.at.trim_start_matches('/').replace('/', ".");
        if !place.is_empty() {
            let same = place == field.name && cells[1] == "the same";
            assert!(same || cells[1] == format!("`{place}`"), "{row}: {place}");
        }
        match field.region {
            Where::Everywhere => {}
            Where::Mainland => assert!(row.contains("ainland: "), "{row}"),
            Where::HongKong => assert!(row.contains("Hong Kong"), "{row}"),
        }
        let length = length(field.rule).map_or_else(String::new, |max| max.to_string());
        assert_eq!(cells[3], length, "{row}");
    }
}

#[test]
fn every_row_is_a_field_and_what_the_library_sets_itself_is_named() {
    for (title, table) in SECTIONS {
        let rows = section(title)
            .lines()
            .filter(|line| line.starts_with("| `"));
        for row in rows {
            let name = row.split('`').nth(1).expect("a name");
            assert!(table.iter().any(|field| field.name == name), "{row}");
        }
    }
    for name in OWN {
        assert!(
            PAGE.contains(&format!("`{name}`")) || *name == "key",
            "{name}"
        );
    }
}

#[test]
fn every_field_of_a_refund_has_its_row_with_length_and_whether_it_is_required() {
    for field in REFUND {
        let start = format!("| `{}` |", field.name);
        let row = REFUNDS_PAGE
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("docs/refunds.md has no row for {}", field.name));
        let cells = cells(row);
        assert_eq!(cells[1], if field.required { "yes" } else { "" }, "{row}");
        let length = length(field.rule).map_or_else(String::new, |max| max.to_string());
        assert_eq!(cells[2], length, "{row}");
    }
}
