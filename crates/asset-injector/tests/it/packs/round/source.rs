//! Packs as their authors have them: rules of all kinds in files of all shapes and odd names, and texts beside them.

use api::JsonValue;
use packs::content::{MANIFEST_FILE, RULES_FOLDER};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
};
use rulefile::manifest;
use rules::{Dependency, IdSpace, Manifest, PackFile, Requirement, Rule, Value, check, on_parser_stack};
use semver::Version;

/// The files of a pack, and what must come of them.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) manifest: Manifest,
    pub(super) files: Vec<PackFile>,
    /// With the ids that they have in the pack.
    pub(super) rules: Vec<Rule>,
    /// Files that do not go into the archive.
    pub(super) left_out: Vec<String>,
}

/// A rule file in the making: where it is, how it is written, and its rules without their ids.
#[derive(Clone, Debug)]
struct Draft {
    folder: &'static str,
    odd: &'static str,
    shape: Shape,
    rules: Vec<Vec<(String, Value)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One rule without an id.
    Unnamed,
    One,
    List,
    /// A mapping with `rules`.
    Mapping,
    /// As the service prints it.
    Yaml,
}

/// Text with what printers and parsers trip over.
fn hostile() -> impl Strategy<Value = String> {
    let part = select(vec![
        "a", " ", "\t", "\n", "\r\n", "\r", "'", "\"", "\\", "#", ": ", "- ", "---\n", "{", "]", "%", "&a",
        "*a", "!x", "|", ">", "@", "~", "null", "0x1", "1e5", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}",
        "\u{1}", "\u{7f}", "ä", "e\u{301}", "🎵", "\u{fffd}", "<<", "?",
    ]);
    prop::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn texts(all: &[String]) -> Value {
    Value::List(all.iter().map(text).collect())
}

fn any_pattern() -> impl Strategy<Value = (&'static str, String)> {
    let wildcard = select(vec![
        "*",
        "*.example.com/*",
        "https://example.com*",
        "müller.test/*",
        "example.com:*/*",
        "*/\\**",
        "[::1]/*",
        "*/*#frag",
    ]);
    let regex = select(vec![
        "^https://",
        "a$",
        "/print/?",
        "example\\.(com|org)",
        "x=\\d",
    ]);
    let exact = select(vec![
        "https://example.com/a?b=c#d",
        "http://MÜLLER.test/%7e/ä",
        "https://a.test:8443/",
    ]);
    prop_oneof![
        wildcard.prop_map(|pattern| ("wildcard", pattern.to_owned())),
        regex.prop_map(|pattern| ("regex", pattern.to_owned())),
        exact.prop_map(|pattern| ("exact", pattern.to_owned())),
    ]
}

/// The fields of a rule but for its id.
fn any_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let words = prop::collection::vec(hostile(), 7);
    let numbers = (any::<i128>(), -1e12..1e12, prop::option::of(0..=10_000_i128));
    let lists = (prop::collection::vec("[a-zäö: -]{0,6}[a-z]", 0..3), 0..3_usize);
    (any_pattern(), words, numbers, lists, any::<[bool; 4]>()).prop_map(
        |((kind, pattern), words, (whole, broken, priority), (tags, excluded), [css, js, times, expires])| {
            let excluded = &["*/*raw*", "*://*/: #", "ä.test/*"][..excluded];
            let own = [
                ("", text(&*words[2])),
                ("whole", Value::Integer(whole)),
                ("broken", Value::Float(broken)),
                (
                    "list",
                    Value::List(vec![Value::Null, Value::Bool(times), Value::List(Vec::new())]),
                ),
            ];
            let own = own.map(|(name, value)| (name.to_owned(), value)).to_vec();
            let mut fields = vec![
                ("type", text(kind)),
                ("pattern", text(pattern)),
                ("description", text(&*words[3])),
                ("author", text(&*words[4])),
                ("modified_by", text(&*words[5])),
                ("tags", texts(&tags)),
                (
                    "exclude",
                    texts(&excluded.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()),
                ),
                ("x-own", Value::Map(own)),
            ];
            // A comment holds everything but its own end, and a string of JSON is one of JavaScript.
            let style = format!("/*{}*/ a{{}}", words[0].replace("*/", ""));
            let script = format!("run({})", serde_json::json!(words[1]));
            fields.extend((css || !js).then(|| ("css", text(style))));
            fields.extend(js.then(|| ("js", text(script))));
            fields.extend(priority.map(|priority| ("priority", Value::Integer(priority))));
            fields.extend(times.then(|| ("created_at", text("2020-02-29T23:59:59.999Z"))));
            fields.extend(times.then(|| ("updated_at", text("2021-02-28T00:00:00.001Z"))));
            fields.extend(expires.then(|| ("expires_at", text("2099-01-01T00:00:00.123Z"))));
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        },
    )
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let folder = select(vec![
        "",
        "",
        "sites/",
        "b Ä/c/",
        "deep/er/and/deep.er/",
        "e\u{301}/",
    ]);
    let odd = select(vec![
        "", "-x", " b", "ä", "e\u{301}", "🎵", "'", "#1", "%41", "a.b", "[x]", "~", "(1)", ",;=&+@!$", "UP",
        "日本",
    ]);
    let shape = select(vec![
        Shape::Unnamed,
        Shape::One,
        Shape::List,
        Shape::Mapping,
        Shape::Yaml,
    ]);
    let rules = prop::collection::vec(any_fields(), 1..4);
    (folder, odd, shape, rules).prop_map(|(folder, odd, shape, mut rules)| {
        if matches!(shape, Shape::Unnamed | Shape::One) {
            rules.truncate(1);
        }
        Draft {
            folder,
            odd,
            shape,
            rules,
        }
    })
}

/// The rule of these fields with that id, as it is in a place.
fn rule(fields: &[(String, Value)], id: &str, space: &IdSpace) -> Rule {
    let id = ("id".to_owned(), text(id));
    let draft = Value::Map(fields.iter().cloned().chain([id]).collect());
    let checked = check(&draft, space, None).unwrap_or_else(|violations| panic!("{violations}: {draft:?}"));
    checked.rule
}

impl Draft {
    /// The file, and the ids of its rules: the number tells it from all others.
    fn file(&self, number: usize) -> (PackFile, Vec<String>) {
        let ending = if self.shape == Shape::Yaml { "yaml" } else { "json" };
        let stem = format!("{}{number}-{}", self.folder, self.odd);
        let ids: Vec<_> = match self.shape {
            Shape::Unnamed => vec![stem.chars().map(of_id).collect()],
            Shape::One | Shape::List | Shape::Mapping | Shape::Yaml => (0..self.rules.len())
                .map(|n| format!("R_{number}.{n}-x"))
                .collect(),
        };
        let path = format!("{RULES_FOLDER}{stem}.rule.{ending}");
        let bytes = self.print(&ids);
        (PackFile { path, bytes }, ids)
    }

    fn print(&self, ids: &[String]) -> Vec<u8> {
        let mut with_ids = self.rules.iter().zip(ids).map(|(fields, id)| {
            let id = [("id".to_owned(), text(&**id))];
            Value::Map(id.into_iter().chain(fields.iter().cloned()).collect())
        });
        let value = match self.shape {
            Shape::Unnamed => Value::Map(self.rules[0].clone()),
            Shape::One => with_ids.next_back().unwrap(),
            Shape::List => Value::List(with_ids.collect()),
            Shape::Mapping => Value::Map(vec![("rules".to_owned(), Value::List(with_ids.collect()))]),
            Shape::Yaml => {
                let rules = self.rules.iter().zip(ids);
                let rules: Vec<_> = rules
                    .map(|(fields, id)| rule(fields, id, &IdSpace::Local))
                    .collect();
                return rulefile::print(&rules.iter().collect::<Vec<_>>()).into_bytes();
            }
        };
        serde_json::to_vec_pretty(&JsonValue(&value)).unwrap()
    }
}

/// What a character of a file's path is in the id that comes of it.
fn of_id(c: char) -> char {
    match c {
        '/' => '.',
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
        _ => '-',
    }
}

fn any_manifest() -> impl Strategy<Value = Manifest> {
    let words = || "\\PC{0,12}[a-z\u{e4}]".prop_map(|text: String| text.trim().to_owned());
    let requirement = select(vec!["1.2.3", ">=1.0", "^1.2, <1.9", "~1.2.0", "*"]);
    let requirement = move || {
        requirement
            .clone()
            .prop_map(|text| Requirement::parse(text).unwrap())
    };
    (
        (
            "p[a-z0-9]{0,9}(-[a-z0-9]{1,4})?",
            "[0-9]\\.[0-9]\\.[0-9](-rc\\.[1-9])?(\\+b[0-9])?",
        ),
        (
            words(),
            words(),
            prop::option::of(words()),
            prop::option::of(words()),
        ),
        prop::collection::vec(words(), 0..3),
        prop::collection::btree_map("q[a-z]{1,9}", requirement(), 0..3),
        prop::option::of(select(vec!["1.2.3", ">=1.0", "*"])),
    )
        .prop_map(
            |((name, version), (description, author, license, homepage), tags, needs, requires)| {
                let dependency = |(name, requirement)| Dependency { name, requirement };
                Manifest {
                    name: name.into(),
                    version: Version::parse(&version).unwrap(),
                    description,
                    author,
                    license,
                    homepage,
                    tags,
                    dependencies: needs.into_iter().map(dependency).collect(),
                    requires: requires.map(|text| Requirement::parse(text).unwrap()),
                }
            },
        )
}

/// Texts that belong to the pack, and files that do not.
const BESIDE: [&str; 6] = [
    "LICENSE",
    "README.md",
    "docs/ä ö/more.txt",
    "rules/notes.txt",
    "rules/x.yaml",
    "🎵.svg",
];
const LEFT_OUT: [&str; 3] = [".hidden/x.rule.yaml", "picture.png", "rules/.x.rule.yaml"];

/// A pack that can be built.
pub(super) fn any_source() -> impl Strategy<Value = Source> {
    let beside = (subsequence(BESIDE.to_vec(), 0..=BESIDE.len()), hostile());
    let left_out = subsequence(LEFT_OUT.to_vec(), 0..=LEFT_OUT.len());
    let drafts = prop::collection::vec(any_draft(), 0..5);
    (any_manifest(), drafts, beside, left_out).prop_map(|(manifest, drafts, (beside, said), left_out)| {
        let file = |path: &str, bytes: &[u8]| PackFile {
            path: path.to_owned(),
            bytes: bytes.to_vec(),
        };
        let mut files = vec![file(MANIFEST_FILE, manifest::print(&manifest).as_bytes())];
        files.extend(beside.iter().map(|path| file(path, said.as_bytes())));
        files.extend(left_out.iter().map(|path| file(path, b"\0 is no text")));
        let space = IdSpace::Pack(manifest.name.to_string());
        let mut rules = Vec::new();
        // One thread for all scripts, as a loader does it.
        on_parser_stack(|| {
            for (number, draft) in drafts.iter().enumerate() {
                let (file, ids) = draft.file(number);
                files.push(file);
                rules.extend(
                    draft
                        .rules
                        .iter()
                        .zip(&ids)
                        .map(|(fields, id)| rule(fields, id, &space)),
                );
            }
        });
        Source {
            manifest,
            files,
            rules,
            left_out: left_out.into_iter().map(str::to_owned).collect(),
        }
    })
}
