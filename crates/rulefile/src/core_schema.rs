//! What a plain scalar means in the core schema of YAML 1.2.
//!
//! `yes`, `on`, `012` and `1_000` are what 1.2 makes of them, not what 1.1 did: text, text, 12 and text.

use crate::node::Content;

/// Resolves a plain (unquoted) scalar.
pub(crate) fn resolve(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => number(text).unwrap_or_else(|| Content::Text(text.to_owned())),
    }
}

/// A number, if the text is one; a whole number beyond 64 bits becomes the nearest float.
fn number(text: &str) -> Option<Content> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Content::Float(if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Content::Float(f64::NAN));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            text.parse()
                .map_or_else(|_| Content::Float(float(text)), Content::Integer),
        );
    }
    is_float(unsigned).then(|| Content::Float(float(text)))
}

fn radix(digits: &str, radix: u32) -> Option<Content> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let wide = || {
        let step =
            |sum: f64, digit: char| sum * f64::from(radix) + f64::from(digit.to_digit(radix).unwrap_or(0));
        digits.chars().fold(0.0, step)
    };
    Some(i128::from_str_radix(digits, radix).map_or_else(|_| Content::Float(wide()), Content::Integer))
}

/// Whether an unsigned text has the form `1.5`, `.5`, `1.`, each with an optional exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

fn float(text: &str) -> f64 {
    text.parse().expect("the form was checked")
}
