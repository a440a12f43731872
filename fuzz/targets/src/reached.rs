//! What runs have come to, so that a test can tell that its seeds reach what they are made for.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static REACHED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes that this thread has come here.
pub(crate) fn reached(what: &'static str) {
    REACHED.with_borrow_mut(|reached| reached.insert(what));
}

/// Where this thread has come since it was last asked.
pub fn take() -> BTreeSet<&'static str> {
    REACHED.take()
}
