//! A rule file as an edit sees it: its text, its values, and the places of both.

use super::{
    EditError,
    page::Page,
    part::{Form, Pair, Part, parts},
};
use crate::{
    Source,
    file::{Shape, known_id, shape},
    node::{Content, Node},
    parse_tree,
    print::Layout,
    text::{Lines, Text},
    tree::{DEPTH_MAX, FILE_DEPTH_MAX, Tree},
};
use rules::{Rule, RuleId, Value};
use std::{cell::OnceCell, collections::HashMap, slice};

/// A style of indentation wider than this is taken for an accident.
const STEP_MAX: usize = 8;

/// A file that was read.
pub(super) struct File<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) page: Page<'a>,
    pub(super) tree: Tree,
    root: Option<Part>,
    pub(super) place: Place,
    lines: Lines<'a>,
    /// How far things are indented in the first place where that shows.
    steps: OnceCell<(Option<usize>, Option<usize>)>,
}

/// Where the entries stand.
pub(super) enum Place {
    /// The file holds comments at most.
    Nothing,
    /// The file holds something, and no list.
    NoList,
    /// `rules:` without a value.
    EmptyRules(Pair),
    /// The file is one rule.
    One,
    /// The file is a list, or has one under the key at this position.
    List { under: Option<usize> },
}

impl<'a> File<'a> {
    pub(super) fn read(text: Text<'a>, source: &'a Source<'a>) -> Result<Self, EditError> {
        let lines = text.lines();
        let tree = parse_tree(text, source.format, FILE_DEPTH_MAX)
            .map_err(|fault| EditError::NotParsed(vec![lines.diagnostic(fault, String::new(), None)]))?;
        let page = Page::new(text.str, source.format);
        let root = parts(&page);
        let place = match (&tree.root, &root) {
            (Some(node), Some(part)) => {
                let shape = shape(node, &tree.faults, &lines, source).map_err(EditError::NotParsed)?;
                place(node, part, shape)
            }
            (None, _) => Place::Nothing,
            (Some(_), None) => Place::NoList,
        };
        Ok(Self {
            source,
            page,
            tree,
            root,
            place,
            lines,
            steps: OnceCell::new(),
        })
    }

    /// The list that the entries stand in.
    pub(super) fn list(&self) -> Option<&Part> {
        let root = self.root.as_ref()?;
        match (&self.place, &root.form) {
            (Place::List { under: None }, _) => Some(root),
            (Place::List { under: Some(n) }, Form::Map { pairs, .. }) => Some(&pairs.get(*n)?.value),
            _ => None,
        }
    }

    /// The entries' places.
    pub(super) fn parts(&self) -> &[Part] {
        match (&self.place, self.list().map(|list| &list.form)) {
            (Place::One, _) => self.root.as_slice(),
            (_, Some(Form::List { items, .. })) => items,
            _ => &[],
        }
    }

    /// The entries.
    pub(super) fn nodes(&self) -> &[Node] {
        let Some(root) = &self.tree.root else { return &[] };
        let list = match (&self.place, &root.content) {
            (Place::One, _) => return slice::from_ref(root),
            (Place::List { under: None }, _) => Some(root),
            (Place::List { under: Some(n) }, Content::Map(entries)) => {
                entries.get(*n).map(|entry| &entry.value)
            }
            _ => None,
        };
        match list.map(|list| &list.content) {
            Some(Content::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// The page in the style of an entry, or of the file as far as the entry has none.
    pub(super) fn page(&self, n: Option<usize>) -> Page<'a> {
        let entry = n.and_then(|n| self.parts().get(n));
        let of = |part: Option<&Part>| {
            let mut found = (None, None);
            part.into_iter()
                .for_each(|part| indentation(&self.page, part, &mut found));
            found
        };
        let own = of(entry);
        let (step, list_step) = match own {
            (Some(_), Some(_)) => own,
            // The whole file may have to be gone through for it, so that is done once.
            (step, list_step) => {
                let file = self.steps.get_or_init(|| of(self.root.as_ref()));
                (step.or(file.0), list_step.or(file.1))
            }
        };
        let fallback = self.page.layout;
        let layout = Layout {
            step: step
                .or(list_step.filter(|step| *step > 0))
                .unwrap_or(fallback.step),
            list_step: list_step.or(step).unwrap_or(fallback.list_step),
            ..fallback
        };
        Page { layout, ..self.page }
    }

    /// Whether its entries are one, which may go without an id.
    fn is_only_one(&self) -> bool {
        self.nodes().len() == 1
    }

    /// The entries with an effective id, in the order of the file.
    pub(super) fn find(&self, id: &RuleId) -> Vec<usize> {
        let nodes = self.nodes().iter().enumerate();
        let has_id = |node: &Node| {
            matches!(node.content, Content::Map(_))
                && known_id(node, self.source, self.is_only_one()).as_ref() == Some(id)
        };
        nodes.filter(|(_, node)| has_id(node)).map(|(n, _)| n).collect()
    }

    /// The entries with each effective id, in the order of the file.
    pub(super) fn by_id(&self) -> HashMap<RuleId, Vec<usize>> {
        let mut by_id: HashMap<_, Vec<_>> = HashMap::new();
        let maps = self.nodes().iter().enumerate();
        for (n, node) in maps.filter(|(_, node)| matches!(node.content, Content::Map(_))) {
            if let Some(id) = known_id(node, self.source, self.is_only_one()) {
                by_id.entry(id).or_default().push(n);
            }
        }
        by_id
    }

    /// The first valid one of the entries with an id, else the first one.
    pub(super) fn in_force(&self, found: &[usize]) -> Option<usize> {
        let valid = found
            .iter()
            .copied()
            .find(|&n| found.len() == 1 || self.rule(n).is_some());
        valid.or(found.first().copied())
    }

    /// The rule of an entry, if it is valid.
    pub(super) fn rule(&self, n: usize) -> Option<Rule> {
        let node = self.nodes().get(n)?;
        if node.weight().depth > DEPTH_MAX {
            return None;
        }
        let default_id = self.source.default_id.filter(|_| self.is_only_one());
        let checked = rules::check(&node.to_value()?, &self.source.space, default_id);
        checked.ok().map(|checked| checked.rule)
    }

    /// Whether an entry has no id of its own and the default one is this, letter by letter.
    pub(super) fn has_default_id(&self, n: usize, id: Option<&Value>) -> bool {
        let default_id = self.source.default_id.filter(|_| self.is_only_one());
        let is_it = matches!((default_id, id), (Some(default), Some(Value::Text(id))) if default == id);
        is_it && self.is_without_id(n)
    }

    /// Whether an entry has no id of its own.
    pub(super) fn is_without_id(&self, n: usize) -> bool {
        let id = self.nodes().get(n).and_then(|node| node.get("id"));
        id.is_none_or(|id| matches!(id.content, Content::Null))
    }

    /// Refuses an entry, or the list alone, that an anchor, alias or tag is part of.
    pub(super) fn check_marks(&self, n: Option<usize>) -> Result<(), EditError> {
        let entry = n.and_then(|n| self.parts().get(n)).and_then(Part::first_mark);
        let around = [self.root.as_ref(), self.list()];
        let around = around.into_iter().flatten().find_map(|part| part.mark);
        match around.or(entry) {
            None => Ok(()),
            Some(mark) if mark.is_tag => Err(EditError::Lossy {
                line: self.lines.line(mark.offset),
                reason: "a tag is part of this entry, and tags are not supported".to_owned(),
            }),
            Some(mark) => Err(EditError::Anchored {
                line: self.lines.line(mark.offset),
            }),
        }
    }

    /// An error at an entry, or at the list.
    pub(super) fn lossy(&self, n: Option<usize>, reason: &str) -> EditError {
        let entry = n.and_then(|n| self.parts().get(n));
        let line = entry.map_or_else(|| self.root_line(), |part| self.lines.line(part.range.start));
        let reason = reason.to_owned();
        EditError::Lossy { line, reason }
    }

    /// The line on which the list begins, or what else the file holds.
    pub(super) fn root_line(&self) -> usize {
        let part = self.list().or(self.root.as_ref());
        part.map_or(1, |part| self.lines.line(part.range.start))
    }
}

fn place(node: &Node, part: &Part, shape: Option<Shape<'_>>) -> Place {
    let (Content::Map(entries), Form::Map { pairs, .. }) = (&node.content, &part.form) else {
        return match shape {
            Some(Shape::List(..)) => Place::List { under: None },
            Some(Shape::One(_)) | None => Place::NoList,
        };
    };
    let rules = entries.iter().position(|entry| entry.key == "rules");
    match (shape, rules.filter(|_| entries.len() == pairs.len())) {
        (Some(Shape::One(_)), _) => Place::One,
        (Some(Shape::List(..)), Some(under)) => Place::List { under: Some(under) },
        (None, Some(n)) if matches!(entries[n].value.content, Content::Null) => {
            Place::EmptyRules(pairs[n].clone())
        }
        _ => Place::NoList,
    }
}

/// Looks for how far things are indented, in the first place where that shows.
fn indentation(page: &Page<'_>, part: &Part, found: &mut (Option<usize>, Option<usize>)) {
    match &part.form {
        Form::Map {
            is_flow: false,
            pairs,
        } => {
            for pair in pairs {
                if let Some(column) = page.column(pair.key.range.start) {
                    let (step, list_step) = steps(page, &pair.value, column);
                    found.0 = found.0.or(step);
                    found.1 = found.1.or(list_step);
                }
                indentation(page, &pair.value, found);
                if found.0.is_some() && found.1.is_some() {
                    return;
                }
            }
        }
        Form::List {
            is_flow: false,
            items,
        } => {
            for item in items {
                indentation(page, item, found);
                if found.0.is_some() && found.1.is_some() {
                    return;
                }
            }
        }
        Form::Scalar | Form::Block { .. } | Form::List { .. } | Form::Map { .. } => {}
    }
}

/// How far a value stands to the right of its key: text or a mapping, and the dashes of a list.
fn steps(page: &Page<'_>, value: &Part, key: usize) -> (Option<usize>, Option<usize>) {
    let from_key = |column: usize| column.checked_sub(key).filter(|step| *step <= STEP_MAX);
    let column = || page.column(value.range.start);
    match value.form {
        Form::Block { indent, .. } => (from_key(indent).filter(|step| *step > 0), None),
        Form::Map { is_flow: false, .. } => (column().and_then(from_key).filter(|step| *step > 0), None),
        Form::List { is_flow: false, .. } => (None, column().and_then(from_key)),
        Form::Scalar | Form::List { .. } | Form::Map { .. } => (None, None),
    }
}
