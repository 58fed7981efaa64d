//! Whether something grows: the slope of the straight line through points (least squares).

/// How much `y` grows for each `x`, over points `(x, y)`; zero where they are not at two places.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len().max(1) as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let together: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    if spread == 0.0 { 0.0 } else { together / spread }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_found_in_spite_of_noise() {
        let points: Vec<(f64, f64)> = (0..100)
            .map(|x| (f64::from(x), 7.0 + 3.0 * f64::from(x) + f64::from(x % 2) - 0.5))
            .collect();
        assert!((slope(&points) - 3.0).abs() < 0.01);
        assert_eq!(slope(&[(1.0, 5.0), (1.0, 9.0)]), 0.0);
        assert_eq!(slope(&[]), 0.0);
    }
}
