//! The table itself: how long it is, and that the manual has it.

use std::collections::BTreeMap;

use wxpay_simulator::hostile::{Gateway, Hostile, Subject, Told};

#[test]
fn the_table_is_as_long_as_was_promised() {
    let mut counts = BTreeMap::new();
    for case in Hostile::all().map(Hostile::case) {
        let notice = matches!(
            case.subject,
            Subject::Payment | Subject::Refund | Subject::Ride
        );
        for gateway in case.on {
            let name = match (gateway, notice) {
                (_, true) => "notifications",
                (Gateway::V2, false) => "v2",
                (Gateway::V3, false) => "v3",
                (Gateway::Fubei, false) => "fubei",
                (Gateway::Ride, false) => "ride",
            };
            *counts.entry(name).or_insert(0) += 1;
        }
    }
    println!("{} cases: {counts:?}", Hostile::all().count());
    for (name, least) in [
        ("v2", 150),
        ("v3", 150),
        ("fubei", 60),
        ("ride", 40),
        ("notifications", 40),
    ] {
        assert!(counts[name] >= least, "{name}: {counts:?}");
    }
}

/// The manual's words for what a till is told.
fn in_words(told: Told) -> &'static str {
    match told {
        Told::Read => "as if it were honest",
        Told::Nothing => "nothing",
        Told::Forged => "forged",
        Told::Broken => "nothing; APIv3: forged",
        Told::Conflict => "another payment",
        Told::Foreign => "an earlier sale",
        Told::NotPaid => "not paid",
        Told::Paying => "paying",
        Told::Closed => "closed",
        Told::Reversed => "reversed",
        Told::Refunded => "refunded",
        Told::NotFound => "not found",
        Told::Rejected => "rejected",
        Told::Skipped => "-",
    }
}

/// What is said of the other operations where it differs from what a query is told.
fn otherwise(case: &wxpay_simulator::hostile::Case) -> String {
    let answers = case.subject == Subject::Answer;
    let keys = answers && case.concerns(Gateway::V3);
    let others = [
        ("reverse", case.reverse, answers),
        ("refund", case.refund_query, answers),
        ("prepay", case.prepay, answers),
        ("close", case.close, answers),
        ("certificates", case.certificates, keys),
    ];
    let words: Vec<_> = others
        .into_iter()
        .filter(|(_, told, asked)| *asked && *told != case.told)
        .map(|(name, told, _)| format!("{name}: {}", in_words(told)))
        .collect();
    words.join("; ")
}

/// The table of the manual.
fn manual() -> String {
    let mut rows = String::new();
    for case in Hostile::all().map(Hostile::case) {
        let on: Vec<_> = case
            .on
            .iter()
            .map(|gateway| match gateway {
                Gateway::V2 => "v2",
                Gateway::V3 => "v3",
                Gateway::Fubei => "fubei",
                Gateway::Ride => "ride",
            })
            .collect();
        rows.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            case.id,
            on.join(" "),
            in_words(case.told),
            otherwise(case),
            case.why
        ));
    }
    rows
}

#[test]
fn the_manual_has_the_table() {
    const MARK: &str = "| id | of | told | elsewhere | why |\n|---|---|---|---|---|\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hostile.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, after) = text.split_once(MARK).expect("the head of the table");
    let (_, after) = after.split_once("\n\n").unwrap_or_default();
    let rows = manual();
    let wanted = match after {
        "" => format!("{before}{MARK}{rows}"),
        after => format!("{before}{MARK}{rows}\n{after}"),
    };
    if std::env::var_os("WXPAY_WRITE_DOCS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        assert!(text == wanted, "write it with WXPAY_WRITE_DOCS=1");
    }
}
