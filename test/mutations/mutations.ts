import type { Mutation } from './mutation.ts';
import { PATH_MUTATIONS } from './path-mutations.ts';
import { COMPILE_MUTATIONS, POLICY_MUTATIONS } from './policy-mutations.ts';
import { ROUTING_MUTATIONS } from './routing-mutations.ts';
import { TRACKING_MUTATIONS } from './tracking-mutations.ts';

/** Faults of the simulator: the kernel must contradict each of them. */
export const SIMULATOR_MUTATIONS: readonly Mutation[] = [
  ...PATH_MUTATIONS,
  ...TRACKING_MUTATIONS,
  ...ROUTING_MUTATIONS,
];

/**
 * Faults of compiler and policy. The kernel runs the compiled rules too, right or wrong, so that it cannot know: policy's second opinion
 * and the scenarios must.
 */
export const POLICY_SIDE_MUTATIONS: readonly Mutation[] = [
  ...COMPILE_MUTATIONS,
  ...POLICY_MUTATIONS,
];
