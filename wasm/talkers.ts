import {
  TALKER_BYTES,
  TALKER_COUNT,
  TALKER_NUMBER,
  TALKERS_MASK,
  TALKERS_PLACES,
  TALKERS_ROOM,
  TALKERS_SIZE,
} from './layout.ts';

/** Counts a packet of an address in the table at an address; false where that has no room for another. As NumberCounts. */
export function countTalker(table: i32, number: i32): bool {
  const places = load<i32>(table, TALKERS_PLACES);
  const mask = load<i32>(table, TALKERS_MASK);
  let hash: u32 = <u32>number * 0x9e3779b1;
  hash ^= hash >>> 15;
  let place = <i32>hash & mask;
  let at = places + place * TALKER_BYTES;
  let count = load<f64>(at, TALKER_COUNT);
  while (count !== 0) {
    if (load<i32>(at, TALKER_NUMBER) === number) {
      store<f64>(at, count + 1, TALKER_COUNT);
      return true;
    }
    place = (place + 1) & mask;
    at = places + place * TALKER_BYTES;
    count = load<f64>(at, TALKER_COUNT);
  }
  const room = load<i32>(table, TALKERS_ROOM);
  if (room === 0) return false;
  store<i32>(at, number, TALKER_NUMBER);
  store<f64>(at, 1, TALKER_COUNT);
  store<i32>(table, load<i32>(table, TALKERS_SIZE) + 1, TALKERS_SIZE);
  store<i32>(table, room - 1, TALKERS_ROOM);
  return true;
}
