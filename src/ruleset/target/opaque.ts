import type { Definition } from '../definition.ts';

/** Rules of the host that are known to exist but not what they say: a packet that meets them is undetermined. */
export interface OpaqueTarget {
  readonly kind: 'opaque';
  readonly description: string;
}

/** Refuses to be written: nobody knows what it says. */
export const opaqueTarget: Definition<OpaqueTarget> = {
  kind: 'opaque',
  validate: ({ description }) => `rules that are not known cannot be written: ${description}`,
  render: ({ description }) => {
    throw new Error(`rules that are not known cannot be written: ${description}`);
  },
};
