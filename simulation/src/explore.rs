//! The pure policies, explored exhaustively: every event in every state that can be reached, with time
//! in steps. A state that was seen is not gone into again, so the whole of it can be walked.
//!
//! What an order of events must not lead to is checked on every path. The checks know the rules of
//! `docs/policy.md` and the machine's events and actions, and nothing of its insides.

pub mod payment;
pub mod refund;

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;
use std::time::Duration;

use wxpay_core::clock::Moment;
use wxpay_core::config::{OnRecoveredPaid, PolicyConfig, ReverseMode};

/// When every exploration begins.
pub(crate) const BEGIN: Moment = Moment(Duration::from_secs(1000));

/// What an exploration went through.
#[derive(Debug, Default)]
pub struct Explored {
    /// Different states, the ends included.
    pub states: usize,
    /// Events that were fed to one of them.
    pub transitions: usize,
    /// How many events the farthest state is away from the start; nothing was cut off.
    pub depth: usize,
    /// Each stage with each event that it can meet, as the client's log names them.
    pub edges: BTreeSet<String>,
    /// Each way to end.
    pub endings: BTreeSet<String>,
}

/// A machine with the time and what the checks remember of its past.
pub(crate) trait Node: Clone + Eq + Hash {
    /// Every event that can come now, and what becomes of it. `Err` is a rule that was broken.
    fn successors(&self, explored: &mut Explored) -> Result<Vec<Self>, String>;
}

/// Walks everything that can be reached from `starts`. `Err`: which rule is broken where.
pub(crate) fn walk<N: Node>(
    starts: impl IntoIterator<Item = N>,
    explored: &mut Explored,
) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut layer: Vec<N> = starts.into_iter().collect();
    let mut depth = 0;
    while !layer.is_empty() {
        let mut next = Vec::new();
        for node in layer {
            if seen.contains(&node) {
                continue;
            }
            let successors = node.successors(explored)?;
            explored.transitions += successors.len();
            next.extend(successors);
            seen.insert(node);
        }
        // Time goes on in every loop of the machine, so there is no endless path.
        explored.depth = explored.depth.max(depth);
        depth += 1;
        layer = next;
    }
    explored.states += seen.len();
    Ok(())
}

/// A policy of small numbers, in whole steps of time: each deadline can be met early, exactly and
/// late, and comes before and after each other one in one variety or another.
#[derive(Clone, Debug)]
pub struct Variety {
    /// What it shows.
    pub name: &'static str,
    /// The numbers.
    pub settings: PolicyConfig,
    /// How long an answer takes: none of the steps, some, many.
    pub answers: Vec<Duration>,
}

fn steps(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The policies that are explored.
pub fn varieties() -> Vec<Variety> {
    let small = PolicyConfig {
        first_query: steps(1),
        query_interval: steps(1),
        window: steps(4),
        reverse_not_before: steps(2),
        reverse_budget: steps(4),
        reverse_interval: steps(1),
        confirm_interval: steps(1),
        code_lifetime: steps(5),
        reverse: ReverseMode::Automatic,
        confirm_declines: true,
        on_recovered_paid: OnRecoveredPaid::Report,
        prepay_window: steps(4),
    };
    let answers = vec![steps(0), steps(1), steps(4)];
    let variety = |name, settings: PolicyConfig| Variety {
        name,
        settings,
        answers: answers.clone(),
    };
    vec![
        variety("as usual", small.clone()),
        variety(
            "a code that outlives the budget",
            PolicyConfig {
                code_lifetime: steps(10),
                ..small.clone()
            },
        ),
        variety(
            "never reverses, believes listed refusals",
            PolicyConfig {
                reverse: ReverseMode::Never,
                confirm_declines: false,
                ..small.clone()
            },
        ),
        variety(
            "no pauses at all",
            PolicyConfig {
                first_query: steps(0),
                reverse_not_before: steps(0),
                confirm_interval: steps(0),
                code_lifetime: steps(0),
                ..small.clone()
            },
        ),
        variety(
            "long pauses, short window",
            PolicyConfig {
                query_interval: steps(3),
                window: steps(3),
                reverse_interval: steps(2),
                confirm_interval: steps(3),
                ..small
            },
        ),
    ]
}
