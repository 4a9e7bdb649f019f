//! Places for labels that must not collide.

/// Moves labels as little as it takes for them to be `gap` apart and between `low` and `high`:
/// those that would collide stand around the middle of where they wanted to be. In the order of
/// `wanted`.
///
/// # Panics
/// If they do not fit.
pub(super) fn apart(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let room = high - low;
    assert!(gap * wanted.len().saturating_sub(1) as f64 <= room, "labels do not fit");
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut groups: Vec<Group> = Vec::new();
    for &label in &order {
        let mut group = Group { sum: wanted[label], count: 1 };
        while let Some(above) =
            groups.pop_if(|above| above.end(gap, low, high) + gap > group.start(gap, low, high))
        {
            group = Group { sum: above.sum + group.sum, count: above.count + group.count };
        }
        groups.push(group);
    }
    let mut placed = vec![0.0; wanted.len()];
    let places = groups.iter().flat_map(|group| {
        let start = group.start(gap, low, high);
        (0..group.count).map(move |step| start + gap * step as f64)
    });
    for (label, place) in order.into_iter().zip(places) {
        placed[label] = place;
    }
    placed
}

/// Labels that touch.
struct Group {
    /// Of where they wanted to be.
    sum: f64,
    count: usize,
}

impl Group {
    fn start(&self, gap: f64, low: f64, high: f64) -> f64 {
        let length = gap * (self.count - 1) as f64;
        (self.sum / self.count as f64 - length / 2.0).clamp(low, (high - length).max(low))
    }

    fn end(&self, gap: f64, low: f64, high: f64) -> f64 {
        self.start(gap, low, high) + gap * (self.count - 1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_room_stay_and_others_move_apart() {
        assert_eq!(apart(&[50.0, 10.0], 14.0, 0.0, 100.0), [50.0, 10.0]);
        assert_eq!(apart(&[50.0, 50.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(apart(&[99.0, 99.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
        assert!(apart(&[], 10.0, 0.0, 100.0).is_empty());
    }

    #[test]
    fn no_two_collide_whatever_they_wanted() {
        let mut seed = 1u64;
        for count in 1..=21 {
            for _ in 0..50 {
                let wanted: Vec<f64> = (0..count)
                    .map(|_| {
                        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                        // Twenty places only, so that many coincide.
                        (seed >> 33) as f64 % 20.0 * 10.0
                    })
                    .collect();
                let mut placed = apart(&wanted, 10.0, 0.0, 200.0);
                placed.sort_by(f64::total_cmp);
                assert!(placed.windows(2).all(|pair| pair[1] - pair[0] > 9.999), "{placed:?}");
                assert!(placed[0] >= -1e-9 && placed[count - 1] <= 200.0 + 1e-9, "{placed:?}");
            }
        }
    }
}
