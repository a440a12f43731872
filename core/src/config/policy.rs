//! `[policy]`: profiles, single values, and how they must fit together.

use std::time::Duration;

use super::document::Section;
use super::{ConfigError, OnRecoveredPaid, PolicyConfig, Region, ReverseMode};

pub(super) const KEYS: [&str; 13] = [
    "profile",
    "first_query",
    "query_interval",
    "window",
    "reverse_not_before",
    "reverse_budget",
    "reverse_interval",
    "confirm_interval",
    "code_lifetime",
    "reverse",
    "confirm_declines",
    "on_recovered_paid",
    "prepay_window",
];

/// The shortest interval that any of WeChat's documents names (HK guide: poll every 3 to 5 s).
const DOCUMENTED_QUERY_INTERVAL: Duration = Duration::from_secs(3);

impl PolicyConfig {
    /// The documents' numbers for a region: the profiles `mainland` and `hk`.
    pub fn profile(region: Region) -> Self {
        let (query_interval, window) = match region {
            Region::Mainland => (3, 45),
            Region::HongKong => (10, 30),
        };
        Self {
            first_query: Duration::from_secs(5),
            query_interval: Duration::from_secs(query_interval),
            window: Duration::from_secs(window),
            reverse_not_before: Duration::from_secs(15),
            reverse_budget: Duration::from_secs(45),
            reverse_interval: Duration::from_secs(2),
            confirm_interval: Duration::from_secs(5),
            code_lifetime: Duration::from_secs(60),
            reverse: ReverseMode::Automatic,
            confirm_declines: true,
            on_recovered_paid: OnRecoveredPaid::Report,
            prepay_window: Duration::from_secs(120),
        }
    }
}

/// Reads the section; without `profile` the one of the gateway's region applies.
pub(super) fn read(
    mut section: Section<'_>,
    region: Region,
    warnings: &mut Vec<String>,
) -> Result<PolicyConfig, ConfigError> {
    let regions = [("mainland", Region::Mainland), ("hk", Region::HongKong)];
    let profile = PolicyConfig::profile(section.choice("profile", &regions, region)?);
    let mut policy = profile.clone();

    // Key, value, the documents' own number (zero if they have none), whether zero makes sense.
    let durations = [
        (
            "first_query",
            &mut policy.first_query,
            profile.first_query,
            true,
        ),
        (
            "query_interval",
            &mut policy.query_interval,
            DOCUMENTED_QUERY_INTERVAL,
            false,
        ),
        ("window", &mut policy.window, profile.window, false),
        (
            "reverse_not_before",
            &mut policy.reverse_not_before,
            profile.reverse_not_before,
            true,
        ),
        (
            "reverse_budget",
            &mut policy.reverse_budget,
            Duration::ZERO,
            false,
        ),
        (
            "reverse_interval",
            &mut policy.reverse_interval,
            Duration::ZERO,
            false,
        ),
        (
            "confirm_interval",
            &mut policy.confirm_interval,
            Duration::ZERO,
            true,
        ),
        (
            "code_lifetime",
            &mut policy.code_lifetime,
            profile.code_lifetime,
            true,
        ),
        (
            "prepay_window",
            &mut policy.prepay_window,
            Duration::ZERO,
            false,
        ),
    ];
    for (key, value, documented, zero_allowed) in durations {
        let Some(item) = section.take(key) else {
            continue;
        };
        *value = if zero_allowed {
            item.duration()?
        } else {
            item.positive_duration()?
        };
        if *value < documented {
            warnings.push(item.place.note(format_args!(
                "{value:?} is shorter than the {documented:?} of WeChat's documents"
            )));
        }
    }

    let modes = [
        ("automatic", ReverseMode::Automatic),
        ("never", ReverseMode::Never),
    ];
    policy.reverse = section.choice("reverse", &modes, policy.reverse)?;
    policy.confirm_declines = section.flag("confirm_declines", policy.confirm_declines)?;
    let recovered = [
        ("report", OnRecoveredPaid::Report),
        ("reverse", OnRecoveredPaid::Reverse),
    ];
    policy.on_recovered_paid =
        section.choice("on_recovered_paid", &recovered, policy.on_recovered_paid)?;

    fit_together(&section, &policy)?;
    Ok(policy)
}

fn fit_together(section: &Section<'_>, policy: &PolicyConfig) -> Result<(), ConfigError> {
    for (shorter, value, longer, limit) in [
        ("first_query", policy.first_query, "window", policy.window),
        (
            "reverse_not_before",
            policy.reverse_not_before,
            "window",
            policy.window,
        ),
        (
            "reverse_interval",
            policy.reverse_interval,
            "reverse_budget",
            policy.reverse_budget,
        ),
        (
            "confirm_interval",
            policy.confirm_interval,
            "reverse_budget",
            policy.reverse_budget,
        ),
    ] {
        if value > limit {
            return Err(section.place.error(format_args!(
                "{shorter} ({value:?}) must not be longer than {longer} ({limit:?})"
            )));
        }
    }
    if policy.reverse == ReverseMode::Never && policy.on_recovered_paid == OnRecoveredPaid::Reverse
    {
        return Err(section.place.error(
            r#"on_recovered_paid = "reverse" cannot be done with reverse = "never"; remove one"#,
        ));
    }
    Ok(())
}
