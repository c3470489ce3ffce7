//! The arithmetic behind the demo tool `convert_units`. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Length,
    Mass,
    Temperature,
}

/// A unit the tool knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Metre,
    Kilometre,
    Foot,
    Mile,
    Kilogram,
    Pound,
    Celsius,
    Fahrenheit,
    Kelvin,
}

impl Unit {
    const fn quantity(self) -> Quantity {
        match self {
            Self::Metre | Self::Kilometre | Self::Foot | Self::Mile => Quantity::Length,
            Self::Kilogram | Self::Pound => Quantity::Mass,
            Self::Celsius | Self::Fahrenheit | Self::Kelvin => Quantity::Temperature,
        }
    }

    /// `base = value * factor + offset`, the base being metre, kilogram or kelvin.
    const fn to_base(self) -> (f64, f64) {
        match self {
            Self::Metre | Self::Kilogram | Self::Kelvin => (1.0, 0.0),
            Self::Kilometre => (1000.0, 0.0),
            Self::Foot => (0.3048, 0.0),
            Self::Mile => (1609.344, 0.0),
            Self::Pound => (0.453_592_37, 0.0),
            Self::Celsius => (1.0, 273.15),
            Self::Fahrenheit => (5.0 / 9.0, 459.67 * 5.0 / 9.0),
        }
    }
}

/// The value in the other unit, rounded to nine decimals; `None` between different quantities.
pub(super) fn convert(value: f64, from: Unit, to: Unit) -> Option<f64> {
    if from.quantity() != to.quantity() {
        return None;
    }
    let ((from_factor, from_offset), (to_factor, to_offset)) = (from.to_base(), to.to_base());
    let converted = (value * from_factor + from_offset - to_offset) / to_factor;
    Some((converted * 1e9).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        for (value, from, to, expected) in [
            (1.0, Unit::Mile, Unit::Kilometre, Some(1.609_344)),
            (100.0, Unit::Celsius, Unit::Fahrenheit, Some(212.0)),
            (0.0, Unit::Kelvin, Unit::Celsius, Some(-273.15)),
            (2.0, Unit::Pound, Unit::Kilogram, Some(0.907_184_74)),
            (1.0, Unit::Foot, Unit::Kilogram, None),
        ] {
            assert_eq!(convert(value, from, to), expected, "{value} {from:?} in {to:?}");
        }
    }
}
