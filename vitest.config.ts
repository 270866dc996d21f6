import { defineConfig } from 'vitest/config';

export const config = defineConfig({ test: { setupFiles: ['test/support/seed.ts'] } });

// biome-ignore lint/style/noDefaultExport: vitest looks for the default export
export default config;
