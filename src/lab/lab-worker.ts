// The process inside a lab's namespace. It answers the requests of the process that started it, and ends with it.
import type { Observation } from './kernel-lab.ts';
import { LabError } from './lab-error.ts';
import { LabHost } from './lab-host.ts';
import type { LabRequest, LabResponse } from './lab-messages.ts';

let host: LabHost | undefined;

function answer(request: LabRequest): readonly Observation[] {
  if (request.kind === 'start') {
    host = new LabHost(request.options);
    return [];
  }
  if (host === undefined) throw new Error('the lab has not been started');
  switch (request.kind) {
    case 'load':
      host.load(request.rulesets);
      return [];
    case 'flush':
      host.flushConnections();
      return [];
    case 'inject':
      return host.inject(request.packets, request.options);
  }
}

function respond(request: LabRequest): LabResponse {
  try {
    return { kind: 'done', observations: answer(request) };
  } catch (error) {
    const { code, failed } = error instanceof LabError ? error : NO_CAUSE;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const text = error instanceof LabError ? error.message : message;
    return { kind: 'failed', code, message: text, failed };
  }
}

const NO_CAUSE = { code: undefined, failed: undefined };

process.on('message', (request: LabRequest) => process.send?.(respond(request)));
process.on('disconnect', () => process.exit(0));
// A terminal's interrupt reaches this process too; the one that started it cleans up.
process.on('SIGINT', () => undefined);
