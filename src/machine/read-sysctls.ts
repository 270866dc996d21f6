import { readFileSync } from 'node:fs';
import { PER_INTERFACE_SYSCTLS, SYSCTLS } from '../resources/known-sysctls.ts';

/** What an interface gets from `conf.all` when that is written, rather than from `conf.default` when it appears. */
const COPIED_FROM_ALL = ['net.ipv4.forwarding', 'net.ipv6.forwarding', 'net.ipv6.disable_ipv6'];

/**
 * The sysctls that bear on where packets go, as far as this machine has them: those of the host, of `all` and of `default`, and
 * those of an interface where they are not what the others let expect.
 */
export function readSysctls(
  interfaces: readonly string[],
  read: (path: string) => string | undefined = readProcFile,
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  const take = (name: string, path: string): number | undefined => {
    const value = Number.parseInt(read(`/proc/sys/${path}`)?.trim() ?? '', 10);
    if (Number.isNaN(value)) return undefined;
    found[name] = value;
    return value;
  };
  for (const name of SYSCTLS) take(name, name.replaceAll('.', '/'));
  for (const [family, keys] of Object.entries(PER_INTERFACE_SYSCTLS)) {
    const start = family.replaceAll('.', '/');
    for (const key of keys) {
      const all = take(`${family}.conf.all.${key}`, `${start}/conf/all/${key}`);
      const usual = take(`${family}.conf.default.${key}`, `${start}/conf/default/${key}`);
      const expected = COPIED_FROM_ALL.includes(`${family}.${key}`) ? all : usual;
      for (const name of interfaces) {
        // The dot of a VLAN's name is a slash, as sysctl(8) writes it.
        const dotted = `${family}.conf.${name.replaceAll('.', '/')}.${key}`;
        if (take(dotted, `${start}/conf/${name}/${key}`) === expected) delete found[dotted];
      }
    }
  }
  return found;
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Absent without the module or the family; unreadable is as good as absent, and said by the caller's absence of values.
    return undefined;
  }
}
