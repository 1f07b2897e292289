//! The profiles that ship within the product, for others to stand on.

/// The profiles that ship, by name; the first is the one of no city in particular.
pub const SHIPPED: [(&str, &str); 6] = [
    ("base", include_str!("../../../../data/profiles/base.toml")),
    ("beijing", include_str!("../../../../data/profiles/beijing.toml")),
    ("chengdu", include_str!("../../../../data/profiles/chengdu.toml")),
    ("guangming", include_str!("../../../../data/profiles/guangming.toml")),
    ("pudong", include_str!("../../../../data/profiles/pudong.toml")),
    ("classic-city-management", include_str!("../../../../data/profiles/classic-city-management.toml")),
];

/// The text of a profile that ships.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
