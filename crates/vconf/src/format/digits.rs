//! Numbers of other notations, spelled as JSON does.

use crate::model::number::is_json_number;

/// How many digits of another base are converted; the cost is their square.
const MAX_DIGITS: usize = 4096;

/// Spells digits of a base of up to 16 in decimal, exactly. None where one is no digit, or past 4,096 digits.
pub(super) fn to_decimal(digits: &str, base: u32) -> Option<String> {
    const LIMB: u64 = 1_000_000_000;
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    // Nine decimal digits a limb, the lowest first.
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(base)?);
        for limb in &mut limbs {
            let sum = *limb * u64::from(base) + carry;
            *limb = sum % LIMB;
            carry = sum / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let (highest, lower) = limbs.split_last()?;
    let mut text = highest.to_string();
    for limb in lower.iter().rev() {
        text.push_str(&format!("{limb:09}"));
    }
    Some(text)
}

/// Spells `digits [. digits] [e exponent]` as JSON does; digits may be missing at one side of the point.
///
/// None where it is something else. The digits themselves stay as they are.
pub(super) fn to_json(negative: bool, text: &str) -> Option<String> {
    let at = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(at);
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if whole.is_empty() && fraction.is_none_or(str::is_empty) {
        return None;
    }
    let trimmed = whole.trim_start_matches('0');
    let mut spelled = String::with_capacity(text.len() + 3);
    spelled.push_str(if negative { "-" } else { "" });
    spelled.push_str(if trimmed.is_empty() { "0" } else { trimmed });
    if let Some(fraction) = fraction {
        spelled.push('.');
        spelled.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    spelled.push_str(exponent);
    is_json_number(&spelled).then_some(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bases_are_exact() {
        assert_eq!(to_decimal("ffffffffffffffffffffffffffffffff", 16).unwrap(), u128::MAX.to_string());
        assert_eq!(to_decimal("1000000000", 10).unwrap(), "1000000000");
        assert_eq!(to_decimal("101", 2).unwrap(), "5");
        assert_eq!(to_decimal("2", 2), None);
        assert_eq!(to_decimal("", 16), None);
        assert_eq!(to_decimal(&"1".repeat(4097), 16), None);
    }
}
