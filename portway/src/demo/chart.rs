//! Draws the bar chart that the demo server answers as an image. Pure.

use super::png::Image;

const WIDTH: usize = 320;
const HEIGHT: usize = 200;
const MARGIN: usize = 16;
const AXIS: u8 = 1;
const BAR: u8 = 2;
const HIGHEST: u8 = 3;
/// Paper, axis, bar, highest bar.
const PALETTE: [[u8; 3]; 4] = [[0xfa, 0xfa, 0xf7], [0x3c, 0x40, 0x4d], [0x6b, 0x8a, 0xfd], [0xf5, 0x7f, 0x4b]];

/// Most bars that keep a gap between them.
pub(super) const VALUES_MAX: usize = 24;

/// A PNG with one bar per value, the highest in another colour; `None` if there is no value, too many, or one that is
/// negative or no number.
pub(super) fn bars(values: &[f64]) -> Option<Vec<u8>> {
    let drawable = values.iter().all(|value| value.is_finite() && *value >= 0.0);
    if values.is_empty() || values.len() > VALUES_MAX || !drawable {
        return None;
    }
    let highest = values.iter().copied().fold(0.0, f64::max);
    let (room, floor) = (HEIGHT - 2 * MARGIN, HEIGHT - MARGIN);
    let pitch = (WIDTH - 2 * MARGIN) / values.len();
    let mut image = Image::new(WIDTH, HEIGHT, PALETTE);
    for (position, value) in values.iter().enumerate() {
        let height = scaled(*value, highest, room);
        let colour = if *value >= highest { HIGHEST } else { BAR };
        image.fill(MARGIN + position * pitch + pitch / 8, floor - height, pitch - pitch / 4, height, colour);
    }
    image.fill(MARGIN, floor, WIDTH - 2 * MARGIN, 2, AXIS);
    Some(image.encode())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "between 0 and the room of a few hundred pixels"
)]
fn scaled(value: f64, highest: f64, room: usize) -> usize {
    if highest > 0.0 { (value / highest * room as f64).round() as usize } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_drawn_is_drawn() {
        for (values, drawn) in [
            (vec![1.0, 2.0, 3.0], true),
            (vec![0.0], true),
            (vec![f64::MAX, f64::MIN_POSITIVE], true),
            (vec![1.0; VALUES_MAX], true),
            (vec![1.0; VALUES_MAX + 1], false),
            (vec![], false),
            (vec![-1.0], false),
            (vec![f64::NAN], false),
            (vec![f64::INFINITY], false),
        ] {
            assert_eq!(bars(&values).is_some(), drawn, "{values:?}");
        }
    }
}
