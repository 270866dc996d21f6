import { renderLocation } from '../source/location.ts';
import type { Report } from '../source/problem.ts';
import { type CalicoVersion, isAtLeast } from './calico-version.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** The version to follow, and for people which and why. */
export interface VersionChoice {
  readonly version: CalicoVersion;
  readonly reason: string;
}

/**
 * Chooses the Calico version: the one that was asked for, or else `2.6` for the original API, `3.32` for documents that use what only
 * newer Calico has, `3.9` for everything else.
 */
export function chooseVersion(
  collector: ResourceCollector,
  asked: CalicoVersion | undefined,
): VersionChoice {
  if (asked !== undefined) return { version: asked, reason: 'asked for' };
  const original = collector.apiUses.get('v1');
  const current = collector.apiUses.get('v3');
  if (original !== undefined && current === undefined) {
    const place = renderLocation(original.location);
    return { version: '2.6', reason: `the documents are of the original API (${place})` };
  }
  const newest = collector.features.find(({ use }) => use.since === '3.32')?.use;
  if (newest !== undefined) {
    const place = renderLocation(newest.location);
    return { version: '3.32', reason: `${newest.feature} (${place}) is newer than Calico 3.9` };
  }
  const place = current?.location ?? collector.calicoApis.get('v3');
  if (place !== undefined) {
    const reason = `the documents are of projectcalico.org/v3 (${renderLocation(place)})`;
    return { version: '3.9', reason };
  }
  if (collector.calicoApis.has('v1')) {
    return { version: '2.6', reason: 'the documents are of the original API' };
  }
  return { version: '3.9', reason: 'no document says otherwise' };
}

/** Reports what the version does not have or refuses, and APIs that do not fit it or each other. */
export function checkVersion(
  collector: ResourceCollector,
  choice: VersionChoice,
  report: Report,
): void {
  const { version, reason } = choice;
  checkApis(collector, version);
  for (const { use, context } of collector.features) {
    if (isAtLeast(version, use.since)) continue;
    context.problem(
      'newer-field',
      use.location,
      `${use.feature} exists since Calico ${use.release ?? use.since}, not in ${version}`,
      `The version is ${version}: ${reason}.`,
    );
  }
  for (const { problem, versions } of collector.versionedProblems) {
    if (versions.includes(version)) report(problem);
  }
}

function checkApis(collector: ResourceCollector, version: CalicoVersion): void {
  const original = collector.apiUses.get('v1');
  const current = collector.apiUses.get('v3');
  if (original !== undefined && current !== undefined) {
    current.mixed(
      `a ${current.kind} of projectcalico.org/v3 beside a ${original.kind} of the original API (v1)`,
      original.location,
    );
  } else if (version === '2.6') {
    current?.refuse(
      'newer-field',
      `projectcalico.org/v3 exists since Calico 3.0, not in ${version}`,
      'Write the documents in the original API (apiVersion v1), or ask for Calico 3.9.',
    );
  } else {
    original?.refuse(
      'invalid-combination',
      `Calico ${version} does not read the original API (v1)`,
      'Convert the documents with `calicoctl convert`, or ask for Calico 2.6.',
    );
  }
}
