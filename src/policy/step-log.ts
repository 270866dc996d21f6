import type { SourceLocation } from '../source/location.ts';
import type { Aspect, Judgement } from './judge.ts';

/** One thing that accepted or dropped the packet, in the words of the outside contract. */
export interface PolicyStep {
  readonly kind:
    | 'policy'
    | 'profile'
    | 'failsafe'
    | 'default'
    | 'conntrack'
    | 'workload'
    | 'tunnel';
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** Policy or profile. */
  readonly policy: string | undefined;
  readonly tier: string | undefined;
  readonly direction: 'ingress' | 'egress' | undefined;
  readonly ruleIndex: number | undefined;
  readonly endpoint: string | undefined;
  readonly type: 'untracked' | 'preDNAT' | 'normal' | 'forward' | 'workload' | undefined;
  readonly source: SourceLocation | undefined;
}

/** What a table's part of the walk came to. */
export type Outcome =
  | 'dropped'
  /** Out of the table at once, unmarked. */
  | 'accepted'
  /** Marked; the walk goes on. */
  | 'allowed'
  /** Nobody objected and nobody allowed. */
  | 'undecided';

/** Fields of a step beside its verdict; those left out do not apply. */
export type StepFields = Pick<PolicyStep, 'kind'> & Partial<Omit<PolicyStep, 'kind' | 'verdict'>>;

/** The kernel rejects in filter alone; `raw` and `mangle` say that the rule drops whatever the deny action is. */
export type TableOfDrop = 'raw' | 'mangle' | 'filter';

/** Writes down what an endpoint's chain does, and says how the walk goes on. */
export interface EndpointJudge {
  established(returns: boolean): Outcome;
  invalid(): Outcome;
  failsafe(): Outcome;
  nothingMatched(): Outcome;
  settle(judgement: Judgement): Outcome;
}

/** A whole step; what its fields leave out is undefined. */
function stepOf(fields: StepFields, verdict: PolicyStep['verdict']): PolicyStep {
  const { kind, policy, tier, direction, ruleIndex, endpoint, type, source } = fields;
  return { kind, verdict, policy, tier, direction, ruleIndex, endpoint, type, source };
}

/** Collects what accepted or dropped a packet, in order. */
export class StepLog {
  readonly steps: PolicyStep[] = [];
  private readonly rejectsInFilter: boolean;

  constructor(options: { readonly rejectsInFilter: boolean }) {
    this.rejectsInFilter = options.rejectsInFilter;
  }

  /** Something let the packet by. */
  accept(step: StepFields): void {
    this.steps.push(stepOf(step, 'accept'));
  }

  /** Something stopped it: a reject where the table can and the deny action says so. */
  drop(step: StepFields, table: TableOfDrop): 'dropped' {
    const rejects = table === 'filter' && this.rejectsInFilter;
    this.steps.push(stepOf(step, rejects ? 'reject' : 'drop'));
    return 'dropped';
  }

  /** For what one chain of an endpoint decides. */
  judgeOf(
    endpoint: { readonly name: string; readonly location: SourceLocation },
    aspect: Aspect,
    table: TableOfDrop,
  ): EndpointJudge {
    return new LoggingJudge(this, endpoint, aspect, table);
  }
}

class LoggingJudge implements EndpointJudge {
  private readonly log: StepLog;
  private readonly endpoint: { readonly name: string; readonly location: SourceLocation };
  private readonly aspect: Aspect;
  private readonly table: TableOfDrop;

  constructor(
    log: StepLog,
    endpoint: { readonly name: string; readonly location: SourceLocation },
    aspect: Aspect,
    table: TableOfDrop,
  ) {
    this.log = log;
    this.endpoint = endpoint;
    this.aspect = aspect;
    this.table = table;
  }

  established(returns: boolean): Outcome {
    this.log.accept(this.step('conntrack', this.endpoint.location));
    return returns ? 'allowed' : 'accepted';
  }

  invalid(): Outcome {
    return this.log.drop(this.step('conntrack', this.endpoint.location), this.table);
  }

  failsafe(): Outcome {
    // A failsafe port stands in no document that the endpoint knows of.
    this.log.accept(this.step('failsafe', undefined));
    return 'accepted';
  }

  nothingMatched(): Outcome {
    return this.log.drop(this.step('default', this.endpoint.location), this.table);
  }

  settle(judgement: Judgement): Outcome {
    if (judgement.kind === 'undecided') return 'undecided';
    const { direction, type } = this.aspect;
    const endpoint = this.endpoint.name;
    if (judgement.kind === 'end-of-tier') {
      const { tier } = judgement;
      const source = this.endpoint.location;
      return this.log.drop(
        { kind: 'default', tier, direction, endpoint, type, source },
        this.table,
      );
    }
    const { kind, name: policy, tier, rule, action } = judgement;
    const { index: ruleIndex, location: source } = rule;
    const step = { kind, policy, tier, direction, ruleIndex, endpoint, type, source };
    if (action === 'deny') return this.log.drop(step, this.table);
    this.log.accept(step);
    return 'allowed';
  }

  private step(kind: PolicyStep['kind'], source: SourceLocation | undefined): StepFields {
    const { direction, type } = this.aspect;
    return { kind, direction, endpoint: this.endpoint.name, type, source };
  }
}
