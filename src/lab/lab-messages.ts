import type { Packet } from '../packet/packet.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { InjectOptions, LabOptions, Observation } from './kernel-lab.ts';
import type { FailedProgram, LabErrorCode } from './lab-error.ts';

/** What the process inside the namespace is asked, one at a time and answered in order. */
export type LabRequest =
  | { readonly kind: 'start'; readonly options: LabOptions }
  | { readonly kind: 'load'; readonly rulesets: readonly Ruleset[] }
  | { readonly kind: 'flush' }
  | {
      readonly kind: 'inject';
      readonly packets: readonly Packet[];
      readonly options: InjectOptions;
    };

/** Its answer. Observations only for `inject`. */
export type LabResponse =
  | { readonly kind: 'done'; readonly observations: readonly Observation[] }
  | {
      readonly kind: 'failed';
      /** Undefined for what is no fault of the machine, the host or the rules. */
      readonly code: LabErrorCode | undefined;
      readonly message: string;
      readonly failed: FailedProgram | undefined;
    };
