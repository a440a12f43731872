//! Which host comes first. Pure: time is passed in.

use std::time::Duration;

use crate::clock::Moment;

/// How long a host that could not be connected to goes last.
pub(super) const DEMOTION: Duration = Duration::from_secs(180);

/// The hosts of a configuration, by their index in it.
#[derive(Debug)]
pub(super) struct Hosts {
    demoted_until: Vec<Option<Moment>>,
}

impl Hosts {
    pub(super) fn new(count: usize) -> Self {
        Self {
            demoted_until: vec![None; count],
        }
    }

    /// Every host once: in the order of the configuration, the demoted ones at the end.
    pub(super) fn order(&self, now: Moment) -> Vec<usize> {
        let demoted = |index: &usize| self.demoted_until[*index].is_some_and(|until| now < until);
        let (last, mut order): (Vec<_>, Vec<_>) = (0..self.demoted_until.len()).partition(demoted);
        order.extend(last);
        order
    }

    /// `index` could not be connected to.
    pub(super) fn demote(&mut self, index: usize, now: Moment) {
        self.demoted_until[index] = Some(now + DEMOTION);
    }

    /// `index` has answered.
    pub(super) fn restore(&mut self, index: usize) {
        self.demoted_until[index] = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(Duration::from_secs(1000));

    #[test]
    fn hosts_come_in_the_order_of_the_configuration() {
        assert_eq!(Hosts::new(3).order(NOW), [0, 1, 2]);
    }

    #[test]
    fn a_demoted_host_goes_last_until_its_time_is_over() {
        let mut hosts = Hosts::new(3);
        hosts.demote(0, NOW);
        assert_eq!(hosts.order(NOW), [1, 2, 0]);
        let just_before = Moment(NOW.0 + DEMOTION - Duration::from_nanos(1));
        assert_eq!(hosts.order(just_before), [1, 2, 0]);
        assert_eq!(hosts.order(NOW + DEMOTION), [0, 1, 2]);
    }

    #[test]
    fn when_all_are_demoted_all_are_still_tried_in_order() {
        let mut hosts = Hosts::new(2);
        hosts.demote(1, NOW);
        hosts.demote(0, NOW);
        assert_eq!(hosts.order(NOW), [0, 1]);
    }

    #[test]
    fn a_host_that_answers_is_restored() {
        let mut hosts = Hosts::new(2);
        hosts.demote(0, NOW);
        hosts.restore(0);
        assert_eq!(hosts.order(NOW), [0, 1]);
    }
}
