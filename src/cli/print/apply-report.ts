import type { ApplyPlan } from '../../apply/apply-rules.ts';
import type { LostAccess } from '../../apply/guard/check-access.ts';
import { resultToJson } from '../../simulate/result-json.ts';
import type { ApplyResult } from '../apply/apply-policy.ts';
import type { DeniedConnections } from '../apply/denied-connections.ts';
import type { PolicyToApply } from '../apply/load-policy.ts';
import type { Terminal } from '../terminal.ts';
import { chainLabels } from './chain-labels.ts';
import { renderChange } from './change-text.ts';
import { decisionText } from './decision-text.ts';
import { connectionText } from './flows-table.ts';
import { renderModelNotes } from './model-header.ts';
import type { Paint } from './style.ts';
import { renderTrace } from './trace-text.ts';

export interface ApplyPrinting {
  readonly terminal: Terminal;
  readonly paint: Paint;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** What follows the guard's findings. */
const GUARD_END = {
  unchanged: 'nothing was changed: these very rules are in force, and they do not let it pass',
  refused:
    'refused: nothing was changed; the rules in force are those from before (--force goes on all the same)',
  applied: 'the guard is overruled (--force), and that is recorded',
} as const;

/** Says what apply does, as it does it in text, or as one value at the end in JSON. */
export class ApplyReport {
  readonly #form: 'text' | 'json';
  readonly #policy: PolicyToApply;
  readonly #printing: ApplyPrinting;
  readonly #value: Record<string, unknown>;

  constructor(form: 'text' | 'json', policy: PolicyToApply, printing: ApplyPrinting) {
    this.#form = form;
    this.#policy = policy;
    this.#printing = printing;
    this.#value = {
      node: policy.model.choice.node,
      calicoVersion: policy.model.resources.version,
      digest: policy.files.digest,
      documentsDigest: policy.documentsDigest,
      applied: false,
    };
    if (!printing.quiet) printing.terminal.writeError(renderModelNotes(policy.model));
    for (const note of policy.notes) this.#note(`note: ${note}`);
  }

  plan({ chosen, change, steps }: ApplyPlan): void {
    for (const warning of chosen.warnings) this.#note(`warning: ${warning}`);
    for (const { what } of this.#policy.model.notModelled()) {
      this.#note(`warning: not compiled: ${what}`);
    }
    Object.assign(this.#value, {
      build: chosen.tools.build,
      changes: steps.kind !== 'nothing',
      change,
      steps: steps.steps.map(({ what }) => what),
    });
    if (steps.kind === 'nothing') {
      this.#say('nothing to change: the kernel has these rules already\n');
    } else {
      const { paint, verbose } = this.#printing;
      this.#say(renderChange(change, { paint, everything: verbose }));
    }
    this.#say(`digest: ${this.#policy.files.digest}\n`);
  }

  /** What came of it behind the plan. */
  result(result: ApplyResult): void {
    if (result.kind === 'planned') return;
    if (result.kind !== 'unchanged' || result.lost.length > 0) {
      this.#guard(result.lost, { forced: result.kind === 'applied', end: GUARD_END[result.kind] });
    }
    if (result.kind !== 'applied') return;
    const { record, kernelMs } = result.written;
    const kernelMilliseconds = Math.round(kernelMs);
    Object.assign(this.#value, { applied: true, apply: record.id, kernelMilliseconds });
    this.#say(
      `applied: the new rules are in force (apply ${record.id}, read back and compared; writing to the kernel took ${kernelMilliseconds} ms)\n`,
    );
  }

  /** Live connections that the new rules deny. */
  denied({ denied, undetermined, deleted, problems }: DeniedConnections): void {
    for (const problem of problems) this.#note(`warning: ${problem}`);
    const told = denied.map(({ connection, fate, decision, deletion }) => ({
      connection: connectionText(connection.original, connection.reply),
      fate,
      by: decision === undefined ? undefined : decisionText(decision),
      delete: deletion,
    }));
    Object.assign(this.#value, { denied: told, undeterminedConnections: undetermined, deleted });
    for (const { connection, fate, by } of told) {
      this.#say(`denied: ${connection} (${fate}${by === undefined ? '' : `, by ${by}`})\n`);
    }
    if (undetermined > 0) this.#say(`live connections that cannot be judged: ${undetermined}\n`);
    if (told.length === 0) return;
    this.#say(
      deleted > 0
        ? `${deleted} of ${told.length} denied connections were ended\n`
        : `live connections that the new rules deny: ${told.length} (--cut-denied ends them)\n`,
    );
  }

  confirmed(kept: boolean): void {
    Object.assign(this.#value, { confirmed: kept, applied: kept });
    this.#say(kept ? 'confirmed\n' : 'rolled back: the rules from before are in force\n');
  }

  end(): void {
    if (this.#form !== 'json') return;
    this.#printing.terminal.writeOut(`${JSON.stringify(this.#value, null, 2)}\n`);
  }

  #guard(
    lost: readonly LostAccess[],
    { forced, end }: { readonly forced: boolean; readonly end: string },
  ): void {
    Object.assign(this.#value, {
      guard: lost.map(({ name, reason, result }) => ({
        name,
        reason,
        ...(result === undefined ? {} : { result: resultToJson(result) }),
      })),
      forced: forced && lost.length > 0,
    });
    const { terminal, paint } = this.#printing;
    for (const { name, reason, result } of lost) {
      terminal.writeError(`${paint('guard:', 'red')} ${name}: ${reason}\n`);
      if (result !== undefined) terminal.writeError(`${indented(this.#trace(result))}\n`);
    }
    if (lost.length > 0) terminal.writeError(`${end}\n`);
  }

  #say(text: string): void {
    if (this.#form === 'text' && !this.#printing.quiet) this.#printing.terminal.writeOut(text);
  }

  #note(text: string): void {
    this.#printing.terminal.writeError(`${text}\n`);
  }

  #trace(result: NonNullable<LostAccess['result']>): string {
    const { model, texts } = this.#policy;
    const labelOf = chainLabels(model.ruleset(result.packet.family));
    return renderTrace(result, { paint: this.#printing.paint, texts, labelOf, everything: false });
  }
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}
