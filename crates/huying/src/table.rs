//! Tables for a terminal, with columns aligned by display width: a Chinese character takes two cells.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Rows of cells as text; columns in `right` are aligned to the right.
pub(crate) fn render(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| t.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - cell.width());
            let (before, after) = if right.contains(&c) { (pad.as_str(), "") } else { ("", pad.as_str()) };
            line.push_str(&format!("{before}{cell}{after}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A text cut to a display width, with a sign that something is left out.
pub(crate) fn short(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.width().unwrap_or(0) + 1 > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// A number with commas between thousands.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_takes_two_cells() {
        let rows = vec![vec!["锦江区".to_owned(), "1".to_owned()], vec!["ab".to_owned(), "10".to_owned()]];
        assert_eq!(render(&rows, &[1]), "  锦江区   1\n  ab      10\n");
    }

    #[test]
    fn a_long_text_is_cut_at_its_width_on_the_screen() {
        assert_eq!((short("锦江区", 6).as_str(), short("锦江区", 5).as_str()), ("锦江区", "锦江…"));
        assert_eq!(short("锦江区", 4), "锦…");
    }

    #[test]
    fn thousands_are_divided() {
        assert_eq!(
            ["0", "999", "1,000", "20,937,757"],
            [0, 999, 1000, 20_937_757].map(thousands).each_ref().map(String::as_str)
        );
    }
}
