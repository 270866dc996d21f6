import type { Mutation } from './mutation.ts';

const HOOKS = 'src/ruleset/hook.ts';
const JOURNEY = 'src/simulate/journey.ts';
const PIPELINE = 'src/simulate/pipeline.ts';
const WALK = 'src/simulate/traverse.ts';
const CRITERIA = 'src/simulate/rule-criteria.ts';
const FINDER = 'src/simulate/rule-finder.ts';
const STATES = 'src/simulate/connection-state-bits.ts';
const MATCHES = 'src/simulate/match-evaluation.ts';

/** Faults in the order of hooks and tables, in walking chains and in matching. */
export const PATH_MUTATIONS: readonly Mutation[] = [
  {
    name: 'mangle-before-raw',
    file: HOOKS,
    find: `prerouting: ['raw', 'mangle', 'nat']`,
    replace: `prerouting: ['mangle', 'raw', 'nat']`,
    fault: 'the priorities of raw and mangle are swapped at PREROUTING',
  },
  {
    name: 'output-filter-before-nat',
    file: HOOKS,
    find: `output: ['raw', 'mangle', 'nat', 'filter', 'security']`,
    replace: `output: ['raw', 'mangle', 'filter', 'nat', 'security']`,
    fault: 'filter OUTPUT sees addresses from before DNAT',
  },
  {
    name: 'tracking-after-mangle',
    file: PIPELINE,
    find: `if (table === 'raw') stages.push`,
    replace: `if (table === 'mangle' && entering) stages.push`,
    fault: 'connection tracking has a priority behind mangle',
  },
  {
    name: 'delivered-flows-not-confirmed',
    file: PIPELINE,
    find: `const leaving = hook === 'input' || hook === 'postrouting'`,
    replace: `const leaving = hook === 'postrouting'`,
    fault: 'a flow that is delivered locally is not remembered',
  },
  {
    name: 'routed-before-dnat',
    file: JOURNEY,
    find: `    const stopped = this.#hook('prerouting', packet);
    if (stopped !== undefined) return stopped;
    const route = router.routeInput(packet);
`,
    replace: `    const route = router.routeInput(packet);
    const stopped = this.#hook('prerouting', packet);
    if (stopped !== undefined) return stopped;
`,
    fault: 'arriving packets are routed by the destination that they had before DNAT',
  },
  {
    name: 'output-not-rerouted-after-dnat',
    file: JOURNEY,
    find: `if (end === 'moved' && hook === 'output') {`,
    replace: `if (end === 'moved' && hook === 'input') {`,
    fault: 'what OUTPUT sends elsewhere leaves by the interface of before',
  },
  {
    name: 'loop-misses-prerouting',
    file: JOURNEY,
    find: `return this.#hook('prerouting', packet) ?? this.#hook('input', packet) ?? arrived('local');
  }

  /** Runs`,
    replace: `return this.#hook('input', packet) ?? arrived('local');
  }

  /** Runs`,
    fault: 'what the host sends itself does not come through PREROUTING',
  },
  {
    name: 'mark-set-without-mask',
    file: WALK,
    find: `packet.mark = operations.marked(rule, packet.mark);`,
    replace: `packet.mark = operations.operand(rule);`,
    fault: 'MARK replaces the whole mark instead of the bits of its mask',
  },
  {
    name: 'mark-bits-only-added',
    file: WALK,
    find: `packet.mark = operations.marked(rule, packet.mark);`,
    replace: `packet.mark = (packet.mark | operations.operand(rule)) >>> 0;`,
    fault: 'MARK clears no bits',
  },
  {
    name: 'mark-compared-by-value-as-mask',
    file: FINDER,
    find: `(mark & mask) === value`,
    replace: `(mark & value) === value`,
    fault: 'mask and value of a mark match are swapped',
  },
  {
    name: 'goto-comes-back',
    file: WALK,
    find: `        // Goto pushes no frame: its target's end returns to whoever called the chain that holds it.
`,
    replace: `        stackNext[depth] = at;
        stackEnd[depth] = end;
        depth++;
`,
    fault: 'GOTO returns to the chain that it left',
  },
  {
    name: 'return-ignored',
    file: WALK,
    find: `      if (operation === DO.return) {
        at = end;`,
    replace: `      if (operation === DO.return) {
        at = rule + 1;`,
    fault: 'RETURN goes on with the next rule',
  },
  {
    name: 'return-leaves-every-chain',
    file: WALK,
    find: `      if (operation === DO.return) {
        at = end;`,
    replace: `      if (operation === DO.return) {
        depth = 0;
        at = end;`,
    fault: 'RETURN leads to the end of the base chain',
  },
  {
    name: 'notrack-ignored',
    file: WALK,
    find: `if (packet.state === undefined && packet.template === undefined) packet.noTrack = true;`,
    replace: ``,
    fault: 'NOTRACK does nothing',
  },
  {
    name: 'related-reads-as-new',
    file: STATES,
    find: `related: STATE_BIT.RELATED,`,
    replace: `related: STATE_BIT.NEW,`,
    fault: 'an ICMP error about a known flow is NEW to --ctstate',
  },
  {
    name: 'untracked-reads-as-invalid',
    file: STATES,
    find: `untracked: STATE_BIT.UNTRACKED,`,
    replace: `untracked: STATE_BIT.INVALID,`,
    fault: 'untracked packets are INVALID to --ctstate',
  },
  {
    name: 'ctstate-dnat-never',
    file: STATES,
    find: `if (connection.destinationNat) bits |= STATE_BIT.DNAT;`,
    replace: ``,
    fault: 'a translated connection is not DNAT to --ctstate',
  },
  {
    name: 'multiport-negation-lost',
    file: MATCHES,
    find: `if (port >= range.first && port <= range.last) return !match.negated;
  }
  return match.negated;`,
    replace: `if (port >= range.first && port <= range.last) return true;
  }
  return false;`,
    fault: '! --dports matches the ports that it lists',
  },
  {
    name: 'icmp-code-ignored',
    file: MATCHES,
    find: `(match.code === undefined || packet.packet.icmpCode === match.code)`,
    replace: `true`,
    fault: 'an ICMP match with a code matches every code of the type',
  },
  {
    name: 'interface-prefix-literal',
    file: MATCHES,
    find: `match.prefix ? name.startsWith(match.name) : name === match.name`,
    replace: `name === match.name`,
    fault: 'cali+ is the name of one interface',
  },
  {
    name: 'ipv6-second-word-ignored',
    file: MATCHES,
    find: `    (address.w1 & m1) >>> 0 === network.w1 &&
`,
    replace: ``,
    fault: 'IPv6 blocks are compared without bits 32 to 63',
  },
  {
    name: 'set-directions-swapped',
    file: CRITERIA,
    find: `directions[0] === 'src' ? {`,
    replace: `directions[0] !== 'src' ? {`,
    fault: '--match-set takes src for dst',
  },
  {
    name: 'set-port-of-the-other-side',
    file: 'src/simulate/set-lookups.ts',
    find: `portDimension(packet, sides[1] === 'src')`,
    replace: `portDimension(packet, sides[1] !== 'src')`,
    fault: 'the port dimension of --match-set is taken from the other side',
  },
  {
    name: 'range-one-too-long',
    file: 'src/simulate/value-intervals.ts',
    find: `if (last < 0xffff_ffff) starts.add(last + 1);`,
    replace: `if (last < 0xffff_fffe) starts.add(last + 2);`,
    fault: 'what comes just behind a range of ports or addresses is inside of it',
  },
  {
    name: 'block-without-its-first-address',
    file: FINDER,
    find: `value >= first && value <= last`,
    replace: `value > first && value <= last`,
    fault: 'the first address of a block is outside of it',
  },
  {
    name: 'errors-are-rejected-too',
    file: 'src/simulate/reject-answer.ts',
    find: `return isUnansweredIcmp(type);`,
    replace: `return false;`,
    fault: 'REJECT answers ICMP errors',
  },
];
