//! The profiles that ship within the product, for others to stand on.

/// The profiles that ship, by name; the first is the one of no city in particular.
pub const SHIPPED: [(&str, &str); 2] = [
    ("base", include_str!("../../../../data/profiles/base.toml")),
    ("chengdu", include_str!("../../../../data/profiles/chengdu.toml")),
];

/// The text of a profile that ships.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
