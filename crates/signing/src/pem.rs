//! PEM envelopes: which blocks a text has, and certificate blocks read as strictly as iOS reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const END_CERTIFICATE: &str = "-----END CERTIFICATE-----";

/// A certificate block that iOS would not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrokenBlock;

/// What stands between `-----BEGIN ` and `-----`, block by block. A text without any is not PEM.
pub(crate) fn labels(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| {
            line.trim().trim_start_matches('\u{feff}').strip_prefix("-----BEGIN ")?.strip_suffix("-----")
        })
        .collect()
}

/// The DER of every certificate block, in order. As in both clients (`separateCertificateChain`), text outside the
/// blocks is ignored and a block without its end ends the search.
///
/// Inside a block iOS (`Crypto.decodePEMToDER`) wants the delimiters alone on their lines and between them nothing but
/// padded base64, so that is what is asked here; Android takes more.
pub(crate) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, BrokenBlock> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after_begin)) = rest.split_once(BEGIN_CERTIFICATE) {
        let Some((body, after_end)) = after_begin.split_once(END_CERTIFICATE) else { break };
        blocks.push(decode_body(body)?);
        rest = after_end;
    }
    Ok(blocks)
}

fn decode_body(body: &str) -> Result<Vec<u8>, BrokenBlock> {
    let is_line_end = |character: char| matches!(character, '\n' | '\r');
    if !(body.starts_with(is_line_end) && body.ends_with(is_line_end)) {
        return Err(BrokenBlock);
    }
    let base64: String = body.split(is_line_end).collect();
    STANDARD.decode(base64).map_err(|_| BrokenBlock)
}

/// One block with `\n` line ends and 64 characters a line.
pub(crate) fn certificate_block(der: &[u8]) -> String {
    let mut text = String::from(BEGIN_CERTIFICATE);
    text.push('\n');
    push_lines(&mut text, &STANDARD.encode(der));
    text.push_str(END_CERTIFICATE);
    text.push('\n');
    text
}

/// Appends base64 in lines of 64 characters.
pub(crate) fn push_lines(text: &mut String, base64: &str) {
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_blocks_of_a_text() {
        assert!(labels("hello").is_empty());
        assert_eq!(labels("\u{feff}-----BEGIN CERTIFICATE-----\r\nAA==\r\n-----END CERTIFICATE-----"), ["CERTIFICATE"]);
        assert_eq!(labels("-----BEGIN A-----\n-----BEGIN B C-----"), ["A", "B C"]);
    }

    #[test]
    fn reads_blocks_with_either_line_end_and_ignores_what_stands_between() {
        let text = format!(
            "subject=a\n{BEGIN_CERTIFICATE}\nAQ\nI=\n{END_CERTIFICATE}\nsubject=b\r\n{BEGIN_CERTIFICATE}\r\nAwQ=\r\n{END_CERTIFICATE}"
        );
        assert_eq!(certificates(&text), Ok(vec![vec![1, 2], vec![3, 4]]));
        assert_eq!(certificates(""), Ok(vec![]));
        assert_eq!(certificates(&format!("{BEGIN_CERTIFICATE}\nAQI=\n")), Ok(vec![]), "no end, no block");
    }

    #[test]
    fn refuses_what_ios_cannot_read() {
        for body in ["\nAQI=", "AQI=\n", "\nAQI\n", "\nA QI=\n", "\nAQI= \n", "\nKey: value\n\nAQI=\n", "\nAQ=I\n"] {
            let text = format!("{BEGIN_CERTIFICATE}{body}{END_CERTIFICATE}");
            assert_eq!(certificates(&text), Err(BrokenBlock), "{body:?}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for length in [1, 47, 48, 49, 200] {
            let der = vec![0xa5; length];
            let block = certificate_block(&der);
            assert!(block.lines().all(|line| line.len() <= 64), "{block}");
            assert_eq!(certificates(&block), Ok(vec![der]));
        }
    }
}
