//! Columns for people.

/// Aligns rows under their headings: two spaces indent, two between columns, nothing after the last one.
pub(crate) fn aligned<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let heading_row = headings.map(str::to_owned);
    let widths: [usize; N] = std::array::from_fn(|column| {
        std::iter::once(&heading_row).chain(rows).map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in std::iter::once(&heading_row).chain(rows) {
        let line: String =
            row.iter().zip(widths).map(|(cell, width)| format!("  {cell:<width$}")).collect::<Vec<_>>().concat();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Bytes as people say them, in steps of 1000: `812 B`, `12.1 kB`, `2.9 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let mut unit = "B";
    let mut tenths = u128::from(count) * 10;
    for larger in ["kB", "MB", "GB"] {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = larger;
    }
    if unit == "B" { format!("{count} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// `1 file`, `2 files`.
pub(crate) fn files(count: usize) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}

#[cfg(test)]
mod tests {
    use super::{aligned, bytes, files};

    #[test]
    fn columns_stand_under_their_headings() {
        let rows = [["ios".to_owned(), "1.0.0".to_owned()], ["android".to_owned(), "1.0.0+ä".to_owned()]];
        insta::assert_snapshot!(aligned(["platform", "runtime"], &rows), @r"
          platform  runtime
          ios       1.0.0
          android   1.0.0+ä
        ");
        assert!(aligned(["a", "b"], &[["x".into(), String::new()]]).lines().all(|line| !line.ends_with(' ')));
    }

    #[test]
    fn bytes_round_down_at_each_step() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_450_256, "1.4 MB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (5_300_000_000_000, "5300.0 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
        assert_eq!((files(1), files(0), files(2)), ("1 file".into(), "0 files".into(), "2 files".into()));
    }
}
