import type { Node } from 'yaml';
import type { Cidr } from '../address/cidr.ts';
import { LABEL_NAME, SUBDOMAIN_NAME, V1_NODE_NAME } from './calico-names.ts';
import type { CalicoApi } from './metadata.ts';
import { ANY_ENTITY, type EntityRule } from './policy-rule.ts';
import { type Blocks, readBlocks, readCidr } from './read-addresses.ts';
import { checkName } from './read-metadata.ts';
import { readRulePorts } from './read-rule-ports.ts';
import { readSelector } from './read-selector.ts';
import type { Fields, Written } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** A side of a rule, with what only checks need: where its blocks stand, and its fields. */
export class EntityRuleReading {
  readonly entity: EntityRule;
  readonly fields: Fields | undefined;
  /** Elements of nets and notNets. */
  readonly #nodes: readonly (readonly Node[])[];

  constructor(
    entity: EntityRule,
    fields: Fields | undefined,
    nodes: readonly (readonly Node[])[] = [],
  ) {
    this.entity = entity;
    this.fields = fields;
    this.#nodes = nodes;
  }

  /** Of nets and notNets, in the order of the fields. */
  get cidrs(): readonly Written<Cidr>[] {
    const { nets, notNets } = this.entity;
    const context = this.fields?.context;
    if (context === undefined) return [];
    const nodes = this.#nodes.flat();
    return [...nets, ...notNets].map((value, i) => ({
      value,
      location: context.locateNode(nodes[i]),
    }));
  }
}

const EMPTY_READING: EntityRuleReading = new EntityRuleReading(ANY_ENTITY, undefined);

/** Reads `source` or `destination` of a rule. */
export function readEntityRule(
  rule: Fields,
  name: 'source' | 'destination',
  options: {
    readonly api: CalicoApi;
    readonly collector: ResourceCollector;
    /** Of the policy: where a service without a namespace is looked for. */
    readonly namespace: string | undefined;
  },
): EntityRuleReading {
  const fields = rule.fields(name);
  if (fields === undefined) return EMPTY_READING;
  const { api, collector } = options;
  const nets = readNets(fields, 'net', api);
  const notNets = readNets(fields, 'notNet', api);
  const selector = readSelector(fields, 'selector', { collector });
  const notSelector = readSelector(fields, 'notSelector', { collector });
  const ports = readRulePorts(fields, 'ports', api);
  const notPorts = readRulePorts(fields, 'notPorts', api);
  const others = api === 'v1' ? readV1Only(fields) : readV3Only(fields, options);
  const entity: EntityRule = {
    nets: nets.values,
    notNets: notNets.values,
    selector,
    notSelector,
    namespaceSelector: others.namespaceSelector,
    serviceAccounts: others.serviceAccounts,
    services: others.services,
    ports,
    notPorts,
    tag: others.tag,
    notTag: others.notTag,
  };
  fields.finish();
  return new EntityRuleReading(entity, fields, [nets.nodes, notNets.nodes]);
}

/** `nets`, and in the original API also the older `net` with one block. */
function readNets(fields: Fields, single: 'net' | 'notNet', api: CalicoApi): Blocks {
  const nets = readBlocks(fields, `${single}s`);
  if (api === 'v3') return nets;
  const one = readCidr(fields, single);
  const node = fields.node(single);
  if (one === undefined || node === undefined) return nets;
  return { values: [one.value, ...nets.values], nodes: [node, ...nets.nodes] };
}

type V1Part = Pick<
  EntityRule,
  'tag' | 'notTag' | 'namespaceSelector' | 'serviceAccounts' | 'services'
>;

function readV1Only(fields: Fields): V1Part {
  for (const name of ['namespaceSelector', 'serviceAccounts', 'services']) {
    fields.refuse(
      name,
      'newer-field',
      `\`${name}\` exists since projectcalico.org/v3`,
      'The original API has no such field.',
    );
  }
  return {
    tag: readTag(fields, 'tag'),
    notTag: readTag(fields, 'notTag'),
    namespaceSelector: undefined,
    serviceAccounts: undefined,
    services: undefined,
  };
}

function readTag(fields: Fields, name: string): string | undefined {
  const tag = fields.string(name);
  if (tag === undefined || tag.value === '') return undefined;
  checkName(fields, tag, { rule: V1_NODE_NAME, what: 'tag' });
  return tag.value;
}

function readV3Only(
  fields: Fields,
  options: { readonly collector: ResourceCollector; readonly namespace: string | undefined },
): V1Part {
  const { collector } = options;
  return {
    tag: undefined,
    notTag: undefined,
    namespaceSelector: readSelector(fields, 'namespaceSelector', {
      collector,
      globalAllowed: true,
    }),
    serviceAccounts: readServiceAccounts(fields, collector),
    services: readServices(fields, options),
  };
}

function readServiceAccounts(
  entity: Fields,
  collector: ResourceCollector,
): EntityRule['serviceAccounts'] {
  const fields = entity.fields('serviceAccounts');
  if (fields === undefined) return undefined;
  const names = fields.strings('names');
  for (const name of names) {
    checkName(fields, name, { rule: SUBDOMAIN_NAME, what: 'service account' });
  }
  const selector = readSelector(fields, 'selector', { collector });
  fields.finish();
  return { names: names.map(unwrap), selector };
}

function readServices(
  entity: Fields,
  options: { readonly collector: ResourceCollector; readonly namespace: string | undefined },
): EntityRule['services'] {
  const fields = entity.fields('services');
  if (fields === undefined) return undefined;
  options.collector.useFeature(entity, {
    feature: '`services` in a rule',
    since: '3.32',
    location: entity.keyLocation('services'),
  });
  const name = fields.requiredString('name');
  if (name !== undefined) checkName(fields, name, { rule: LABEL_NAME, what: 'service' });
  const namespace = fields.string('namespace');
  fields.finish();
  return { name: name?.value ?? '', namespace: namespace?.value ?? options.namespace ?? '' };
}

function unwrap<T>(written: Written<T>): T {
  return written.value;
}
