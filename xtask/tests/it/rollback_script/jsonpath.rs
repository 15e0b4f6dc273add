//! As much of kubectl's JSONPath as the script uses: fields, `[*]`, quoted text, and one level of `range`.

use serde_json::Value;

/// What a template prints of a value.
pub(crate) fn evaluate(root: &Value, template: &str) -> String {
    let mut printed = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        printed += text;
        let (inside, after) = after.split_once('}').expect("a closed brace");
        rest = after;
        if let Some(path) = inside.strip_prefix("range ") {
            let (body, after) = rest.split_once("{end}").expect("an end of the range");
            for item in find(root, path) {
                printed += &evaluate(item, body);
            }
            rest = after;
        } else if let Some(text) = inside.strip_prefix('"') {
            printed += &text.trim_end_matches('"').replace("\\n", "\n");
        } else {
            let found: Vec<_> = find(root, inside).into_iter().map(shown).collect();
            printed += &found.join(" ");
        }
    }
    printed + rest
}

/// The values at a path; what is not there is nothing.
fn find<'a>(root: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![root];
    let path = path.replace("\\.", "\0");
    // A path begins with a dot.
    for part in path.split('.').skip(1) {
        let (key, all) = match part.strip_suffix("[*]") {
            Some(key) => (key, true),
            None => (part, false),
        };
        let key = key.replace('\0', ".");
        let next = found.into_iter().filter_map(|value| value.get(&key));
        found = match all {
            true => next.filter_map(Value::as_array).flatten().collect(),
            false => next.collect(),
        };
    }
    found
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn it_prints_what_kubectl_does() {
    let value = serde_json::json!({"a": {"b.c/d": "x"}, "items": [{"n": 1, "l": [{"u": "p"}, {"u": "q"}]}, {"n": {"k": "v"}}]});
    for (template, expected) in [
        (r"{.a.b\.c/d}|{.a.none}|", "x||"),
        (
            r#"{range .items[*]}{.n} {.l[*].u}{"\n"}{end}!"#,
            "1 p q\n{\"k\":\"v\"} \n!",
        ),
    ] {
        assert_eq!(evaluate(&value, template), expected);
    }
}
