//! Reading a Chinese standard address: road and number, compound, building, unit, floor, room.
//!
//! Text alone: what exists is not known here. Full width and Chinese numerals are read as plain digits where
//! a word such as 栋 follows them, so that 一环路 stays a road and 三栋 becomes building 3.

use crate::limits::MAX_WORDS;
use serde::Serialize;

/// What was read out of an address; what it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// The words before the building, in half width and without blanks: places, road, compound.
    pub head: String,
    /// The road, such as `总府路`.
    pub road: Option<String>,
    /// The number on the road, such as `35` or `35附2`.
    pub number: Option<String>,
    /// The building's canonical key: `3` for 3栋, 三幢 and 3号楼; `A` for A座; `2组` for a rural group.
    pub building: Option<String>,
    /// The unit 单元.
    pub unit: Option<String>,
    /// The floor; basements are negative.
    pub floor: Option<i16>,
    /// The room, as written.
    pub room: Option<String>,
}

/// Words after a number that make it a building; the longest first.
const BUILDING: [&str; 7] = ["号楼", "号栋", "栋", "幢", "座", "#楼", "#"];
/// Words that make it a unit.
const UNIT: [&str; 3] = ["单元", "门栋", "梯"];
/// Words that make it a floor.
const FLOOR: [&str; 4] = ["楼", "层", "F", "樓"];
/// Words that make it a room.
const ROOM: [&str; 4] = ["号房", "室", "房", "户"];
/// Words that make it a rural group.
const GROUP: [&str; 3] = ["村民小组", "小组", "组"];
/// What a road's name ends with.
const ROAD: [char; 6] = ['路', '街', '巷', '道', '段', '弄'];
/// What ends a place's name before a road begins.
const PLACE: [&str; 8] = ["街道", "社区", "区", "县", "市", "镇", "乡", "村"];

/// Half width, upper case, without blanks and punctuation, at most [`MAX_WORDS`] characters.
pub fn plain(words: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    let half = |c: char| match narrow(c) {
        '—' | '–' | '~' => '-',
        '〇' | '○' => '零',
        c => c.to_ascii_uppercase(),
    };
    let keep = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '#');
    words.chars().map(half).filter(keep).take(MAX_WORDS).collect()
}

/// A number written in digits, Chinese numerals or as a letter with digits; its canonical text and length.
fn number(text: &[char]) -> Option<(String, usize)> {
    let first = *text.first()?;
    if first.is_ascii_digit() {
        let len = text.iter().take_while(|c| c.is_ascii_digit()).count();
        let digits: String = text[..len].iter().collect();
        let short = digits.trim_start_matches('0');
        return Some((if short.is_empty() { "0".to_owned() } else { short.to_owned() }, len));
    }
    if first.is_ascii_uppercase() {
        let len = 1 + text[1..].iter().take_while(|c| c.is_ascii_digit()).count();
        return Some((text[..len].iter().collect(), len));
    }
    let len = text.iter().take_while(|c| chinese_digit(**c).is_some()).count();
    chinese(&text[..len]).map(|n| (n.to_string(), len))
}

fn chinese_digit(c: char) -> Option<u32> {
    // 十 and 百 are told from digits by being above nine.
    let (digits, tens) = ("零一二三四五六七八九", [('十', 10), ('百', 100), ('两', 2)]);
    let digit = digits.chars().position(|d| d == c).map(|d| d as u32);
    digit.or_else(|| tens.iter().find(|(t, _)| *t == c).map(|(_, n)| *n))
}

/// 三 is 3, 十二 is 12, 一百零五 is 105, 一五零二 is 1502.
fn chinese(text: &[char]) -> Option<u32> {
    let values: Vec<u32> = text.iter().filter_map(|c| chinese_digit(*c)).collect();
    if values.is_empty() || values.len() > 6 {
        return None;
    }
    if values.len() > 1 && values.iter().all(|v| *v < 10) {
        return values.iter().try_fold(0u32, |n, v| n.checked_mul(10)?.checked_add(*v));
    }
    let (mut total, mut digit, mut seen) = (0, 0, false);
    for v in values {
        if v >= 10 {
            total += v * if digit == 0 && !seen { 1 } else { digit };
            digit = 0;
        } else {
            digit = v;
        }
        seen = true;
    }
    Some(total + digit)
}

/// What a number in an address stands for.
enum Part {
    Building(String),
    Unit(String),
    Floor(String),
    Room(String),
}

/// The part that begins at the head of `text`, and its length.
fn part(text: &[char]) -> Option<(Part, usize)> {
    if text.starts_with(&['地', '下']) || text.starts_with(&['负']) {
        let skip = if text[0] == '负' { 1 } else { 2 };
        let (n, len) = number(&text[skip..])?;
        let word = word(&text[skip + len..], &FLOOR)?;
        return Some((Part::Floor(format!("-{n}")), skip + len + word));
    }
    let (n, len) = number(text)?;
    let rest = &text[len..];
    if let Some(w) = word(rest, &BUILDING) {
        // 3楼 is a floor, 3号楼 a building; a # alone wants a digit before it, which it has.
        return Some((Part::Building(n), len + w));
    }
    if let Some(w) = word(rest, &GROUP) {
        return Some((Part::Building(format!("{n}组")), len + w));
    }
    if let Some(w) = word(rest, &UNIT) {
        return Some((Part::Unit(n), len + w));
    }
    if let Some(w) = word(rest, &FLOOR) {
        return Some((Part::Floor(n), len + w));
    }
    word(rest, &ROOM).map(|w| (Part::Room(n), len + w))
}

fn word(text: &[char], words: &[&str]) -> Option<usize> {
    words.iter().map(|w| w.chars().collect::<Vec<_>>()).find(|w| text.starts_with(w)).map(|w| w.len())
}

/// The canonical key of a building's name: `3` for 3栋, 三幢, 03号楼; `2组` for 2组; other names as they are.
pub fn building_key(name: &str) -> String {
    let text: Vec<char> = plain(name).chars().collect();
    match part(&text) {
        Some((Part::Building(key), len)) if len == text.len() => key,
        _ => match number(&text) {
            Some((n, len)) if len == text.len() => n,
            _ => text.iter().collect(),
        },
    }
}

/// The canonical key of a unit's name: `2` for 2单元, 二单元 and 2.
pub fn unit_key(name: &str) -> String {
    let text: Vec<char> = plain(name).chars().collect();
    match number(&text) {
        Some((n, len)) if len == text.len() || word(&text[len..], &UNIT).is_some() => n,
        _ => text.iter().collect(),
    }
}

/// Takes an address apart.
pub fn parse(words: &str) -> Parsed {
    let text: Vec<char> = plain(words).chars().collect();
    let mut found = Parsed::default();
    let mut head = text.len();
    let mut at = 0;
    while at < text.len() {
        // A number that continues one before it is no number of its own.
        let fresh = at == 0 || !(text[at].is_ascii_alphanumeric() && text[at - 1].is_ascii_alphanumeric());
        if let Some((part, len)) = fresh.then(|| part(&text[at..])).flatten() {
            if found.take(part) {
                head = head.min(at);
            }
            at += len;
        } else if let Some(len) = fresh.then(|| dashed(&text[at..], head == text.len(), &mut found)).flatten()
        {
            head = head.min(at);
            at += len;
        } else if let Some((n, len)) = number(&text[at..]).filter(|_| fresh && at > head) {
            // 3栋1502: digits left over after a building are a room.
            if found.room.is_none()
                && n.len() >= 3
                && at + len == text.len()
                && n.bytes().all(|b| b.is_ascii_digit())
            {
                found.room = Some(n);
            }
            at += len;
        } else {
            at += 1;
        }
    }
    found.head = text[..head].iter().collect();
    road(&text[..head], &mut found);
    if found.floor.is_none() {
        // 1502室 is on floor 15, 302 on floor 3.
        let room = found.room.as_ref().filter(|r| (3..=4).contains(&r.len()));
        found.floor = room.and_then(|r| r.parse::<i16>().ok()).map(|r| r / 100).filter(|f| *f > 0);
    }
    found
}

/// 3-2-1502 and 3-1502 at the end of an address.
fn dashed(text: &[char], bare: bool, found: &mut Parsed) -> Option<usize> {
    let tail: String = text.iter().collect();
    let tail = tail.trim_end_matches(['号', '室']);
    let parts: Vec<&str> = tail.split('-').collect();
    let plain = parts.iter().all(|p| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    if !bare || !plain || !(2..=3).contains(&parts.len()) || parts[parts.len() - 1].len() < 3 {
        return None;
    }
    found.building = Some(building_key(parts[0]));
    found.unit = (parts.len() == 3).then(|| unit_key(parts[1]));
    found.room = parts.last().map(|r| (*r).to_owned());
    Some(text.len())
}

impl Parsed {
    /// Keeps a part; the first of each sort counts. Says whether it was one.
    fn take(&mut self, part: Part) -> bool {
        match part {
            Part::Building(key) => drop(self.building.get_or_insert(key)),
            Part::Unit(key) => drop(self.unit.get_or_insert(key)),
            Part::Room(room) => drop(self.room.get_or_insert(room)),
            Part::Floor(floor) => match floor.parse::<i16>() {
                Ok(n) => drop(self.floor.get_or_insert(n)),
                Err(_) => return false,
            },
        }
        true
    }
}

/// Road and number out of the head: a number with 号 after a word that ends a road's name.
fn road(head: &[char], found: &mut Parsed) {
    for at in 1..head.len() {
        let Some((n, len)) = number(&head[at..]).filter(|_| ROAD.contains(&head[at - 1])) else { continue };
        let rest = &head[at + len..];
        let ends = rest.is_empty() || rest[0] == '号' || rest[0] == '附';
        if !ends || !n.as_bytes()[0].is_ascii_digit() {
            continue;
        }
        let before: String = head[..at].iter().collect();
        let cut = PLACE.iter().filter_map(|w| before.rfind(w).map(|i| i + w.len()));
        let cut = cut.filter(|i| *i < before.len()).max().unwrap_or(0);
        found.road = Some(before[cut..].to_owned());
        let annex = rest.iter().position(|c| *c == '附').filter(|i| *i <= 1);
        let annex = annex.and_then(|i| number(&rest[i + 1..])).map(|(a, _)| format!("附{a}"));
        found.number = Some(format!("{n}{}", annex.unwrap_or_default()));
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, want: [&str; 6], floor: Option<i16>) {
        let p = parse(words);
        let text = |o: &Option<String>| o.clone().unwrap_or_default();
        let got =
            [p.head.clone(), text(&p.road), text(&p.number), text(&p.building), text(&p.unit), text(&p.room)];
        assert_eq!((got.each_ref().map(String::as_str), p.floor), (want, floor), "{words}");
    }

    #[test]
    fn addresses_are_taken_apart() {
        let all = "锦江区春熙路街道总府路35号锦绣花园";
        check(
            "锦江区春熙路街道总府路 35 号锦绣花园3栋2单元15楼1502室",
            [all, "总府路", "35", "3", "2", "1502"],
            Some(15),
        );
        check("锦绣花园３幢二单元", ["锦绣花园", "", "", "3", "2", ""], None);
        check("锦绣花园三号楼十二层", ["锦绣花园", "", "", "3", "", ""], Some(12));
        check("天府中心A座2801室", ["天府中心", "", "", "A", "", "2801"], Some(28));
        check("锦绣花园3-2-1502", ["锦绣花园", "", "", "3", "2", "1502"], Some(15));
        check("锦绣花园12#302", ["锦绣花园", "", "", "12", "", "302"], Some(3));
        check("龙泉村2组", ["龙泉村", "", "", "2组", "", ""], None);
        check("一环路南四段16号附3号", ["一环路南四段16号附3号", "一环路南四段", "16附3", "", "", ""], None);
        check("锦绣花园3栋地下2层", ["锦绣花园", "", "", "3", "", ""], Some(-2));
        check("锦绣花园3栋一单元502", ["锦绣花园", "", "", "3", "1", "502"], Some(5));
        check("老菜市后门", ["老菜市后门", "", "", "", "", ""], None);
        check("", ["", "", "", "", "", ""], None);
    }

    #[test]
    fn keys_are_canonical() {
        for name in ["3栋", "三幢", "03号楼", "3#", "３ 栋", "3"] {
            assert_eq!(building_key(name), "3", "{name}");
        }
        assert_eq!(building_key("A座"), "A");
        assert_eq!(building_key("二组"), "2组");
        assert_eq!(building_key("综合楼"), "综合楼");
        assert_eq!(unit_key("二单元"), "2");
        assert_eq!(chinese(&['二', '十', '一']), Some(21));
        assert_eq!(chinese(&['一', '百', '零', '五']), Some(105));
    }
}
