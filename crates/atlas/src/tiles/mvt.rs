//! Writing a Mapbox Vector Tile 2.1: layers, features, attributes, geometry commands. No projection, no
//! clipping.
//!
//! The format needs some fifteen fields of protocol buffers; a small writer is less than the crates that do
//! it.

use std::collections::HashMap;

/// Units across a tile; a fact of the format's common use, not a rule.
pub(crate) const EXTENT: i64 = 4096;

/// The value of an attribute of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

/// A point in tile units, y down.
pub(crate) type T = [i64; 2];

/// One layer being written.
#[derive(Default)]
pub(crate) struct Layer {
    name: String,
    features: Vec<u8>,
    count: usize,
    keys: HashMap<String, u32>,
    key_bytes: Vec<u8>,
    values: HashMap<Vec<u8>, u32>,
    value_bytes: Vec<u8>,
}

fn varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn number(out: &mut Vec<u8>, field: u32, v: u64) {
    varint(out, u64::from(field << 3));
    varint(out, v);
}

fn bytes(out: &mut Vec<u8>, field: u32, data: &[u8]) {
    varint(out, u64::from(field << 3 | 2));
    varint(out, data.len() as u64);
    out.extend_from_slice(data);
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

/// The geometry commands of closed rings (the last point repeats the first), or of points.
pub(crate) struct Commands {
    out: Vec<u8>,
    pen: T,
}

impl Commands {
    pub(crate) fn new() -> Commands {
        Commands { out: Vec::new(), pen: [0, 0] }
    }
    fn to(&mut self, p: T) {
        varint(&mut self.out, zigzag(p[0] - self.pen[0]));
        varint(&mut self.out, zigzag(p[1] - self.pen[1]));
        self.pen = p;
    }
    /// A ring of three or more different points, the first not repeated.
    pub(crate) fn ring(&mut self, points: &[T]) {
        varint(&mut self.out, 1 | 1 << 3);
        self.to(points[0]);
        varint(&mut self.out, 2 | (points.len() as u64 - 1) << 3);
        points[1..].iter().for_each(|p| self.to(*p));
        varint(&mut self.out, 7 | 1 << 3);
    }
    pub(crate) fn point(&mut self, p: T) {
        varint(&mut self.out, 1 | 1 << 3);
        self.to(p);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

/// What a feature is.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Point = 1,
    Polygon = 3,
}

impl Layer {
    pub(crate) fn new(name: &str) -> Layer {
        Layer { name: name.to_owned(), ..Layer::default() }
    }

    pub(crate) fn feature(&mut self, id: u64, shape: Shape, commands: &Commands, tags: &[(&str, Value)]) {
        let mut packed = Vec::new();
        for (key, value) in tags {
            let k = self.key(key);
            varint(&mut packed, u64::from(k));
            let v = self.value(value);
            varint(&mut packed, u64::from(v));
        }
        let mut out = Vec::with_capacity(commands.out.len() + packed.len() + 16);
        number(&mut out, 1, id);
        bytes(&mut out, 2, &packed);
        number(&mut out, 3, shape as u64);
        bytes(&mut out, 4, &commands.out);
        bytes(&mut self.features, 2, &out);
        self.count += 1;
    }

    fn key(&mut self, key: &str) -> u32 {
        if let Some(at) = self.keys.get(key) {
            return *at;
        }
        let at = self.keys.len() as u32;
        bytes(&mut self.key_bytes, 3, key.as_bytes());
        self.keys.insert(key.to_owned(), at);
        at
    }

    fn value(&mut self, value: &Value) -> u32 {
        let mut out = Vec::new();
        match value {
            Value::Text(t) => bytes(&mut out, 1, t.as_bytes()),
            Value::Float(f) => {
                varint(&mut out, 3 << 3 | 1);
                out.extend_from_slice(&f.to_le_bytes());
            }
            Value::Int(i) => number(&mut out, 6, zigzag(*i)),
            Value::Bool(b) => number(&mut out, 7, u64::from(*b)),
        }
        let next = self.values.len() as u32;
        if let Some(at) = self.values.get(&out) {
            return *at;
        }
        bytes(&mut self.value_bytes, 4, &out);
        self.values.insert(out, next);
        next
    }

    /// The layer as a part of a tile; nothing when it has no feature.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut tile = Vec::new();
        if self.count > 0 {
            let mut out = Vec::with_capacity(self.features.len() + self.value_bytes.len() + 64);
            number(&mut out, 15, 2);
            bytes(&mut out, 1, self.name.as_bytes());
            out.extend_from_slice(&self.features);
            out.extend_from_slice(&self.key_bytes);
            out.extend_from_slice(&self.value_bytes);
            number(&mut out, 5, EXTENT as u64);
            bytes(&mut tile, 3, &out);
        }
        tile
    }
}
