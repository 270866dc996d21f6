/** What Linux takes as a network interface's name: 1 to 15 bytes, no slash, no white space, not `.` or `..`. */
const INTERFACE_NAME = /^(?!\.{1,2}$)[^\s/:]{1,15}$/;
/** IFNAMSIZ without the closing zero. */
const MAX_BYTES = 15;

/** Whether Linux takes the text as the name of an interface. */
export function isInterfaceName(text: string): boolean {
  return INTERFACE_NAME.test(text) && new TextEncoder().encode(text).length <= MAX_BYTES;
}

/** Whether `name` starts with any of the workload interface prefixes, such as `cali`. */
export function hasInterfacePrefix(name: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true;
  return false;
}
