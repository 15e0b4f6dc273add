//! How far the downloads of an operation are, for whoever asked for it.

use std::sync::Arc;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Download<'a> {
    /// The pack, or the name of the file where the pack is not known before.
    pub name: &'a str,
    /// Which of the operation's downloads it is, from 1 on.
    pub number: usize,
    /// How many the operation has, as far as nothing fails.
    pub of: usize,
    /// Bytes that have come; they begin at 0 again when an attempt is repeated.
    pub bytes: u64,
    /// Bytes of the whole; `None` where that is not known.
    pub bytes_total: Option<u64>,
}

/// Hears how far downloads are, on the thread that downloads, which waits for it meanwhile.
pub type Listener = Arc<dyn Fn(Download<'_>) + Send + Sync>;

/// Who hears of downloads, and which one is next.
pub(super) struct Downloads {
    listener: Listener,
    begun: usize,
    of: usize,
}

impl Downloads {
    /// So many downloads, none of which has begun.
    pub(super) fn new(listener: &Listener, of: usize) -> Self {
        Self {
            listener: Arc::clone(listener),
            begun: 0,
            of,
        }
    }

    /// The next one, told of as it goes on.
    pub(super) fn next<'a>(&'a mut self, name: &'a str) -> impl FnMut(u64, Option<u64>) + 'a {
        self.begun += 1;
        let (number, of) = (self.begun, self.of.max(self.begun));
        move |bytes, bytes_total| {
            (self.listener)(Download {
                name,
                number,
                of,
                bytes,
                bytes_total,
            });
        }
    }
}
