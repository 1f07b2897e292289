//! Merkle trees over SHA-256 as RFC 6962 section 2.1 defines them: leaves under 0x00, nodes under 0x01, a
//! tree of n leaves split at the largest power of two below n. Knows nothing of what the leaves mean.

use crate::batch::Digest;
use sha2::{Digest as _, Sha256};

/// The hash of a leaf.
pub(crate) fn leaf(bytes: &[u8]) -> Digest {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Digest, right: &Digest) -> Digest {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `n`, for n of at least 2.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// The root over leaf hashes; of none, the hash of nothing.
pub(crate) fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The siblings from leaf `index` up to the root, nearest first; none when there is no such leaf.
pub(crate) fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (within, index, sibling) =
        if index < left.len() { (left, index, right) } else { (right, index - left.len(), left) };
    let mut up = path(within, index)?;
    up.push(root(sibling));
    Some(up)
}

/// The root that a leaf hash at `index` of `size` leads to along `path`; none when the path has another
/// length than that place in such a tree has.
pub(crate) fn climb(leaf: &Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return path.is_empty().then_some(*leaf);
    }
    let (last, rest) = path.split_last()?;
    let half = size.checked_next_power_of_two()? / 2;
    if index < half {
        Some(node(&climb(leaf, index, half, rest)?, last))
    } else {
        Some(node(last, &climb(leaf, index - half, size - half, rest)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tree built level by level, an odd node carried up: another algorithm for the same definition.
    fn by_levels(leaves: &[Digest]) -> Digest {
        let mut level = leaves.to_vec();
        if level.is_empty() {
            return Sha256::digest(b"").into();
        }
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| match pair {
                    [l, r] => Sha256::digest([&[1u8][..], l, r].concat()).into(),
                    other => other[0],
                })
                .collect();
        }
        level[0]
    }

    fn leaves(n: usize) -> Vec<Digest> {
        (0..n).map(|i| leaf(&i.to_le_bytes())).collect()
    }

    #[test]
    fn known_roots_of_rfc_6962() {
        // Test vectors of the Certificate Transparency reference implementations.
        assert_eq!(
            crate::hex(&root(&[])),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            crate::hex(&root(&[leaf(b"")])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        let two = [leaf(b""), leaf(&[0])];
        assert_eq!(
            crate::hex(&root(&two)),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }

    proptest! {
        #[test]
        fn root_equals_the_tree_built_by_levels(n in 0usize..300) {
            let all = leaves(n);
            prop_assert_eq!(root(&all), by_levels(&all));
        }

        #[test]
        fn every_path_leads_to_the_root_and_no_altered_one_does(
            n in 1usize..200,
            at in any::<prop::sample::Index>(),
            bit in 0usize..256,
        ) {
            let all = leaves(n);
            let i = at.index(n);
            let up = path(&all, i).unwrap();
            let size = n as u64;
            prop_assert_eq!(climb(&all[i], i as u64, size, &up), Some(root(&all)));
            let mut other = all[i];
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(climb(&other, i as u64, size, &up), Some(root(&all)));
            if n > 1 {
                let wrong = (i as u64 + 1) % size;
                prop_assert_ne!(climb(&all[i], wrong, size, &up), Some(root(&all)));
                prop_assert_eq!(climb(&all[i], i as u64, size, &up[1..]), None);
            }
        }
    }
}
