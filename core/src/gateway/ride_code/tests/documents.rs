//! The page says what the tables say.

use crate::gateway::ride_code::answer::TOKEN_CODES;
use crate::gateway::ride_code::fields::FIELDS;

const PAGE: &str = include_str!("../../../../../docs/ride-code.md");

/// The rows of the first table of a section after `heading`: name or names, and the cell beside.
fn rows(heading: &str) -> Vec<(Vec<&'static str>, &'static str)> {
    let from = PAGE.find(heading).expect("the table is there") + heading.len();
    PAGE[from..]
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.split('|').map(str::trim);
            let names = cells.nth(1).unwrap().split(", ");
            let names = names.map(|name| name.trim_matches('`')).collect();
            (names, cells.next().unwrap())
        })
        .collect()
}

#[test]
fn the_page_lists_every_field_and_which_are_required() {
    let mut listed = Vec::new();
    for (names, cell) in rows("| field | | what |") {
        for name in names {
            let (_, _, required) = FIELDS
                .iter()
                .find(|(known, ..)| *known == name)
                .unwrap_or_else(|| panic!("{name} is no field"));
            assert_eq!(*required, cell == "required", "{name}");
            listed.push(name);
        }
    }
    listed.sort_unstable();
    let known: Vec<_> = FIELDS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_page_lists_the_codes_that_prove_that_nothing_was_executed() {
    let row = PAGE
        .lines()
        .find(|line| line.starts_with("| `WXPAY_E_REJECTED`"))
        .unwrap();
    let listed: Vec<_> = row
        .split(|character: char| !character.is_ascii_digit())
        .filter(|digits| digits.len() == 5)
        .map(|digits| digits.parse::<i64>().unwrap())
        .collect();
    assert_eq!(listed, TOKEN_CODES);
}
