import { run } from '../../src/cli/run.ts';

// The command line program as a process of its own, for tests that must run it in a network namespace.
await run();
