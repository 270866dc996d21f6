import { attemptProgram } from './run-program.ts';

/**
 * Tells systemd how a service is, where it is one: `READY=1`, `STOPPING=1`. Node has no datagram sockets of the Unix domain; the program `systemd-notify` speaks for
 * this process. Returns why it could not.
 */
export function notifyServiceManager(
  state: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment.NOTIFY_SOCKET === undefined || environment.NOTIFY_SOCKET === '') return undefined;
  const outcome = attemptProgram('systemd-notify', [`--pid=${process.pid}`, state]);
  return outcome.kind === 'failed' ? outcome.error.message : undefined;
}
