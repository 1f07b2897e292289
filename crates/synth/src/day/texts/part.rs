//! The notation of an alternative: `@tags 3* words {rule} {$slot} {#2-9} {a|b|} words`.
//!
//! `@night,0401` holds the alternative back unless the text is about one of these; `3*` makes it three times
//! as likely; `{rule}` is another rule, of the same family or the common one; `{$slot}` is told from outside;
//! `{#2-9}` is a number, `{%2-9}` the same in Chinese; `{a|b|}` is one of these words or nothing.

/// A piece of an alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Words as they stand.
    Words(String),
    /// Another rule.
    Rule(String),
    /// What is told from outside.
    Slot(String),
    /// A number, and whether it is written in Chinese.
    Number {
        /// The least.
        from: u32,
        /// The greatest.
        to: u32,
        /// 三 instead of 3.
        chinese: bool,
    },
    /// One of these.
    One(Vec<String>),
}

/// An alternative of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Way {
    /// Taken only when the text is about one of these.
    pub(super) tags: Vec<String>,
    /// How likely, against the others.
    pub(super) weight: f64,
    /// Its pieces in order.
    pub(super) parts: Vec<Part>,
}

/// Reads an alternative, or says what is wrong with it.
pub(super) fn way(text: &str) -> Result<Way, String> {
    let (mut tags, mut weight, mut rest) = (Vec::new(), 1.0, text);
    if let Some(after) = rest.strip_prefix('@') {
        let (named, left) = after.split_once(' ').unwrap_or((after, ""));
        tags = named.split(',').map(str::to_owned).collect();
        rest = left;
        if tags.iter().any(|t| t.is_empty() || !t.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
            return Err(format!("`@{named}` names no tags"));
        }
    }
    if let Some((number, left)) = rest.split_once("* ")
        && let Ok(number) = number.parse::<u32>()
    {
        weight = f64::from(number);
        rest = left;
    }
    Ok(Way { tags, weight, parts: parts(rest)? })
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((words, after)) = rest.split_once('{') {
        if !words.is_empty() {
            found.push(Part::Words(words.to_owned()));
        }
        let (inner, left) = after.split_once('}').ok_or("a `{` is not closed")?;
        found.push(piece(inner)?);
        rest = left;
    }
    if rest.contains('}') {
        return Err("a `}` was not opened".into());
    }
    if !rest.is_empty() {
        found.push(Part::Words(rest.to_owned()));
    }
    Ok(found)
}

fn piece(inner: &str) -> Result<Part, String> {
    let number = |text: &str, chinese: bool| {
        let (from, to) = text.split_once('-').ok_or("a number is written `{#2-9}`")?;
        let read = |t: &str| t.parse::<u32>().map_err(|_| format!("`{t}` is no number"));
        let (from, to) = (read(from)?, read(to)?);
        if from > to {
            return Err(format!("`{text}` runs backwards"));
        }
        Ok(Part::Number { from, to, chinese })
    };
    match inner.chars().next() {
        None => Err("`{}` is empty".into()),
        Some('#') => number(&inner[1..], false),
        Some('%') => number(&inner[1..], true),
        Some('$') => Ok(Part::Slot(inner[1..].to_owned())),
        _ if inner.contains('|') => Ok(Part::One(inner.split('|').map(str::to_owned).collect())),
        _ if inner.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') => {
            Ok(Part::Rule(inner.to_owned()))
        }
        _ => Err(format!("`{{{inner}}}` is no rule; rules are words of a-z, 0-9 and _")),
    }
}

/// A number in Chinese, up to 99.
pub(super) fn chinese(n: u32) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |n: u32| DIGITS.get(n as usize).copied().unwrap_or('零');
    match (n / 10, n % 10) {
        (0, 2) => "两".into(),
        (0, one) => digit(one).to_string(),
        (1, 0) => "十".into(),
        (1, one) => format!("十{}", digit(one)),
        (ten, 0) if ten < 10 => format!("{}十", digit(ten)),
        (ten, one) if ten < 10 => format!("{}十{}", digit(ten), digit(one)),
        _ => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_is_read() {
        let way = way("@night,0401 3* 在{$place}{late}{#2-9}次{真|}。").unwrap();
        assert_eq!((way.tags.len(), way.weight), (2, 3.0));
        assert_eq!(way.parts.len(), 7);
        assert_eq!(way.parts[3], Part::Number { from: 2, to: 9, chinese: false });
        assert_eq!(way.parts[6], Part::Words("。".into()));
    }

    #[test]
    fn what_is_no_alternative_is_named() {
        for bad in ["{", "}", "{}", "{Rule}", "{#a-3}", "{#9-3}", "@,x y", "{#3}"] {
            assert!(way(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_said() {
        let said: Vec<String> = [2, 3, 10, 12, 20, 35, 120].map(chinese).to_vec();
        assert_eq!(said, ["两", "三", "十", "十二", "二十", "三十五", "120"]);
    }
}
