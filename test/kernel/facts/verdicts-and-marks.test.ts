import { describeFacts, type FactRow } from '../../support/facts.ts';

// netfilter-facts section 2. Which rules were passed is told by the mark, and held against the kernel's trace.

const TRANSIT = 'udp 192.0.2.10:1000 -> 198.51.100.9:53 in=eth0';
const OTHER = 'udp 192.0.2.10:1000 -> 198.51.100.9:54 in=eth0';
const BACK = 'udp 198.51.100.9:53 -> 192.0.2.10:1000 in=eth1';
const FROM_HOST = 'udp 192.0.2.1:1000 -> 198.51.100.9:53 in=local';

const mark = (bit: number): string => `MARK --set-xmark 0x${bit.toString(16)}/0x0`;

/** Has the kernel track connections, without which nat chains are not asked (1.3). No packet meets it. */
const TRACKING = `
      :unused -
      -A unused -m conntrack --ctstate NEW -j RETURN`;

const VERDICTS: readonly FactRow[] = [
  {
    row: "ACCEPT ends that table's base chain only; later tables and hooks still run",
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -j ACCEPT
      -A PREROUTING -j ${mark(1)}
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -j ${mark(2)}
      -A PREROUTING -j ACCEPT
      -A PREROUTING -j ${mark(4)}
      :FORWARD ACCEPT
      -A FORWARD -j ${mark(8)}
      *filter
      :FORWARD DROP
      -A FORWARD -p udp --dport 53 -j ACCEPT`,
    packets: [
      [TRANSIT, 'accept eth1 mark=0xa'],
      [OTHER, 'drop'],
    ],
  },
  {
    row: 'DROP in any table ends everything, and the unconfirmed entry with it',
    rules: `
      *mangle
      :POSTROUTING ACCEPT
      -A POSTROUTING -p udp --dport 53 -j DROP`,
    packets: [
      [TRANSIT, 'new drop'],
      [BACK, 'new accept eth0'],
    ],
  },
  {
    row: 'RETURN in a user chain: continue after the calling rule',
    rules: `
      *filter
      :FORWARD DROP
      :one -
      -A FORWARD -j one
      -A FORWARD -j ACCEPT
      -A one -j ${mark(1)}
      -A one -j RETURN
      -A one -j DROP`,
    packets: [[TRANSIT, 'accept eth1 mark=0x1']],
  },
  {
    row: 'RETURN in a base chain: policy',
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD -p udp --dport 53 -j RETURN
      -A FORWARD -j ACCEPT`,
    packets: [
      [TRANSIT, 'drop'],
      [OTHER, 'accept eth1'],
    ],
  },
  {
    row: 'falling off a user chain = RETURN',
    rules: `
      *filter
      :FORWARD DROP
      :one -
      :two -
      -A FORWARD -j one
      -A FORWARD -j ACCEPT
      -A one -j two
      -A one -j ${mark(2)}
      -A two -j ${mark(1)}`,
    packets: [[TRANSIT, 'accept eth1 mark=0x3']],
  },
  {
    row: '-g x: when x ends, return goes to the caller of the chain that contained the goto',
    rules: `
      *filter
      :FORWARD DROP
      :one -
      :two -
      -A FORWARD -j one
      -A FORWARD -j ${mark(4)}
      -A FORWARD -j ACCEPT
      -A one -g two
      -A one -j ${mark(2)}
      -A two -j ${mark(1)}`,
    packets: [[TRANSIT, 'accept eth1 mark=0x5']],
  },
  {
    row: '-g x from a base chain: policy',
    rules: `
      *filter
      :FORWARD DROP
      :two -
      -A FORWARD -p udp --dport 53 -g two
      -A FORWARD -j ACCEPT
      -A two -j ${mark(1)}`,
    packets: [
      [TRANSIT, 'drop'],
      [OTHER, 'accept eth1'],
    ],
  },
  {
    row: 'a chain reached by goto that uses -j returns into itself normally',
    rules: `
      *filter
      :FORWARD DROP
      :one -
      :two -
      :three -
      -A FORWARD -j one
      -A FORWARD -j ACCEPT
      -A one -g two
      -A two -j three
      -A two -j ${mark(2)}
      -A three -j ${mark(1)}`,
    packets: [[TRANSIT, 'accept eth1 mark=0x3']],
  },
  {
    row: 'rule without -j: counts only, evaluation continues',
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD -p udp
      -A FORWARD -j ACCEPT`,
    packets: [[TRANSIT, 'accept eth1']],
  },
  {
    row: 'MARK, CT and LOG are not terminal',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -j CT --notrack
      -A PREROUTING -j ${mark(1)}
      -A PREROUTING -j LOG
      -A PREROUTING -j ${mark(2)}`,
    packets: [[TRANSIT, 'untracked accept eth1 mark=0x3']],
  },
  {
    row: 'a DROP policy works in raw',
    rules: `
      *raw
      :PREROUTING DROP
      -A PREROUTING -p udp --dport 53 -j ACCEPT`,
    packets: [
      [TRANSIT, 'accept eth1'],
      [OTHER, 'drop at=prerouting'],
    ],
  },
  {
    row: 'a DROP policy works in mangle',
    rules: `
      *mangle
      :FORWARD DROP
      -A FORWARD -p udp --dport 53 -j ACCEPT`,
    packets: [
      [TRANSIT, 'accept eth1'],
      [OTHER, 'drop at=forward'],
    ],
  },
  {
    row: 'nat policy DROP drops only first packets',
    rules: `
      *nat
      :POSTROUTING DROP
      -A POSTROUTING -p udp --dport 53 -j ACCEPT${TRACKING}`,
    packets: [
      [OTHER, 'new drop'],
      [TRANSIT, 'new accept eth1'],
      [BACK, 'established accept eth0'],
      ['udp 198.51.100.9:54 -> 192.0.2.10:1000 in=eth1', 'new drop'],
    ],
  },
  {
    row: 'the mark set in raw is visible in mangle, nat, filter, POST',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0x1/0xffffffff
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -m mark --mark 0x1 -j ${mark(2)}
      :POSTROUTING ACCEPT
      -A POSTROUTING -m mark --mark 0x7 -j ${mark(8)}
      *nat
      :POSTROUTING ACCEPT
      -A POSTROUTING -p udp -m mark --mark 0xf -j SNAT --to-source 198.51.100.77
      *filter
      :FORWARD ACCEPT
      -A FORWARD -m mark --mark 0x3 -j ${mark(4)}`,
    packets: [
      [TRANSIT, 'accept eth1 mark=0xf src=198.51.100.77'],
      [OTHER, 'accept eth1 mark=0x0 src=192.0.2.10'],
    ],
  },
  {
    row: 'the mark dies with the packet, is not copied to answers',
    rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0x1/0xffffffff`,
    packets: [
      [TRANSIT, 'accept eth1 mark=0x1'],
      [BACK, 'established accept eth0 mark=0x0'],
    ],
  },
  {
    row: 'MARK is legal in every table and chain',
    rules: `
      *raw
      :OUTPUT ACCEPT
      -A OUTPUT -j ${mark(1)}
      *mangle
      :OUTPUT ACCEPT
      -A OUTPUT -j ${mark(2)}
      :POSTROUTING ACCEPT
      -A POSTROUTING -j ${mark(4)}
      *nat
      :OUTPUT ACCEPT
      -A OUTPUT -j ${mark(8)}
      :POSTROUTING ACCEPT
      -A POSTROUTING -j ${mark(16)}
      *filter
      :OUTPUT ACCEPT
      -A OUTPUT -j ${mark(32)}${TRACKING}`,
    packets: [
      [FROM_HOST, 'new accept eth1 mark=0x3f'],
      [FROM_HOST, 'new accept eth1 mark=0x27'],
    ],
  },
];

describeFacts('2: verdicts, chains, marks', VERDICTS);

describeFacts(
  '1.3: conntrack is on demand',
  [
    {
      row: 'nat table without a translating rule: no',
      rules: `
        *nat
        :POSTROUTING DROP
        -A POSTROUTING -j ${mark(1)}`,
      packets: [[TRANSIT, 'accept eth1 mark=0x0']],
    },
    {
      row: 'one -m conntrack rule in any table and chain, even unreachable: yes',
      rules: `
        *nat
        :POSTROUTING DROP
        -A POSTROUTING -j ${mark(1)}${TRACKING}`,
      packets: [[TRANSIT, 'drop']],
    },
    {
      row: 'one MASQUERADE rule: yes',
      rules: `
        *nat
        :POSTROUTING DROP
        :unused -
        -A unused -j MASQUERADE`,
      packets: [[TRANSIT, 'drop']],
    },
    {
      row: 'only CT --notrack rules: no',
      rules: `
        *raw
        :PREROUTING ACCEPT
        -A PREROUTING -p tcp -j CT --notrack
        *nat
        :POSTROUTING DROP`,
      packets: [[TRANSIT, 'accept eth1']],
    },
  ],
  { watchState: false },
);

/** `--set-mark` and its kin are saved, and so come to the simulator, as `--set-xmark`. */
const ARITHMETIC: readonly (readonly [option: string, stored: string, result: string])[] = [
  ['--set-xmark 0x10/0x30', '0x10/0x30', '0xdf'],
  ['--set-xmark 0x110/0x30', '0x110/0x30', '0x1df'],
  ['--set-xmark 0x5/0x0', '0x5/0x0', '0xfa'],
  ['--set-mark 0x10/0x30', '0x10/0x30', '0xdf'],
  ['--set-mark 0x110/0x30', '0x110/0x130', '0x1df'],
  ['--set-mark 0x5', '0x5/0xffffffff', '0x5'],
  ['--and-mark 0x0f', '0x0/0xfffffff0', '0xf'],
  ['--or-mark 0x100', '0x100/0x100', '0x1ff'],
  ['--xor-mark 0x3', '0x3/0x0', '0xfc'],
];

describeFacts(
  '2: mark arithmetic, start 0xff',
  ARITHMETIC.map(([option, stored, result]) => ({
    row: `${option} -> ${result}`,
    rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -j MARK --set-xmark ${stored}`,
    packets: [[`${TRANSIT} mark=0xff`, `accept eth1 mark=${result}`]],
  })),
);

describeFacts('2: -m mark', [
  {
    row: '--mark v/m compares (mark & m) == v, v is not masked: 0x31/0x10 never matches',
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD -p udp --dport 53 -m mark --mark 0x31/0x10 -j ACCEPT
      -A FORWARD -p udp --dport 54 -m mark --mark 0x10/0x10 -j ACCEPT`,
    packets: [
      [`${TRANSIT} mark=0x31`, 'drop'],
      [`${TRANSIT} mark=0x10`, 'drop'],
      [`${OTHER} mark=0x31`, 'accept eth1'],
      [`${OTHER} mark=0x21`, 'drop'],
    ],
  },
  {
    row: '--mark 0/0 always matches',
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD -m mark --mark 0x0/0x0 -j ACCEPT`,
    packets: [
      [`${TRANSIT} mark=0xffffffff`, 'accept eth1'],
      [TRANSIT, 'accept eth1'],
    ],
  },
]);
