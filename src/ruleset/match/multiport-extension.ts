import type { PortRange } from '../../address/port-range.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { Extension } from '../extension.ts';
import { PORT_RANGE } from '../option/port-codecs.ts';
import { MULTIPORT_SLOTS, type MultiportMatch, multiportSlots } from './multiport.ts';
import type { MultiportEitherMatch } from './multiport-either.ts';

/** Reads `-m multiport --dports 80,443,8000:8080`. */
export const multiportExtension: Extension<MultiportMatch | MultiportEitherMatch> = {
  name: 'multiport',
  options: [
    { flag: '--sports', aliases: ['--source-ports'], words: 1, negatable: true },
    { flag: '--dports', aliases: ['--destination-ports'], words: 1, negatable: true },
    { flag: '--ports', words: 1, negatable: true },
  ],
  parse: (given, { family, protocol }) => {
    if (protocol === undefined || !hasPorts(protocol)) {
      throw given.refusal(
        'multiport needs `-p tcp`, `-p udp`, `-p udplite`, `-p sctp` or `-p dccp`',
      );
    }
    const [option, ...others] = given.all;
    if (option === undefined || others.length > 0) {
      throw given.refusal('multiport needs exactly one of --sports, --dports and --ports');
    }
    const ranges: PortRange[] = [];
    for (const word of (option.words[0] ?? '').split(',')) {
      const range = PORT_RANGE.parse(word, family);
      if (range === undefined) {
        throw given.refusal(`\`${word}\` is not ${PORT_RANGE.wanted}`, {
          ...option,
          at: option.at + 1,
        });
      }
      ranges.push(range);
    }
    if (ranges.reduce((sum, range) => sum + multiportSlots(range), 0) > MULTIPORT_SLOTS) {
      throw given.refusal(
        `multiport takes ${MULTIPORT_SLOTS} ports; a range counts as two`,
        option,
      );
    }
    const { negated } = option;
    if (option.flag === '--ports') return [{ kind: 'multiport-either', ranges, negated }];
    const side = option.flag === '--sports' ? 'source' : 'destination';
    return [{ kind: 'multiport', side, ranges, negated }];
  },
};
