import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../../src/address/ip-address.ts';
import type { ConnectionRecord } from '../../../src/host/connections/connection-record.ts';
import { parseConnections } from '../../../src/host/connections/parse-connections.ts';
import { InputError } from '../../../src/source/errors.ts';

const LOCATION = { file: 'table.txt', line: 1, column: 1 };

/** `203.0.113.7/40000>192.0.2.10/22 < ...`, the reply behind. */
function brief({ original, reply }: ConnectionRecord): string {
  const side = ({ source, destination, sourceKey, destinationKey }: typeof original): string =>
    `${renderIpAddress(source)}/${sourceKey}>${renderIpAddress(destination)}/${destinationKey}`;
  return `${side(original)} ${side(reply)}`;
}

function read(text: string): readonly ConnectionRecord[] {
  return parseConnections(text, LOCATION).records;
}

function problems(text: string): readonly string[] {
  try {
    parseConnections(text, LOCATION);
  } catch (error) {
    if (error instanceof InputError) {
      return error.problems.map(
        (one) => `${one.location.line}:${one.location.column} ${one.message}`,
      );
    }
    throw error;
  }
  return [];
}

const SSH =
  'src=203.0.113.7 dst=192.0.2.10 sport=40000 dport=22 src=192.0.2.10 dst=203.0.113.7 sport=22 dport=40000';

describe('lines of conntrack -L', () => {
  test.each([
    ['plain', `tcp      6 431999 ESTABLISHED ${SSH} [ASSURED] mark=5 use=1`],
    ['extended', `ipv4     2 tcp      6 431999 ESTABLISHED ${SSH} [ASSURED] mark=5 use=1`],
    [
      'extended,id',
      `ipv4     2 tcp      6 431999 ESTABLISHED ${SSH} [ASSURED] mark=5 use=1 id=294857080`,
    ],
    [
      'of the kernel itself, with counters and labels',
      `ipv4     2 tcp      6 431999 ESTABLISHED ${SSH.replace(' src=192.0.2.10', ' packets=9 bytes=900 src=192.0.2.10')} packets=8 bytes=800 [ASSURED] mark=5 secctx=null delta-time=12 labels=a,b zone=0 use=2`,
    ],
  ])('%s', (_form, line) => {
    const [record, ...others] = read(`${line}\n`);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      ...{ state: 'ESTABLISHED', timeoutSeconds: 431_999, seenReply: true, assured: true },
      ...{ mark: 5, zone: { original: 0, reply: 0 }, helper: undefined },
      ...{ unknown: undefined, line: 1 },
    });
    expect(brief(record as ConnectionRecord)).toBe(
      '203.0.113.7/40000>192.0.2.10/22 192.0.2.10/22>203.0.113.7/40000',
    );
  });

  test('flows without a state, of every kind of key', () => {
    const records = read(`
ipv4     2 udp      17 29 src=192.0.2.1 dst=192.0.2.2 sport=10 dport=53 [UNREPLIED] src=10.0.0.1 dst=192.0.2.1 sport=5353 dport=10 mark=0 use=1
ipv4     2 icmp     1 29 src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=77 src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=77 mark=0 use=1 id=2463448247
ipv6     10 icmpv6   58 29 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=7 src=2001:db8::2 dst=2001:db8::1 type=129 code=0 id=7 mark=0 use=1
ipv4     2 unknown  112 99 src=192.0.2.1 dst=192.0.2.2 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 mark=0 use=1
ipv4     2 sctp     132 209 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 [ASSURED] mark=0 use=1
conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.
`);
    expect(records.map(brief)).toEqual([
      '192.0.2.1/10>192.0.2.2/53 10.0.0.1/5353>192.0.2.1/10',
      `192.0.2.1/77>192.0.2.2/${8 << 8} 192.0.2.2/77>192.0.2.1/0`,
      `2001:db8::1/7>2001:db8::2/${128 << 8} 2001:db8::2/7>2001:db8::1/${129 << 8}`,
      '192.0.2.1/0>192.0.2.2/0 192.0.2.2/0>192.0.2.1/0',
      '192.0.2.1/1>192.0.2.2/2 192.0.2.2/2>192.0.2.1/1',
    ]);
    expect(records.map(({ seenReply }) => seenReply)).toEqual([false, true, true, false, true]);
    expect(records.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
  });

  test('what is not modelled says so of itself', () => {
    const flow =
      'src=192.0.2.1 dst=192.0.2.2 srckey=0x1 dstkey=0x0 src=192.0.2.2 dst=192.0.2.1 srckey=0x0 dstkey=0x1';
    const records = read(`
ipv4     2 tcp      6 ${SSH} [OFFLOAD] mark=0 zone=0 use=2
ipv4     2 gre      47 100 ${flow} mark=0 use=1
`);
    expect(records.map(({ unknown }) => unknown)).toEqual([
      'it is offloaded: its packets pass by the rules',
      'it is told from others by its GRE key, which is not modelled',
    ]);
    expect(records[0]?.timeoutSeconds).toBeUndefined();
  });

  test('zones of both directions or of one, and helpers, are told', () => {
    const of = (original: string, end: string): string =>
      `udp 17 99 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 ${original} src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 ${end} use=1`;
    const records = read(
      [
        of('[UNREPLIED]', 'mark=0 zone=5'),
        of('zone-orig=6 [UNREPLIED]', 'mark=0'),
        of('', 'zone-reply=7 mark=0 helper=tftp'),
      ].join('\n'),
    );
    expect(records.map(({ zone }) => [zone.original, zone.reply])).toEqual([
      [5, 5],
      [6, 0],
      [0, 7],
    ]);
    expect(records.map(({ helper }) => helper)).toEqual([undefined, undefined, 'tftp']);
  });

  test('every line that is none is reported, up to a number', () => {
    expect(
      problems(`tcp 6 9 ESTABLISHED src=1.2.3.4
hello world
udp 17 30 src=1.2.3.4 dst=300.0.0.1 sport=1 dport=2
udp 17 30 src=1.2.3.4 dst=1.2.3.5 src=1.2.3.5 dst=1.2.3.4`),
    ).toEqual([
      '1:1 the original direction has no source or no destination',
      '2:1 not a line that `conntrack -L` prints',
      '3:1 `dst` is `300.0.0.1`',
      '4:1 the original direction has no ports',
    ]);
    expect(problems('x\n'.repeat(1000))).toHaveLength(20);
  });
});

describe('conntrack -L -o xml', () => {
  const meta = (direction: string, src: string, dst: string, ports: string): string =>
    `<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>${src}</src><dst>${dst}</dst></layer3><layer4 protonum="6" protoname="tcp">${ports}</layer4></meta>`;
  const FLOW = `<flow>${meta('original', '203.0.113.7', '192.0.2.10', '<sport>40000</sport><dport>22</dport>')}${meta('reply', '192.0.2.10', '203.0.113.7', '<sport>22</sport><dport>40000</dport>')}<meta direction="independent"><state>ESTABLISHED</state><timeout>99</timeout><mark>5</mark><zone>3</zone><use>1</use><id>294857080</id><assured/></meta></flow>`;
  const HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';

  test('is read as the lines are', () => {
    const [record] = read(`${HEAD}${FLOW}\n</conntrack>\n`);
    expect(record).toMatchObject({
      ...{ state: 'ESTABLISHED', timeoutSeconds: 99, seenReply: true, assured: true, mark: 5 },
      ...{ zone: { original: 3, reply: 3 }, line: 3 },
    });
    expect(brief(record as ConnectionRecord)).toBe(
      '203.0.113.7/40000>192.0.2.10/22 192.0.2.10/22>203.0.113.7/40000',
    );
  });

  test('ICMP flows, whose identifiers it lacks, are counted and left out', () => {
    const icmp = FLOW.replaceAll('protonum="6" protoname="tcp"', 'protonum="1" protoname="icmp"');
    const { records, notes } = parseConnections(`${HEAD}${icmp}${FLOW}</conntrack>`, LOCATION);
    expect(records).toHaveLength(1);
    expect(notes).toEqual([
      '1 ICMP flow is left out: XML does not tell their identifiers (use -o extended)',
    ]);
  });

  test('a zone of one direction alone is told too', () => {
    const zoned = FLOW.replace('<zone>3</zone>', '').replace(
      '</layer4>',
      '</layer4><zone>4</zone>',
    );
    expect(read(`${HEAD}${zoned}</conntrack>`)[0]?.zone).toEqual({ original: 4, reply: 0 });
  });

  test('states of SCTP, for which conntrack prints those of TCP with the same numbers', () => {
    const sctp = (state: string): ConnectionRecord =>
      read(
        `${HEAD}${FLOW.replaceAll('protonum="6" protoname="tcp"', 'protonum="132" protoname="sctp"').replace('ESTABLISHED', state).replace('<zone>3</zone>', '')}</conntrack>`,
      )[0] as ConnectionRecord;
    expect(sctp('FIN_WAIT')).toMatchObject({ state: 'ESTABLISHED', unknown: undefined });
    expect(sctp('SYN_RECV').state).toBe('COOKIE_WAIT');
    expect(sctp('SHUTDOWN_SENT').state).toBe('SHUTDOWN_SENT');
    expect(sctp('ESTABLISHED').unknown).toContain('whose cookie is on its way');
  });

  test.each([
    ['another document', '<html></html>', '1:1 the root is `html`, not `conntrack`'],
    ['an end that is missing', `${HEAD}${FLOW}`, 'unclosed tag: conntrack'],
    [
      'a tag that is cut off',
      `${HEAD}<flow><meta direction="orig`,
      '3:12 disallowed character in a tag',
    ],
    [
      'what is not ASCII',
      `${HEAD}<flow>\u00e9</flow>`,
      '3:7 conntrack prints nothing beyond ASCII',
    ],
    [
      'a second document',
      `${HEAD}</conntrack>\n<conntrack/>`,
      '4:1 documents may contain only one root.',
    ],
    ['text behind the end', `${HEAD}</conntrack>\nx`, '4:1 text data outside of root node.'],
    ['a comment', `${HEAD}<!-- x --></conntrack>`, '3:1 comments and declarations'],
    ['elements without end', `${HEAD}${'<a>'.repeat(100_000)}`, 'nested too deeply'],
    ['nothing', '<?xml version="1.0"?>\n', '2:1 document must contain a root element.'],
  ])('%s is refused where it stands', (_what, text, message) => {
    expect(problems(text)[0]).toContain(message);
  });

  test('what is not well-formed is reported where it breaks', () => {
    expect(problems(`${HEAD}${FLOW}\n</flow></conntrack>\n`)).toEqual([
      '4:8 unexpected close tag.',
    ]);
  });

  test('entities cannot make it grow', () => {
    const evil = '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
    expect(problems(`${evil}<conntrack><flow>&b;</flow></conntrack>`)[0]).toContain(
      'undefined entity',
    );
  });
});
