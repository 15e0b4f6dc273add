//! Server-sent events, as they come in pieces.

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its kind; `message` where it does not say.
    pub(crate) kind: String,
    /// What it holds.
    pub(crate) data: String,
}

/// Puts pieces together to events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// What came after the last line end.
    rest: Vec<u8>,
    kind: String,
    data: Vec<String>,
}

impl Events {
    /// The events that end in this piece.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Vec<Event> {
        self.rest.extend_from_slice(piece);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let after = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, after);
        let text = String::from_utf8_lossy(&whole);
        text.lines().filter_map(|line| self.line(line)).collect()
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| Event {
                kind: if kind.is_empty() {
                    "message".to_owned()
                } else {
                    kind
                },
                data: data.join("\n"),
            });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => self.data.push(value.to_owned()),
            // A comment keeps the connection open.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events};

    #[test]
    fn events_come_in_any_pieces() {
        let text = ": hello\n\nevent: progress\ndata: {\"done\":1}\n\ndata: a\r\ndata: b\r\n\r\nevent: lost";
        let event = |kind: &str, data: &str| Event {
            kind: kind.to_owned(),
            data: data.to_owned(),
        };
        let expected = [event("progress", "{\"done\":1}"), event("message", "a\nb")];
        for length in 1..=text.len() {
            let mut events = Events::default();
            let taken: Vec<_> = text
                .as_bytes()
                .chunks(length)
                .flat_map(|piece| events.take(piece))
                .collect();
            assert_eq!(taken, expected, "pieces of {length}");
        }
    }
}
