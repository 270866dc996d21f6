/** The Calico releases whose behaviour hepsim reproduces, oldest first. `2.6` is 2.6.8. */
export const CALICO_VERSIONS = ['2.6', '3.9', '3.32'] as const;

/** A Calico release that stands for its generation. */
export type CalicoVersion = (typeof CALICO_VERSIONS)[number];

/** Whether the text names one of the versions, written exactly so. */
export function isCalicoVersion(text: string): text is CalicoVersion {
  return (CALICO_VERSIONS as readonly string[]).includes(text);
}

/** Whether `version` is `since` or newer. */
export function isAtLeast(version: CalicoVersion, since: CalicoVersion): boolean {
  return CALICO_VERSIONS.indexOf(version) >= CALICO_VERSIONS.indexOf(since);
}
