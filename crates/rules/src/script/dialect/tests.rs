//! Which scripts the parser takes and browsers do not; each list agrees with what V8 parses.

use crate::script::check_script;

fn reason(js: &str) -> String {
    check_script(js).expect_err(js).reason
}

/// Each was accepted once, and took down every script that it was stacked with.
#[test]
fn what_the_parser_takes_and_browsers_do_not_is_refused() {
    for (js, expected) in [
        (
            "for(const x of [1,2]){[3].forEach(()=>{break})}",
            "line 1, column 40: `break` does not reach out of the function that it stands in",
        ),
        (
            "x:{[1].forEach(()=>{break x})}",
            "column 21: `break` does not reach",
        ),
        (
            "switch(1){case 1:()=>{break}}",
            "column 23: `break` does not reach",
        ),
        (
            "while(a){b(() => {if(c)continue})}",
            "column 24: `continue` does not reach",
        ),
        (
            "x:for(;;){()=>{for(;;)continue x}}",
            "column 23: `continue` does not reach",
        ),
        (
            "\u{200b}var a=1;",
            "line 1, column 1: U+200B is an invisible character",
        ),
        (
            "a();\n\u{85}b()",
            "line 2, column 1: U+0085 is an invisible character",
        ),
        ("`${a\u{200b}}`", "column 5: U+200B"),
        (
            "class A{private x}",
            "line 1, column 9: `private` is TypeScript, which browsers do not parse",
        ),
        ("class A{readonly x}", "column 9: `readonly` is TypeScript"),
        ("class A{static readonly x}", "column 9: `readonly` is TypeScript"),
        ("class A{public m(){}}", "column 9: `public` is TypeScript"),
        ("class A{protected x = 1}", "column 9: `protected` is TypeScript"),
        ("class A{override m(){}}", "column 9: `override` is TypeScript"),
        ("class A{override x}", "column 9: `override` is TypeScript"),
        ("class A{declare x}", "column 9: `declare` is TypeScript"),
        ("class A{public accessor x}", "column 9: "),
        ("class A{async x}", "column 9: `async` stands before a field"),
        (
            "class A{static async x=1}",
            "column 9: `async` stands before a field",
        ),
        (
            "class A{@a b(){}}",
            "column 9: decorators are too new for browsers",
        ),
        ("@d class A{}", "column 1: decorators are too new"),
        ("a = @d class {}", "column 5: decorators are too new"),
        (
            "class A{accessor x=1}",
            "column 9: `accessor` is too new for browsers",
        ),
        ("{using x=y}", "column 2: `using` is too new for browsers"),
        (
            "async function f(){await using x=y}",
            "column 20: `await using` is too new",
        ),
        ("import.defer('a')", "column 1: `import.defer` is too new"),
        ("import.source('a')", "column 1: `import.source` is too new"),
    ] {
        let reason = reason(js);
        assert!(reason.contains(expected), "{js:?}: {reason}");
    }
}

#[test]
fn typescript_is_refused() {
    for js in [
        "abstract class A{}",
        "class A{abstract m(){}}",
        "class A{abstract x}",
        "class A{constructor(private x){}}",
        "class A{constructor(readonly x){}}",
        "class A{constructor(@a x){}}",
        "class A{x!}",
        "class A{x?}",
        "class A{m?(){}}",
        "class A{[a: string]: b}",
        "class A{m()}",
        "class A<T>{}",
        "class A implements B{}",
        "class A extends B<C>{}",
        "function f(this){}",
        "function f(a?){}",
        "function f()",
        "declare function f()",
        "declare let a",
        "enum A{}",
        "const enum A{}",
        "namespace A{}",
        "interface A{}",
        "type A = b",
        "a!",
        "a as b",
        "a satisfies b",
        "let a!",
        "a = <T>(b) => c",
        "(a): b => c",
        "import a = b",
    ] {
        assert!(check_script(js).is_err(), "{js:?}");
    }
}

#[test]
fn what_only_looks_like_a_dialect_parses() {
    for js in [
        "class A{ private }",
        "class A{ private; public = 1; protected(){} }",
        "class A{ static readonly = 1 }",
        "class A{ readonly; override; declare; abstract }",
        "class A { get(){} set(){} static(){} async(){} }",
        "class A{accessor=1}",
        "class A{async; static async; x}",
        "class A{async\nx}",
        "class A{static async x(){} async *y(){} async=1; [async]=1; static [async]}",
        "class A{accessor(){}}",
        "class A{private\nx}",
        "class A{abstract\nx}",
        "class A{accessor\nx}",
        "class A{declare\nx}",
        "var using = 1; using\nx = y",
        "using(a)",
        "import('a')",
        "for(a of b){c(() => {for(;;){break} d:{break d} switch(1){case 1:break}})}",
        "x:for(;;){for(;;)continue x}",
        "a = '\u{200b}\u{85}'; `\u{200b}${b}\u{85}`; /\u{200b}/; // \u{200b}",
        "/* \u{85}\u{200b} */a\u{a0}=\u{3000}1/\u{feff}2",
        "a = b +\n/\u{200b}/g",
        "interface\nA\n{}",
        "type\nA",
    ] {
        assert!(check_script(js).is_ok(), "{js:?}: {}", reason(js));
    }
}

#[test]
fn an_invisible_character_comes_with_a_hint() {
    let error = check_script("a()\u{200b}").unwrap_err();
    assert_eq!(
        error.hint.as_deref(),
        Some("delete it: copying from a web page leaves such characters behind")
    );
}
