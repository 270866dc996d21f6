import { HOOK_TABLES, type Hook, type TableName } from '../ruleset/hook.ts';

/** What a hook does with a packet, one after the other. */
export type Stage =
  | { readonly kind: 'table'; readonly table: Exclude<TableName, 'nat'> }
  | { readonly kind: 'conntrack' }
  | { readonly kind: 'nat'; readonly side: 'source' | 'destination' }
  | { readonly kind: 'confirm' };

/**
 * The hooks in kernel order: connection tracking (priority -200) stands between raw and mangle where packets enter, confirmation
 * (last of all) where they leave.
 *
 * Source: netfilter_ipv4.h, enum nf_ip_hook_priorities; netfilter-facts 1.1.
 */
export const STAGES: Readonly<Record<Hook, readonly Stage[]>> = {
  prerouting: stagesOf('prerouting'),
  input: stagesOf('input'),
  forward: stagesOf('forward'),
  output: stagesOf('output'),
  postrouting: stagesOf('postrouting'),
};

function stagesOf(hook: Hook): readonly Stage[] {
  const entering = hook === 'prerouting' || hook === 'output';
  const leaving = hook === 'input' || hook === 'postrouting';
  const stages: Stage[] = [];
  for (const table of HOOK_TABLES[hook]) {
    if (table === 'nat') {
      stages.push({ kind: 'nat', side: entering ? 'destination' : 'source' });
    } else {
      stages.push({ kind: 'table', table });
      if (table === 'raw') stages.push({ kind: 'conntrack' });
    }
  }
  if (leaving) stages.push({ kind: 'confirm' });
  return stages;
}
