import { attemptProgram } from './run-program.ts';

/**
 * Tells systemd how a service is, where it is one: `READY=1`, `STATUS=...`, `STOPPING=1`; what is said at once arrives at once. Node has no datagram sockets of
 * the Unix domain; the program `systemd-notify` speaks for this process. Returns why it could not. Source: sd_notify(3).
 */
export function notifyServiceManager(
  states: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment.NOTIFY_SOCKET === undefined || environment.NOTIFY_SOCKET === '') return undefined;
  // A line is an assignment.
  const lines = states.map((state) => state.replaceAll('\n', ' '));
  const outcome = attemptProgram('systemd-notify', [`--pid=${process.pid}`, ...lines]);
  return outcome.kind === 'failed' ? outcome.error.message : undefined;
}
