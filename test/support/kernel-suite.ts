import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/apply/kernel-tools.ts';
import { ApplyHost } from './apply-host.ts';
import { ENDPOINT, onePolicy } from './apply-policies.ts';
import { NetworkNamespace, whyNoNamespace } from './namespace.ts';

const BOTH: readonly Build[] = ['legacy', 'nft'];

/** What a suite needs beside a kernel that gives it namespaces. */
export interface SuiteNeeds {
  /** Both when left out. */
  readonly builds?: readonly Build[];
  /** Programs beside those that every apply needs. */
  readonly programs?: readonly string[];
}

/** Tests in the kernel, once for each build of iptables; skipped, with the reason in their names, where the machine does not have it all. */
export function kernelSuite(
  title: string,
  { builds = BOTH, programs = [] }: SuiteNeeds,
  suite: (build: Build) => void,
): void {
  const reason = whyNoNamespace([
    ...['ipset', 'flock', ...programs],
    ...builds.flatMap((build) => [`iptables-${build}-restore`, `ip6tables-${build}-restore`]),
  ]);
  // Where all of it is to be had, skipping would hide a broken machine.
  if (process.env.CI !== undefined) {
    test(`the kernel takes part in this run: ${title}`, () => expect(reason).toBeUndefined());
  }
  const said = reason === undefined ? title : `${title} (skipped: ${reason})`;
  describe.skipIf(reason !== undefined).each(builds)(`${said}, %s build`, suite);
}

/** What each test of a suite has to itself. */
export interface OnHost {
  readonly build: Build;
  readonly host: ApplyHost;
  /** Options of a command for an endpoint and a policy that lets a port in; `more` are further ingress rules. */
  readonly documents: (port: number, more?: string) => readonly string[];
}

/** Tests of commands, each on a host of its own. */
export function hostSuite(title: string, needs: SuiteNeeds, suite: (at: OnHost) => void): void {
  kernelSuite(title, needs, (build) => {
    let host: ApplyHost;
    beforeEach(async () => {
      host = await ApplyHost.start(build);
    });
    afterEach(() => host.close());
    suite({
      build,
      get host() {
        return host;
      },
      documents: (port, more) => [
        ...['-f', host.write('endpoint.yaml', ENDPOINT)],
        ...['-f', host.write('policy.yaml', onePolicy(port, more))],
        ...['-n', 'node1'],
      ],
    });
  });
}

/** Tests of rules alone, each in a namespace of its own; `fresh` gives another one in the middle of a test. */
export function namespaceSuite(
  title: string,
  suite: (
    build: Build,
    at: { readonly namespace: NetworkNamespace; readonly fresh: () => Promise<NetworkNamespace> },
  ) => void,
): void {
  kernelSuite(title, {}, (build) => {
    let namespace: NetworkNamespace;
    const open = async (): Promise<void> => {
      namespace = await NetworkNamespace.open();
    };
    beforeEach(open);
    afterEach(() => namespace.close());
    suite(build, {
      get namespace() {
        return namespace;
      },
      fresh: async () => {
        await namespace.close();
        await open();
        return namespace;
      },
    });
  });
}
