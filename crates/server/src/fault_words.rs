//! What is wrong with a field, and what would be accepted, in Chinese: `faults.tsv` has a line for each
//! sentence that the readers of requests say, with `{}` for what differs. A check of the sources holds that
//! none is missing.

use std::sync::LazyLock;

/// A sentence in parts around what differs, and the same in Chinese.
struct Line {
    parts: Vec<&'static str>,
    chinese: &'static str,
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let lines = include_str!("faults.tsv").lines().filter_map(|line| line.split_once('\t'));
    let mut lines: Vec<Line> =
        lines.map(|(said, chinese)| Line { parts: said.split("{}").collect(), chinese }).collect();
    // The most particular sentence first: the one with the most words of its own.
    lines.sort_by_key(|line| std::cmp::Reverse(line.parts.iter().map(|part| part.len()).sum::<usize>()));
    lines
});

/// Both in one Chinese sentence. What is accepted stands as it is where it is no sentence but a list of
/// words.
pub(crate) fn in_chinese(problem: &str, accepted: &str) -> Option<String> {
    let problem = said(problem)?;
    let accepted = said(accepted).unwrap_or_else(|| accepted.to_owned());
    Some(if accepted.is_empty() { problem } else { format!("{problem}；可接受：{accepted}") })
}

fn said(text: &str) -> Option<String> {
    LINES.iter().find_map(|line| {
        let mut chinese = line.chinese.to_owned();
        for differs in between(&line.parts, text)? {
            chinese = chinese.replacen("{}", differs, 1);
        }
        Some(chinese)
    })
}

/// What stands between the parts of a sentence in `text`; none where it is another sentence.
fn between<'t>(parts: &[&str], text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = parts.split_first()?;
    let mut left = text.strip_prefix(first)?;
    let Some((last, middle)) = rest.split_last() else { return left.is_empty().then(Vec::new) };
    let mut found = Vec::with_capacity(rest.len());
    for part in middle {
        let (differs, after) = left.split_once(part)?;
        found.push(differs);
        left = after;
    }
    found.push(left.strip_suffix(last)?);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_said_in_chinese_with_what_differs() {
        let said = |problem, accepted| in_chinese(problem, accepted).unwrap_or_default();
        assert_eq!(said("is missing", "a text of 1 to 500 characters"), "没有填写；可接受：1 至 500 个字");
        assert_eq!(
            said("`x y` is not accepted", "named, confidential"),
            "“x y”不被接受；可接受：named, confidential"
        );
        let whole = said("is a number, not a text", "a whole number from 3 to 7");
        assert_eq!(whole, "是数字，应为文字；可接受：3 至 7 的整数");
        assert_eq!(in_chinese("nobody says this", "a text"), None);
        assert_eq!(between(&["a", "b", ""], "a1b"), Some(vec!["1", ""]));
    }
}
