//! `GET /v1/rules`: the rules by effective id, filtered, page by page or, as summaries, all at once.

use super::filter::Filter;
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::rule::RuleBody,
};
use ::rules::{Entry, RuleId, Timestamp};
use axum::{
    body::Body,
    extract::State as Shared,
    http::{HeaderValue, Uri},
    response::Response,
};
use bytes::Bytes;
use catalog::Snapshot;
use futures_core::Stream;
use serde::Serialize;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::task;
use utoipa::ToSchema;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1000;
/// Rules in one piece of a streamed listing.
const PIECE: usize = 128;

/// A page of rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListData<'a> {
    /// By effective id.
    rules: Vec<RuleBody<'a>>,
    /// What the filter finds, on all pages.
    count: usize,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum View {
    Full,
    Summary,
}

/// What is asked: which rules, and which part of them.
struct Wanted {
    filter: Filter,
    view: View,
    /// 0: all of them.
    limit: usize,
    cursor: Option<Cursor>,
}

/// The place after a rule: its id, and how many rules of that id were shown (all, where it does not say).
struct Cursor {
    id: RuleId,
    shown: Option<usize>,
}

/// Lists rules.
#[utoipa::path(
    get, path = "/v1/rules", tag = "rules", operation_id = "list_rules",
    params(
        ("q" = Option<String>, Query, description = "part of the id, pattern, description, author or a tag, in any case"),
        ("type" = Option<String>, Query, description = "`exact`, `wildcard` or `regex`"),
        ("source" = Option<String>, Query, description = "`local`, `override` or `community`"),
        ("pack" = Option<String>, Query, description = "the pack's name"),
        ("tag" = Option<String>, Query, description = "one of the rule's tags"),
        ("state" = Option<String>, Query, description = "`active`, `disabled`, `expired`, `shadowed`, `orphaned` or `untrusted`"),
        ("matches" = Option<String>, Query, description = "a URL, percent-encoded, that the rule applies to"),
        ("view" = Option<String>, Query, description = "`full` (the default) or `summary`, without css and js"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 100 by default; 0, with `view=summary` only, is all"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of rules", body = Success<ListData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    let wanted = Wanted::read(&uri)?;
    let (snapshot, now) = (state.snapshot()?, state.now());
    // A filter looks at every rule, which is not done on a thread that answers resolves.
    let list = move || wanted.list(snapshot, now);
    task::spawn_blocking(list)
        .await
        .map_err(|error| Error::internal(error.to_string()))
}

impl Wanted {
    fn read(uri: &Uri) -> Result<Self, Error> {
        let mut query = Query::parse(uri.query());
        let view = query
            .choice("view", &[("full", View::Full), ("summary", View::Summary)])
            .unwrap_or(View::Full);
        let limit = query.number("limit", 0..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
        if limit == 0 && view == View::Full {
            query.malformed(
                "limit",
                "must be a number from 1 to 1000; 0 is for `view=summary`".to_owned(),
            );
        }
        let cursor = query.text("cursor").map(|text| Cursor::parse(&text));
        if matches!(cursor, Some(None)) {
            query.malformed("cursor", "is not the `next_cursor` of a page".to_owned());
        }
        Ok(Self {
            filter: Filter::read(query)?,
            view,
            limit,
            cursor: cursor.flatten(),
        })
    }

    fn list(&self, snapshot: Arc<Snapshot>, now: Timestamp) -> Response {
        let entries = snapshot.set().entries();
        let start = self.cursor.as_ref().map_or(0, |cursor| cursor.place(entries));
        let admitted = (0..entries.len()).filter(|&n| self.filter.admits(&entries[n], now));
        let (before, mut page): (Vec<_>, Vec<_>) = admitted.partition(|&n| n < start);
        let count = before.len() + page.len();
        if self.limit == 0 {
            let rules = Summaries {
                rest: page.into_iter(),
                snapshot,
                now,
                count,
                state: Phase::Head,
            };
            return answer::typed(
                Body::from_stream(rules),
                HeaderValue::from_static("application/json"),
            );
        }
        let is_last = page.len() <= self.limit;
        page.truncate(self.limit);
        let next_cursor = page
            .last()
            .filter(|_| !is_last)
            .map(|&last| cursor_after(entries, last));
        let body = if self.view == View::Full {
            RuleBody::full
        } else {
            RuleBody::summary
        };
        let rules = page.iter().map(|&n| body(&entries[n], now)).collect();
        answer::success(ListData {
            rules,
            count,
            next_cursor,
        })
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (id, shown) = match text.split_once('~') {
            Some((id, shown)) => (id, Some(shown.parse().ok()?)),
            None => (text, None),
        };
        Some(Self {
            id: RuleId::parse(id).ok()?,
            shown,
        })
    }

    /// The index of the first rule after it.
    fn place(&self, entries: &[Arc<Entry>]) -> usize {
        let first = entries.partition_point(|entry| *entry.sourced.rule.id() < self.id);
        let end = entries.partition_point(|entry| *entry.sourced.rule.id() <= self.id);
        self.shown
            .map_or(end, |shown| end.min(first.saturating_add(shown)))
    }
}

/// The cursor after a rule: its id, and where rules of the same id follow, how many of them came before.
fn cursor_after(entries: &[Arc<Entry>], last: usize) -> String {
    let id = entries[last].sourced.rule.id();
    let goes_on = entries
        .get(last + 1)
        .is_some_and(|next| next.sourced.rule.id() == id);
    let first = entries.partition_point(|entry| entry.sourced.rule.id() < id);
    if goes_on {
        format!("{id}~{}", last + 1 - first)
    } else {
        id.to_string()
    }
}

/// A listing that is written while it is sent, so that a million rules do not stand in memory twice.
struct Summaries {
    rest: std::vec::IntoIter<usize>,
    snapshot: Arc<Snapshot>,
    now: Timestamp,
    count: usize,
    state: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Head,
    Middle,
    Done,
}

impl Stream for Summaries {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.piece().map(|piece| Ok(piece.into())))
    }
}

impl Summaries {
    fn piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE * 256);
        let mut separator: &[u8] = match self.state {
            Phase::Head => br#"{"status":"success","data":{"rules":["#,
            Phase::Middle => b",",
            Phase::Done => return None,
        };
        self.state = Phase::Middle;
        let entries = self.snapshot.set().entries();
        for n in self.rest.by_ref().take(PIECE) {
            piece.extend_from_slice(std::mem::replace(&mut separator, b","));
            serde_json::to_writer(&mut piece, &RuleBody::summary(&entries[n], self.now))
                .expect("plain data serializes");
        }
        if self.rest.len() == 0 {
            if separator != b"," {
                piece.extend_from_slice(separator);
            }
            piece.extend_from_slice(format!(r#"],"count":{},"next_cursor":null}}}}"#, self.count).as_bytes());
            self.state = Phase::Done;
        }
        Some(piece)
    }
}
