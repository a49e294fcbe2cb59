//! LEB128: whole numbers in as many bytes as they need, seven bits in each (DWARF 5, section 7.6).

/// Adds a number.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Adds a number with a sign, small ones of either sign in few bytes: 0, -1, 1, -2 become 0, 1, 2, 3.
pub(crate) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

/// Takes a number from the front; `None` where it is cut off or above 64 bits.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Takes a number with a sign from the front, as [`put_signed`] adds it.
pub(crate) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let coded = take(bytes)?;
    Some((coded >> 1) as i64 ^ -((coded & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_what_is_none_is_refused() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 300, 1 << 32, u64::MAX - 1, u64::MAX];
        let signed = [0, -1, 1, 64, -65, i64::MIN, i64::MAX];
        numbers.into_iter().for_each(|number| put(&mut bytes, number));
        signed.into_iter().for_each(|number| put_signed(&mut bytes, number));
        assert_eq!(bytes[..5], [0, 1, 127, 128, 1]);
        let rest = &mut &bytes[..];
        assert_eq!(numbers.map(|_| take(rest).unwrap()), numbers);
        assert_eq!(signed.map(|_| take_signed(rest).unwrap()), signed);
        assert_eq!(take(rest), None, "the end");
        for bad in [&[0x80; 3][..], &[0xff; 10], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]] {
            assert_eq!(take(&mut &bad[..]), None, "{bad:?}");
        }
    }
}
