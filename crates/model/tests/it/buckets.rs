//! Buckets: the golden vectors, and that they spread.

use std::collections::HashSet;

use model::bucket::{BUCKET_WITHOUT_ID, OverAllDevices, bucket};
use model::{BasisPoints, Draw, Salt};
use serde_json::Value;
use uuid::Uuid;

/// Computed by another implementation (`hashlib`, whole numbers without a bound).
const VECTORS: &str = include_str!("../../../../vectors/good/buckets.json");

#[test]
fn they_are_the_golden_ones() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    let rows = vectors["vectors"].as_array().expect("a list");
    assert_eq!(rows.len(), 28);
    for row in rows {
        let salt = Salt(row["salt"].as_str().expect("text").parse().expect("a UUID"));
        let device_id = row["device_id"].as_str().map(|id| id.parse::<Uuid>().expect("a UUID"));
        assert_eq!(Value::from(bucket(salt, device_id)), row["bucket"], "{row}");
    }
    let buckets = rows.iter().filter_map(|row| row["bucket"].as_u64()).collect::<HashSet<_>>();
    assert!([0, 1, 9_998, 9_999].iter().all(|end| buckets.contains(end)), "the ends are among them");
}

#[test]
fn a_device_is_inside_below_the_mark() {
    let salt = Salt(Uuid::from_u128(1));
    let device = Some(Uuid::from_u128(2));
    let mark = bucket(salt, device);
    let inside = |basis_points: u16| Draw::of(salt, basis_points.try_into().expect("legal"), device).inside();
    assert!(!inside(mark) && inside(mark + 1));
    assert!(!Draw::of(salt, 9_999.try_into().expect("legal"), None).inside());
    assert!(Draw::of(salt, BasisPoints::ALL, None).inside());
    assert_eq!(bucket(salt, None), BUCKET_WITHOUT_ID);
}

#[test]
fn a_share_is_at_most_all() {
    assert_eq!(BasisPoints::try_from(10_000), Ok(BasisPoints::ALL));
    assert_eq!(BasisPoints::try_from(0), Ok(BasisPoints::NONE));
    assert_eq!(BasisPoints::try_from(10_001), Err(OverAllDevices(10_001)));
    assert_eq!(u16::from(BasisPoints::ALL), 10_000);
    assert_eq!(serde_json::from_str::<BasisPoints>("250").map(BasisPoints::get).ok(), Some(250));
    assert!(serde_json::from_str::<BasisPoints>("10001").is_err());
    assert!(serde_json::from_str::<BasisPoints>("-1").is_err());
    assert_eq!(serde_json::to_string(&BasisPoints::ALL).expect("JSON"), "10000");
}

const DEVICES: u64 = 100_000;

#[test]
fn each_salt_spreads_devices_evenly() {
    for salt in [Salt(Uuid::from_u128(0x0001)), Salt(Uuid::from_u128(0x0002))] {
        let mut cells = [0_u32; 100];
        devices().for_each(|device| cells[usize::from(bucket(salt, Some(device)) / 100)] += 1);
        let statistic = chi_square(&cells);
        // 99 degrees of freedom: 148.2 is passed by one honest sample in a thousand.
        assert!(statistic < 148.2, "{statistic}");
        // And a spread that is too even would be a counter, not a hash: 60.1 is the other end.
        assert!(statistic > 60.1, "{statistic}");
    }
}

#[test]
fn two_salts_draw_independently() {
    let joint = |one: Salt, two: Salt| {
        let mut cells = [0_u32; 100];
        for device in devices() {
            let (one, two) = (bucket(one, Some(device)) / 1_000, bucket(two, Some(device)) / 1_000);
            cells[usize::from(one * 10 + two)] += 1;
        }
        chi_square(&cells)
    };
    let (one, two) = (Salt(Uuid::from_u128(0x0001)), Salt(Uuid::from_u128(0x0002)));
    let statistic = joint(one, two);
    assert!(statistic < 148.2, "{statistic}");
    assert!(joint(one, one) > 100_000.0, "the test sees dependence where there is some");
}

/// Two rollouts at once, as operators run them: who is inside one is inside the other no more and no less often.
#[test]
fn two_rollouts_are_independent_and_as_large_as_they_say() {
    let shares = [(1_000, 2_500), (5_000, 5_000), (100, 9_000), (250, 333)];
    for (number, (one, two)) in (0x0010_u128..).zip(shares) {
        let salts = [Salt(Uuid::from_u128(number)), Salt(Uuid::from_u128(number << 64))];
        let (statistic, table) = of_two(salts, one, two);
        // Four cells whose shares are given: 3 degrees of freedom, 16.27 is passed by one honest sample in a thousand.
        assert!(statistic < 16.27, "{one} and {two}: {statistic}, {table:?}");
        let (same, table) = of_two([salts[0], salts[0]], one, two);
        assert!(same > 100.0, "the test sees one salt used twice: {same}, {table:?}");
    }
}

/// The statistic of the table inside/outside of two rollouts, and the table.
fn of_two([one, two]: [Salt; 2], share_one: u16, share_two: u16) -> (f64, [[u32; 2]; 2]) {
    let mut table = [[0_u32; 2]; 2];
    for device in devices() {
        let inside = |salt, share: u16| Draw::of(salt, share.try_into().expect("legal"), Some(device)).inside();
        table[usize::from(inside(one, share_one))][usize::from(inside(two, share_two))] += 1;
    }
    let shares = |inside: u16| [f64::from(10_000 - inside) / 10_000.0, f64::from(inside) / 10_000.0];
    let mut statistic = 0.0;
    for (row, share) in table.iter().zip(shares(share_one)) {
        for (count, other) in row.iter().zip(shares(share_two)) {
            let expected = 100_000.0 * share * other;
            statistic += (f64::from(*count) - expected).powi(2) / expected;
        }
    }
    (statistic, table)
}

/// Down to the single bucket, so that also the smallest step of a rollout adds its share.
#[test]
fn every_bucket_is_as_likely() {
    let mut cells = vec![0_u32; 10_000];
    devices().for_each(|device| cells[usize::from(bucket(Salt(Uuid::from_u128(3)), Some(device)))] += 1);
    let statistic: f64 = cells.iter().map(|count| (f64::from(*count) - 10.0).powi(2) / 10.0).sum();
    // 9,999 degrees of freedom: an honest sample lies between these in all but two of a thousand.
    assert!((9_567.0..10_443.0).contains(&statistic), "{statistic}");
}

/// Ids as clients make them (version 4), from a fixed seed.
fn devices() -> impl Iterator<Item = Uuid> {
    (0..DEVICES).map(|number| {
        let (high, low) = (scramble(number * 2), scramble(number * 2 + 1));
        uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
    })
}

/// The output function of `SplitMix64`.
fn scramble(number: u64) -> u64 {
    let mut value = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x5eed);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn chi_square(cells: &[u32; 100]) -> f64 {
    let expected = 1_000.0;
    cells.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}
