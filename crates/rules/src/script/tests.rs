//! Which scripts parse, where the others break, and that no nesting breaks the process.

use super::check_script;
use crate::{limits, on_parser_stack};

#[test]
fn measure() {
    let n = limits::ASSET_BYTES_MAX;
    let rep = |unit: &str, tail: &str| format!("{}{tail}", unit.repeat((n - tail.len()) / unit.len()));
    let shapes = [
        rep("!", "1"),
        rep("-", "1"),
        rep("a=>", "1"),
        rep("if(a)", "b"),
        rep("a=", "1"),
        rep("a?", "1"),
        rep("a?b:", "1"),
        rep("a**", "1"),
        rep("a+", "1"),
        rep("new ", "a"),
        rep("typeof ", "a"),
        rep("a:", "b"),
        rep("for(;;)", "b"),
        rep("while(a)", "b"),
        rep("do ", "b"),
        rep("if(a);else ", "b"),
        rep("a.", "b"),
        rep("a,", "b"),
        rep("a||", "b"),
        rep("a??", "b"),
        rep("with(a)", "b"),
        rep("a()", ""),
        rep("f`", ""),
        rep("async a=>", "1"),
        rep("await ", "a"),
        rep("yield ", "a"),
        rep("a%", "b"),
        rep("a<", "b"),
        rep("..", "b"),
        rep("a\n", ""),
        rep("x=/", ""),
        rep("++", "a"),
        rep("~", "a"),
        rep("void ", "a"),
        rep("delete ", "a"),
        rep("class extends ", "a"),
        rep("a=class extends ", "a"),
        rep("else ", "a"),
        rep("var a=", "1"),
        rep("case ", "a"),
        rep("import ", "a"),
        rep("a?.", "b"),
        rep("`${", ""),
        rep("x=>{", ""),
        rep("/(", ""),
        rep("a in ", "b"),
        rep("<!--\n", ""),
        rep("async ", "b"),
        rep("function*", "b"),
        rep("@a ", "b"),
        rep("(", ""),
        rep("[", ""),
        rep("{", ""),
        rep("({a:", ""),
        rep("({[", ""),
        rep("function f(){", ""),
        rep("function f(a=", ""),
        rep("class A{static{", ""),
        rep("class A{a=", ""),
        "(".repeat(999) + "1" + &")".repeat(999),
        "[".repeat(999) + &"]".repeat(999),
        "{".repeat(999) + &"}".repeat(999),
        "({a:".repeat(490) + "1" + &"})".repeat(490),
        "({[".repeat(320) + "1" + &"]:1})".repeat(320),
        "function f(){".repeat(990) + &"}".repeat(990),
        "(()=>{".repeat(490) + &"})".repeat(490),
        "f(".repeat(999) + &")".repeat(999),
        "a[".repeat(999) + "1" + &"]".repeat(999),
        "`${".repeat(999) + "1" + &"}`".repeat(999),
        "class A{static{".repeat(490) + &"}}".repeat(490),
        "async(".repeat(999) + &")".repeat(999),
        "(a=".repeat(999) + "1" + &")".repeat(999),
        "(a,".repeat(999) + "1" + &")".repeat(999),
        "((a=".repeat(490) + "1" + &")=>1)".repeat(490),
        format!("x=/{}a{}/", "(".repeat(999), ")".repeat(999)),
        format!("x=/{}/v", "[".repeat(999) + "a" + &"]".repeat(999)),
        "try{".repeat(990) + &"}finally{}".repeat(990),
        "switch(a){case 1:".repeat(990) + &"}".repeat(990),
        "if(a){}else{".repeat(990) + &"}".repeat(990),
    ];
    let child: u64 = 0;
    let _ = child;
    for shape in &shapes {
        let t = std::time::Instant::now();
        let (bytes, r) = on_stack(|| check_script(shape));
        let ms = t.elapsed().as_millis();
        let b = bytes / shape.len() as u64;
        eprintln!(
            "{ms:6} ms {b:6} B/B {:6} MiB  {:?} {}",
            bytes >> 20,
            &shape.chars().take(12).collect::<String>(),
            match r {
                Ok(_) => "ok".into(),
                Err(e) => e.reason.chars().take(90).collect::<String>(),
            }
        );
    }
}
fn on_stack<T: Send>(f: impl FnOnce() -> T + Send) -> (u64, T) {
    on_parser_stack(|| {
        let r = f();
        let local = 0u8;
        let at = &raw const local as usize;
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        let mut rss = 0;
        for line in maps.lines() {
            if let Some((range, _)) = line.split_once(' ')
                && let Some((a, b)) = range.split_once('-')
                && let (Ok(a), Ok(b)) = (usize::from_str_radix(a, 16), usize::from_str_radix(b, 16))
            {
                inside = a <= at && at < b;
            }
            if inside && line.starts_with("Rss:") {
                rss = line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024;
            }
        }
        (rss, r)
    })
}
