//! Sealing secrets.

use signing::seal::{MasterKey, SealError};

const SECRET: &[u8] = b"-----BEGIN PRIVATE KEY-----";
const CONTEXT: &[u8] = b"app 1 key main";

fn master() -> MasterKey {
    MasterKey::from_bytes([0x2a; 32])
}

#[test]
fn what_is_sealed_opens_with_the_same_key_and_context() {
    let sealed = master().seal(SECRET, CONTEXT, [1; 12]).unwrap();
    assert_eq!(sealed.len(), 1 + 8 + 12 + SECRET.len() + 16);
    assert!(!sealed.windows(5).any(|window| window == b"BEGIN"));
    assert_eq!(*master().open(&sealed, CONTEXT).unwrap(), SECRET);
    assert_eq!(*master().open(&master().seal(b"", b"", [0; 12]).unwrap(), b"").unwrap(), b"");
}

#[test]
fn another_master_key_is_named_as_such() {
    let sealed = master().seal(SECRET, CONTEXT, [1; 12]).unwrap();
    let other = MasterKey::from_bytes([0x2b; 32]);
    let error = other.open(&sealed, CONTEXT).unwrap_err();
    assert_eq!(error, SealError::WrongMasterKey { sealed_with: master().fingerprint(), given: other.fingerprint() });
    assert!(error.to_string().contains(&master().fingerprint().to_string()));
}

#[test]
fn every_changed_byte_is_noticed() {
    let sealed = master().seal(SECRET, CONTEXT, [1; 12]).unwrap();
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 0x10;
        let error = master().open(&changed, CONTEXT).unwrap_err();
        let expected = match position {
            0 => matches!(error, SealError::UnknownVersion { version: 0x11 }),
            1..=8 => matches!(error, SealError::WrongMasterKey { .. }),
            _ => error == SealError::Damaged,
        };
        assert!(expected, "byte {position}: {error:?}");
    }
    for length in 0..sealed.len() {
        let error = master().open(&sealed[..length], CONTEXT).unwrap_err();
        let expected = if length < 1 + 8 + 12 + 16 { SealError::NotSealed } else { SealError::Damaged };
        assert_eq!(error, expected, "cut to {length}");
    }
}

#[test]
fn a_secret_does_not_open_for_another_context() {
    let sealed = master().seal(SECRET, CONTEXT, [1; 12]).unwrap();
    for other in [b"".as_slice(), b"app 2 key main", b"app 1 key main "] {
        assert_eq!(master().open(&sealed, other).unwrap_err(), SealError::Damaged);
    }
}

#[test]
fn a_master_key_is_hexadecimal_or_base64_and_never_printed() {
    let hexadecimal = "2a".repeat(32);
    let base64 = master().to_base64();
    for text in [&hexadecimal, &hexadecimal.to_uppercase(), &*base64, &format!(" {}\n", *base64)] {
        assert_eq!(MasterKey::parse(text).unwrap().fingerprint(), master().fingerprint(), "{text}");
    }
    for text in ["", "2a", &hexadecimal[..62], &hexadecimal.replace('a', "g"), &base64[..43], "é".repeat(32).as_str()]
    {
        assert!(MasterKey::parse(text).is_err(), "{text}");
    }
    assert_eq!(format!("{:?}", master()), "MasterKey(redacted)");
}
