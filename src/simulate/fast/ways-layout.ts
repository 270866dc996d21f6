/** What a way depends on at a fork: nothing, where routing leads, what connection tracking says, or which condition headers meet. */
export const FORK = { start: 0, route: 1, tracked: 2, index: 3 } as const;

/** Routes that forks tell apart. Of a host with more, ways that lead elsewhere are walked rule by rule. */
export const MOST_ROUTES = 1024;

/** What connection tracking may have said of a packet. `first` begins a connection, `again` belongs to one that was not answered yet. */
export const TRACKED = { first: 0, again: 1, established: 2, invalid: 3, untracked: 4 } as const;

/*
 * How ways, and what they depend on, stand in the memory of compiled code. Places are words.
 */

/** What stands in each of a fork's words. */
export const FORK_FIELD = {
  /** FORK. */
  kind: 0,
  /** The place of its index, 0 where that has none; and from which of its conditions on it is asked. */
  index: 1,
  from: 2,
  /** From here on for each choice: 0 where nothing is known, else -2 - the way's result, or the place of the next fork. */
  choices: 3,
} as const;

/** What stands in each word of an index of conditions. */
export const INDEX = {
  /** For each condition TEST_WORDS words; for each the place of its GAPS, or 0. */
  tests: 0,
  gaps: 1,
  /** What is asked one by one. */
  rest: 2,
  restCount: 3,
  /** Bits of ASKS. */
  asks: 4,
  listCount: 5,
  /** From here on the lists, each of LIST_WORDS words. */
  lists: 6,
} as const;

/** Which addresses the conditions of an index ask for. */
export const ASKS = { source: 1, destination: 2 } as const;

/** Words of a condition's test: for each of DIMENSIONS the first and the last value that it may have. */
export const TEST_WORDS = 8;

/** Words of a condition's ranges, where something between first and last is not asked for: for each of DIMENSIONS where they stand, and how many there are. */
export const GAP_WORDS = 8;

/** Words of the lists of one dimension, and what stands in each. */
export const LIST_WORDS = 6;
export const LIST = {
  /** Its place among DIMENSIONS. */
  dimension: 0,
  /** The first value of each row. */
  rows: 1,
  rowCount: 2,
  /** For each row where its list begins among the numbers; and where the last one ends. */
  starts: 3,
  numbers: 4,
  /** For each row: 0 where its list has no index yet, -1 where it gets none, else the place of NARROWED. */
  narrowed: 5,
} as const;

/** Lists that are longer are searched by an index of their own. */
export const LONG_LIST = 192;

/** An index of a list's conditions: the numbers that those have among all, how many there are, and the index. */
export const NARROWED = { numbers: 0, count: 1, index: 2 } as const;

/** Routes that are known stand in places with numbers of the bits that are left of a hash, 4096 of them. */
export const ROUTE_SHIFT = 20;

/** Words of a known route: whose it is, the intervals of both addresses, and where it leads: its number plus 1, or the place of a fork. */
export const ROUTE_WORDS = 4;
export const ROUTE = { of: 0, source: 1, destination: 2, leads: 3 } as const;

/** Whose routes those of packets are that the host itself sends, with the number of their protocol; no fork stands so low. They lead to a way's beginning. */
export const SENT_ROUTES = 1;
