//! What a regular expression requires: a set of literals of which one occurs in every match.
//!
//! A walk over the syntax tree. Each node yields what it must match exactly, if that is a short list of texts, and the
//! best requirement found inside it. A concatenation multiplies neighbouring lists into longer texts; an alternation
//! requires one of its branches' requirements; what is optional requires nothing. All letters of both cases (`(?i)`)
//! become one folded letter. The result depends on the pattern alone.

use crate::strategy::LITERAL_BYTES_MIN;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// The most texts that neighbouring lists are multiplied to.
const PRODUCT_MAX: usize = 8;
/// The most branches of an alternation that are all kept.
const BRANCHES_MAX: usize = 256;
/// The longest literal; more adds nothing to what it tells apart.
const LITERAL_BYTES_MAX: usize = 64;

/// A text that a pattern requires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Literal {
    /// The text, lower-cased if it is folded.
    pub(crate) bytes: Box<[u8]>,
    /// Whether ASCII case is ignored.
    pub(crate) folded: bool,
}

impl Literal {
    /// Whether the literal occurs in a text.
    pub(crate) fn occurs_in(&self, text: &[u8]) -> bool {
        if self.folded {
            // A copy rather than a comparison at every place, which would be quadratic on hostile texts.
            memchr::memmem::find(&text.to_ascii_lowercase(), &self.bytes).is_some()
        } else {
            memchr::memmem::find(text, &self.bytes).is_some()
        }
    }
}

/// Literals of at least [`LITERAL_BYTES_MIN`] bytes of which one occurs in every match; empty if there are none.
pub(crate) fn required(hir: &Hir) -> Vec<Literal> {
    let best = walk(hir).into_requirement().unwrap_or_default();
    let mut literals: Vec<Literal> = best.into_iter().map(Text::into_literal).collect();
    literals.sort();
    literals.dedup();
    literals
}

/// A text under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    bytes: Vec<u8>,
    folded: bool,
}

impl Text {
    fn join(&self, next: &Self) -> Self {
        Self {
            bytes: [&self.bytes[..], &next.bytes].concat(),
            folded: self.folded || next.folded,
        }
    }

    fn into_literal(mut self) -> Literal {
        if self.folded {
            self.bytes.make_ascii_lowercase();
        }
        Literal {
            bytes: self.bytes.into_boxed_slice(),
            folded: self.folded,
        }
    }
}

/// What is known of a node.
struct Known {
    /// All texts that it matches, if they are few.
    exact: Option<Vec<Text>>,
    /// Texts of which one occurs in all that it matches.
    best: Option<Vec<Text>>,
}

impl Known {
    const NOTHING: Self = Self {
        exact: None,
        best: None,
    };

    fn exactly(texts: Vec<Text>) -> Self {
        Self {
            exact: Some(texts),
            best: None,
        }
    }

    fn into_requirement(self) -> Option<Vec<Text>> {
        better(self.exact.filter(|texts| is_usable(texts)), self.best)
    }
}

fn walk(hir: &Hir) -> Known {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Known::exactly(vec![Text::default()]),
        HirKind::Literal(literal) => Known::exactly(vec![Text {
            bytes: literal.0.to_vec(),
            folded: false,
        }]),
        HirKind::Class(class) => class_texts(class).map_or(Known::NOTHING, Known::exactly),
        HirKind::Capture(capture) => walk(&capture.sub),
        HirKind::Repetition(repetition) => repeat(repetition),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(branches) => alternate(branches),
    }
}

/// The texts of a class of one byte, or of one letter in both cases, or of a few bytes.
fn class_texts(class: &Class) -> Option<Vec<Text>> {
    let mut bytes: Vec<u8> = Vec::new();
    let ranges: Vec<(u32, u32)> = match class {
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
    };
    for (start, end) in ranges {
        if end > 0x7f || bytes.len() + (end - start) as usize >= PRODUCT_MAX {
            return None;
        }
        bytes.extend((start..=end).map(|byte| byte as u8));
    }
    match bytes[..] {
        [upper, lower] if upper.is_ascii_uppercase() && lower == upper.to_ascii_lowercase() => {
            Some(vec![Text {
                bytes: vec![lower],
                folded: true,
            }])
        }
        _ => Some(
            bytes
                .into_iter()
                .map(|byte| Text {
                    bytes: vec![byte],
                    folded: false,
                })
                .collect(),
        ),
    }
}

fn repeat(repetition: &Repetition) -> Known {
    if repetition.min == 0 {
        return Known::NOTHING;
    }
    let once = walk(&repetition.sub);
    match (repetition.min, repetition.max) {
        (1, Some(1)) => once,
        // `a{3}` and longer texts of one class are rarely what tells URLs apart; once is required in any case.
        _ => Known {
            exact: None,
            best: once.into_requirement(),
        },
    }
}

fn concat(parts: &[Hir]) -> Known {
    let mut run = vec![Text::default()];
    let mut best = None;
    let mut unbroken = true;
    for part in parts {
        let known = walk(part);
        best = better(best, known.best);
        let joined = known.exact.as_ref().and_then(|texts| product(&run, texts));
        if let Some(joined) = joined {
            run = joined;
            continue;
        }
        unbroken = false;
        let next = known.exact.unwrap_or_else(|| vec![Text::default()]);
        let finished = std::mem::replace(&mut run, next);
        best = better(best, Some(finished).filter(|texts| is_usable(texts)));
    }
    if unbroken {
        return Known {
            exact: Some(run),
            best,
        };
    }
    Known {
        exact: None,
        best: better(best, Some(run).filter(|texts| is_usable(texts))),
    }
}

/// Each text of one list followed by each of the other, unless that is too many or too long.
fn product(left: &[Text], right: &[Text]) -> Option<Vec<Text>> {
    let longest = |texts: &[Text]| texts.iter().map(|text| text.bytes.len()).max().unwrap_or(0);
    if left.len() * right.len() > PRODUCT_MAX.max(left.len())
        || longest(left) + longest(right) > LITERAL_BYTES_MAX
    {
        return None;
    }
    Some(
        left.iter()
            .flat_map(|start| right.iter().map(|end| start.join(end)))
            .collect(),
    )
}

fn alternate(branches: &[Hir]) -> Known {
    let mut exact = Some(Vec::new());
    let mut best = Some(Vec::new());
    for branch in branches {
        let known = walk(branch);
        exact = join_branches(exact, known.exact.clone());
        best = join_branches(best, known.into_requirement());
    }
    Known { exact, best }
}

fn join_branches(all: Option<Vec<Text>>, branch: Option<Vec<Text>>) -> Option<Vec<Text>> {
    let (mut all, branch) = (all?, branch?);
    all.extend(branch);
    (all.len() <= BRANCHES_MAX).then_some(all)
}

/// The requirement that tells URLs apart better; the first of equals.
fn better(first: Option<Vec<Text>>, second: Option<Vec<Text>>) -> Option<Vec<Text>> {
    match (first, second) {
        (Some(first), Some(second)) => Some(if worth(&second) > worth(&first) {
            second
        } else {
            first
        }),
        (first, second) => first.or(second),
    }
}

/// Longer literals first (past 24 bytes more tells nothing), then fewer.
fn worth(texts: &[Text]) -> (usize, std::cmp::Reverse<usize>) {
    (shortest(texts).min(24), std::cmp::Reverse(texts.len()))
}

fn is_usable(texts: &[Text]) -> bool {
    shortest(texts) >= LITERAL_BYTES_MIN
}

fn shortest(texts: &[Text]) -> usize {
    texts.iter().map(|text| text.bytes.len()).min().unwrap_or(0)
}
