//! Messages of the database that do not arrive.

/// The kind of a message that tells of a notification.
const NOTIFICATION: u8 = b'A';
/// A message's kind, and the length of the rest, itself included.
const HEADER: usize = 5;

/// Takes notifications out of what a database says on one connection.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Whether anything was said yet: the answer to a request for TLS is a single letter, and comes first.
    has_begun: bool,
    /// The beginning of a message whose header is not complete.
    header: Vec<u8>,
    /// What is still to come of the present message.
    rest: usize,
    is_dropped: bool,
}

impl Filter {
    /// What arrives of this. Messages that have begun go on as they began.
    pub(crate) fn pass(&mut self, mut said: &[u8], drops_notifications: bool) -> Vec<u8> {
        let mut arrives = Vec::with_capacity(said.len());
        if !self.has_begun && matches!(said.first(), Some(b'N' | b'S')) {
            arrives.push(said[0]);
            said = &said[1..];
        }
        self.has_begun = true;
        while let Some((first, others)) = said.split_first() {
            if self.rest > 0 {
                let (now, later) = said.split_at(self.rest.min(said.len()));
                if !self.is_dropped {
                    arrives.extend_from_slice(now);
                }
                self.rest -= now.len();
                said = later;
                continue;
            }
            self.header.push(*first);
            said = others;
            if let [kind, a, b, c, d] = self.header[..] {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                self.is_dropped = drops_notifications && kind == NOTIFICATION;
                self.rest = length.saturating_sub(HEADER - 1);
                if !self.is_dropped {
                    arrives.extend_from_slice(&self.header);
                }
                self.header.clear();
            }
        }
        arrives
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    fn message(kind: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, text.as_bytes()].concat()
    }

    #[test]
    fn notifications_are_taken_out_wherever_they_are_cut() {
        let all = [
            b"N".to_vec(),
            message(b'R', "ok"),
            message(b'A', "news"),
            message(b'Z', ""),
            message(b'A', ""),
        ]
        .concat();
        let wanted = [b"N".to_vec(), message(b'R', "ok"), message(b'Z', "")].concat();
        for size in 1..=all.len() {
            let mut filter = Filter::default();
            let arrived: Vec<u8> = all
                .chunks(size)
                .flat_map(|said| filter.pass(said, true))
                .collect();
            assert_eq!(arrived, wanted, "in pieces of {size}");
        }
        let mut filter = Filter::default();
        assert_eq!(filter.pass(&all, false), all);
    }
}
