import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { scanXml } from '../../../src/host/connections/xml-scanner.ts';

/** What elements hold: names, the attributes that count, and the text in front of each end. */
type Event = readonly string[];

function scanned(text: string): readonly Event[] | undefined {
  const events: Event[] = [];
  let isBroken = false;
  scanXml(new TextEncoder().encode(text), {
    open: ({ name, direction, protonum }) => events.push([name, direction, protonum]),
    close: (name, start, end) => events.push([name, text.slice(start, end)]),
    broken: () => {
      isBroken = true;
    },
  });
  return isBroken ? undefined : events;
}

/** The same by a parser of the whole of XML. */
function parsed(text: string): readonly Event[] | undefined {
  const events: Event[] = [];
  let isBroken = false;
  let last = '';
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes: { direction = '', protonum = '' } }) => {
    events.push([name, direction, protonum]);
    last = '';
  });
  parser.on('text', (piece) => {
    last += piece;
  });
  parser.on('closetag', ({ name }) => {
    events.push([name, last]);
    last = '';
  });
  parser.on('error', () => {
    isBroken = true;
  });
  parser.write(text).close();
  return isBroken ? undefined : events;
}

const word = fc.constantFrom('src', 'dst', 'state', 'zone', 'id', 'x1', 'longer-name');
const value = fc.constantFrom('', '1', '192.0.2.1', '2001:db8::1', 'ESTABLISHED', '0x1', '\n', ' ');
const leaf = fc
  .tuple(word, value)
  .map(([name, text]) => (text === '' ? `<${name}/>` : `<${name}>${text}</${name}>`));
const attribute = fc
  .tuple(
    fc.constantFrom('direction', 'protonum', 'protoname'),
    fc.constantFrom('original', '6', ''),
  )
  .map(([name, text]) => ` ${name}="${text}"`);
const element = fc
  .tuple(
    fc.constantFrom('meta', 'layer3', 'layer4', 'flow'),
    fc.uniqueArray(attribute, { maxLength: 3, selector: (text) => text.split('=')[0] }),
    fc.array(leaf, { maxLength: 4 }),
  )
  .map(
    ([name, attributes, children]) =>
      `<${name}${attributes.join('')}>${children.join('')}</${name}>`,
  );
const document = fc
  .array(element, { maxLength: 6 })
  .map(
    (flows) =>
      `<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n${flows.join('\n')}</conntrack>\n`,
  );

test('a document as conntrack prints it is what a parser of the whole of XML reads', () => {
  fc.assert(
    fc.property(document, (text) => {
      const events = scanned(text);
      expect(events).toBeDefined();
      expect(events).toEqual(parsed(text));
    }),
    { numRuns: 500 },
  );
});

test('what is taken of a damaged document is well-formed, and read the same', () => {
  fc.assert(
    fc.property(
      document,
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...'<>/="& \n!?ax1')), {
        minLength: 1,
        maxLength: 3,
      }),
      (text, damages) => {
        let damaged = text;
        for (const [place, length, letter] of damages) {
          const at = place % damaged.length;
          damaged = `${damaged.slice(0, at)}${letter}${damaged.slice(at + length)}`;
        }
        const events = scanned(damaged);
        if (events !== undefined) expect(events).toEqual(parsed(damaged));
      },
    ),
    { numRuns: 2000 },
  );
});
