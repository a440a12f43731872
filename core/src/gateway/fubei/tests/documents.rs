//! The documents say what the tables say.

use crate::gateway::fubei::fields::{Field, NOWHERE, PAY, PREPAY, REFUND, Rule};

const PAGE: &str = include_str!("../../../../../docs/fields.md");

/// The rows of a section of the page, cell by cell.
fn rows(title: &str) -> Vec<Vec<&'static str>> {
    let section = PAGE
        .split("\n## ")
        .find(|section| section.starts_with(title))
        .unwrap_or_else(|| panic!("docs/fields.md has no section {title}"));
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

fn length(rule: Rule) -> Option<String> {
    let length = match rule {
        Rule::Text(max) | Rule::Identifier(max) | Rule::Digits(max) | Rule::Json(max) => max,
        Rule::Number => 32,
        Rule::AuthCode => 1024,
        Rule::Detail => 6000,
        Rule::Time => 14,
        Rule::Url => 255,
        _ => return None,
    };
    Some(length.to_string())
}

fn documented(title: &str, table: &[Field]) {
    let rows = rows(title);
    for field in table {
        let row = rows
            .iter()
            .find(|row| row[0] == format!("`{}`", field.name))
            .unwrap_or_else(|| panic!("{title}: no row for {}", field.name));
        for (cell, name) in [(row[1], field.v1), (row[2], field.v2)] {
            match name {
                NOWHERE => assert!(
                    !cell.contains('`')
                        || field.name.ends_with("type")
                        || field.name == "sub_mch_id",
                    "{row:?}"
                ),
                name => assert_eq!(cell, format!("`{name}`"), "{row:?}"),
            }
        }
        assert_eq!(row[3] == "yes", field.required, "{row:?}");
        if let Some(length) = length(field.rule) {
            assert_eq!(row[4], length, "{row:?}");
        }
    }
    assert_eq!(rows.len(), table.len(), "{title}: a row too many");
}

#[test]
fn every_field_of_a_code_payment_has_its_row() {
    documented("fubei\n", PAY);
}

#[test]
fn every_field_of_an_order_to_scan_has_its_row() {
    documented("fubei: an order to scan", PREPAY);
}

#[test]
fn every_field_of_a_refund_has_its_row() {
    documented("fubei: a refund", REFUND);
}

#[test]
fn the_manuals_configuration_is_one_that_opens() {
    let page = include_str!("../../../../../docs/fubei.md");
    for example in page.split("```toml\n").skip(1) {
        let example = example.split("```").next().unwrap();
        crate::config::Config::from_toml(example)
            .unwrap_or_else(|error| panic!("{error}:\n{example}"));
    }
}
