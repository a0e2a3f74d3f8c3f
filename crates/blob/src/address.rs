//! Where a blob lies: `blobs/ab/cdef…`, the hash in lower-case hexadecimal with its first two digits as a folder, so
//! that no folder of a local disk grows too large.

use model::BlobHash;
use object_store::path::Path;

/// The folder of all blobs.
pub(crate) const FOLDER: &str = "blobs";

/// The folders beneath [`FOLDER`].
pub(crate) fn shards() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|first| format!("{first:02x}"))
}

/// The address of a blob.
pub(crate) fn of(hash: BlobHash) -> Path {
    let digits = hash.to_string();
    let (shard, rest) = digits.split_at(2);
    Path::from_iter([FOLDER, shard, rest])
}

/// Whether a file beneath a shard is one that the local backend had not finished: it writes `<name>#<number>` and
/// renames that to `<name>`.
pub(crate) fn is_unfinished(file_name: &str) -> bool {
    file_name
        .split_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_hash_in_two_pieces() {
        let address = of(BlobHash([0xab; 32]));
        assert_eq!(address.to_string(), format!("blobs/ab/{}", "ab".repeat(31)));
        let all: Vec<String> = shards().collect();
        assert_eq!((all.len(), all[0].as_str(), all[255].as_str()), (256, "00", "ff"));
    }

    #[test]
    fn unfinished_files_are_told_by_their_name() {
        for (name, unfinished) in
            [("cdef", false), ("cdef#1", true), ("cdef#12", true), ("cdef#", false), ("cdef#x", false), ("#1", true)]
        {
            assert_eq!(is_unfinished(name), unfinished, "{name}");
        }
    }
}
