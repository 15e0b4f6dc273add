//! Matches a compiled glob against a whole text in linear time.
//!
//! A program is a string of bytes: an ASCII byte stands for itself, [`STAR`] for any run, [`ANY`] for one byte.
//! Texts are ASCII, so the two tokens cannot be confused with literals.

/// Any run of bytes, possibly empty; never twice in a row.
pub(crate) const STAR: u8 = 0x80;
/// Exactly one byte.
pub(crate) const ANY: u8 = 0x81;

/// Whether a byte of a program is a literal.
pub(crate) fn is_literal(byte: u8) -> bool {
    byte < STAR
}

/// Whether the program matches the whole of `text`.
pub(crate) fn matches(program: &[u8], text: &[u8]) -> bool {
    matches_either(program, text, text.len())
}

/// Whether the program matches the whole of `text` or the whole of its first `short` bytes.
///
/// Pieces between stars are searched leftmost, each after the one before. That finds every match there is, since an
/// earlier piece that ends sooner leaves more room for the later ones; so one pass serves both lengths.
pub(crate) fn matches_either(program: &[u8], text: &[u8], short: usize) -> bool {
    let Some(first_star) = program.iter().position(|&byte| byte == STAR) else {
        return (program.len() == text.len() && fits(program, text))
            || (program.len() == short && fits(program, &text[..short]));
    };
    let head = &program[..first_star];
    if head.len() > text.len() || !fits(head, text) {
        return false;
    }
    let mut at = head.len();
    let mut pieces = program[first_star + 1..].split(|&byte| byte == STAR);
    let mut piece = pieces.next().expect("a split yields at least one piece");
    for next in pieces {
        match find(piece, &text[at..]) {
            Some(start) => at += start + piece.len(),
            None => return false,
        }
        piece = next;
    }
    let tail_fits = |end: usize| at + piece.len() <= end && fits(piece, &text[end - piece.len()..]);
    tail_fits(text.len()) || (short < text.len() && tail_fits(short))
}

/// Whether a piece without stars stands at the beginning of a text that is at least as long.
fn fits(piece: &[u8], text: &[u8]) -> bool {
    piece
        .iter()
        .zip(text)
        .all(|(&token, &byte)| token == byte || token == ANY)
}

/// Finds the leftmost place of a piece without stars.
fn find(piece: &[u8], text: &[u8]) -> Option<usize> {
    if piece.len() > text.len() {
        return None;
    }
    if piece.iter().copied().all(is_literal) {
        memchr::memmem::find(text, piece)
    } else {
        shift_and(piece, text)
    }
}

/// Finds a piece with [`ANY`] in it: one bit a token, so the cost is the text's length times the piece's words,
/// whatever the text holds. Trying the piece at each place instead would be quadratic on `aaaa…`.
fn shift_and(piece: &[u8], text: &[u8]) -> Option<usize> {
    let words = piece.len().div_ceil(64);
    if words == 1 {
        return shift_and_word(piece, text);
    }
    let mut masks = vec![0_u64; words * 128];
    for (n, &token) in piece.iter().enumerate() {
        for byte in accepted(token) {
            masks[usize::from(byte) * words + n / 64] |= 1 << (n % 64);
        }
    }
    let (last_word, last_bit) = ((piece.len() - 1) / 64, 1_u64 << ((piece.len() - 1) % 64));
    let mut state = vec![0_u64; words];
    for (at, &byte) in text.iter().enumerate() {
        let mut carry = 1;
        let row = &masks[usize::from(byte & 0x7f) * words..][..words];
        for (word, mask) in state.iter_mut().zip(row) {
            let out = *word >> 63;
            *word = (*word << 1 | carry) & mask;
            carry = out;
        }
        if state[last_word] & last_bit != 0 {
            return Some(at + 1 - piece.len());
        }
    }
    None
}

fn shift_and_word(piece: &[u8], text: &[u8]) -> Option<usize> {
    let mut masks = [0_u64; 128];
    for (n, &token) in piece.iter().enumerate() {
        for byte in accepted(token) {
            masks[usize::from(byte)] |= 1 << n;
        }
    }
    let last_bit = 1_u64 << (piece.len() - 1);
    let mut state = 0_u64;
    for (at, &byte) in text.iter().enumerate() {
        state = (state << 1 | 1) & masks[usize::from(byte & 0x7f)];
        if state & last_bit != 0 {
            return Some(at + 1 - piece.len());
        }
    }
    None
}

fn accepted(token: u8) -> std::ops::RangeInclusive<u8> {
    if token == ANY { 0..=0x7f } else { token..=token }
}
