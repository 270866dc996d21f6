import type { ChangeOutcome } from '../../apply/change-kernel.ts';
import { EnvironmentError } from '../../source/errors.ts';

/** Which rules packets meet after a change that did not come to its end, and what is left of it. */
export function failedChange(
  outcome: Exclude<ChangeOutcome, { readonly kind: 'done' }>,
): EnvironmentError {
  if (outcome.kind === 'unrecorded') {
    return new EnvironmentError(
      `the new rules are in force, all of them, but that could not be recorded: ${outcome.error.message}; ` +
        'the next hepsim command records it',
    );
  }
  const { inForce, clean, step, error } = outcome;
  const which =
    inForce === 'old'
      ? 'the rules from before are in force, all of them and nothing else'
      : 'the new rules are in force, all of them and nothing else';
  const left = clean
    ? ''
    : '; chains or sets that no packet meets are left, and the next hepsim command clears them away';
  return new EnvironmentError(`${step}: ${error.message}\n    ${which}${left}`);
}

/** A refusal before anything was changed. */
export function nothingChanged(error: Error): EnvironmentError {
  return new EnvironmentError(
    `${error.message}\n    nothing was changed: the rules in force are those from before`,
  );
}
