use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    error::ErrorKind,
    memory::page::{Key, KeyKind, cut},
    ports::{Cursor, Order, Paging},
};

type Row = (Option<u8>, u8);

fn place(row: &Row) -> (Key<'_>, Uuid) {
    (Key::number(row.0), Uuid::from_u128(row.1.into()))
}

fn part(rows: &[Row], order: Order, paging: &Paging) -> (Vec<Row>, Option<u64>, Option<Cursor>) {
    let listing = cut(rows.iter(), place, KeyKind::OptionalNumber, order, paging).unwrap();
    (listing.items.into_iter().copied().collect(), listing.total, listing.next)
}

/// The plain reading of the contract.
fn sorted(rows: &[Row], order: Order) -> Vec<Row> {
    let mut some: Vec<_> = rows.iter().copied().filter(|row| row.0.is_some()).collect();
    let mut none: Vec<_> = rows.iter().copied().filter(|row| row.0.is_none()).collect();
    for part in [&mut some, &mut none] {
        part.sort_unstable();
        if order == Order::Desc {
            part.reverse();
        }
    }
    some.extend(none);
    some
}

proptest! {
    #[test]
    fn pages_and_cursors_cut_the_same_list(
        ids in prop::collection::btree_map(any::<u8>(), prop::option::of(0_u8..5), 0..40),
        limit in 1_u32..12,
        ascending in any::<bool>(),
    ) {
        let rows: Vec<Row> = ids.into_iter().map(|(id, key)| (key, id)).collect();
        let order = if ascending { Order::Asc } else { Order::Desc };
        let expected = sorted(&rows, order);

        let mut walked = Vec::new();
        let mut cursor = None;
        loop {
            let (items, total, next) = part(&rows, order, &Paging::After { cursor, limit });
            prop_assert_eq!(total, None);
            prop_assert!(items.len() <= limit as usize);
            walked.extend(items);
            // A client sends back the text of a cursor.
            cursor = next.map(|next| next.to_string().parse().unwrap());
            if cursor.is_none() {
                break;
            }
            prop_assert!(walked.len() < rows.len());
        }
        prop_assert_eq!(&walked, &expected);

        for (page, items) in expected.chunks(limit as usize).enumerate() {
            let paging = Paging::Page { page: page as u32 + 1, per_page: limit };
            prop_assert_eq!(part(&rows, order, &paging), (items.to_vec(), Some(rows.len() as u64), None));
        }
        let beyond = Paging::Page { page: u32::MAX, per_page: limit };
        prop_assert_eq!(part(&rows, order, &beyond), (Vec::new(), Some(rows.len() as u64), None));
    }
}

#[test]
fn a_cursor_of_another_list_is_malformed() {
    let id = Uuid::from_u128(1);
    let refused = |key: Option<&str>, kind| {
        let paging = Paging::After { cursor: Some(Cursor { key: key.map(str::to_owned), id }), limit: 1 };
        let rows: [Row; 0] = [];
        cut(rows.iter(), place, kind, Order::Asc, &paging).map(drop).map_err(|error| error.kind())
    };
    assert_eq!(refused(Some("Ada"), KeyKind::Instant), Err(ErrorKind::Malformed));
    assert_eq!(refused(Some("1.5"), KeyKind::OptionalNumber), Err(ErrorKind::Malformed));
    assert_eq!(refused(Some("99999999999999999"), KeyKind::OptionalInstant).err(), None);
    assert_eq!(refused(Some("9223372036854775807"), KeyKind::OptionalInstant), Err(ErrorKind::Malformed));
    assert_eq!(refused(None, KeyKind::Instant), Err(ErrorKind::Malformed));
    assert_eq!(refused(None, KeyKind::Text), Err(ErrorKind::Malformed));
    assert_eq!(refused(None, KeyKind::OptionalText), Ok(()));
}
