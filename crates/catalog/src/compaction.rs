//! Makes one base of a base and the delta that has grown beside it, while both go on serving.
//!
//! The result holds the same rules as the snapshot that it was made of. What was changed meanwhile is taken over when
//! it is adopted, between two refreshes; where all rules were compiled meanwhile it is thrown away. No answer changes,
//! so the cache goes on.

use crate::{Snapshot, catalog::Inner, queue, snapshot::Compiled, sync};
use rules::RuleSet;
use std::sync::Arc;

/// A set with a fresh base.
pub(crate) struct Compacted {
    /// What it was made of.
    earlier: Arc<Compiled>,
    set: RuleSet,
}

/// The right to compact, which is given back however it ends.
struct Compaction {
    inner: Arc<Inner>,
    is_over: bool,
}

impl Compaction {
    /// Ends with a result.
    fn deliver(mut self, compacted: Compacted) {
        self.is_over = true;
        if self.inner.queue.end_compaction(Some(compacted)) {
            queue::start(&self.inner);
        }
    }
}

impl Drop for Compaction {
    fn drop(&mut self) {
        if !self.is_over {
            self.inner.queue.end_compaction(None);
        }
    }
}

/// Starts a compaction where the delta has grown beyond its bound and none is under way.
pub(crate) fn start_if_due(inner: &Arc<Inner>) {
    let Some(snapshot) = inner.current.load_full() else {
        return;
    };
    if snapshot.set().delta_len() <= inner.settings.delta_max || !inner.queue.begin_compaction() {
        return;
    }
    let compaction = Compaction {
        inner: Arc::clone(inner),
        is_over: false,
    };
    sync::spawn(async move {
        let earlier = Arc::clone(&snapshot.compiled);
        let compacted = compaction.inner.settings.threads.run(move || Compacted {
            set: earlier.set.compacted(),
            earlier,
        });
        // A panic was reported where it happened; the delta goes on serving.
        if let Ok(compacted) = compacted.await {
            compaction.deliver(compacted);
        }
    });
}

/// Publishes the rules in force on the fresh base.
pub(crate) async fn adopt(inner: &Arc<Inner>, compacted: Compacted) {
    let Some(snapshot) = inner.current.load_full() else {
        return;
    };
    let Compacted { earlier, set } = compacted;
    let (threads, before) = (inner.settings.threads, Arc::clone(&snapshot));
    let rebased = threads.run(move || before.set().rebased(&earlier.set, &set));
    // A panic was reported where it happened; the delta goes on serving.
    if let Ok(Some(set)) = rebased.await {
        let compiled = Arc::new(snapshot.compiled.with_set(set));
        inner.current.store(Some(Arc::new(Snapshot {
            compiled,
            ..(*snapshot).clone()
        })));
    }
}
