import type { Rule } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import { allowTarget, type CompileContext } from './compile-context.ts';
import { ACCEPT, clearMark, jumpTo, rule, setMark, whenUnmarked } from './rule-parts.ts';
import { ALWAYS, acceptMarked, forWorkloads } from './static-rules.ts';

const ACCEPTED = 'Policy explicitly accepted packet.';

/** The chain of forwarded packets. Source: `calico-semantics` 5.8. */
export function forwardRules(context: CompileContext): readonly Rule[] {
  return context.facts.forwardPolicy === 'normal'
    ? sharedPolicyRules(context)
    : forwardPolicyRules(context);
}

/** What stands behind the host's own rules in the kernel's FORWARD chain. */
export function forwardAppendedRules(context: CompileContext): readonly Rule[] {
  if (!context.facts.forwardAcceptAppended) return [];
  const accept = acceptMarked(context, allowTarget(context, 'filter'), ACCEPTED);
  const rules: Rule[] = [{ ...accept, placement: 'append' }];
  if (context.facts.egressAfterDnat) {
    const words = 'Mark forwarded packets, which mangle POSTROUTING must not judge';
    rules.push(rule(ALWAYS, setMark(context.marks.accept), { words, placement: 'append' }));
  }
  return rules;
}

/** Forward policy of the way in, workloads, forward policy of the way out; the last chain that a packet meets decides its mark. */
function forwardPolicyRules(context: CompileContext): readonly Rule[] {
  const { marks, facts } = context;
  return [
    clearAllButAccept(context),
    rule([whenUnmarked(marks.accept)], jumpTo(CHAIN.fromHostEndpointForward)),
    ...workloadDispatch(context),
    rule(ALWAYS, jumpTo(CHAIN.toHostEndpointForward)),
    ...(facts.forwardAcceptAppended
      ? []
      : [acceptMarked(context, allowTarget(context, 'filter'), ACCEPTED)]),
  ];
}

/** Workloads first and on their own; between host interfaces the same chains as for local traffic, failsafes included. */
function sharedPolicyRules(context: CompileContext): readonly Rule[] {
  const { marks } = context;
  return [
    ...workloadDispatch(context),
    // Accepts even where allowed packets are handed back: only what host endpoints allow is (5.8, rows 3 and 7).
    ...forWorkloads(context, 'in', ACCEPT),
    ...forWorkloads(context, 'out', ACCEPT),
    clearAllButAccept(context),
    rule([whenUnmarked(marks.accept)], jumpTo(CHAIN.fromHostEndpoint)),
    rule(ALWAYS, jumpTo(CHAIN.toHostEndpoint)),
    acceptMarked(context, allowTarget(context, 'filter'), ACCEPTED),
  ];
}

function workloadDispatch(context: CompileContext): readonly Rule[] {
  const incoming = forWorkloads(context, 'in', jumpTo(CHAIN.fromWorkload));
  const outgoing = forWorkloads(context, 'out', jumpTo(CHAIN.toWorkload));
  return incoming.flatMap((fromPrefix, index) => [fromPrefix, ...outgoing.slice(index, index + 1)]);
}

function clearAllButAccept({ marks }: CompileContext): Rule {
  return rule(ALWAYS, clearMark((marks.all & ~marks.accept) >>> 0));
}
