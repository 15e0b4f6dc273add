//! Which scripts parse, where the others break, and that no nesting breaks the process.

use super::{Script, check_script};
use crate::{limits, on_parser_stack};

fn reason(js: &str) -> String {
    check_script(js).expect_err(js).reason
}

#[test]
fn function_bodies_parse() {
    for js in [
        "",
        ";",
        "document.querySelector('a[href^=\"javascript:\"]').remove()",
        "'use strict'; const a = 1;",
        "var await = 1, async = 2, let_ = 3;",
        "async function f() { await g() } f()",
        "var a; var a; function a() {}",
        "label: for (;;) break label",
        "x = /(?<year>\\d{4})/u",
        "a?.b ?? c; class D { #e = 1; static { this.f = 2 } }",
        "<!-- an old comment\na()",
        "a() // no line break",
        "/* \u{2028} */ a('\u{2028}')",
        "\u{feff}a()",
        "with (a) b",
        "arguments.length",
    ] {
        assert_eq!(
            check_script(js),
            Ok(Script {
                needs_function: false
            }),
            "{js:?}"
        );
    }
}

#[test]
fn scripts_that_need_a_function_are_known() {
    for js in ["return", "if (a) return 1; b()", "a(new.target)"] {
        assert_eq!(check_script(js), Ok(Script { needs_function: true }), "{js:?}");
    }
    for js in [
        "a(function () { return 1 })",
        "// return",
        "a.target",
        "a('return')",
    ] {
        assert_eq!(
            check_script(js),
            Ok(Script {
                needs_function: false
            }),
            "{js:?}"
        );
    }
}

#[test]
fn what_is_no_function_body_is_refused() {
    for js in [
        "import a from 'b'",
        "export default 1",
        "import.meta",
        "await a()",
        "yield 1; 'use strict'; let yield_",
        "#!/usr/bin/node",
        "let a; let a",
        "const a",
        "break",
        "continue",
        "super.a()",
        "a = 1 1",
        "'use strict'; with (a) b",
        "/(/",
        "x = /a/gg",
        "\"use strict\"; 017",
        "`${",
        "/* a",
        "'a\n'",
        "<div/>",
        "let a: number = 1",
    ] {
        assert!(
            reason(js).starts_with("does not parse as a function body: line "),
            "{js:?}"
        );
    }
}

#[test]
fn no_script_ends_the_function_that_holds_it() {
    for js in [
        "}",
        "} a(); {",
        "}); a(); (function () {",
        "} function g() {",
        "}\nfunction g(){",
        "}//",
    ] {
        assert!(check_script(js).is_err(), "{js:?}");
    }
}

#[test]
fn the_place_is_that_in_the_script() {
    assert!(
        reason("a(\n  b b)").contains(": line 2, column 5: "),
        "{}",
        reason("a(\n  b b)")
    );
    assert!(
        reason("let a\n\u{e4}; let a").contains("line 1, column 5"),
        "{}",
        reason("let a\n\u{e4}; let a")
    );
    assert!(
        reason("if (a) {").ends_with("something is not closed)"),
        "{}",
        reason("if (a) {")
    );
}

/// The unit repeated up to the largest script, then the tail.
fn full(unit: &str, tail: &str) -> String {
    format!(
        "{}{tail}",
        unit.repeat((limits::ASSET_BYTES_MAX - tail.len()) / unit.len())
    )
}

/// Open and close as often as the bound on brackets lets through.
fn nested(open: &str, inner: &str, close: &str) -> String {
    let brackets = |text: &str| text.bytes().filter(|byte| b"([{".contains(byte)).count();
    let depth = (limits::JS_NESTING_MAX - 1) / brackets(open).max(1);
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

/// What nests without brackets, with what ends it; the deepest by bytes of stack come first.
const CHAINS: &[&str] = &[
    "a**|b",
    "!|a",
    "~|a",
    "new |a",
    "a=|b",
    "a=>|b",
    "a:|b",
    "for(;;)|a",
    "a?|b",
    "a.|b",
    "class extends |a",
    "a+|b",
    "a%|b",
    "a<|b",
    "-|a",
    "- |a",
    "++|a",
    "a?.|b",
    "do |a",
    "a??|b",
    "async a=>|b",
    "a?b:|c",
    "if(a)|b",
    "yield |a",
    "await |a",
    "a in |b",
    "void |a",
    "while(a)|b",
    "if(a);else |b",
    "typeof |a",
    "delete |a",
    "a,|b",
    "a\n|",
    "a()|",
    "`|",
    "import |a",
    "@a |b",
    "<a>|",
    "a`|",
    "...|a",
    "x=/|",
    "/[|",
    "\\u{61}|",
    "var |a",
    "a=async |b",
];

/// What nests in brackets: what opens, what stands inside, what closes.
const BRACKETS: &[&str] = &[
    "(|a|)",
    "[||]",
    "{||}",
    "({a:|1|})",
    "({[|1|]:1})",
    "f(||)",
    "function f(){||}",
    "(()=>{||})",
    "a[|1|]",
    "`${|1|}`",
    "async(||)",
    "class A{static{||}}",
    "(a=|1|)",
    "((a=|1|)=>1)",
    "(a,|1|)",
    "try{||}finally{}",
    "switch(a){case 1:||}",
    "if(a){}else{||}",
    "(a={b:|1|}=c)",
    "[a=|1|]",
    "a?(|b|):c=>d",
    "x=>{||}",
    "new (|a|)",
    "class extends (|a|){}",
];

/// Scripts that recurse as deeply as scripts can.
fn nasty() -> Vec<String> {
    let chains = CHAINS
        .iter()
        .filter_map(|chain| chain.rsplit_once('|'))
        .map(|(unit, tail)| full(unit, tail));
    let brackets = BRACKETS.iter().map(|shape| {
        let parts: Vec<_> = shape.split('|').collect();
        nested(parts[0], parts[1], parts[2])
    });
    let regexes = [
        ("(", ")", ""),
        ("(?:", ")", ""),
        ("(?=", ")", ""),
        ("[", "]", "v"),
    ];
    let regexes = regexes.map(|(open, close, flags)| format!("x=/{}/{flags}", nested(open, "a", close)));
    chains.chain(brackets).chain(regexes).collect()
}

#[test]
fn nothing_that_nests_breaks_the_process() {
    for js in nasty() {
        // Whether it parses differs; that the answer comes is what counts.
        let _ = check_script(&js);
    }
}

#[test]
fn absurd_nesting_of_brackets_is_refused_before_parsing() {
    for open in ["(", "[", "{", "({["] {
        assert_eq!(reason(&full(open, "")), "nests brackets deeper than 1000 levels");
    }
    assert!(check_script(&nested("(", "a", ")")).is_ok());
    assert!(check_script(&"(a);".repeat(25_000)).is_ok(), "many are not deep");
}

#[test]
fn a_batch_runs_on_one_parser_stack() {
    let outer = std::thread::current().id();
    let (first, second) = on_parser_stack(|| {
        let first = std::thread::current().id();
        (first, on_parser_stack(|| std::thread::current().id()))
    });
    assert_eq!(first, second, "it is re-entrant");
    assert_ne!(first, outer);
}

#[test]
fn a_panic_on_the_parser_stack_reaches_the_caller() {
    let panicked = std::panic::catch_unwind(|| on_parser_stack(|| panic!("on purpose")));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"on purpose"));
}
