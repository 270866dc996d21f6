/** The last of so many ascending unsigned words, from a place on, that is no greater than a value; the first always is. */
export function placeIn(words: i32, count: i32, value: u32): i32 {
  let low: i32 = 0;
  let high: i32 = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (<u32>word(words + middle) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The word at a place; places are counted in words. */
export function word(place: i32): i32 {
  return load<i32>(place << 2);
}
