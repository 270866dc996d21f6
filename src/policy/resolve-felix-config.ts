import { FELIX_PARAMETERS, isNotModelled } from '../resources/felix-parameters.ts';
import type {
  FelixConfiguration,
  FelixSetting,
  IpPool,
  NotModelled,
} from '../resources/resource-set.ts';
import type { Problem } from '../source/problem.ts';
import { parseFailsafePorts } from './failsafe-ports.ts';
import type { FailsafePort, FelixConfig } from './felix-config.ts';
import type { VersionFacts } from './version-facts.ts';

/** Where Felix on one node gets its parameters from. */
export interface FelixConfigInput {
  readonly configurations: readonly FelixConfiguration[];
  readonly node: string;
  /** FELIX_* variables; the names' case does not matter, others are ignored. */
  readonly environment: ReadonlyMap<string, string>;
  readonly facts: VersionFacts;
  readonly ipPools: readonly IpPool[];
}

/** A parameter's parsed value, or what is wrong with its text. */
type Parsed<T> = { readonly value: T } | { readonly message: string; readonly hint: string };

/** The environment's parser is stricter than what documents are checked against. */
type SettingSource = 'environment' | 'document';

interface Parameter<T> {
  /** Lower case. The later names are what another document kind calls the same parameter. */
  readonly names: readonly string[];
  readonly parse: (text: string, from: SettingSource) => Parsed<T>;
  /** What the word `none` sets; undefined where the parameter may not be unset. */
  readonly none: T | undefined;
}

/** How many mark bits the rules need: accept, pass and two scratch bits. */
const NEEDED_MARK_BITS = 4;

/**
 * The Felix parameters in force on a node: the version's defaults, then the FelixConfiguration `default`, then `node.NAME`, then
 * the environment, each winning over those before it. An empty value counts as absent; `none` clears.
 *
 * IPIP and VXLAN are on when a pool uses them, unless a parameter says otherwise.
 *
 * Every value that Felix would refuse is reported, at its document or, for the environment, with the variable's name as the file.
 *
 * Source: felix/config/config_params.go, resolve; `calico-semantics` 5.0 and 6, trap 27.
 */
export function resolveFelixConfig(
  input: FelixConfigInput,
  report: (problem: Problem) => void,
): FelixConfig {
  const { facts, ipPools } = input;
  const layers = settingLayers(input);
  const read = <T>(parameter: Parameter<T>): T | undefined =>
    readParameter(layers, parameter, report);
  const failsafes = (name: string, byDefault: string): readonly FailsafePort[] =>
    read(failsafeParameter(name, facts.failsafeNets)) ?? defaultFailsafes(byDefault);
  return {
    interfacePrefixes: read(INTERFACE_PREFIX) ?? ['cali'],
    chainInsertMode: read(word('chaininsertmode', ['insert', 'append'])) ?? 'insert',
    defaultEndpointToHostAction:
      read(word('defaultendpointtohostaction', ['drop', 'return', 'accept'])) ?? 'drop',
    filterAllowAction: read(word('iptablesfilterallowaction', ['accept', 'return'])) ?? 'accept',
    mangleAllowAction: read(word('iptablesmangleallowaction', ['accept', 'return'])) ?? 'accept',
    filterDenyAction: facts.filterDenyAction
      ? (read(word('iptablesfilterdenyaction', ['drop', 'reject'])) ?? 'drop')
      : 'drop',
    markMask: read(MARK_MASK) ?? facts.markMask,
    disableConntrackInvalidCheck: read(flag('disableconntrackinvalidcheck')) ?? false,
    logPrefix: read(LOG_PREFIX) ?? 'calico-packet',
    ipipEnabled: read(flag('ipinipenabled', 'ipipenabled')) ?? ipPools.some((pool) => pool.ipip),
    vxlanEnabled: facts.vxlan && (read(flag('vxlanenabled')) ?? ipPools.some((pool) => pool.vxlan)),
    vxlanPort: read(VXLAN_PORT) ?? 4789,
    allowVxlanFromWorkloads:
      facts.allowTunnelsFromWorkloads && (read(flag('allowvxlanpacketsfromworkloads')) ?? false),
    allowIpipFromWorkloads:
      facts.allowTunnelsFromWorkloads && (read(flag('allowipippacketsfromworkloads')) ?? false),
    ipv6Support: read(flag('ipv6support')) ?? true,
    failsafeInbound: failsafes('failsafeinboundhostports', facts.failsafeInbound),
    failsafeOutbound: failsafes('failsafeoutboundhostports', facts.failsafeOutbound),
  };
}

/**
 * The parameters in force on the node that change what happens to packets in a way that is not modelled.
 *
 * The environment may name any parameter; what a document may name has been checked where it was read.
 */
export function felixNotModelled(input: FelixConfigInput): readonly NotModelled[] {
  const layers = settingLayers(input);
  const found: NotModelled[] = [];
  for (const parameter of FELIX_PARAMETERS.values()) {
    if (parameter.notModelled.length === 0) continue;
    const setting = winningSetting(layers, [parameter.parameter]);
    if (setting === undefined || !isNotModelled(parameter, setting.value)) continue;
    const what = `the Felix parameter \`${parameter.field}: ${setting.value.slice(0, 60)}\``;
    found.push({ what, location: setting.location, family: undefined });
  }
  return found;
}

/** Where settings come from, the winning one first. */
function settingLayers(input: FelixConfigInput): readonly ReadonlyMap<string, FelixSetting>[] {
  const named = (name: string): readonly ReadonlyMap<string, FelixSetting>[] =>
    input.configurations
      .filter((configuration) => configuration.metadata.name === name)
      .map((configuration) => configuration.settings);
  return [
    environmentSettings(input.environment),
    ...named(`node.${input.node}`),
    ...named('default'),
  ];
}

function environmentSettings(
  environment: ReadonlyMap<string, string>,
): ReadonlyMap<string, FelixSetting> {
  const settings = new Map<string, FelixSetting>();
  for (const [name, value] of environment) {
    const parameter = /^FELIX_(.+)$/i.exec(name)?.[1]?.toLowerCase();
    if (parameter === undefined) continue;
    settings.set(parameter, { value, location: { file: name, line: 1, column: 1 } });
  }
  return settings;
}

/** The winning layer's value; undefined where no layer sets the parameter, or sets it wrongly. */
function readParameter<T>(
  layers: readonly ReadonlyMap<string, FelixSetting>[],
  parameter: Parameter<T>,
  report: (problem: Problem) => void,
): T | undefined {
  const setting = winningSetting(layers, parameter.names);
  if (setting === undefined) return undefined;
  const parsed = parseSetting(parameter, setting);
  if ('value' in parsed) return parsed.value;
  report({
    code: 'invalid-value',
    severity: 'error',
    message: parsed.message,
    location: setting.location,
    hint: parsed.hint,
  });
  return undefined;
}

/** The first layer's setting of any of the names; an empty one counts as absent. */
function winningSetting(
  layers: readonly ReadonlyMap<string, FelixSetting>[],
  names: readonly string[],
): FelixSetting | undefined {
  for (const layer of layers) {
    const found = names.find((name) => (layer.get(name)?.value ?? '') !== '');
    if (found !== undefined) return layer.get(found);
  }
  return undefined;
}

function parseSetting<T>(parameter: Parameter<T>, setting: FelixSetting): Parsed<T> {
  const { value: text, location } = setting;
  const from = /^FELIX_/i.test(location.file) ? 'environment' : 'document';
  if (text.toLowerCase() !== 'none') return parameter.parse(text, from);
  if (parameter.none !== undefined) return { value: parameter.none };
  return {
    message: `\`${parameter.names[0]}\` cannot be \`${text}\``,
    hint: 'Leave it out for its default.',
  };
}

function word<T extends string>(name: string, words: readonly T[]): Parameter<T> {
  return {
    names: [name],
    none: undefined,
    parse: (text) => {
      const value = words.find((candidate) => candidate === text.toLowerCase());
      if (value !== undefined) return { value };
      return {
        message: `\`${text}\` is not a value of \`${name}\``,
        hint: `It is one of ${words.join(', ')}.`,
      };
    },
  };
}

function flag(...names: readonly string[]): Parameter<boolean> {
  return {
    names,
    none: false,
    parse: (text) => {
      const value = text.toLowerCase();
      if (['true', '1', 'yes', 'y', 't'].includes(value)) return { value: true };
      if (['false', '0', 'no', 'n', 'f'].includes(value)) return { value: false };
      return { message: `\`${text}\` is not true or false`, hint: 'Write `true` or `false`.' };
    },
  };
}

const INTERFACE_PREFIX: Parameter<readonly string[]> = {
  names: ['interfaceprefix'],
  none: undefined,
  parse: (text) =>
    /^[a-zA-Z0-9_-]{1,15}(,[a-zA-Z0-9_-]{1,15})*$/.test(text)
      ? { value: text.split(',') }
      : {
          message: `\`${text}\` is not a list of interface name prefixes`,
          hint: 'Write prefixes such as `cali,tap`, with commas and without blanks.',
        },
};

const LOG_PREFIX: Parameter<string> = {
  names: ['logprefix'],
  none: '',
  parse: (text) => ({ value: text }),
};

const MARK_MASK: Parameter<number> = {
  names: ['iptablesmarkmask'],
  none: undefined,
  parse: (text) => {
    const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
    const bits = value <= 0xffffffff ? value.toString(2).replaceAll('0', '').length : 0;
    if (bits >= NEEDED_MARK_BITS) return { value };
    return {
      message: `\`${text}\` is not a mark mask with at least ${NEEDED_MARK_BITS} bits`,
      hint: 'Write a mask such as `0xffff0000`.',
    };
  },
};

const VXLAN_PORT: Parameter<number> = {
  names: ['vxlanport'],
  none: undefined,
  parse: (text) => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (value > 0 && value <= 65535) return { value };
    return { message: `\`${text}\` is not a port`, hint: 'Write a number from 1 to 65535.' };
  },
};

function failsafeParameter(name: string, nets: boolean): Parameter<readonly FailsafePort[]> {
  return {
    names: [name],
    none: [],
    parse: (text, from) => {
      const parsed = parseFailsafePorts(text, { nets, sctp: nets && from === 'document' });
      return parsed.kind === 'ports' ? { value: parsed.ports } : parsed;
    },
  };
}

function defaultFailsafes(text: string): readonly FailsafePort[] {
  const parsed = parseFailsafePorts(text, { nets: false, sctp: false });
  if (parsed.kind === 'error') throw new Error(`a version's failsafe ports: ${parsed.message}`);
  return parsed.ports;
}
